"""Two scorings differ by what the lines say, in words that need no code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from srbench.quality.channels import Luma
from srbench.quality.conventions import known
from srbench.quality.differences import differences
from srbench.quality.scoring import Scoring
from srbench.quality.similarity import Ssim

Y, RGB, ROUNDED = Scoring(), Scoring(channels="rgb"), Scoring(luma_rounded="half-up", ssim_luma_rounded="half-up")


@pytest.mark.parametrize(
    ("mine", "other", "lines"),
    [
        (Y, Y, []),
        (RGB, Y, ["RGB instead of luma"]),
        (Y, RGB, ["luma instead of RGB"]),
        (ROUNDED, RGB, ["luma instead of RGB", "luma rounded to integers"]),
        (ROUNDED, Y, ["luma rounded to integers"]),
        (Y, ROUNDED, ["luma not rounded"]),
        (replace(ROUNDED, ssim=None), Y, ["luma rounded to integers", "no SSIM"]),
        (Scoring(luma_rounded="half-up"), Y, ["luma rounded to integers for PSNR"]),
        (Scoring(ssim_luma_rounded="half-even"), Y, ["luma rounded to integers (halves to even) for SSIM"]),
        (Scoring(luma=Luma((0.299, 0.587, 0.114), 1, 0)), Y, [
            "luma is 0.299 R + 0.587 G + 0.114 B (0 to 255) instead of MATLAB's rgb2ycbcr (16 to 235)"
        ]),
        (Scoring(shave_factor=0, shave_extra=4), Y, ["4 pixels cut from each side instead of 3"]),
        (Scoring(shave_factor=0, shave_extra=3), Y, []),
        (Scoring(shave_factor=0), Y, ["nothing cut from each side instead of 3"]),
        (Scoring(shave_extra=6), Scoring(shave_factor=0), ["9 pixels cut from each side instead of nothing"]),
        (Scoring(crop=4), Y, ["cropped to multiples of 4"]),
        (Y, Scoring(crop=4), ["not cropped to multiples of 4"]),
        (Scoring(psnr_epsilon=1e-8), Y, ["1e-8 added to the MSE of images on 0..1"]),
        (Y, Scoring(psnr_epsilon=1e-8), ["nothing added to the MSE of images on 0..1"]),
        (Scoring(psnr_channels="apart"), Y, ["PSNR of each channel, then their mean"]),
        (Scoring(pooling="mse"), Y, ["PSNR of the mean MSE instead of the mean PSNR"]),
        (Scoring(ssim=Ssim("box", 7, covariance="sample")), Y, [
            "SSIM's window is a box of 7x7 pixels instead of a Gaussian of 11x11 pixels (sigma 1.5)",
            "SSIM's covariance divided by N - 1",
        ]),
        (Scoring(ssim=Ssim(boundary="replicate", border="after")), Y, [
            "SSIM over the whole image, edges replicated",
            "border cut from the map of SSIM, after its windows saw it",
        ]),
        (Scoring(ssim=Ssim(downsampled=True, negative="cut")), Scoring(ssim=None), [
            "with SSIM",
            "SSIM with negative structure set to 0",
            "SSIM of images averaged down",
        ]),
        (Y, Scoring(ssim=Ssim(downsampled=True)), ["SSIM at full size"]),
        (Scoring(grey="rgb", sr_rounded="no"), Y, []),
    ],
)  # fmt: skip
def test_lines(mine: Scoring, other: Scoring, lines: list[str]) -> None:
    """One line per difference, of 8-bit colour files at factor 3; what concerns none of them is not said."""
    assert differences(mine, other, 3) == lines


def test_without_a_factor() -> None:
    """The border is said in terms of the factor where there is none."""
    assert differences(Scoring(shave_extra=6), Y) == ["the factor + 6 cut from each side instead of the factor"]
    assert differences(Scoring(shave_factor=2), Scoring(shave_factor=0, shave_extra=1)) == [
        "2 times the factor cut from each side instead of 1 pixel"
    ]


def test_floats_and_grey_images() -> None:
    """How a float SR is rounded, and how grey images are read, is said where there are such."""
    mine = Scoring(grey="rgb", sr_rounded="truncated")
    assert differences(mine, Y, 3, floats=True) == ["float SR truncated to 8 bits instead of rounded"]
    assert differences(mine, Y, 3, grey=True) == ["grey images read as R = G = B"]
    assert differences(Y, mine, floats=True, grey=True) == [
        "float SR rounded to 8 bits",
        "grey images scored as they are",
    ]


def test_no_two_scorings_are_said_to_be_alike() -> None:
    """Every pair of built-in conventions that do not score alike has a line that says how they differ."""
    scorings = {each.scoring for each in known()}
    alike = [
        (mine, other)
        for mine in scorings
        for other in scorings
        if mine != other
        if not differences(mine, other, floats=True, grey=True)
    ]
    assert not alike

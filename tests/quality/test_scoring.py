"""Each choice of a scoring does what it says, and the comparison of a protocol is one of them, to the bit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.errors import ImageError, UsageError
from srbench.quality import metrics
from srbench.quality.channels import Luma
from srbench.quality.image import luma, stacked
from srbench.quality.protocols import PROTOCOLS, get
from srbench.quality.scoring import Measured, Scoring, measure
from srbench.quality.similarity import Ssim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.quality.image import Image

RGB = Scoring(channels="rgb", shave_factor=0)


def pair(height: int = 48, width: int = 60, *, seed: int = 0, noise: int = 9) -> tuple[Image, Image]:
    """Return uint8 RGB, and the same with noise."""
    rng = np.random.default_rng(seed)
    hr = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return hr, np.clip(hr + rng.integers(-noise, noise + 1, hr.shape), 0, 255).astype(np.uint8)


def scored(scoring: Scoring, *pairs: tuple[Image, Image], factor: int = 3) -> Measured:
    """Return what pairs of images score."""
    return measure([scoring], pairs, factor)[scoring]


def psnr(error: float) -> float:
    """Return the PSNR of a mean squared error of images on 0..255."""
    return 10 * math.log10(255**2 / error)


# Protocols


@pytest.mark.parametrize("spec", [*PROTOCOLS, "basicsr:grey=rgb", "basicsr:scored=rgb:shave=2*factor+1"])
@pytest.mark.parametrize("kind", ["colour", "grey", "grey SR with three channels", "coloured SR of grey", "floats"])
def test_the_comparison_of_a_protocol_is_a_scoring(spec: str, kind: str) -> None:
    """What a protocol scores is what its scoring measures of the same images, bit for bit."""
    protocol, (hr, sr) = get(spec), pair(50, 62)
    hr, sr = {
        "colour": (hr, sr),
        "grey": (hr[..., 0], sr[..., 0]),
        "grey SR with three channels": (hr[..., 0], stacked(sr[..., 0])),
        "coloured SR of grey": (hr[..., 0], sr),
        "floats": (hr, hr / 255 + np.random.default_rng(1).normal(0, 0.1, hr.shape)),
    }[kind]
    if kind == "grey" and spec == "basicsr:grey=rgb":
        sr = stacked(sr)  # what methods make of RGB
    sr = protocol.reference(sr, 3) if kind != "floats" else sr[:48, :60]
    assert scored(protocol.scoring, (hr, sr)) == Measured(*protocol.compare(hr, sr, 3))


def test_scorings_of_protocols() -> None:
    """A protocol's choices are those of its scoring; without HR there is none."""
    assert get("basicsr").scoring == Scoring()
    assert (
        get("selfexsr").scoring == get("srcnn").scoring == Scoring(luma_rounded="half-up", ssim_luma_rounded="half-up")
    )
    assert get("ntire2017").scoring == Scoring(channels="rgb", shave_extra=6)
    assert get("basicsr:grey=rgb").scoring == Scoring(grey="rgb")
    with pytest.raises(UsageError, match="protocol none compares SR with nothing"):
        _ = get("none").scoring


# Luma


@pytest.mark.parametrize(("rounding", "error"), [("no", 0.5), ("half-up", 1), ("half-even", 0)])
def test_how_luma_is_rounded(rounding: Any, error: float) -> None:  # noqa: ANN401 - a literal
    """Luma of 0.5 beside one of 0: half up is 1 away, half to even is none, unrounded a half."""
    half = Luma((0.5, 0, 0), 1, 0)
    hr, sr = np.zeros((20, 20, 3), np.uint8), np.ones((20, 20, 3), np.uint8)
    found = scored(Scoring(luma=half, luma_rounded=rounding, ssim=None), (hr, sr))
    assert found.psnr == (pytest.approx(psnr(error**2)) if error else math.inf)


def test_luma_may_be_rounded_for_one_of_both() -> None:
    """As pyiqa has it, for SSIM alone: PSNR is that of luma as it is, SSIM that of rounded luma."""
    images = pair()
    rounded = scored(Scoring(luma_rounded="half-up", ssim_luma_rounded="half-up"), images)
    mixed = scored(Scoring(ssim_luma_rounded="half-up"), images)
    assert (mixed.psnr, mixed.ssim) == (scored(Scoring(), images).psnr, rounded.ssim)


# What is cut


def test_border_and_crop() -> None:
    """What is cropped at the bottom and right, and what is cut from each side, does not count; one pixel more does."""
    hr, _ = pair(49, 61)
    scoring = Scoring(channels="rgb", crop=5, shave_factor=1, shave_extra=1, ssim=None)
    sr = 255 - hr[:48, :60]
    sr[4:41, 4:56] = hr[4:41, 4:56]  # 48 x 60, cropped to 45 x 60, less 4 at each side
    assert scored(scoring, (hr, sr)).psnr == math.inf
    for y, x in ((3, 30), (41, 30), (20, 3), (20, 56)):
        assert hr[y, x].tolist() != sr[y, x].tolist()
    for y, x in ((4, 4), (40, 55)):
        wrong = sr.copy()
        wrong[y, x] ^= 255
        assert scored(scoring, (hr, wrong)).psnr < math.inf


def test_sr_as_large_as_hr() -> None:
    """An SR that is as large as HR is cropped with it; one of another size is refused."""
    hr, sr = pair(50, 61)
    assert scored(Scoring(), (hr, sr)) == scored(Scoring(), (hr, sr[:48, :60]))
    with pytest.raises(ImageError, match=r"SR is 60x47 pixels, expected 60x48 \(HR of 61x50, cropped to a multiple"):
        scored(Scoring(), (hr, sr[:47, :60]))


# PSNR


def test_channels_apart() -> None:
    """The mean of the channels' PSNR, as OpenCV's quality module has it, is not the PSNR of all their samples."""
    hr = np.zeros((20, 20, 3), np.uint8)
    sr = np.broadcast_to(np.array([1, 2, 4], np.uint8), hr.shape)
    assert scored(replace(RGB, psnr_channels="apart"), (hr, sr)).psnr == pytest.approx(
        (psnr(1) + psnr(4) + psnr(16)) / 3
    )
    assert scored(RGB, (hr, sr)).psnr == pytest.approx(psnr(7))
    grey = replace(RGB, psnr_channels="apart")
    assert scored(grey, (hr[..., 0], sr[..., 1])).psnr == pytest.approx(psnr(4))


def test_an_epsilon_bounds_psnr() -> None:
    """1e-8 added to the error of equal images is 80 dB, and takes 10 log10(1 + 1e-8 / MSE) from others."""
    hr, sr = pair()
    scoring = replace(RGB, psnr_epsilon=1e-8)
    assert scored(scoring, (hr, hr)).psnr == pytest.approx(80)
    error = np.mean((hr / 255 - sr / 255) ** 2)
    assert scored(scoring, (hr, sr)).psnr == pytest.approx(-10 * math.log10(error + 1e-8), abs=1e-9)


@pytest.mark.parametrize(
    ("pooling", "error"), [("mean", None), ("mse", (1 + 16) / 2), ("pixels", (1 * 400 + 16 * 1200) / 1600)]
)
def test_pooling(pooling: Any, error: float | None) -> None:  # noqa: ANN401 - a literal
    """Two images of 400 and 1200 pixels with errors of 1 and 4 levels: the mean PSNR, or the PSNR of a mean error."""
    pairs = [
        (np.zeros(shape, np.uint8), np.full(shape, level, np.uint8))
        for shape, level in (((20, 20, 3), 1), ((30, 40, 3), 4))
    ]
    found = scored(replace(RGB, pooling=pooling), *pairs, factor=2)
    assert found.psnr == pytest.approx(psnr(error) if error else (psnr(1) + psnr(16)) / 2, abs=1e-9)
    assert found.ssim == pytest.approx(np.mean([metrics.ssim(*each) for each in pairs]))


@pytest.mark.parametrize(("pooling", "expected"), [("mean", math.inf), ("mse", psnr(0.5)), ("pixels", psnr(0.5))])
def test_equal_images(pooling: Any, expected: float) -> None:  # noqa: ANN401 - a literal
    """One equal image of two makes a mean infinite, which is not capped, and halves a pooled error."""
    hr = np.zeros((20, 20, 3), np.uint8)
    assert scored(replace(RGB, pooling=pooling), (hr, hr), (hr, hr + 1)).psnr == pytest.approx(expected)


# SR


@pytest.mark.parametrize(
    ("rounding", "value", "error"),
    [("half-up", 0.5, 1), ("truncated", 0.9, 0), ("clipped", -3, 0), ("clipped", 0.25, 0.25), ("no", -3, 3)],
)
def test_how_a_float_sr_is_rounded(rounding: Any, value: float, error: float) -> None:  # noqa: ANN401 - a literal
    """Rounded half up, truncated, clipped alone, or as it is; HR is black."""
    hr = np.zeros((20, 20, 3), np.uint8)
    found = scored(replace(RGB, sr_rounded=rounding), (hr, np.full(hr.shape, value / 255)), factor=2)
    assert found.psnr == (pytest.approx(psnr(error**2)) if error else math.inf)


# Grey images


def test_grey_images() -> None:
    """As they are, or as R = G = B, whose luma of 16..235 errs by 219/255 as much: 1.3219 dB more (both grey)."""
    hr, sr = (each[..., 0] for each in pair())
    keep, rgb = Scoring(), Scoring(grey="rgb")
    assert scored(keep, (hr, sr)).psnr == pytest.approx(metrics.psnr(hr[3:-3, 3:-3], sr[3:-3, 3:-3]), abs=1e-9)
    assert scored(rgb, (hr, sr)).psnr - scored(keep, (hr, sr)).psnr == pytest.approx(20 * math.log10(255 / 219))
    assert scored(rgb, (hr, sr)) == scored(rgb, (hr, stacked(sr))) == scored(keep, (stacked(hr), stacked(sr)))
    assert scored(RGB, (hr, sr)).psnr == pytest.approx(scored(RGB, (stacked(hr), stacked(sr))).psnr)


def test_luma_of_a_colour_hr() -> None:
    """An SR that is luma alone is compared with luma; scorings of RGB are left out."""
    hr, sr = pair()
    images = [(hr, luma(sr) / 255)]
    floats = Scoring(sr_rounded="no")
    found = measure([RGB, floats], images, 3)
    assert found == {floats: pytest.approx(scored(floats, (hr, sr)))}


# Many scorings at once


def test_what_is_equal_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five scorings that see the same pixels, SSIM is computed twice and PSNR twice; pairs are read once each."""
    calls = {"ssim": 0, "psnr": 0}

    def counted(name: str) -> None:
        real = getattr(metrics, name)

        def count(*images: Image) -> float:
            calls[name] += 1
            value: float = real(*images)
            return value

        monkeypatch.setattr(metrics, name, count)

    def pairs() -> Iterator[tuple[Image, Image]]:
        yield pair()

    counted("ssim")
    counted("psnr")
    scorings = [
        Scoring(),
        Scoring(pooling="pixels"),
        Scoring(psnr_epsilon=1e-8, grey="rgb", sr_rounded="no"),
        Scoring(ssim=Ssim(boundary="replicate")),
        Scoring(luma_rounded="half-up", ssim=None),
    ]
    assert len(measure(scorings, pairs(), 3)) == len(scorings)
    assert calls == {"ssim": 2, "psnr": 2}


def test_too_small_for_some() -> None:
    """Scorings whose border leaves too little are left out, at whichever image; the others have their values."""
    small, large = pair(16, 30), pair()
    wide, none = Scoring(shave_extra=6), Scoring(shave_factor=0)
    nothing = Scoring(shave_factor=3, ssim=None)
    for pairs in ([small, large], [large, small]):
        found = measure([wide, none, nothing], pairs, 3)
        assert found.keys() == {none}
    assert measure([none], [], 3) == {}


@pytest.mark.parametrize(
    ("choice", "line"),
    [
        ({"channels": "bgr"}, "channels is 'bgr', expected one of y, rgb"),
        ({"luma_rounded": "up"}, "luma_rounded is 'up', expected one of no, half-up, half-even"),
        ({"crop": 0}, "crop is 0, expected 1 to 65536"),
        ({"shave_extra": -1}, "shave_extra is -1, expected 0 to 65536"),
        ({"psnr_epsilon": math.nan}, "psnr_epsilon is nan, expected 0 to 1"),
    ],
)
def test_choices_that_there_are_not(choice: dict[str, Any], line: str) -> None:
    """A choice that is not offered is refused; the line says what is."""
    with pytest.raises(UsageError) as caught:
        Scoring(**choice)
    assert str(caught.value) == line


def test_one_image_compared_as_it_is_seen() -> None:
    """`Scoring.compare` of what is seen is what `measure` finds of one image."""
    hr, sr = pair()
    scoring = Scoring(channels="rgb", psnr_epsilon=1e-8, psnr_channels="apart")
    assert scoring.compare(scoring.seen(hr, 3), scoring.seen(sr, 3)) == scored(scoring, (hr, sr))

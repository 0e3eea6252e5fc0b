"""How do two scorings differ? Each difference in plain words, of the first as against the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.quality.channels import STUDIO
from srbench.quality.scoring import Scoring
from srbench.quality.similarity import WANG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.quality.channels import Luma
    from srbench.quality.similarity import Ssim

_CHANNELS = {"y": "luma", "rgb": "RGB"}
_ROUNDED = {"no": "not rounded", "half-up": "rounded to integers", "half-even": "rounded to integers (halves to even)"}
_SR = {
    "half-up": "float SR rounded to 8 bits",
    "truncated": "float SR truncated to 8 bits instead of rounded",
    "clipped": "float SR clipped, not rounded",
    "no": "float SR neither rounded nor clipped",
}
_GREY = {"keep": "grey images scored as they are", "rgb": "grey images read as R = G = B"}
_PSNR = {"together": "one PSNR of all channels", "apart": "PSNR of each channel, then their mean"}
_POOLING = {
    "mean": "mean of the images' PSNR",
    "mse": "PSNR of the mean MSE instead of the mean PSNR",
    "pixels": "PSNR of all pixels of all images together instead of the mean PSNR",
}
_BOUNDARY = {
    "valid": "SSIM only where its window lies inside the image",
    "replicate": "SSIM over the whole image, edges replicated",
    "symmetric": "SSIM over the whole image, edges mirrored",
    "reflect101": "SSIM over the whole image, edges mirrored without repeating them",
}
_BORDER = {"before": "border cut before SSIM", "after": "border cut from the map of SSIM, after its windows saw it"}
_COVARIANCE = {"population": "SSIM's covariance divided by N", "sample": "SSIM's covariance divided by N - 1"}
_NEGATIVE = {"kept": "SSIM with negative structure kept", "cut": "SSIM with negative structure set to 0"}


def differences(
    mine: Scoring, other: Scoring, factor: int | None = None, *, floats: bool = False, grey: bool = False
) -> list[str]:
    """Return what `mine` does otherwise than `other`, one line each.

    Args:
        mine: one scoring.
        other: another; the lines say how `mine` differs from it.
        factor: the upscaling factor, of which pixels that are cut are counted.
        floats: whether an SR is floats, not an 8-bit file; how those are rounded is left out else.
        grey: whether an image is grey; how those are read is left out else.

    """
    lines = [*_of_images(mine, other, factor), *_of_psnr(mine, other), *_of_ssim(mine, other)]
    if floats and mine.sr_rounded != other.sr_rounded:
        lines.append(_SR[mine.sr_rounded])
    if grey and mine.grey != other.grey:
        lines.append(_GREY[mine.grey])
    return lines


def _of_images(mine: Scoring, other: Scoring, factor: int | None) -> Iterator[str]:
    if mine.channels != other.channels:
        yield f"{_CHANNELS[mine.channels]} instead of {_CHANNELS[other.channels]}"
    if mine.channels == "y":
        yield from _of_luma(mine, other)
    if mine.crop != other.crop:
        yield f"cropped to multiples of {mine.crop}" if mine.crop > 1 else f"not cropped to multiples of {other.crop}"
    cut, usual = (_cut(each, factor) for each in (mine, other))
    if cut != usual:
        yield f"{cut} cut from each side instead of {usual.removesuffix(' pixels')}"


def _of_luma(mine: Scoring, other: Scoring) -> Iterator[str]:
    usual = other if other.channels == "y" else Scoring()
    if mine.luma != usual.luma:
        yield f"luma is {_formula(mine.luma)} instead of {_formula(usual.luma)}"
    psnr, ssim = mine.luma_rounded != usual.luma_rounded, mine.ssim_luma_rounded != usual.ssim_luma_rounded
    if psnr and (mine.luma_rounded == mine.ssim_luma_rounded or mine.ssim is None):
        yield f"luma {_ROUNDED[mine.luma_rounded]}"
    elif psnr:
        yield f"luma {_ROUNDED[mine.luma_rounded]} for PSNR"
    if ssim and mine.ssim and mine.luma_rounded != mine.ssim_luma_rounded:
        yield f"luma {_ROUNDED[mine.ssim_luma_rounded]} for SSIM"


def _formula(luma: Luma) -> str:
    """Return the formula and the luma of black and white."""
    white = luma.offset + 255 * sum(luma.weights) / luma.divisor
    formula = "MATLAB's rgb2ycbcr" if luma == STUDIO else str(luma)
    return f"{formula} ({luma.offset:.0f} to {white:.0f})"


def _cut(scoring: Scoring, factor: int | None) -> str:
    if factor is not None or not scoring.shave_factor:
        pixels = scoring.shave(factor or 0)
        return {0: "nothing", 1: "1 pixel"}.get(pixels, f"{pixels} pixels")
    times = "the factor" if scoring.shave_factor == 1 else f"{scoring.shave_factor} times the factor"
    return f"{times} + {scoring.shave_extra}" if scoring.shave_extra else times


def _of_psnr(mine: Scoring, other: Scoring) -> Iterator[str]:
    if mine.psnr_channels != other.psnr_channels:
        yield _PSNR[mine.psnr_channels]
    if mine.psnr_epsilon != other.psnr_epsilon:
        added = f"{mine.psnr_epsilon:g}".replace("e-0", "e-") if mine.psnr_epsilon else "nothing"
        yield f"{added} added to the MSE of images on 0..1"
    if mine.pooling != other.pooling:
        yield _POOLING[mine.pooling]


def _of_ssim(mine: Scoring, other: Scoring) -> Iterator[str]:
    if mine.ssim == other.ssim:
        return
    if mine.ssim is None:
        yield "no SSIM"
        return
    usual = other.ssim or WANG
    if _window(mine.ssim) != _window(usual):
        yield f"SSIM's window is {_window(mine.ssim)} instead of {_window(usual)}"
    for words, name in (
        (_BOUNDARY, "boundary"),
        (_COVARIANCE, "covariance"),
        (_NEGATIVE, "negative"),
        (_BORDER, "border"),
    ):
        if getattr(mine.ssim, name) != getattr(usual, name):
            yield words[getattr(mine.ssim, name)]
    if mine.ssim.downsampled != usual.downsampled:
        yield "SSIM of images averaged down" if mine.ssim.downsampled else "SSIM at full size"


def _window(ssim: Ssim) -> str:
    side = f"{ssim.size}x{ssim.size} pixels"
    return f"a box of {side}" if ssim.window == "box" else f"a Gaussian of {side} (sigma {ssim.sigma:g})"

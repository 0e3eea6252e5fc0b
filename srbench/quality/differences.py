"""How do two scorings differ? Each difference in plain words, of the first as against the second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.quality.similarity import Ssim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.quality.scoring import Scoring

_CHANNELS = {"y": "luma", "rgb": "RGB"}
_ROUNDED = {"no": "not rounded", "half-up": "rounded to integers", "half-even": "rounded to integers, halves to even"}
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


def differences(mine: Scoring, other: Scoring, factor: int | None = None) -> list[str]:
    """Return what `mine` does otherwise than `other`, one line each; of a `factor`, pixels are counted."""
    return [*_of_images(mine, other, factor), *_of_psnr(mine, other), *_of_ssim(mine, other)]


def _of_images(mine: Scoring, other: Scoring, factor: int | None) -> Iterator[str]:
    if mine.channels != other.channels:
        yield f"{_CHANNELS[mine.channels]} instead of {_CHANNELS[other.channels]}"
    elif mine.channels == "y":
        yield from _of_luma(mine, other)
    if mine.sr_rounded != other.sr_rounded:
        yield _SR[mine.sr_rounded]
    if mine.grey != other.grey:
        yield _GREY[mine.grey]
    if mine.crop != other.crop:
        yield f"cropped to a multiple of {mine.crop}" if mine.crop > 1 else f"not cropped to a multiple of {other.crop}"
    cut, usual = (_cut(each, factor) for each in (mine, other))
    if cut != usual:
        yield f"{cut} cut from each side instead of {usual.removesuffix(' pixels')}"


def _of_luma(mine: Scoring, other: Scoring) -> Iterator[str]:
    if mine.luma != other.luma:
        yield f"luma = {mine.luma} instead of {other.luma}"
    psnr, ssim = mine.luma_rounded != other.luma_rounded, mine.ssim_luma_rounded != other.ssim_luma_rounded
    both = mine.luma_rounded == mine.ssim_luma_rounded
    ssim = ssim and None not in {mine.ssim, other.ssim}
    if psnr and ssim and both:
        yield f"luma {_ROUNDED[mine.luma_rounded]}"
        return
    if psnr:
        yield f"luma {_ROUNDED[mine.luma_rounded]}" + " for PSNR" * (mine.ssim is not None)
    if ssim:
        yield f"luma {_ROUNDED[mine.ssim_luma_rounded]} for SSIM"


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
        yield f"{mine.psnr_epsilon:g} added to the MSE" if mine.psnr_epsilon else "nothing added to the MSE"
    if mine.pooling != other.pooling:
        yield _POOLING[mine.pooling]


def _of_ssim(mine: Scoring, other: Scoring) -> Iterator[str]:
    if mine.ssim == other.ssim:
        return
    if mine.ssim is None:
        yield "no SSIM"
        return
    usual = other.ssim or Ssim()
    if _window(mine.ssim) != _window(usual):
        yield f"SSIM with {_window(mine.ssim)} instead of {_window(usual)}"
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
    side = f"{ssim.size}x{ssim.size}"
    return f"a {side} box" if ssim.window == "box" else f"a {side} Gaussian (sigma {ssim.sigma:g})"

"""PSNR and SSIM, the metrics that the judge itself computes with every score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.metrics.declaration import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

PSNR = Metric(
    label="PSNR",
    better="higher",
    unit="dB",
    digits=2,
    hint="peak signal-to-noise ratio; a decibel more is a fifth less squared error",
)
SSIM = Metric(label="SSIM", better="higher", low=-1, high=1, hint="structural similarity; 1 is identical")

CLASSICAL = {"psnr": PSNR, "ssim": SSIM}
"""By their names; rows of scores have a field for each."""


def further(metrics: Iterable[str]) -> list[str]:
    """Return the metrics that have rows of their own: all others."""
    return [metric for metric in metrics if metric not in CLASSICAL]

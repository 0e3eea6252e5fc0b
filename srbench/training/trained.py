"""What a training gave: its weights, its scores and its history. Without torch, as `srbench.api` names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Trained:
    """What a training gave.

    Attributes:
        weights: the file of the weights, in the training's folder.
        steps: how many steps they were trained.
        scores: a mapping for each set of images: `dataset`, `protocol`, `psnr` and `bicubic` in dB, `ssim`.
        too_short: how long to train where that is below bicubic; empty elsewhere.
        command: what scores the weights as their training did, on the images that come with srbench.

    """

    weights: Path
    steps: int
    scores: list[dict[str, Any]]
    too_short: str
    command: str

    @property
    def folder(self) -> Path:
        """Return the folder of the training, with the model card and the curve."""
        return self.weights.parent

    @property
    def history(self) -> pd.DataFrame:
        """Return a line for each moment: step, epoch, loss, psnr of held-out images in dB, rate, seconds and others."""
        return pd.read_csv(self.folder / "history.csv")

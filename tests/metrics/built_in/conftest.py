"""Golden values of metrics, and the weights of networks where they are here already."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from srbench.metrics.deep import weights
from srbench.quality.files import read_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from srbench.quality.image import Image

    Golden = Callable[[str, str], tuple[Image, Image, str]]


@pytest.fixture(scope="session")
def golden(golden_folder: Path) -> Golden:
    """Return a function: of a metric, as expected.tsv calls it, and an image's name, the pair and the value's text."""
    folder = golden_folder / "metrics"
    with (folder / "expected.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))

    def found(metric: str, name: str) -> tuple[Image, Image, str]:
        row = next(row for row in rows if row["metric"] == metric and row["image"].endswith(f"/{name}"))
        return read_image(folder / row["reference image"]), read_image(folder / row["image"]), row["value"]

    return found


@pytest.fixture
def _trained() -> None:
    """Skip where using the weights would fetch them: 64 MB, which only a slow test does."""
    folder = weights.folder()
    if not all((folder / f"{name}.safetensors").exists() for name in weights.TENSORS):
        pytest.skip(f"{folder} has no weights of AlexNet and VGG16; srbench.metric('lpips') fetches them")

"""What tests of diagnoses share: what RCAN's images of Set5 x3 score under each convention, computed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from srbench import datasets
from srbench.datasets.pairing import pairs
from srbench.diagnosis.images import Pairs
from srbench.quality import conventions
from srbench.quality.scoring import measure

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.quality.scoring import Measured, Scoring

Measures: TypeAlias = "dict[Scoring, Measured]"


@pytest.fixture(scope="session")
def rcan(data_folder: Path, golden_folder: Path) -> tuple[datasets.Dataset, datasets.Dataset]:
    """Return HR of Set5, and RCAN's SR at x3 (golden vectors)."""
    return datasets.get("set5", data_folder), datasets.open_folder(golden_folder / "rcan_set5_x3")


@pytest.fixture(scope="session")
def measured(rcan: tuple[datasets.Dataset, datasets.Dataset]) -> Measures:
    """Return what they score under each known convention."""
    images = Pairs(pairs(*rcan, 3), 3)
    return measure({each.scoring for each in conventions.known()}, images.placed(), 3)

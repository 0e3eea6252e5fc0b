"""What a worker of a cluster does with a batch: where it finds images, and whether its methods are the same."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from srbench import datasets
from srbench.hashing import file_hash
from srbench.isolation.limits import Limits
from srbench.plan import Plan
from srbench.quality import protocol as protocols
from srbench.runs import errands
from srbench.runs.errands import Setup
from srbench.runs.lane import Lane
from srbench.runs.member import asked
from srbench.runs.requests import Input, Request
from srbench.runs.scoring import Scoring, Wanted
from srbench.speed.timing import QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from srbench.runs.member import Member


@pytest.fixture(autouse=True)
def _dismissed() -> Iterator[None]:
    """End the lanes that a test left."""
    yield
    errands.dismiss()


BASICSR = protocols.get("basicsr")


def members(*methods: str) -> list[Member]:
    """Return the members of a plan at x2."""
    with Lane(methods, Limits()) as lane:
        return lane.describe(asked(Plan(methods, (2,))))


def scoring(*given: Member) -> Scoring:
    """Return what images are scored with: these methods at x2."""
    return Scoring(given, (2,), (BASICSR,))


def sent(folder: Path, name: str, sha256: str = "") -> Wanted:
    """Return the errand for one image of a folder."""
    dataset = datasets.open_folder(folder)
    (file,) = (file for file in dataset.files if file.name == name)
    return Wanted("d", dataset.spec, replace(file, sha256=sha256 or file_hash(folder / name)))


def test_batch(pictures: Path) -> None:
    """The rows of all images of a batch come back in order, with the seconds; a second batch has the same lane."""
    setup = Setup("one", scoring(*members("nearest", "bicubic")), Limits())
    for _ in range(2):
        rows, seconds = errands.score_batch(setup, [sent(pictures, name) for name in ("b.png", "a.png")])
        assert [(row.image, row.method, row.status) for row, _ in rows] == [
            (image, method, "ok") for image in ("b.png", "a.png") for method in ("nearest", "bicubic")
        ]
        assert seconds > 0
    (served,) = errands._lanes.values()
    errands.score_batch(Setup("another", setup.scoring, setup.limits), [])
    (now,) = errands._lanes.values()
    assert now[1] is not served[1]


def test_other_pixels(pictures: Path) -> None:
    """A file that is not the coordinator's is a failed row that names both hashes and the machine."""
    setup = Setup("one", scoring(*members("nearest")), Limits())
    (((row, _),), _) = errands.score_batch(setup, [sent(pictures, "a.png", "0" * 64)])
    assert row.status == "failed"
    assert row.reason.endswith(f"expected {'0' * 64}")


def test_folder_that_is_not_here(pictures: Path, tmp_path: Path) -> None:
    """A folder that is on the coordinator's machine alone is a failed row that says where it must lie."""
    errand = sent(pictures, "a.png")
    shutil.move(pictures, tmp_path / "away")
    (((row, _),), _) = errands.score_batch(Setup("one", scoring(*members("nearest")), Limits()), [errand])
    assert row.status == "failed"
    assert "a folder must lie where all machines see it" in row.reason
    request = Request(members("nearest"), 2, "cpu", [Input(errand, BASICSR)], replace(QUICK, processes=1))
    load, missing = errands.time_methods(request, Limits())
    assert (load.phase, load.status, missing.status) == ("load", "ok", "failed")
    assert missing.reason.startswith("its LR cannot be made: ")
    assert "must lie where all machines see it" in missing.reason


def test_named_dataset() -> None:
    """An image of a named dataset is found where this machine has it."""
    sample = datasets.get("sample")
    errand = Wanted("sample", "sample", sample.files[0])
    (((row, _),), _) = errands.score_batch(Setup("one", scoring(*members("nearest")), Limits()), [errand])
    assert (row.image, row.status) == (sample.files[0].name, "ok")


def test_other_code(pictures: Path) -> None:
    """A method that is another one here is skipped, so that it is tried again; the others are scored."""
    nearest, bicubic = members("nearest", "bicubic")
    other = replace(nearest, codes=dict.fromkeys(nearest.codes, "0" * 64))
    rows, _ = errands.score_batch(Setup("one", scoring(other, bicubic), Limits()), [sent(pictures, "a.png")])
    assert [row.status for row, _ in rows] == ["skipped", "ok"]
    assert "has another version of the method, its weights or a package" in rows[0].row.reason

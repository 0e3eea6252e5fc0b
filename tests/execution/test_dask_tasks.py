"""What a worker of a cluster does with a batch: where it finds images, and whether its methods are the same."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from srbench import datasets
from srbench.execution import dask_tasks
from srbench.execution.dask_tasks import Setup
from srbench.execution.method_info import asked
from srbench.execution.metric_info import asked_metrics
from srbench.execution.scoring import Scoring, Wanted
from srbench.execution.timing_jobs import Input, TimingJob
from srbench.execution.worker_group import WorkerGroup
from srbench.hashing import file_hash
from srbench.isolation.limits import Limits
from srbench.plan import Plan
from srbench.quality import protocols
from srbench.quality.files import read_image, write_image
from srbench.speed.timing import QUICK
from srbench.store.rows import MetricRow, ScoreRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from srbench.execution.method_info import MethodInfo


@pytest.fixture(autouse=True)
def _dismissed() -> Iterator[None]:
    """End the worker groups that a test left."""
    yield
    dask_tasks.dismiss()


BASICSR = protocols.get("basicsr")


def infos(*methods: str) -> list[MethodInfo]:
    """Return the methods of a plan at x2."""
    with WorkerGroup(methods, Limits()) as workers:
        return workers.describe(asked(Plan(methods, (2,))))


def scoring(*given: MethodInfo) -> Scoring:
    """Return what images are scored with: these methods at x2."""
    return Scoring(given, (2,), (BASICSR,))


def sent(folder: Path, name: str, sha256: str = "") -> Wanted:
    """Return the errand for one image of a folder."""
    dataset = datasets.open_folder(folder)
    (file,) = (file for file in dataset.files if file.name == name)
    return Wanted("d", dataset.spec, replace(file, sha256=sha256 or file_hash(folder / name)))


@pytest.mark.slow
def test_batch(pictures: Path) -> None:
    """The rows of all images of a batch come back in order, with the seconds; a second batch has the same group."""
    setup = Setup("one", scoring(*infos("nearest", "bicubic")), Limits())
    for _ in range(2):
        rows, seconds = dask_tasks.score_batch(setup, [sent(pictures, name) for name in ("b.png", "a.png")])
        assert [(row.image, row.method, row.status) for row, *_ in rows] == [
            (image, method, "ok") for image in ("b.png", "a.png") for method in ("nearest", "bicubic")
        ]
        assert seconds > 0
    (served,) = dask_tasks._worker_groups.values()
    dask_tasks.score_batch(Setup("another", setup.scoring, setup.limits), [])
    (now,) = dask_tasks._worker_groups.values()
    assert now[1] is not served[1]


def test_other_pixels(pictures: Path) -> None:
    """A file that is not the coordinator's is a failed row that names both hashes and the machine."""
    setup = Setup("one", scoring(*infos("nearest")), Limits())
    (((row, *_),), _) = dask_tasks.score_batch(setup, [sent(pictures, "a.png", "0" * 64)])
    assert row.status == "failed"
    assert row.reason.endswith(f"expected {'0' * 64}")


@pytest.mark.slow
def test_folder_that_is_not_here(pictures: Path, tmp_path: Path) -> None:
    """A folder that is on the coordinator's machine alone is a failed row that says where it must lie."""
    errand = sent(pictures, "a.png")
    shutil.move(pictures, tmp_path / "away")
    (((row, *_),), _) = dask_tasks.score_batch(Setup("one", scoring(*infos("nearest")), Limits()), [errand])
    assert row.status == "failed"
    assert "a folder must have the same path on all machines" in row.reason
    job = TimingJob(infos("nearest"), 2, "cpu", [Input(errand, BASICSR)], replace(QUICK, processes=1))
    load, missing = dask_tasks.time_methods(job, Limits())
    assert (load.phase, load.status, missing.status) == ("load", "ok", "failed")
    assert missing.reason.startswith("its LR cannot be made: ")
    assert "must have the same path on all machines" in missing.reason


def test_named_dataset() -> None:
    """An image of a named dataset is found where this machine has it."""
    sample = datasets.get("sample")
    errand = Wanted("sample", "sample", sample.files[0])
    (((row, *_),), _) = dask_tasks.score_batch(Setup("one", scoring(*infos("nearest")), Limits()), [errand])
    assert (row.image, row.status) == (sample.files[0].name, "ok")


@pytest.mark.slow
def test_other_code(pictures: Path) -> None:
    """A method that is another one here is skipped, so that it is tried again; the others are scored."""
    nearest, bicubic = infos("nearest", "bicubic")
    other = replace(nearest, codes=dict.fromkeys(nearest.codes, "0" * 64))
    rows, _ = dask_tasks.score_batch(Setup("one", scoring(other, bicubic), Limits()), [sent(pictures, "a.png")])
    assert [row.status for row, *_ in rows] == ["skipped", "ok"]
    assert "has another version of the method, its weights or a package" in rows[0].row.reason


METRIC = """
from srbench.metrics import Metric
METRIC = Metric(label="M", better="lower")
def load():
    return lambda reference, image: 1.0
"""


@pytest.mark.slow
def test_metrics_are_computed_where_the_image_is(pictures: Path, tmp_path: Path) -> None:
    """Beside scores, in a worker of the batch's own group; one that is another one there is skipped."""
    file = tmp_path / "one.py"
    file.write_text(METRIC, encoding="utf-8")
    plan = Plan(("nearest",), (2,), plugins=(str(file),), metrics=("psnr", "one"))
    with WorkerGroup(plan.methods, Limits(), plan.metrics) as workers:
        _, metric = workers.describe_metrics(asked_metrics(plan))
    for given, status in ((metric, "ok"), (replace(metric, code="0" * 64), "skipped")):
        setup = Setup(status, replace(scoring(*infos("nearest")), metrics=[given]), Limits())
        rows, _ = dask_tasks.score_batch(setup, [sent(pictures, "a.png")])
        assert [type(row) for row, *_ in rows] == [ScoreRow, MetricRow]
        assert rows[1].row.status == status
    assert "has another version of the metric, its weights or a package" in rows[1].row.reason


def test_given_lr_on_another_machine(pictures: Path, tmp_path: Path) -> None:
    """LR files are known by their hashes, as HR files are; another file there is a failed row that says so."""
    hr = read_image(pictures / "a.png")
    (tmp_path / "LR").mkdir()
    write_image(tmp_path / "LR" / "a.png", BASICSR.degrade(hr, 2))
    dataset = datasets.with_lr(replace(datasets.get(f"{pictures}::{tmp_path}/LR"), files=(_file(pictures),)), [2])
    (lr,) = dataset.lr[2]
    given = protocols.get("basicsr:lr=given")
    setup = Setup("given", Scoring(infos("nearest"), (2,), (BASICSR, given)), Limits())
    image = Wanted("d", dataset.spec, dataset.files[0], {2: replace(lr, sha256=file_hash(tmp_path / "LR" / "a.png"))})
    (made, own), _ = dask_tasks.score_batch(setup, [image])
    assert made.row.status == own.row.status == "ok"
    assert isinstance(made.row, ScoreRow)
    assert isinstance(own.row, ScoreRow)
    assert (made.row.psnr, made.row.lr_sha256) == (own.row.psnr, "")
    (tmp_path / "LR" / "a.png").write_bytes((pictures / "b.png").read_bytes())
    rows = [scored.row for scored in dask_tasks.score_batch(setup, [image])[0]]
    assert [row.status for row in rows] == ["failed", "failed"]
    assert "LR/a.png: got sha256" in rows[0].reason


def _file(folder: Path) -> datasets.ImageFile:
    return datasets.ImageFile("a.png", "a.png", 0, file_hash(folder / "a.png"))

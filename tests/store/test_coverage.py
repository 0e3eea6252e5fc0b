"""What a plan asks for and the rows lack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from srbench.errors import RunFolderError
from srbench.plan import Plan
from srbench.store.coverage import missing, sizes

PLAN = Plan(("a", "b"), (2, 3), ("set",), ("p",))


def test_nothing_is_missing(runs: Any) -> None:  # noqa: ANN401 - of conftest
    """A row for each image, method, factor and protocol is all there is to compute."""
    assert missing(PLAN, {"set": 2}, runs.scores(PLAN)) == []


def test_missing_images_are_named(runs: Any) -> None:  # noqa: ANN401
    """By their names where other rows tell them, otherwise by their number."""
    rows = [row for row in runs.scores(PLAN) if (row.method, row.factor, row.image) != ("b", 3, "1.png")]
    (gap,) = missing(PLAN, {"set": 2}, rows)
    assert str(gap) == "b x3 lacks 1 image of set (1.png), protocol p"
    assert len(missing(PLAN, {"set": 3}, rows)) == 4
    (*_, gap) = missing(PLAN, {"set": 7}, rows)
    assert str(gap) == "b x3 lacks 6 images of set (1.png), protocol p"


def test_bad_rows_are_rows(runs: Any) -> None:  # noqa: ANN401
    """A failure is an outcome: it is not missing. Timings fill no gap."""
    plan = Plan(("a",), (2,), ("set",), ("p",))
    rows = [runs.keyed(row, status="failed") for row in runs.scores(plan)]
    assert missing(plan, {"set": 2}, rows) == []
    assert [gap.images for gap in missing(plan, {"set": 2}, runs.samples(plan))] == [2]


def test_values_of_metrics_are_missing_where_a_score_is_good(runs: Any) -> None:  # noqa: ANN401
    """A value is missing until there is a row, be it a bad one; PSNR and SSIM have none of their own."""
    plan = Plan(("a",), (2,), ("set",), ("p",), metrics=("psnr", "lpips", "niqe"))
    good, bad = runs.scores(plan)
    bad = runs.keyed(bad, status="failed")
    (value,) = runs.values([good], "niqe")
    (gap,) = missing(plan, {"set": 2}, [good, bad, replace(value, status="crashed")])
    assert str(gap) == "a x2 lacks lpips of 1 image of set (0.png), protocol p"
    assert missing(plan, {"set": 2}, [good, bad, value, *runs.values([good])]) == []


def test_sizes() -> None:
    """They are in run.json once a run has begun; what is not as srbench writes it is one line."""
    assert sizes({}) == {}
    assert sizes({"datasets": {"set": {"images": 5}}}) == {"set": 5}
    malformed: list[Any] = [[], {"set": 5}, {"set": {}}, {"set": {"images": "many"}}]
    for strange in malformed:
        with pytest.raises(RunFolderError, match=r"run\.json holds datasets that this version cannot read"):
            sizes({"datasets": strange})

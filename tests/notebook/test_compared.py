"""A comparison shows itself in notebooks: what changed, and what only one of the runs has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import srbench
from srbench.plan import Plan

if TYPE_CHECKING:
    from tests.conftest import Runs

PLAN = Plan(("bicubic", "mine"))


def test_changes(runs: Runs) -> None:
    """Means of both runs and their change, better ones bold, beside lines that stayed, which are dim."""
    one = runs.write("one", PLAN)
    rows = [replace(row, psnr=row.psnr + 1) if row.method == "mine" else row for row in runs.scores(PLAN)]
    found = srbench.compare(one, runs.write("two", PLAN, rows))
    assert repr(found) == f"<comparison of {one} and {one.parent / 'two'}: 2 of 4 scores changed>"
    html = found._repr_html_()
    assert f"scores: A is {one}, B is {one.parent / 'two'}" in html
    assert "<b>+1.0000</b>" in html
    assert html.count('<tr style="opacity: 0.55">') == 1
    assert "sample x3, basicsr" in html
    assert "Bold: B is better than A. Dimmed: no score changed." in html


@pytest.mark.slow
def test_what_only_one_run_has(runs: Runs) -> None:
    """Limits that are exceeded, results that are lost, and methods of one run alone are said below the tables."""
    rows = runs.scores(PLAN)
    lost = [replace(rows[0], status="failed", reason="boom", psnr=float("nan"), ssim=float("nan")), *rows[1:]]
    more = Plan(("bicubic", "mine", "third"))
    one, two = runs.write("one", PLAN), runs.write("two", more, [*lost, *runs.scores(Plan(("third",)))])
    html = srbench.compare(one, two, fail_on="psnr:-0.01")._repr_html_()
    assert "<li>FAIL bicubic x3 on sample" in html
    assert "<li>lost: bicubic x3 on sample, basicsr, 0.png</li>" in html
    assert "<li>only in B: third x3 on sample, basicsr</li>" in html


@pytest.mark.slow
def test_times(runs: Runs) -> None:
    """Times of A and B stand beside their ratio."""
    times = Plan(("bicubic", "mine"), scoring=False)
    one = runs.write("one", times, runs.samples(times))
    html = srbench.compare(one, runs.write("two", times, runs.samples(times, seconds=0.2)))._repr_html_()
    assert ">100<" in html
    assert ">200<" in html
    assert "10x10 x3 cpu" in html

"""The tables of a run show themselves in notebooks as reports show them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import srbench
from srbench.plan import Plan

if TYPE_CHECKING:
    from tests.conftest import Runs


def plain(html: str) -> list[list[str]]:
    """Return the cells of all lines of tables, without markup."""
    lines = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    return [
        [re.sub(r"<.*?>", "", cell).strip() for cell in re.findall(r"<t[dh].*?</t[dh]>", line, re.DOTALL)]
        for line in lines
    ]


@pytest.mark.slow
def test_scores(runs: Runs) -> None:
    """The best is bold, the second underlined, what has no score is dim and says why; labels and units are there."""
    plan = Plan(("bicubic", "mine", "bad"))
    rows = [
        replace(row, psnr=row.psnr + 1)
        if row.method == "mine"
        else replace(row, status="failed", reason="a <b> & c", psnr=float("nan"), ssim=float("nan"))
        if row.method == "bad"
        else row
        for row in runs.scores(plan)
    ]
    found = srbench.load(runs.write("run", plan, rows, labels={"mine": "Mine <3"}))
    assert repr(found).endswith(": 3 methods, 6 scores, 2 failed, 0 timings>")
    html = found._repr_html_()
    assert "x3, protocol basicsr" in html
    heads, bicubic, mine, bad = plain(html)
    assert heads[:4] == ["method", "dataset", "PSNR dB", "SSIM"]
    assert [line[0] for line in (bicubic, mine, bad)] == ["bicubic", "Mine &lt;3", "bad"]
    assert "<b>31.50</b>" in html
    assert "<u>30.50</u>" in html
    assert bad[2] == "failed"
    assert re.search(r'<tr style="opacity: 0.55">\s*<td[^>]*title="a &lt;b&gt; &amp; c"[^>]*>bad<', html)
    assert "<li>bad (sample x3): failed: a &lt;b&gt; &amp; c</li>" in html
    assert "Best bold, second underlined." in html


@pytest.mark.slow
def test_failures_that_differ_in_shapes(runs: Runs) -> None:
    """One note is enough for images whose reasons differ in their shapes alone."""
    plan = Plan(("bicubic", "bad"))
    shapes = iter(("(510, 510, 3)", "(300, 450)"))
    rows = [
        replace(row, status="failed", reason=f"no array {next(shapes)}; why?", psnr=float("nan"), ssim=float("nan"))
        if row.method == "bad"
        else row
        for row in runs.scores(plan)
    ]
    html = srbench.load(runs.write("run", plan, rows))._repr_html_()
    assert re.findall("<li>(.*?)</li>", html) == ["bad (sample x3): failed: no array (...); why?"]


@pytest.mark.slow
def test_factors_are_tables(runs: Runs) -> None:
    """Each factor and protocol has a table of its own."""
    html = srbench.load(runs.write("run", Plan(("bicubic", "mine"), factors=(2, 3))))._repr_html_()
    assert re.findall(r"<caption.*?>(.*?)</caption>", html) == ["x2, protocol basicsr", "x3, protocol basicsr"]


def test_times_that_there_are_not(runs: Runs) -> None:
    """A run in which nothing could be timed says why."""
    plan = Plan(("mine",), scoring=False)
    rows = [replace(row, phase="load", status="failed", reason="no <file>") for row in runs.samples(plan)]
    assert "failed: no &lt;file&gt;</li>" in srbench.load(runs.write("run", plan, rows))._repr_html_()


@pytest.mark.slow
def test_times_alone(runs: Runs) -> None:
    """A run without scores shows its times."""
    plan = Plan(("bicubic", "mine"), scoring=False)
    html = srbench.load(runs.write("run", plan, runs.samples(plan)))._repr_html_()
    assert "x3 on cpu" in html
    assert [line[:3] for line in plain(html)[1:]] == [["bicubic", "10x10 RGB", "100"], ["mine", "10x10 RGB", "100"]]

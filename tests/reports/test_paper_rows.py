"""Rows that papers report beside the measured ones, in all formats: marked, and neither ranked nor compared."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.reports import findings, formats
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

RCAN = ("34.74", "0.9299")
"""On Set5 x3, from the paper's Table 2: results/published.csv."""


def load(dataset: str = "set5", *, reported: bool = True, protocol: str = "basicsr") -> Findings:
    """Return the findings of a run of two methods, the worse one first."""
    common: Any = {"dataset": dataset, "factor": 3, "protocol": protocol, "device": "cpu", "ssim": 0.9}
    rows = [
        ScoreRow(method=method, image=image, psnr=psnr, key=f"{method}{image}", **common)
        for method, psnr in (("bicubic", 30.0), ("net", 31.0))
        for image in "xy"
    ]
    found = tables(rows, Order(("bicubic", "net"), {dataset: 2}, (3,), (protocol,), metrics_of({})))
    return findings.of(found, Path("run"), {}, reported=reported)


@pytest.mark.parametrize("form", ["rich", "markdown", "latex"])
def test_text_shows_marked_rows(form: str) -> None:
    """The paper's digits stand beside the measured ones, under a name that says so; without the option they do not."""
    text = formats.render(form, load())
    lines = [line for line in text.splitlines() if "RCAN" in line and RCAN[0] in line]
    assert len(lines) == 1, text
    assert "reported" in lines[0] or r"\dagger" in lines[0]
    assert RCAN[1] in lines[0]
    assert "RCAN, ECCV 2018, Table 2" in text.replace("{}", "")
    assert RCAN[0] not in formats.render(form, load(reported=False))


@pytest.mark.parametrize(("form", "best"), [("markdown", "**31.00**"), ("latex", r"\textbf{31.00}")])
def test_the_best_is_the_best_measured_one(form: str, best: str) -> None:
    """What papers report is better than all methods of the run, and not marked as the best or second."""
    text = formats.render(form, load())
    assert best in text
    assert not any(mark in text for mark in (f"**{RCAN[0]}**", rf"\textbf{{{RCAN[0]}}}", f"<u>{RCAN[0]}"))


def test_tests_and_ranks_are_as_without() -> None:
    """The scoreboard, comparisons and ranks do not know of the rows."""
    with_rows, without = load(), load(reported=False)
    assert with_rows.scoreboard.equals(without.scoreboard)
    assert with_rows.comparisons.equals(without.comparisons)
    assert without.paper_rows.empty


def test_csv_has_them_in_columns_of_their_own() -> None:
    """A reported line has its numbers in `reported_*`, none among the measured ones, and its status says it."""
    lines = list(csv.DictReader(io.StringIO(formats.render("csv", load()))))
    (rcan,) = [line for line in lines if line["method"] == "RCAN"]
    assert (rcan["reported_psnr"], rcan["reported_ssim"], rcan["status"]) == (*RCAN, "reported")
    assert (rcan["psnr"], rcan["ssim"], rcan["rank"], rcan["images"]) == ("", "", "", "")
    assert [line["images"] for line in lines[:2]] == ["2", "2"]


def test_json_has_them_under_a_key_of_their_own() -> None:
    """`reported` has the rows; the scoreboard is that of the run, and without the option there is no such key."""
    found = json.loads(formats.render("json", load()))
    assert [line["method"] for line in found["scoreboard"]] == ["bicubic", "net"]
    assert {"method": "RCAN", "psnr": 34.74, "printed_psnr": "34.74"}.items() <= next(
        line for line in found["reported"] if line["method"] == "RCAN"
    ).items()
    assert "reported" not in json.loads(formats.render("json", load(reported=False)))


@pytest.mark.parametrize("form", ["rich", "markdown"])
def test_nothing_that_matches_is_said(form: str) -> None:
    """One line says why no row is there."""
    text = formats.render(form, load("mine"))
    assert "nothing that papers report matches this run: papers report the datasets set5, " in text
    assert "and the run has mine" in text


def test_other_protocols_are_named() -> None:
    """Methods that papers report under another protocol only are named, without their numbers."""
    text = formats.render("rich", load())
    assert "reported under other protocols, whose numbers do not compare with these: SRCNN, " in text
    assert "36.66" not in text

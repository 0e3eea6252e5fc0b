"""Rows that papers report beside the measured ones, in all formats: marked, and neither ranked nor compared."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.errors import UsageError
from srbench.reports import choosing, findings, formats, paper_rows
from srbench.reports.html import boards, page
from srbench.reports.html.legend import legend
from srbench.reports.html.matrix import matrices
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

RCAN = ("34.74", "0.9299")
"""On Set5 x3, from the paper's Table 2: results/published.csv."""


def load(*datasets: str, reported: bool = True, methods: tuple[str, str] = ("bicubic", "net")) -> Findings:
    """Return the findings of a run of two methods, the worse one first; without datasets on Set5."""
    sets = dict.fromkeys(datasets or ("set5",), 2)
    common: Any = {"factor": 3, "protocol": "basicsr", "device": "cpu", "ssim": 0.9}
    rows = [
        ScoreRow(method=method, dataset=each, image=image, psnr=psnr, key=f"{method}{each}{image}", **common)
        for each in sets
        for method, psnr in zip(methods, (30.0, 31.0), strict=True)
        for image in "xy"
    ]
    found = tables(rows, Order(methods, sets, (3,), ("basicsr",), metrics_of({})))
    return findings.of(found, Path("run"), {}, reported=reported)


@pytest.mark.sampled
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


@pytest.mark.sampled
@pytest.mark.parametrize(("form", "best"), [("markdown", "**31.00**"), ("latex", r"\textbf{31.00}")])
def test_the_best_is_the_best_measured_one(form: str, best: str) -> None:
    """What papers report is better than all methods of the run, and not marked as the best or second."""
    text = formats.render(form, load())
    assert best in text
    assert not any(mark in text for mark in (f"**{RCAN[0]}**", rf"\textbf{{{RCAN[0]}}}", f"<u>{RCAN[0]}"))


@pytest.mark.slow
def test_tests_and_ranks_are_as_without() -> None:
    """The scoreboard, comparisons and ranks do not know of the rows."""
    with_rows, without = load(), load(reported=False)
    assert with_rows.scoreboard.equals(without.scoreboard)
    assert with_rows.comparisons.equals(without.comparisons)
    assert without.paper_rows.empty


@pytest.mark.slow
def test_csv_has_them_in_columns_of_their_own() -> None:
    """A reported line has its numbers in `reported_*`, none among the measured ones, and its status says it."""
    lines = list(csv.DictReader(io.StringIO(formats.render("csv", load()))))
    (rcan,) = [line for line in lines if line["method"] == "RCAN"]
    assert (rcan["reported_psnr"], rcan["reported_ssim"], rcan["status"]) == (*RCAN, "reported")
    assert (rcan["psnr"], rcan["ssim"], rcan["rank"], rcan["images"]) == ("", "", "", "")
    assert [line["images"] for line in lines[:2]] == ["2", "2"]


@pytest.mark.slow
def test_json_has_them_under_a_key_of_their_own() -> None:
    """`reported` has the rows; the scoreboard is that of the run, and without the option there is no such key."""
    found = json.loads(formats.render("json", load()))
    assert [line["method"] for line in found["scoreboard"]] == ["bicubic", "net"]
    assert {"method": "RCAN", "psnr": 34.74, "printed_psnr": "34.74"}.items() <= next(
        line for line in found["reported"] if line["method"] == "RCAN"
    ).items()
    assert "reported" not in json.loads(formats.render("json", load(reported=False)))


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["rich", "markdown"])
def test_nothing_that_matches_is_said(form: str) -> None:
    """One line says why no row is there."""
    text = formats.render(form, load("mine"))
    assert "nothing that papers report matches this run: papers report the datasets set5, " in text
    assert "and the run has mine" in text


@pytest.mark.slow
def test_other_protocols_are_named() -> None:
    """Methods that papers report under another protocol only are named, without their numbers."""
    text = formats.render("rich", load())
    assert "reported under other protocols, so not comparable: SRCNN, " in text
    assert "36.66" not in text


@pytest.mark.slow
def test_page_has_dimmed_lines() -> None:
    """They stand below the measured lines of their setting, in no legend, with the paper's digits and no rank."""
    found = load()
    table = boards.scoreboard(found, legend(found))
    (rcan,) = [line for line in table.lines if line.method == "RCAN (reported)"]
    assert [line.method for line in table.lines[:2]] == ["bicubic", "net"]
    assert rcan.style == "aside reported"
    assert rcan.group == table.lines[0].group
    shown = dict(zip([column.title for column in table.columns], [cell.text for cell in rcan.cells], strict=True))
    assert (shown["PSNR dB"], shown["SSIM"], shown["Rank"], shown["Weights"]) == (*RCAN, "–", "15.6M")  # noqa: RUF001
    text = page.render(found)
    assert text.count("RCAN (reported)") == 1
    assert 'data-method="RCAN (reported)"' not in text
    assert "not measured here, not ranked and not tested; weights: as the paper counts them" in text


@pytest.mark.slow
def test_matrix_has_them_by_metric() -> None:
    """A run of many settings has a line for each method that a paper reports, in the matrix of each of its metrics."""
    found = load("set5", "set14", "bsd100")
    psnr, ssim, difference = matrices(found, legend(found))
    rcan = [line for line in psnr.lines if line.method == "RCAN (reported)"]
    assert [cell.text for line in rcan for cell in line.cells] == ["34.74", "30.65", "29.32"]
    assert any(line.method == "RCAN (reported)" for line in ssim.lines)
    assert [line.method for line in difference.lines] == ["bicubic", "net"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("RCAN", "RCAN (reported)"), ("FSRCNN (T91 only)", "FSRCNN (T91 only, reported)")],
)
def test_marks_open_no_second_bracket(name: str, shown: str) -> None:
    """A name that ends with brackets has the mark within them."""
    assert paper_rows.title(name) == shown


@pytest.mark.parametrize(("count", "shown"), [(15_600_000, "15.6M"), (57_000, "57k"), (22_729, "22,729"), (0, "0")])
def test_rounded_weights_are_shown_so(count: int, shown: str) -> None:
    """What the paper rounds is not shown as if it were exact."""
    assert paper_rows.parameters(pd.Series({"parameters": count})) == shown


@pytest.mark.slow
def test_names_leave_the_papers_method_alone() -> None:
    """`--names` for a measured method does not rename what a paper reports under its name, which has its own."""
    found = load(methods=("bicubic", "RCAN"))
    text = formats.render("latex", found, ["RCAN=Ours"])
    assert "\nOurs & " in text
    assert r"{RCAN$^\dagger$}" in text
    assert r"{RCAN [1]$^\dagger$}" in formats.render("latex", found, ["RCAN (reported)=RCAN [1]"]).replace("{[}", "[")
    assert r"{Theirs$^\dagger$}" in formats.render("latex", load(), ["RCAN=Theirs"])


@pytest.mark.slow
def test_chosen_methods() -> None:
    """Methods of the run and of papers are chosen by name; those of a kind that is not named stay."""
    found = choosing.chosen(load(), "net,RCAN")
    assert (found.methods, found.baseline) == (["net"], "net")
    assert list(found.paper_rows["method"]) == ["RCAN"]
    assert len(choosing.chosen(load(), "net").paper_rows) == len(load().paper_rows)
    assert choosing.chosen(load(), ["RCAN"]).methods == ["bicubic", "net"]
    with pytest.raises(UsageError, match="unknown method 'rcan2' of the report"):
        choosing.chosen(load(), "rcan2")


@pytest.mark.sampled
@pytest.mark.parametrize("form", ["rich", "markdown", "latex", "csv"])
def test_a_choice_holds_in_every_format(form: str) -> None:
    """A dataset and methods that are not chosen are in no table."""
    text = formats.render(form, choosing.chosen(load("set5", "set14"), "net,HAT", "set14", 3))
    assert "HAT" in text
    assert not any(word in text for word in ("SwinIR", "set5", "Set5", "icubic"))

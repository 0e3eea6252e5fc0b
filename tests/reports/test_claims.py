"""What is reported beside what was measured, in the terminal, in Markdown and LaTeX, and in JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from rich.console import Console

from srbench.analysis.claims import COLUMNS
from srbench.analysis.columns import metrics_of
from srbench.analysis.reported import VERDICTS, beside
from srbench.analysis.tables import Order, tables
from srbench.reports import claims, findings, formats
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

METRICS = metrics_of({})


def run(psnr: float = 30.39, ssim: float = 0.8682, dataset: str = "set5") -> Findings:
    """Return the findings of a run of bicubic-matlab on five images at x3 under srcnn."""
    about: dict[str, Any] = {"method": "bicubic-matlab", "dataset": dataset, "factor": 3, "protocol": "srcnn"}
    rows = [ScoreRow(**about, image=each, device="cpu", psnr=psnr, ssim=ssim, channels=1) for each in "abcde"]
    return findings.of(tables(rows, Order(["bicubic-matlab"], {dataset: 5}, [3], ["srcnn"], METRICS)), Path(), {})


def table(**fields: str) -> pd.DataFrame:
    """Return a claim of PSNR and one of LPIPS beside what was measured: the first is met."""
    line = dict.fromkeys(COLUMNS, "") | {"method": "m", "dataset": "set5", "protocol": "srcnn", "factor": 3} | fields
    numbers = [{"metric": "psnr", "reported": 30.4, "printed": "30.40"}, {"metric": "lpips", "reported": 0.5}]
    both = pd.DataFrame([line | each for each in numbers]).assign(printed=["30.40", ".5"])
    summary = {"method": "m", "dataset": "set5", "factor": 3, "protocol": "srcnn", "images": 5, "of": 5, "reason": ""}
    return beside(both, pd.DataFrame([summary | {"psnr": 30.3951, "ssim": 0.9}]), METRICS, {})


def printed(found: pd.DataFrame) -> str:
    """Return what is printed of claims at 80 columns."""
    text = io.StringIO()
    claims.show(Console(file=text, width=80, color_system=None), found, METRICS)
    return text.getvalue()


def test_terminal() -> None:
    """Digits are as printed, two more where measured; below stand reasons, counts and what each verdict says."""
    text = printed(table(name="Mine", source="a paper, Table 1"))
    assert "Mine, run as m, protocol srcnn: a paper, Table 1" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["set5", "x3", "PSNR", "dB", "30.40", "30.3951", "-0.0049", "equal"] in lines
    assert ["set5", "x3", "lpips", ".5", "-", "-", "not", "measured"] in lines
    assert "m (set5 x3): not measured: lpips is none of the metrics that were measured" in text
    assert "2 claims: 1 equal to the last digit, 1 not measured\n" in text
    assert [line.split(":")[0] for line in text.splitlines()[-2:]] == ["equal", "not measured"]
    assert "srbench explain" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_off() -> None:
    """Where a score is off, it is said how to find out why."""
    found = table().assign(verdict="off")
    assert "srbench explain finds which convention gives the reported number." in printed(found)


@pytest.mark.parametrize(("fields", "title"), [({}, "m, protocol srcnn"), ({"name": "m"}, "m, protocol srcnn")])
def test_names_that_say_nothing_more(fields: dict[str, str], title: str) -> None:
    """A claim without a name or a source has none of them in its title."""
    assert printed(table(**fields)).splitlines()[0].strip() == title


def test_runs_say_how_many_numbers_are_met() -> None:
    """And each that is off; where papers report nothing, nothing is said."""
    assert list(claims.remarks(run().claims, METRICS)) == ["2 numbers that papers report: 2 equal to the last digit"]
    first, second = claims.remarks(run(ssim=0.87).claims, METRICS)
    assert first == "2 numbers that papers report: 1 equal to the last digit, 1 off by more"
    assert second == (
        "bicubic-matlab, set5 x3, srcnn: SSIM is reported as 0.8682, measured 0.870000 (+0.001800): off; "
        "RCAN, ECCV 2018, Table 2: bicubic (MATLAB)"
    )
    assert list(claims.remarks(run(dataset="mine").claims, METRICS)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("markdown", "| bicubic-matlab | set5 x3 | srcnn | PSNR dB | 30.39 | 30.3800 | -0.0100 | agrees | RCAN, ECCV"),
        ("latex", r"Set5 $\times$3 & PSNR dB & 30.39 & 30.3800 & -{}0.0100 & agrees \\"),
    ],
)
def test_tables_of_reports(name: str, line: str) -> None:
    """Markdown and LaTeX have a table of them, which says what its verdicts mean; there is none without claims."""
    text = formats.render(name, run(psnr=30.38))
    assert line in text
    assert VERDICTS["agrees"] in text
    assert "easured" not in formats.render(name, run(dataset="mine"))


def test_json() -> None:
    """Each claim is an object, with numbers as numbers and the digits as printed."""
    first, second = json.loads(formats.render("json", run()))["claims"]
    assert (first["metric"], first["reported"], first["printed"]) == ("psnr", 30.39, "30.39")
    assert first["measured"] == pytest.approx(30.39)
    assert (second["metric"], second["degradation"], second["verdict"]) == ("ssim", "bicubic", "equal")

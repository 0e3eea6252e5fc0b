"""The report as text: Markdown, LaTeX and CSV of a hand-made run with names that mean something to each."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.reports import delimited, findings, latex, markdown
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

METRICS = metrics_of({})

EVIL = (
    r"\input{/etc/passwd}",
    r"\write18{touch pwned}",
    "<script>alert(1)</script>",
    "a|b",
    "=cmd|' /C calc'!A0",
    "50%_&#$~^{}",
    'ü"`*[x](y)',
    "日本[1]",
    "*starred",
    ":heart:",
)


@pytest.fixture(scope="module")
def evil() -> Findings:
    """Return a run of bicubic and methods with evil names, each better than the one before."""
    methods = ["bicubic", *EVIL]
    rows = [
        ScoreRow(
            method=method,
            dataset="a_b",
            image=image,
            factor=3,
            protocol="basicsr",
            device="cpu",
            psnr=30.0 + number,
            ssim=0.8 + number / 100,
            key=f"{method}{image}",
        )
        for number, method in enumerate(methods)
        for image in ("x", "y")
    ]
    return findings.of(tables(rows, Order(methods, {"a_b": 2}, (3,), ["basicsr"], METRICS)), Path(), {})


@pytest.mark.slow
def test_markdown_shows_names_as_text(evil: Findings) -> None:
    """No name ends a cell or is HTML; the best is bold, the second underlined."""
    text = markdown.render(evil)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 1 + len(EVIL)
    assert {row.replace("\\|", "").count("|") for row in rows} == {8}
    assert "<script" not in text
    assert f"**{30 + len(EVIL)}.00**" in rows[-1]
    assert f"<u>{29 + len(EVIL)}.00</u>" in rows[-2]


def test_csv_runs_in_no_spreadsheet(evil: Findings) -> None:
    """A formula gets an apostrophe; numbers, those below zero too, stay numbers at full precision."""
    found = pd.read_csv(io.StringIO(delimited.csv(evil)))
    assert found["method"].tolist()[5] == "'" + EVIL[4]
    assert found["method"].tolist()[1] == EVIL[0]
    assert found["psnr_difference"].tolist()[1:] == [pytest.approx(number) for number in range(1, len(EVIL) + 1)]


def test_latex_has_no_command_of_a_name(evil: Findings) -> None:
    """The specials of TeX in names are shown, not obeyed."""
    text = latex.render(evil)
    assert r"\input" not in text
    assert r"\write" not in text
    assert r"50\%\_\&\#\$\textasciitilde{}\textasciicircum{}\{\}" in text


@pytest.mark.slow
def test_latex_compiles_as_it_is(evil: Findings, tmp_path: Path) -> None:
    """Pdflatex takes the document, evil names included, and shows them."""
    pdflatex, pdftotext = shutil.which("pdflatex"), shutil.which("pdftotext")
    if not pdflatex or not pdftotext:
        pytest.skip("needs pdflatex and pdftotext")
    (tmp_path / "t.tex").write_text(latex.render(evil))
    command = [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "-shell-escape", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert not (tmp_path / "pwned").exists()
    command = [pdftotext, "-layout", "t.pdf", "-"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "input{/etc/passwd}" in shown.stdout

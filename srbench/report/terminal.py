"""The terminal report: what is printed of a run, readable at 80 columns and without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from srbench.report import speeds
from srbench.report.drawing import NONE, STYLE, draw, say
from srbench.report.highlights import charts, images
from srbench.report.naming import benchmark, setting
from srbench.report.remarks import contamination, metadata, noise, reasons
from srbench.report.scoreboard import scoreboard
from srbench.report.standings import Standings

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from srbench.report.findings import Findings

_LINES = 10
"""How many warnings and how many reasons are printed; the run folder has all."""


def show_run(console: Console, findings: Findings) -> None:
    """Print scores as `srbench run` does; of a run that has none, speeds as `srbench time` does."""
    if len(findings.tables.scores):
        show(console, findings)
    else:
        speeds.show(console, findings.tables.speeds)


def show(console: Console, findings: Findings) -> None:
    """Print what a run found: its scores, quality against time, telling images, and what to keep in mind."""
    timed = bool(len(findings.tables.timings))
    tables, board = findings.tables, scoreboard(findings)
    for _, group in board.groupby(["factor", "protocol"], sort=False):
        standings = Standings(group, findings.baseline, timed=timed, width=console.width)
        draw(console, standings.table())
    for title, drawing in charts(board) if timed else ():
        say(console, title, "bold")
        say(console, drawing)
    _say_each(console, list(images(findings)))
    _say_each(console, [*contamination(tables.scores), *metadata(findings.models)], style="yellow")
    _say_each(console, list(reasons(tables.scores)))
    _say_each(console, list(noise(tables)), style="yellow")
    if (tables.scores["output"] != "").any():
        say(console, "what they printed last: column output of scores.csv in the run folder")


def show_images(console: Console, scores: pd.DataFrame) -> None:
    """Print the score of each image, to the six decimals that MATLAB scripts print."""
    for (method, factor, protocol), group in scores.groupby(["method", "factor", "protocol"], sort=False):
        title = Text(f"{method} {setting(factor, protocol)}")
        table = Table("image", title=title, **STYLE)
        table.add_column("PSNR dB", justify="right")
        table.add_column("SSIM", justify="right")
        for _, line in group.iterrows():
            good = line["status"] == "ok"
            numbers = (f"{line['psnr']:.6f}", f"{line['ssim']:.6f}") if good else (line["status"], "")
            table.add_row(Text(line["image"]), *numbers, Text("" if good else line["reason"]))
        console.print(table)


def show_published(console: Console, table: pd.DataFrame) -> None:
    """Print published and measured means side by side, a table for each source."""
    for (method, protocol, source), group in table.groupby(["method", "protocol", "source"], sort=False):
        columns = ("dataset", "published\ndB / SSIM", "measured\ndB / SSIM", "difference", "verdict")
        lines = Table(*columns, title=Text(f"{method}, protocol {protocol}: {source}"), **STYLE)
        for _, line in group.iterrows():
            lines.add_row(
                benchmark(line["dataset"], line["factor"]),
                _pair(f"{line['psnr']:.2f}", f"{line['ssim']:.4f}"),
                _pair(f"{line['measured_psnr']:.4f}", f"{line['measured_ssim']:.5f}"),
                _pair(f"{line['psnr_difference']:+.4f}", f"{line['ssim_difference']:+.5f}"),
                Text(line["verdict"], style="red" if line["verdict"] in {"off", "not measured"} else ""),
            )
        console.print(lines)
    for (spec, reason), group in table[table["reason"] != ""].groupby(["spec", "reason"], sort=False):
        places = ", ".join(dict.fromkeys(benchmark(line.dataset, line.factor) for line in group.itertuples()))
        say(console, f"{spec} ({places}): not measured: {reason}")


def _pair(psnr: str, ssim: str) -> str:
    """Join a PSNR and an SSIM; papers print some tables without one of them."""
    return " / ".join(NONE if "nan" in number else number for number in (psnr, ssim))


def _say_each(console: Console, lines: list[str], style: str = "") -> None:
    """Print the first lines, and how many there are beyond them."""
    for line in lines[:_LINES]:
        say(console, line, style)
    if lines[_LINES:]:
        say(console, f"and {len(lines) - _LINES} more (scores.csv has all)", style)

"""The terminal report: one table per factor and protocol, readable at 80 columns and without colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from srbench.report.drawing import NONE, STYLE, draw, say, three_digits
from srbench.report.remarks import TRAINED_ON, contamination, noise, reasons
from srbench.results.rows import DEVICES
from srbench.results.speeds import BASELINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from rich.console import Console

    from srbench.results.tables import Tables

_LINES = 10
"""How many warnings and how many reasons are printed; the run folder has all."""


def show(console: Console, tables: Tables, *, timed: bool) -> None:
    """Print a run's summary, methods x datasets, then which scores are on training images, and what went wrong."""
    for (factor, protocol), group in tables.summary.groupby(["factor", "protocol"], sort=False):
        table = _table(f"x{factor}, protocol {protocol}", group, timed=timed)
        draw(console, table)
    _say_each(console, list(contamination(tables.scores)), style="yellow")
    _say_each(console, list(reasons(tables.scores)))
    _say_each(console, list(noise(tables.speeds)), style="yellow")
    if (tables.scores["output"] != "").any():
        say(console, "what they printed last: column output of scores.csv in the run folder")


def show_images(console: Console, scores: pd.DataFrame) -> None:
    """Print the score of each image, to the six decimals that MATLAB scripts print."""
    for (method, factor, protocol), group in scores.groupby(["method", "factor", "protocol"], sort=False):
        title = escape(f"{method} x{factor}, protocol {protocol}")
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
        lines = Table(*columns, title=escape(f"{method}, protocol {protocol}: {source}"), **STYLE)
        for _, line in group.iterrows():
            lines.add_row(
                f"{line['dataset']} x{line['factor']}",
                _pair(f"{line['psnr']:.2f}", f"{line['ssim']:.4f}"),
                _pair(f"{line['measured_psnr']:.4f}", f"{line['measured_ssim']:.5f}"),
                _pair(f"{line['psnr_difference']:+.4f}", f"{line['ssim_difference']:+.5f}"),
                Text(line["verdict"], style="red" if line["verdict"] in {"off", "not measured"} else ""),
            )
        console.print(lines)
    for (spec, reason), group in table[table["reason"] != ""].groupby(["spec", "reason"], sort=False):
        places = ", ".join(dict.fromkeys(f"{line.dataset} x{line.factor}" for line in group.itertuples()))
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


def _table(title: str, group: pd.DataFrame, *, timed: bool) -> Table:
    """Draw one factor and protocol; where there are several datasets, each has a section under its name."""
    sections = {str(name): section for name, section in group.groupby("dataset", sort=False)}
    alone = len(sections) == 1
    title = f"{next(iter(sections))} {title}" if alone else title
    devices = [device for device in DEVICES if timed and group[f"{device}_ms_per_mpx"].notna().any()]
    notes = [_images(group)] if alone else []
    notes += ["ms/Mpx: milliseconds per output megapixel, warm"] if devices else []
    notes += [f"{device.upper()}: {note}" for device, note in _shared_notes(group, devices) if timed]
    table = Table(title=escape(title), caption=Text("\n".join(notes)), **STYLE)
    indent = 0 if alone else 2
    table.add_column("method", overflow="fold", min_width=min(20, group["method"].str.len().max() + indent))
    # two lines of heading, and names alone fold: with both devices every number still fits into 80 columns
    for heading in ("PSNR\ndB", "SSIM", "vs\nbicubic", *(f"{device.upper()}\nms/Mpx" for device in devices), "weights"):
        table.add_column(heading, justify="right", no_wrap=True)
    for dataset, section in sections.items():
        if not alone:
            table.add_row(Text(f"{dataset}, {_images(section)}", style="italic"))
        _add_section(table, section, devices, indent)
    return table


def _add_section(table: Table, section: pd.DataFrame, devices: list[str], indent: int) -> None:
    """Add the methods of one dataset; the baseline and the best are its own."""
    base = _baseline(section)
    fair = section[(section["images"] == section["of"]) & (section["trained_on"] == 0)]
    best = {column: fair[column].max() for column in ("psnr", "ssim")}
    for _, line in section.iterrows():
        name = Text(" " * indent + line["method"], overflow="fold")
        table.add_row(name, *_quality(line, base, best), *_speed(line, devices), _weights(line))


def _images(group: pd.DataFrame) -> str:
    number = group["of"].max()
    return f"{number} image{'s' if number != 1 else ''}"


def _quality(line: pd.Series, base: float, best: dict[str, float]) -> Iterator[Text]:
    """Yield PSNR, SSIM and the difference to the baseline.

    A partial mean is marked, never bold, never differenced; one over training images is marked and never bold.
    """
    if not line["images"]:
        yield from (
            Text(line["status"], style="red" if line["status"] != "skipped" else "dim"),
            Text(NONE),
            Text(NONE),
        )
        return
    whole = line["images"] == line["of"]
    for column, digits, mark in (("psnr", 2, TRAINED_ON), ("ssim", 4, "")):
        text = f"{line[column]:.{digits}f}"
        if line["trained_on"]:
            yield Text(mark + text, style="yellow")
        else:
            yield Text(text, style="bold" if whole and text == f"{best[column]:.{digits}f}" else "")
    difference = line["psnr"] - base
    if not whole:
        yield Text(f"{line['images']} of {line['of']}", style="yellow")
    else:
        yield Text(f"{difference:+.2f}" if math.isfinite(difference) and line["method"] != BASELINE else NONE)


def _speed(line: pd.Series, devices: list[str]) -> Iterator[Text]:
    for device in devices:
        value, note = line[f"{device}_ms_per_mpx"], line[f"{device}_note"]
        yield Text(note if isinstance(note, str) and math.isnan(value) else three_digits(value))


def _weights(line: pd.Series) -> Text:
    return Text(NONE if _absent(line["parameters"]) else f"{line['parameters']:,}")


def _baseline(group: pd.DataFrame) -> float:
    base = group[(group["method"] == BASELINE) & (group["images"] == group["of"])]
    return float(base["psnr"].iloc[0]) if len(base) else math.nan


def _shared_notes(group: pd.DataFrame, devices: list[str]) -> Iterator[tuple[str, str]]:
    """Yield why a device has no time at all, so that it needs no column."""
    for device in DEVICES:
        notes = set() if device in devices else {str(note) for note in group[f"{device}_note"].dropna()}
        if notes:
            yield device, "; ".join(sorted(notes))


def _absent(value: Any) -> bool:  # noqa: ANN401 - pandas gives NA, NaN or a number
    return str(value) in {"nan", "<NA>", "None"}

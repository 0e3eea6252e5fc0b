"""The terminal report: one table per dataset, factor and protocol, readable at 80 columns and without colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from rich.console import Console

BASELINE = "bicubic"
"""The method that differences are taken to, where the run has it."""

_NONE = "-"
_STYLE: dict[str, Any] = {
    "box": None,
    "title_style": "bold",
    "title_justify": "left",
    "caption_style": "dim",
    "caption_justify": "left",
}


def show(console: Console, summary: pd.DataFrame, *, timed: bool) -> None:
    """Print the tables of a run's summary, then what went wrong and why."""
    for (dataset, factor, protocol), group in summary.groupby(["dataset", "factor", "protocol"], sort=False):
        console.print(_table(f"{dataset} x{factor}, protocol {protocol}", group, timed=timed))
    for line in _reasons(summary):
        console.print(line, highlight=False, soft_wrap=True)


def show_images(console: Console, scores: pd.DataFrame) -> None:
    """Print the score of each image, to the six decimals that MATLAB scripts print."""
    for (method, factor, protocol), group in scores.groupby(["method", "factor", "protocol"], sort=False):
        title = escape(f"{method} x{factor}, protocol {protocol}")
        table = Table("image", title=title, **_STYLE)
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
        lines = Table(*columns, title=escape(f"{method}, protocol {protocol}: {source}"), **_STYLE)
        for _, line in group.iterrows():
            lines.add_row(
                f"{line['dataset']} x{line['factor']}",
                _pair(f"{line['psnr']:.2f}", f"{line['ssim']:.4f}"),
                _pair(f"{line['measured_psnr']:.4f}", f"{line['measured_ssim']:.5f}"),
                _pair(f"{line['psnr_difference']:+.4f}", f"{line['ssim_difference']:+.5f}"),
                Text(line["verdict"], style="red" if line["verdict"] == "off" else ""),
            )
        console.print(lines)


def _pair(psnr: str, ssim: str) -> str:
    """Join a PSNR and an SSIM; papers print some tables without SSIM."""
    return f"{psnr} / {_NONE if 'nan' in ssim else ssim}"


def _table(title: str, group: pd.DataFrame, *, timed: bool) -> Table:
    images = group["of"].max()
    caption = f"means over {images} image{'s' if images != 1 else ''}"
    devices = [device for device in ("cpu", "cuda") if timed and group[f"{device}_ms_per_mpx"].notna().any()]
    caption += "\nms/Mpx: milliseconds per output megapixel, warm" if devices else ""
    caption += "".join(f"\n{device.upper()}: {note}" for device, note in _shared_notes(group, devices) if timed)
    table = Table(title=escape(title), caption=caption, **_STYLE)
    table.add_column("method", overflow="fold", min_width=min(20, group["method"].str.len().max()))
    # two lines of heading, and names alone fold: with both devices every number still fits into 80 columns
    for heading in ("PSNR\ndB", "SSIM", "vs\nbicubic", *(f"{device.upper()}\nms/Mpx" for device in devices), "weights"):
        table.add_column(heading, justify="right", no_wrap=True)
    base = _baseline(group)
    best = {column: group.loc[group["images"] == group["of"], column].max() for column in ("psnr", "ssim")}
    for _, line in group.iterrows():
        table.add_row(Text(line["method"]), *_quality(line, base, best), *_speed(line, devices), _weights(line))
    return table


def _quality(line: pd.Series, base: float, best: dict[str, float]) -> Iterator[Text]:
    """Yield PSNR, SSIM and the difference to the baseline; a partial mean is marked, never bold, never differenced."""
    if not line["images"]:
        yield from (
            Text(line["status"], style="red" if line["status"] != "skipped" else "dim"),
            Text(_NONE),
            Text(_NONE),
        )
        return
    whole = line["images"] == line["of"]
    for column, digits in (("psnr", 2), ("ssim", 4)):
        text = f"{line[column]:.{digits}f}"
        yield Text(text, style="bold" if whole and text == f"{best[column]:.{digits}f}" else "")
    difference = line["psnr"] - base
    if not whole:
        yield Text(f"{line['images']} of {line['of']}", style="yellow")
    else:
        yield Text(f"{difference:+.2f}" if math.isfinite(difference) and line["method"] != BASELINE else _NONE)


def _speed(line: pd.Series, devices: list[str]) -> Iterator[Text]:
    for device in devices:
        value, note = line[f"{device}_ms_per_mpx"], line[f"{device}_note"]
        yield Text(note if isinstance(note, str) and math.isnan(value) else _milliseconds(value))


def _milliseconds(value: float) -> str:
    if value < 100:  # noqa: PLR2004 - three digits, and no exponent for more
        return f"{value:#.3g}".rstrip(".")
    return _NONE if math.isnan(value) else f"{value:.0f}"


def _weights(line: pd.Series) -> Text:
    return Text(_NONE if _absent(line["parameters"]) else f"{line['parameters']:,}")


def _baseline(group: pd.DataFrame) -> float:
    base = group[(group["method"] == BASELINE) & (group["images"] == group["of"])]
    return float(base["psnr"].iloc[0]) if len(base) else math.nan


def _shared_notes(group: pd.DataFrame, devices: list[str]) -> Iterator[tuple[str, str]]:
    """Yield why a device has no time at all, so that it needs no column."""
    for device in ("cpu", "cuda"):
        notes = set() if device in devices else {str(note) for note in group[f"{device}_note"].dropna()}
        if notes:
            yield device, "; ".join(sorted(notes))


def _absent(value: Any) -> bool:  # noqa: ANN401 - pandas gives NA, NaN or a number
    return str(value) in {"nan", "<NA>", "None"}


def _reasons(summary: pd.DataFrame) -> Iterator[str]:
    """Yield one line per reason for a missing score, with the methods and places it holds for."""
    bad = summary[summary["status"] != "ok"]
    for (method, status, reason), group in bad.groupby(["method", "status", "reason"], sort=False):
        places = ", ".join(dict.fromkeys(f"{line.dataset} x{line.factor}" for line in group.itertuples()))
        yield f"{escape(str(method))} ({places}): {status}: {escape(str(reason))}"

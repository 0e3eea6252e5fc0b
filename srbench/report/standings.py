"""The terminal's table of scores: a section for each dataset, readable at 80 columns and without colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from srbench.report.drawing import NONE, STYLE, absent, three_digits
from srbench.report.remarks import TRAINED_ON
from srbench.results.rows import DEVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

WIDE = 120
"""Columns from which there is room for intervals."""

_SURE = {"better": "yes", "worse": "yes", "undecided": "no", "equal": "no", "too few images": "few"}


class Standings:
    """The table of one factor and protocol: `board` is its part of the scoreboard."""

    def __init__(self, board: pd.DataFrame, baseline: str, *, timed: bool, width: int) -> None:
        """Choose the columns: those that have something to say."""
        self.board = board
        self.baseline = baseline
        self.timed = timed
        self.devices = [device for device in DEVICES if timed and board[f"{device}_ms_per_mpx"].notna().any()]
        self.judged = bool((board["pairs"] > 1).any())  # one image decides nothing, and needs no column to say so
        self.intervals = self.judged and width >= WIDE
        self.published = bool(board["published_psnr"].notna().any())

    def table(self) -> Table:
        """Draw it; where there are several datasets, each has a section under its name."""
        first = self.board.iloc[0]
        sections = {str(name): section for name, section in self.board.groupby("dataset", sort=False)}
        alone = len(sections) == 1
        where = f"x{first['factor']}, protocol {first['protocol']}"
        title = f"{first['dataset']} {where}" if alone else where
        table = Table(title=Text(title), caption=Text("\n".join(self._notes(alone=alone))), **STYLE)
        indent = 0 if alone else 2
        longest = self.board["method"].str.len().max() + indent
        table.add_column("method", overflow="fold", min_width=min(20, longest))
        for heading in self._headings():  # names alone fold: every number still fits into 80 columns
            table.add_column(Text(heading), justify="right", no_wrap=True)
        for dataset, section in sections.items():
            if not alone:
                table.add_row(Text(f"{dataset}, {_images(section)}", style="italic"))
            for _, line in section.iterrows():
                table.add_row(Text(" " * indent + line["method"], overflow="fold"), *self._cells(line))
        return table

    def _headings(self) -> Iterator[str]:
        yield from ("PSNR\ndB", "SSIM", f"vs\n{_short(self.baseline)}")
        yield from ["95 %\ninterval"] * self.intervals
        yield from ["sig."] * self.judged
        yield from ["paper\ndB"] * self.published
        yield from (f"{device.upper()}\nms/Mpx" for device in self.devices)
        yield "weights"

    def _cells(self, line: pd.Series) -> Iterator[Text]:
        yield from self._quality(line)
        known = line["images"] == line["of"] and bool(line["psnr_verdict"])
        if self.intervals:
            yield Text(f"{line['psnr_low']:+.2f} to {line['psnr_high']:+.2f}" if known else "")
        if self.judged:
            yield Text(_SURE[line["psnr_verdict"]] if known else "", style="dim")
        if self.published:
            yield Text("" if math.isnan(line["published_psnr"]) else f"{line['published_psnr']:.2f}")
        yield from self._speed(line)
        yield Text(NONE if absent(line["parameters"]) else f"{line['parameters']:,}")

    def _quality(self, line: pd.Series) -> Iterator[Text]:
        """Yield PSNR, SSIM and the difference to the baseline.

        A partial mean is marked, never bold, never differenced; one over training images is marked and never bold.
        """
        if not line["images"]:
            yield Text(line["status"], style="red" if line["status"] != "skipped" else "dim")
            yield from (Text(NONE), Text(NONE))
            return
        whole = line["images"] == line["of"]
        for column, digits, mark in (("psnr", 2, TRAINED_ON), ("ssim", 4, "")):
            text = f"{line[column]:.{digits}f}"
            if line["trained_on"]:
                yield Text(mark + text, style="yellow")
            else:
                yield Text(text, style="bold" if line[f"{column}_place"] == 1 else "")
        if whole:
            yield Text(self._difference(line))
        else:
            yield Text(f"{line['images']} of {line['of']}", style="yellow")

    def _difference(self, line: pd.Series) -> str:
        """Return the difference of means: that of a baseline which lacks images would be over others."""
        base = self.board[(self.board["method"] == self.baseline) & (self.board["dataset"] == line["dataset"])]
        base = base[base["images"] == base["of"]]
        if base.empty or line["method"] == self.baseline or not math.isfinite(line["psnr"]):
            return NONE
        difference = line["psnr"] - base["psnr"].iloc[0]
        return f"{difference:+.2f}" if math.isfinite(difference) else NONE

    def _speed(self, line: pd.Series) -> Iterator[Text]:
        for device in self.devices:
            value, note = line[f"{device}_ms_per_mpx"], line[f"{device}_note"]
            yield Text(note if isinstance(note, str) and math.isnan(value) else three_digits(value))

    def _notes(self, *, alone: bool) -> Iterator[str]:
        if alone:
            yield _images(self.board)
        if self.judged:
            yield from _explained(self.board)
        if self.published:
            yield "paper: PSNR as published, of the first paper that has it"
        if self.devices:
            yield "ms/Mpx: milliseconds per output megapixel, warm"
        if self.timed:
            yield from (f"{device.upper()}: {note}" for device, note in _shared_notes(self.board, self.devices))


def _explained(board: pd.DataFrame) -> Iterator[str]:
    """Yield what the column `sig.` says."""
    yield "sig.: significant (paired sign-flip test, Holm, p <= 0.05)"
    for images, group in board[board["psnr_verdict"] == "too few images"].groupby("pairs", sort=True):
        yield f"few: too few images; with {images:.0f}, p cannot be below {group['smallest_p'].min():.3g}"


def _short(name: str) -> str:
    """Return a name that fits a heading."""
    return name if len(name) <= len("baseline") else "baseline"


def _images(group: pd.DataFrame) -> str:
    number = group["of"].max()
    return f"{number} image{'s' if number != 1 else ''}"


def _shared_notes(group: pd.DataFrame, devices: list[str]) -> Iterator[tuple[str, str]]:
    """Yield why a device has no time at all, so that it needs no column."""
    for device in DEVICES:
        notes = set() if device in devices else {str(note) for note in group[f"{device}_note"].dropna()}
        if notes:
            yield device, "; ".join(sorted(notes))

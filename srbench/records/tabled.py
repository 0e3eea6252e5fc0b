"""Whether the tables in a run folder are those that its rows give."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pandas as pd

from srbench.results.rows import ScoreRow, TimingRow, newest
from srbench.results.speeds import speeds
from srbench.results.spreadsheet import to_csv
from srbench.results.tables import Tables, summarise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from srbench.results.rows import Row
    from srbench.results.tables import Order

_CLOSE = 1e-9
"""How far means may be apart: another version of pandas adds in another order."""

_CELL = ("dataset", "image", "method", "factor", "protocol", "device")
"""The columns that say what a score is about."""

_NEEDED = {
    "scores": (*_CELL, "key"),
    "timings": ("method", "factor", "device"),
    "summary": ("method", "psnr"),
    "speeds": ("method", "verdict"),
}
"""Columns without which a table is none."""


def names(schema: int) -> list[str]:
    """Return the tables that a run folder of this schema has: speeds came with schema 3."""
    return [field.name for field in fields(Tables) if field.name != "speeds" or schema > 2]  # noqa: PLR2004 - as it says


def absent(folder: Path, tables: list[str]) -> list[str]:
    """Return the names of the files of `tables` that are not in a run folder."""
    files = [f"{name}{suffix}" for name in tables for suffix in (".csv", ".parquet")]
    return [name for name in files if not (folder / name).exists()]


def problems(folder: Path, tables: list[str], order: Order, rows: list[Row], *, settled: bool) -> Iterator[str]:
    """Yield what `tables` in `folder` say and the rows do not; of a run that is `settled`, also the reverse.

    Which rows count depends on the code of the day they were tabled, so a table may lack rows whose method, dataset or
    protocol changed later: a row is looked for where its cell never had other code.
    """
    frames: dict[str, pd.DataFrame] = {}
    for name in tables:
        try:
            frames[name] = frame = pd.read_parquet(folder / f"{name}.parquet")
            same = list(unlike(folder, name, frame))
        except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
            yield f"{name} cannot be read: {error}"
            continue
        lacking = [column for column in _NEEDED[name] if column not in frame]
        if lacking:
            yield f"{name} lacks the column {lacking[0]}"
            frames.pop(name)
        yield from same
    if len(frames) == len(tables):
        yield from _unfounded(frames, rows)
        yield from _underived(frames, order)
        yield from _stale(frames["scores"], order, rows) if settled else ()


def unlike(folder: Path, name: str, frame: pd.DataFrame) -> Iterator[str]:
    """Yield that a CSV file is not `frame`, if so; older ones hold text that a spreadsheet would run.

    Raises:
        OSError: it cannot be read.

    """
    text = (folder / f"{name}.csv").read_bytes()
    if text != to_csv(frame).encode() and text != frame.to_csv(index=False).encode():
        yield f"{name}.csv is not {name}.parquet"


def _unfounded(frames: dict[str, pd.DataFrame], rows: list[Row]) -> Iterator[str]:
    """Yield the lines of tables that no row stands behind."""
    kinds: dict[str, type[Row]] = {"scores": ScoreRow, "timings": TimingRow}
    for name, kind in kinds.items():
        frame = frames[name]
        columns = [field.name for field in fields(kind) if field.name in frame]  # an older table has fewer
        facts = {tuple(_plain(getattr(row, column)) for column in columns) for row in rows if isinstance(row, kind)}
        found = list(zip(*(map(_plain, frame[column].astype(object)) for column in columns), strict=True))
        wrong = [number for number, line in enumerate(found, 1) if line not in facts]
        if wrong:
            yield f"line {wrong[0]} of {name} is in no row" + (f", nor are {len(wrong) - 1} more" if wrong[1:] else "")
    cells = frames["scores"][list(_CELL)]
    if cells.duplicated().any():
        yield "scores holds a cell twice"


def _underived(frames: dict[str, pd.DataFrame], order: Order) -> Iterator[str]:
    """Yield the columns of what is derived that are not those of scores and timings."""
    scores = frames["scores"] if "trained_on" in frames["scores"] else frames["scores"].assign(trained_on=False)
    derive = {"summary": lambda: summarise(scores, frames["timings"], order)}
    derive["speeds"] = lambda: speeds(frames["timings"], order.methods)
    for name in derive.keys() & frames.keys():
        try:
            expected = derive[name]()
        except (KeyError, ValueError, TypeError) as error:
            yield f"{name} cannot be derived from scores and timings: {error!r}"
            continue
        found = frames[name]
        if len(expected) != len(found):
            yield f"{name} has {len(found)} lines, expected {len(expected)}"
            continue
        for column in [column for column in expected if column in found]:
            pairs = zip(expected[column].astype(object), found[column].astype(object), strict=True)
            if not all(_alike(_plain(one), _plain(two)) for one, two in pairs):
                yield f"{column} of {name} is not that of scores and timings"


def _stale(scores: pd.DataFrame, order: Order, rows: list[Row]) -> Iterator[str]:
    """Yield the cells whose newest row is not in the table of a finished run."""
    codes: dict[Any, set[tuple[str, str]]] = {}
    images: dict[str, set[str]] = {}
    for row in rows:
        if isinstance(row, ScoreRow):
            codes.setdefault(row.cell, set()).add((row.code, row.protocol_fingerprint))
            images.setdefault(row.dataset, set()).add(row.image)
    tabled = set(zip(*(scores[column] for column in (*_CELL, "key")), strict=True))
    lost = [
        row
        for cell, row in newest(rows).items()
        if len(codes[cell]) == 1
        and len(images[row.dataset]) == order.datasets.get(row.dataset)
        and (*cell, row.key) not in tabled
    ]
    if lost:
        more = f", nor are {len(lost) - 1} more" if lost[1:] else ""
        yield f"the newest row of {lost[0].method} on {lost[0].dataset}, {lost[0].image} is not in scores{more}"


def _plain(value: Any) -> Any:  # noqa: ANN401 - of a row or a table
    """Return a value by which rows and tables can be compared: NaN does not equal itself, and pandas has three."""
    return None if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) else value


def _alike(one: Any, two: Any) -> bool:  # noqa: ANN401 - of a table
    if isinstance(one, float) and isinstance(two, float):
        return math.isclose(one, two, rel_tol=_CLOSE)
    return bool(one == two)

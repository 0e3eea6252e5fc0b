"""Whether the tables in a run folder are those that its rows give."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pandas as pd

from srbench.analysis.tables import NAMES
from srbench.formats.spreadsheet import to_csv
from srbench.opening import check, read
from srbench.quality.names import today

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from srbench.analysis.tables import Tables

_CLOSE = 1e-9
"""How far means may be apart: another version of pandas adds in another order."""

FACTS = ("scores", "timings")
"""The tables whose lines are rows; the others are derived from them."""


def absent(folder: Path) -> list[str]:
    """Return the names of the files of tables that are not in a run folder."""
    files = [f"{name}{suffix}" for name in NAMES for suffix in (".csv", ".parquet")]
    return [name for name in files if not (folder / name).exists()]


def lacking(folder: Path, expected: Tables) -> list[str]:
    """Return the tables that lack a column, and which, as an older version's do; unreadable ones are left out."""
    found = []
    for name in NAMES:
        with suppress(OSError, ValueError):
            columns = _read(folder, name).columns
            found += [f"{name} lacks {column}" for column in getattr(expected, name) if column not in columns][:1]
    return found


def problems(folder: Path, expected: Tables | None) -> Iterator[str]:
    """Yield how the tables in `folder` differ from those that are expected; without these, how CSV and Parquet do.

    Of an older version's tables, scores and timings are held against the rows by the columns that they have; what that
    version derived of them may differ.
    """
    older = expected is not None and bool(lacking(folder, expected))
    for name in NAMES:
        try:
            found = _read(folder, name)
            text = read(folder / f"{name}.csv")
        except (OSError, ValueError) as error:
            yield f"{name} cannot be read: {error}"
            continue
        if text != to_csv(found).encode():
            yield f"{name}.csv is not {name}.parquet"
        if "protocol" in found:
            found["protocol"] = found["protocol"].map(today)
        if expected is not None and name in FACTS:
            yield from _other_lines(name, found, getattr(expected, name))
        elif expected is not None and not older:
            yield from _other_columns(name, found, getattr(expected, name))


def _read(folder: Path, name: str) -> pd.DataFrame:
    """Return a table, from Parquet; raises OSError or ValueError, which pyarrow's errors are."""
    check(folder / f"{name}.parquet")
    return pd.read_parquet(folder / f"{name}.parquet")


def _other_lines(name: str, found: pd.DataFrame, expected: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of a table that match no current row, and the current rows that it lacks."""
    common = [column for column in expected if column in found]
    both = (found[common], expected[common])
    lines, rows = (list(map(_plain_line, frame.astype(object).itertuples(index=False))) for frame in both)
    known, listed = set(rows), set(lines)
    unfounded = [number for number, line in enumerate(lines, 1) if line not in known]
    if unfounded:
        more = f", nor do {len(unfounded) - 1} more" if unfounded[1:] else ""
        yield f"line {unfounded[0]} of {name} matches no current row{more}"
    lost = [number for number, row in enumerate(rows) if row not in listed]
    if lost:
        first = expected.iloc[lost[0]]
        where = f" on {first['dataset']}, {first['image']}" if "image" in first else ""
        more = f", nor are {len(lost) - 1} more" if lost[1:] else ""
        yield f"the newest row of {first['method'] or 'the machine'}{where} is not in {name}{more}"
    if not unfounded and not lost and lines != rows:
        yield f"{name} holds a line twice, or in another order than the plan's"


def _other_columns(name: str, found: pd.DataFrame, expected: pd.DataFrame) -> Iterator[str]:
    """Yield the columns of a derived table that are not those of scores and timings."""
    if len(expected) != len(found):
        yield f"{name} has {len(found)} lines, expected {len(expected)}"
        return
    for column in expected:
        pairs = zip(expected[column].astype(object), found[column].astype(object), strict=True)
        if not all(_alike(_plain(one), _plain(two)) for one, two in pairs):
            yield f"{column} of {name} does not match scores and timings"


def _plain_line(line: Any) -> tuple[Any, ...]:  # noqa: ANN401 - of a table
    return tuple(map(_plain, line))


def _plain(value: Any) -> Any:  # noqa: ANN401 - of a row or a table
    """Return a value by which rows and tables can be compared: NaN does not equal itself, and pandas has three."""
    return None if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) else value


def _alike(one: Any, two: Any) -> bool:  # noqa: ANN401 - of a table
    if isinstance(one, float) and isinstance(two, float):
        return math.isclose(one, two, rel_tol=_CLOSE)
    return bool(one == two)

"""Rows that papers report beside the measured ones, in words: how they are marked, where they are from, or why none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.columns import NONE, PARAMETERS, absent
from srbench.specs import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from srbench.reports.findings import Findings

MARK = "reported"
"""Is said in brackets behind the name of a method whose row was not measured."""

NOTE = "reported: as papers print it; not measured here, not ranked and not tested"

_MOST = 12
"""Methods that a remark names of one source."""


def named(row: pd.Series) -> str:
    """Return the name of a method that a paper reports, as tables show it."""
    return title(str(row["method"]))


def title(name: str) -> str:
    """Return the name of a method with the mark behind it: in its brackets, if it ends with some."""
    return f"{name[:-1]}, {MARK})" if name.endswith(")") else f"{name} ({MARK})"


def of_metrics(rows: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return the rows that have a number by any of these metrics."""
    return rows[rows[list(metrics)].notna().any(axis=1)]


def of_section(rows: pd.DataFrame, line: pd.Series) -> pd.DataFrame:
    """Return the rows of the dataset, factor and protocol of a line of the scoreboard."""
    same = [rows[name] == line[name] for name in ("dataset", "factor", "protocol")]
    found: pd.DataFrame = rows[same[0] & same[1] & same[2]]
    return found


def printed(row: pd.Series, metrics: Iterable[str]) -> Iterator[str]:
    """Yield the numbers of a row with the digits of the paper."""
    yield from (row[f"printed_{name}"] or NONE for name in metrics)


def parameters(row: pd.Series) -> str:
    """Return how many weights the paper says that the method has: 15.6M or 57k where it rounds, else all digits."""
    count = row["parameters"]
    if absent(count) or not count or count % 1000:
        return PARAMETERS.text(count)
    return f"{count / 1e6:g}M" if count >= 1e6 else f"{count / 1e3:g}k"  # noqa: PLR2004 - a million


def by_source(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return the methods that each source reports, as it calls them."""
    return {str(source): list(names) for source, names in rows.groupby("source", sort=False)["method"].unique().items()}


def remarks(findings: Findings) -> Iterator[str]:
    """Yield where the rows are from, and which methods papers report under other protocols; else why there are none."""
    if not findings.reported:
        return
    if why := findings.why_no_paper_rows:
        yield f"nothing that papers report matches this run: {why}"
        return
    counted = "; weights: as the paper counts them, maybe at one of its factors only"
    note = NOTE + counted * bool(findings.paper_rows["parameters"].notna().any())
    yield f"{note}. Sources: {_grouped(by_source(findings.paper_rows))}"
    if others := _grouped(findings.papers_elsewhere):
        yield f"reported under other protocols, so not comparable: {others}"


def _grouped(groups: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{listed(names, _MOST)} ({where})" for where, names in groups.items())

"""Values: what the lines of a table have of each metric, with their places, neighbours and what papers report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from srbench.analysis.neighbours import neighbours
from srbench.analysis.settings import lines_of
from srbench.analysis.tables import own
from srbench.boards.common import number
from srbench.boards.content import Neighbour, Value
from srbench.boards.reported import reported
from srbench.metrics.classical import CLASSICAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import SimpleNamespace

    import pandas as pd

    from srbench.analysis.columns import Column, Metrics
    from srbench.boards.content import Reported

Values: TypeAlias = "dict[str, Value]"
"""By metric."""


def values(
    board: pd.DataFrame, judged: pd.DataFrame, metrics: Metrics, claims: pd.DataFrame, ids: Mapping[str, str]
) -> dict[str, Values]:
    """Return the values of each method of one setting.

    `board` are its lines of the scoreboard, `judged` the scores that methods are judged by, `claims` what papers report
    (`Findings.claims`), and `ids` the lines of methods.
    """
    below = {name: _below(judged, column, ids) for name, column in metrics.items()}
    return {
        line.method: {
            name: _value(line, name, below[name].get(line.method), reported(line, name, claims)) for name in metrics
        }
        for line in lines_of(board)
    }


def unplaced(line: SimpleNamespace, metrics: Metrics) -> Values:
    """Return the values of a line of a summary that is compared with no other."""
    return {name: _value(line, name, None, ()) for name in metrics}


def _value(line: Any, name: str, below: Neighbour | None, printed: tuple[Reported, ...]) -> Value:  # noqa: ANN401 - a line of the scoreboard
    return Value(
        metric=name,
        mean=number(getattr(line, name)),
        low=number(getattr(line, f"{name}_mean_low", None)),
        high=number(getattr(line, f"{name}_mean_high", None)),
        position=int(getattr(line, f"{name}_position", 0)),
        images=int(line.images if name in CLASSICAL else getattr(line, f"{name}_images")),
        own=number(getattr(line, own(name))),
        below=below,
        reported=printed,
    )


def _below(judged: pd.DataFrame, metric: Column, ids: Mapping[str, str]) -> dict[str, Neighbour]:
    """Return how each method differs from the next worse one."""
    return {
        line.method: Neighbour(
            line=ids[line.other],
            difference=number(line.difference),
            low=number(line.low),
            high=number(line.high),
            p=number(line.p_holm),
            verdict=line.verdict,
            images=int(line.pairs),
            smallest_p=float(line.smallest_p),
        )
        for line in lines_of(neighbours(judged, metric))
    }

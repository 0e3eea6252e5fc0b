"""Quality beside times: how good the methods are that were timed, from the scores that there are of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from srbench.analysis.claims import published
from srbench.analysis.columns import leading, metrics_of
from srbench.analysis.labelled import by_spec, specs_of
from srbench.analysis.reported import held_to, of_methods
from srbench.analysis.settings import SETTING
from srbench.errors import SrbenchError
from srbench.specs import listed
from srbench.store.current import case_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.analysis.columns import Column
    from srbench.reports.findings import Findings

COLUMNS = ["method", *SETTING, "value", "order"]


class Quality(NamedTuple):
    """How good methods are, as far as it is known."""

    board: pd.DataFrame
    """A line for each method and setting: the mean of the metric (`value`), and its place (`order`, 1 is the best)."""
    metric: Column
    source: str = ""
    """Where it comes from, in words; empty where nothing is known."""
    scores: pd.DataFrame | None = None
    """The scores of each image, in settings, that methods are judged by; None where papers report means alone."""
    notes: tuple[str, ...] = ()
    """Why there is none of some methods."""

    @property
    def known(self) -> bool:
        """Tell whether there is any."""
        return bool(len(self.board))


def quality(findings: Findings) -> Quality:
    """Return how good the methods of a run are: by its own scores, those of the run that it names, or as papers report.

    Scores of another run count where code, weights and versions of a method are those that were timed. Of what papers
    report, only numbers of the weights that were timed count.
    """
    if findings.scored:
        return _scored(findings, findings, "the scores of this run")
    if not findings.scores_folder:
        return _reported(findings)
    try:
        other = findings.scores_run
    except SrbenchError as error:
        return _reported(findings, f"the scores of {findings.scores_folder} cannot be read: {error}")
    return _scored(findings, other, f"the scores of {findings.scores_folder}")


def _scored(own: Findings, other: Findings, source: str) -> Quality:
    metric = other.cells.leading if other.metrics else _default()
    if not other.scored:
        return Quality(_none(), metric, notes=(f"{source}: there are none",))
    board = by_spec(other.scoreboard)
    board = board[board["judged"] & board[metric.name].notna() & board["method"].isin(specs_of(own.tables.speeds))]
    elsewhere = list(_elsewhere(own, board))
    board = board[board["factor"].isin(own.tables.speeds["factor"].unique())]
    stale = set() if other is own else _stale(own, other)
    old = pd.Series(list(zip(board["method"], board["factor"], strict=True)), board.index, object).isin(stale)
    kept = board[~old].rename(columns={metric.name: "value", f"{metric.name}_order": "order"})[COLUMNS]
    outdated = [f"{_name(own, spec)} x{factor}" for spec, factor in sorted(stale & _keys(board))]
    said = f"other code, weights or versions were scored in {other.folder} than timed here; score again"
    scores = by_spec(other.judged)
    scores = scores.assign(method=[_name(own, spec) for spec in scores["method"]])
    kept = kept.assign(method=[_name(own, spec) for spec in kept["method"]])
    notes = [*elsewhere, *[f"{listed(outdated)}: {said}"] * bool(outdated)]
    return Quality(kept, metric, source * bool(len(kept)), scores, tuple(notes))


def _elsewhere(own: Findings, board: pd.DataFrame) -> Iterator[str]:
    """Yield which methods have scores at other factors alone than they were timed at: times of another task."""
    speeds, alike = by_spec(own.tables.speeds), dict[tuple[str, str], list[str]]()
    for spec, lines in board.groupby("method", sort=False):
        scored, timed = set(lines["factor"]), set(speeds.loc[speeds["method"] == spec, "factor"])
        if not scored & timed:
            alike.setdefault((_factors(scored), _factors(timed)), []).append(_name(own, str(spec)))
    for (there, here), names in alike.items():
        yield f"{listed(names)}: scored at {there}, timed at {here}; score at {here}"


def _factors(found: set[int]) -> str:
    return ", ".join(f"x{each}" for each in sorted(found))


def _keys(board: pd.DataFrame) -> set[tuple[str, int]]:
    return set(zip(board["method"], board["factor"], strict=True))


def _stale(own: Findings, other: Findings) -> set[tuple[str, int]]:
    """Return the methods and factors that the other run scored by another code than is timed here."""
    mine, theirs = (each.info.get("methods", {}) for each in (own, other))
    lines = by_spec(other.tables.summary)[["method", "factor", "device"]].drop_duplicates()
    found = set()
    for spec, factor, device in lines.itertuples(index=False, name=None):
        codes = [each.get(spec, {}).get("codes", {}).get(case_of(factor, device)) for each in (mine, theirs)]
        if codes[0] is None or codes[0] != codes[1]:
            found.add((spec, factor))
    return found


def _name(findings: Findings, spec: str) -> str:
    return findings.labels.get(spec, spec)


def _reported(findings: Findings, *notes: str) -> Quality:
    """Return what papers report of the weights that were timed."""
    speeds, metric = findings.tables.speeds, _default()
    files = {spec: set(each.get("files", {}).values()) for spec, each in findings.info.get("methods", {}).items()}
    claims = of_methods(published(), specs_of(speeds), files)
    claims = claims[(claims["metric"] == metric.name) & claims["factor"].isin(speeds["factor"].unique())]
    claims = claims[held_to(claims, files)].drop_duplicates(["method", "dataset", "factor", "protocol"])
    board = claims.assign(on_device="", value=claims["reported"])
    board["method"] = [_name(findings, spec) for spec in board["method"]]
    board["order"] = board.groupby(SETTING)["value"].rank(ascending=False, method="min").astype(int)
    source = f"what papers report ({listed(claims['source'].unique(), separator='; ')})" if len(board) else ""
    return Quality(board[COLUMNS], metric, source, None, notes)


def _default() -> Column:
    """Return the metric that methods are ranked by where a run names none."""
    return leading(metrics_of({}))


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=COLUMNS)

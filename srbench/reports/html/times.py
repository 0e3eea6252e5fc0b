"""What the page says and draws of times: budgets, quality against time, and how time grows with size and threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.analysis.columns import SPEEDS, three_digits
from srbench.analysis.fronts import pareto
from srbench.analysis.settings import SETTING, setting_name
from srbench.analysis.speeds import CASE, SIZE, kind
from srbench.reports.frame_budget import how_to_know, milliseconds
from srbench.reports.html.charts import bounds, timed
from srbench.reports.speeds import case, interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.reports.findings import Findings
    from srbench.reports.frame_budget import Answer, Budgeted

_CARDS = 6
"""Sizes that have a card of their own where there is no budget."""
_CURVE = 2
"""Sizes, or numbers of threads, that make a curve."""


class Card(NamedTuple):
    """What is said of one size."""

    heading: str
    small: str
    method: str
    """The one that the sentence begins with; empty where it names none, or several."""
    sentence: str
    notes: list[str]


def cards(findings: Findings, found: Budgeted | None) -> list[Card]:
    """Return the answers to a budget, or without one which method is the fastest at each size."""
    if found is not None and found.answers:
        return [_answer(each, found) for each in found.answers]
    speeds = findings.tables.speeds
    groups = speeds[speeds["call"].notna()].groupby([*CASE, *SIZE], sort=False)
    return [_fastest(group) for _, group in groups][:_CARDS]


def _answer(answer: Answer, found: Budgeted) -> Card:
    begins = bool(answer.best) and answer.headline.startswith(answer.best)
    sentence = answer.headline.removeprefix(answer.best).lstrip() if begins else answer.headline
    small = ", ".join(filter(None, [f"budget {found.asked}", answer.setting]))
    return Card(answer.where, small, answer.best * begins, sentence, answer.notes)


def _fastest(group: pd.DataFrame) -> Card:
    ordered = group.sort_values("call", kind="stable")
    first, rest = ordered.iloc[0], ordered.iloc[1:]
    size = f"{int(first['width'])}x{int(first['height'])}, {kind(first['channels'], first['dtype'])}"
    lines = [
        f"{line['method']}: {three_digits(line['call'] / first['call'])} times as long" for _, line in rest.iterrows()
    ]
    alone = "takes" if rest.empty else "is the fastest:"
    span = interval(first)
    sentence = f"{alone} {milliseconds(first['call'])}" + (f" (99 % interval {span} ms)" if span != "-" else "")
    return Card(
        f"{case(first)}, LR {size}",
        f"{SPEEDS['fps'].text(first['fps'])} frames per second",
        first["method"],
        sentence,
        lines,
    )


def quality_source(found: Budgeted | None, findings: Findings) -> list[str]:
    """Return where quality comes from, or how to have it beside the times."""
    if found is not None and not findings.scored:
        return list(how_to_know(found, findings.folder))
    if findings.scored:
        return []
    merge = f"srbench results merge {findings.folder} SCORES --out BOTH"
    return [
        f"For quality beside times, with a run SCORES of the same methods: {merge}; or time again with --scores SCORES."
    ]


def drawn(findings: Findings, found: Budgeted | None) -> dict[str, Any]:
    """Return what the script draws of times, ready for JSON."""
    speeds = findings.tables.speeds
    speeds = speeds[speeds["call"].notna()]
    return {
        "budget": found.seconds * 1e3 if found is not None and found.seconds else None,
        "frames": list(_frames(speeds, found)) if found is not None else [],
        "quality": found.quality.metric._asdict() if found is not None else None,
        "growth": [*_sizes(speeds), *_threads(speeds)],
    }


def _frames(speeds: pd.DataFrame, found: Budgeted) -> Iterator[dict[str, Any]]:
    """Yield quality and the time of one image, of each method, size and setting that has both."""
    metric = found.quality.metric
    for _, group in speeds.groupby([*CASE, *SIZE], sort=False):
        board = found.quality.board[found.quality.board["factor"] == group["factor"].iloc[0]]
        for key, lines in board.groupby(SETTING, sort=False):
            both = group.merge(lines[["method", "value", "order"]], on="method")
            fronts = pareto(list(zip(both["call"], -both["order"].astype(float), strict=True)))
            for front, (_, line) in zip(fronts, both.iterrows(), strict=True):
                yield {
                    "size": timed(line),
                    "setting": setting_name(key),
                    "method": line["method"],
                    "ms": line["call"] * 1e3,
                    metric.name: line["value"],
                    "judged": True,
                    "front": {metric.name: front},
                }


def _sizes(speeds: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield time against the size of SR, of each method that has several sizes."""
    for _, group in speeds.groupby([*CASE, "channels", "dtype"], sort=False):
        if group["megapixels"].nunique() >= _CURVE:
            first = group.iloc[0]
            title = f"against size: {case(first)}, {kind(first['channels'], first['dtype'])}"
            yield from _curves(group, "megapixels", title, "megapixels of SR (log)")


def _threads(speeds: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield time against the number of threads, of each method that has several."""
    several = speeds[speeds["thread_limit"] > 0]
    for _, group in several.groupby(["factor", "device", *SIZE], sort=False):
        if group["thread_limit"].nunique() >= _CURVE:
            first = group.iloc[0]
            size = f"{int(first['width'])}x{int(first['height'])}"
            title = f"against threads: x{first['factor']} on {first['device']}, LR {size}"
            yield from _curves(group, "thread_limit", title, "threads")


def _curves(group: pd.DataFrame, column: str, title: str, label: str) -> Iterator[dict[str, Any]]:
    for method, lines in group.groupby("method", sort=False):
        ordered = lines.sort_values(column)
        points = [
            [float(line[column]), SPEEDS["call"].scale * line["call"], *bounds(line)] for _, line in ordered.iterrows()
        ]
        yield {"title": title, "label": label, "method": method, "points": points}

"""What a table says in words: who leads, what a line is to be read with, and which versions are not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis.columns import bound, leading, probability
from srbench.specs import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from srbench.analysis.columns import Metrics
    from srbench.boards.content import Line, Neighbour
    from srbench.boards.submissions import Submission
    from srbench.boards.versions import Version

MOST = 5
"""How many runs or methods a sentence names."""


def verdict(lines: Sequence[Line], metrics: Metrics, shown: Mapping[str, str]) -> str:
    """Say who leads by the leading metric, and whether that is significant; `shown` are methods by the ids of lines."""
    first = leading(metrics)
    best = [line for line in lines if line.judged and line.values[first.name].position == 1]
    if not best:
        return ""
    if best[1:]:
        return f"{listed((shown[line.id] for line in best), most=MOST)} have equal best means."
    below = best[0].values[first.name].below
    if below is None:
        return f"{shown[best[0].id]} is the only method that is compared."
    comparisons = sum(line.values[first.name].below is not None for line in lines if line.judged)
    gap = first._replace(digits=None if first.digits is None else first.digits + 1)
    amount = gap.measure(below.difference, sign=True)
    return f"{shown[best[0].id]} leads: {amount} against {shown[below.line]} ({_certainty(below, comparisons)})."


def remarks(version: Version, metrics: Metrics) -> Iterator[str]:
    """Yield what to know of the scores of a line."""
    for name, gap in version.differing.items():
        column = metrics[name]
        what = f"have one code and differ in {column.label} by up to {column.measure(gap)} on an image"
        yield f"{_folders(version.submissions)} {what}."
    if not version.newest.finished:
        yield f"{version.newest.name} is not finished: {counted(len(version.rows), 'image')} so far."


def replaced(title: str, method: str, versions: Sequence[Version]) -> str:
    """Say which version of a method stands in the table, of several."""
    older = _folders(each.newest for each in versions[1:])
    return (
        f"{title}: {method} is not one version in all runs: that of {versions[0].newest.name} stands in the table, "
        f"that of {older} is in its history."
    )


def failures(version: Version) -> Iterator[str]:
    """Yield why images have no score."""
    bad = version.rows[version.rows["status"] != "ok"]
    for (status, reason), same in bad.groupby(["status", "reason"], sort=True):
        yield f"{status} on {counted(len(same), 'image')}: {reason}"


def _certainty(below: Neighbour, comparisons: int) -> str:
    images = counted(below.images, "image")
    if below.verdict == "too few images":
        of = f"{images} and {counted(comparisons, 'comparison')}" if comparisons > 1 else images
        return f"too few images: with {of}, p cannot be below {bound(below.smallest_p)}"
    if below.verdict == "equal":
        return f"equal on all of {images}"
    sure = "significant" if below.verdict in {"better", "worse"} else "not significant"
    p = probability(below.p)
    return f"{sure}, p {p if p.startswith('<') else f'= {p}'}, {images}"


def _folders(submissions: Iterable[Submission]) -> str:
    return listed((each.name for each in submissions), most=MOST)

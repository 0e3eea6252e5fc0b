"""Choosing what a report has: some of the run's methods, datasets and factors, and some of the rows of papers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srbench import plan
from srbench.methods import spelled_among
from srbench.plan import plugin_files
from srbench.reports import findings, paper_rows
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from srbench.reports.findings import Findings


def chosen(
    found: Findings,
    methods: str | Iterable[str] = (),
    datasets: str | Iterable[str] = (),
    factors: int | str | Iterable[int | str] = (),
) -> Findings:
    """Return the findings of what is named, as if the run had no more; what is not named is not narrowed.

    `methods` are the run's, by label or spec, and those that papers report; where they name none of either kind, all
    of that kind stay. Where the baseline is not among them, methods are compared with bicubic, else with the first.

    Raises:
        UsageError: there is no such method, dataset or factor.

    """
    named = plan.items(methods)
    narrowed = found.only(datasets=plan.items(datasets), factors=plan.factors(factors) if factors else ())
    return _of_methods(narrowed, named) if named else narrowed


def shown(found: Findings, known: Sequence[str], text: str) -> str:
    """Return which of the methods `known`, as they are shown, a text means: a label, or a spec in any spelling."""
    specs = [found.specs.get(name, name) for name in known]
    spec = spelled_among(specs, text, plugin_files(found.info), found.labels)
    return found.labels.get(spec, spec)


def _of_methods(found: Findings, named: Sequence[str]) -> Findings:
    own = {text: shown(found, found.methods, text) for text in named}
    rows = found.paper_rows.assign(named=[paper_rows.named(row) for _, row in found.paper_rows.iterrows()])
    papers = {text: set(rows.loc[(rows["method"] == text) | (rows["named"] == text), "method"]) for text in named}
    if absent := [text for text in named if not own[text] and not papers[text]]:
        raise unknown("method", absent[0], [*found.methods, *rows["method"].unique()], "the report")
    kept = [name for name in found.methods if name in own.values()]
    narrowed = replace(found, papers=tuple(sorted(set().union(*papers.values()))))
    return _measured(narrowed, kept) if kept else narrowed


def _measured(found: Findings, methods: Sequence[str]) -> Findings:
    """Return the findings of these methods alone; what the tables have of no method stays."""
    kept: dict[str, Any] = {
        name: frame[frame["method"].isin([*methods, ""])].reset_index(drop=True)
        for name, frame in found.tables.frames.items()
    }
    tables = replace(found.tables, **kept)
    every = found.info.get("methods", {})
    specs = {found.specs.get(name, name) for name in methods}
    info = {**found.info, "methods": {spec: facts for spec, facts in every.items() if spec in specs}}
    baseline = found.specs.get(found.baseline, found.baseline) if found.baseline in methods else ""
    narrowed = findings.of(tables, found.folder, info, baseline, reported=found.reported)
    return replace(narrowed, lead=found.lead, papers=found.papers)

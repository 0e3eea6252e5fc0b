"""The runs that measure claims: as few as there can be without computing what nobody claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srbench.analysis.labelled import by_spec
from srbench.analysis.tables import ASKED, alone
from srbench.datasets.stored_names import escaped
from srbench.execution import runner
from srbench.execution.resolved_plan import datasets_of
from srbench.metrics.classical import further
from srbench.plan import METRICS, WITHOUT_HR, Execution, Plan
from srbench.quality import protocols

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from srbench.analysis.columns import Metrics
    from srbench.analysis.tables import Tables
    from srbench.execution.asked_claims import Asked
    from srbench.execution.passes import Tick


class Block(NamedTuple):
    """Claims that one run measures: each of its methods has some of each of its settings."""

    name: str
    """Of the run's folder: the protocol, and a number where several runs have it."""
    claims: pd.DataFrame


class Found(NamedTuple):
    """What a block's run measured."""

    summary: pd.DataFrame
    metrics: Metrics


def blocks(claims: pd.DataFrame) -> Iterator[Block]:
    """Divide claims into runs: by protocol, and where not all methods have claims of all settings, by these."""
    for protocol, group in claims.groupby("protocol", sort=False):
        kinds: dict[tuple[frozenset[object], frozenset[object]], list[int]] = {}
        for factor, lines in group.groupby("factor", sort=False):
            whose = lines.groupby("dataset", sort=False)["method"].agg(frozenset).to_dict()
            for methods in dict.fromkeys(whose.values()):
                sets = frozenset(dataset for dataset, own in whose.items() if own == methods)
                kinds.setdefault((methods, sets), []).append(int(str(factor)))
        for number, ((_, sets), factors) in enumerate(kinds.items(), 1):
            own = group["factor"].isin(factors) & group["dataset"].isin(sets)
            yield Block(escaped(str(protocol)) + f"-{number}" * (number > 1), group[own])


def parts(block: Block) -> list[Block]:
    """Divide the claims of a run that cannot be into smaller ones: those of each metric, method, dataset or factor."""
    several = (name for name in ("metric", "method", "dataset", "factor") if len(block.claims[name].unique()) > 1)
    if (column := next(several, None)) is None:
        return []
    groups = block.claims.groupby(column, sort=False)
    return [Block(f"{block.name}, {escaped(str(value))}", claims) for value, claims in groups]


def measured(block: Block, asked: Asked, folder: Path, how: Execution, tick: Tick) -> Found:
    """Run a block into a folder, and return the means of its methods, by spec, over all images that each has.

    Raises:
        SrbenchError: as `runner.run`.

    """
    what = _plan(block.claims, asked)
    tables = runner.run(what, folder, how, tick)
    chosen, _ = protocols.resolve(what.protocols, what.own_protocols)
    names = {name: each.spec for name, each in datasets_of(what, how.data, chosen).items()}
    summary = alone(by_spec(tables.summary), tables.metrics)
    return Found(_with_reasons(summary, tables).replace({"dataset": names}), tables.metrics)


def _plan(claims: pd.DataFrame, asked: Asked) -> Plan:
    protocols = tuple(claims["protocol"].unique())
    usual = () if protocols == WITHOUT_HR else METRICS
    return Plan(
        methods=tuple(claims["method"].unique()),
        factors=tuple(map(int, claims["factor"].unique())),
        datasets=tuple(claims["dataset"].unique()),
        protocols=protocols,
        metrics=tuple(dict.fromkeys([*usual, *claims["metric"]])),
        device="cpu",
        timing=False,
        plugins=asked.plugins,
        protocol_files=tuple(map(str, asked.protocol_files)),
    )


def _with_reasons(summary: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Return the summary with `*_reason`: why a method has no value of a metric, on the first image that lacks it."""
    for name in further(tables.metrics):
        bad = by_spec(tables.scores[~tables.scores[f"{name}_status"].isin(["ok", ""])])
        first = bad.drop_duplicates(ASKED)[[*ASKED, f"{name}_status", f"{name}_reason"]]
        first[f"{name}_reason"] = first[f"{name}_status"] + ": " + first[f"{name}_reason"]
        summary = summary.merge(first.drop(columns=f"{name}_status"), "left", ASKED)
    return summary

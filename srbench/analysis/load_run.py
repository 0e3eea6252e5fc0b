"""Reading a run folder: the tables of its current rows, made from the journal, so that none is stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, Tables, tables
from srbench.errors import RunFolderError
from srbench.store.coverage import sizes
from srbench.store.journal import read_info, rows_of
from srbench.store.plans import plan_of

if TYPE_CHECKING:
    from pathlib import Path


def load(folder: Path) -> Tables:
    """Return the tables of a run folder; those of an interrupted run, or one at work, hold the rows so far.

    Raises:
        RunFolderError: there is no run in it, it has no current rows, or its journal is damaged.

    """
    info = read_info(folder)
    rows = rows_of(folder)
    if not rows:
        raise RunFolderError(f"{folder} has no results yet; continue its run with the same command and --out {folder}")
    return tables(rows, order_of(info))


def order_of(info: dict[str, Any]) -> Order:
    """Return the order of the tables of a run, of which `info` is run.json.

    Raises:
        RunFolderError: run.json holds something else.

    """
    plan = plan_of(info)
    fields = info.get("protocol_fields", {})
    labels = info.get("labels", {})
    return Order(plan.methods, sizes(info), plan.factors, plan.protocols, metrics_of(info), fields, labels)

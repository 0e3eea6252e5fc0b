"""Labels: tables name methods as readers are to see them, and have the specs in a column of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

NAMES = ("method", "baseline", "yardstick")
"""The columns that name methods."""


def labelled(frame: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return a table whose methods are named by spec with their labels instead, and with a column `spec`.

    Where no method has a label, the table stays as it is: labels are specs.
    """
    if not labels:
        return frame
    named = [name for name in NAMES if name in frame]
    shown = frame.assign(**{name: frame[name].map(lambda spec: labels.get(spec, spec)) for name in named})
    shown.insert(list(shown).index("method") + 1, "spec", frame["method"])
    return shown


def by_spec(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with methods named by spec again; in the column `baseline` labels stay."""
    return frame.assign(method=frame["spec"]).drop(columns="spec") if "spec" in frame else frame


def specs_of(frame: pd.DataFrame) -> list[str]:
    """Return the methods of a table by spec, each once, in its order."""
    return list(dict.fromkeys(by_spec(frame)["method"]))

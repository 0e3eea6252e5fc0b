"""CSV that a spreadsheet may open: text that it would run as a formula is shown as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a formula starts with (OWASP, "CSV injection")."""


def to_csv(frame: pd.DataFrame) -> str:
    """Return `frame` as CSV; an apostrophe stands before text that starts as a formula."""
    return str(_safe(frame).to_csv(index=False))


def write_csv(frame: pd.DataFrame, file: Path) -> None:
    """Write `frame` as `to_csv` returns it, without holding all of it as text."""
    _safe(frame).to_csv(file, index=False)


def _safe(frame: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name in frame if frame[name].dtype == object or pd.api.types.is_string_dtype(frame[name])]
    unsafe = [name for name in texts if any(map(_is_formula, frame[name].unique()))]
    return frame.assign(**{str(name): frame[name].map(_neutral, na_action="ignore") for name in unsafe})


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_STARTS)


def _neutral(value: object) -> object:
    return f"'{value}" if _is_formula(value) else value

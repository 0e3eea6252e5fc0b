"""Strict JSON of what tables hold: NaN and pandas' NA are null, infinity is text."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")
"""Characters that can stand within a JSON string alone; \x7f, which is a control character, is among them."""

if TYPE_CHECKING:
    import pandas as pd


def dumps(values: Any, **layout: Any) -> str:  # noqa: ANN401 - JSON, and options of `json.dumps`
    """Return `values` as strict JSON, with escapes for what cannot be printed."""
    text = json.dumps(plain(values), ensure_ascii=False, allow_nan=False, **layout)
    return _BEYOND_ASCII.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)


def ascii_only(text: str) -> str:
    """Return JSON with escapes for all that is not ASCII."""
    return _BEYOND_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the lines of a table as dictionaries."""
    return [{str(key): value for key, value in record.items()} for record in frame.astype(object).to_dict("records")]


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return `value` with only what strict JSON has."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    return value if value is None or isinstance(value, str | int) else _text(value)


def _text(value: object) -> str | None:
    return None if str(value) in {"<NA>", "NaT"} else str(value)

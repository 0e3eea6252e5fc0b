"""Embedding: data as JSON within HTML, where no text of it can end the element or begin another."""

from __future__ import annotations

import json
import math
from typing import Any

_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
"""Characters outside JSON strings are none of these, so all of them may be escaped wherever they stand."""


def embedded(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold, numpy's and pandas' values too
    """Return `value` as strict JSON for `<script type="application/json">`.

    NaN and NA are null, infinities "inf" and "-inf".
    """
    text = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    return value if value is None or isinstance(value, str | int) else _text(value)


def _text(value: object) -> str | None:
    return None if str(value) in {"<NA>", "NaT"} else str(value)

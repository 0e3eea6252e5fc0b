"""Embedding: data as JSON within HTML, where no text of it can end the element or begin another."""

from __future__ import annotations

from typing import Any

from srbench.formats import strict_json
from srbench.printable import printable

_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
"""Characters outside JSON strings are none of these, so all of them may be escaped wherever they stand."""


def embedded(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold, numpy's and pandas' values too
    """Return `value` as strict JSON for `<script type="application/json">`.

    NaN and NA are null, infinities "inf" and "-inf".
    """
    return strict_json.dumps(_shown(strict_json.plain(value)), separators=(",", ":")).translate(_ESCAPES)


def _shown(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON whose text is printable: none turns the text around it, or hides."""
    if isinstance(value, dict):
        return {printable(key, keep="\n"): _shown(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shown(each) for each in value]
    return printable(value, keep="\n") if isinstance(value, str) else value

"""Embedding: data as JSON within HTML, where no text of it can end the element or begin another."""

from __future__ import annotations

from typing import Any

from srbench.formats import strict_json

_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
"""Characters outside JSON strings are none of these, so all of them may be escaped wherever they stand."""


def embedded(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold, numpy's and pandas' values too
    """Return `value` as strict JSON for `<script type="application/json">`.

    NaN and NA are null, infinities "inf" and "-inf".
    """
    return strict_json.dumps(value, separators=(",", ":")).translate(_ESCAPES)

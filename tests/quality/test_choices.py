"""Choices that are not offered are refused in one line, which says what is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from srbench.errors import UsageError
from srbench.quality.choices import check, check_keys


@dataclass
class Chosen:
    """Two choices, of which one has names."""

    side: Literal["left", "right"] = "left"
    pixels: int = 3


def test_fields() -> None:
    """Only what a `Literal` names is held to it."""
    check(Chosen(pixels=-1))
    with pytest.raises(UsageError, match=r"^side is 'up', expected one of left, right$"):
        check(Chosen("up"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ({"side": "left", "pixels": 3.5}, None),
        ([], r"cut is \[\], expected a table"),
        ({"sid": 1}, r"unknown key 'cut.sid'; did you mean 'cut.side'\? \(available: cut.side, cut.pixels\)"),
        ({"pixels": True}, "cut.pixels is True, expected int or float"),
        ({"side": {}}, r"cut.side is \{\}, expected str"),
    ],
)
def test_keys(table: object, line: str | None) -> None:
    """What is no table, an unknown key and another type, by the name of the key; a truth value is no number."""
    kinds = {"side": (str,), "pixels": (int, float)}
    if line is None:
        check_keys(table, kinds, "cut.")
        return
    with pytest.raises(UsageError, match=f"^{line}$"):
        check_keys(table, kinds, "cut.")

"""Why times are noisy: the reasons of many lines of speeds, those alike told once, by the strongest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBER = r"\d+(?:\.\d+)?"


def parts(reasons: Iterable[str]) -> dict[str, list[str]]:
    """Return single reasons, by what they have in common: all but their numbers."""
    found: dict[str, list[str]] = {}
    for reason in (each for line in reasons for each in line.split("; ") if each):
        found.setdefault(re.sub(_NUMBER, "#", reason), []).append(reason)
    return found


def strongest(reasons: Iterable[str]) -> str:
    """Return the reason, of several alike, that has the largest number."""
    ordered = sorted(set(reasons), key=_size)
    return ordered[-1] + " at most" * (len(ordered) > 1)


def summary(reasons: Iterable[str]) -> str:
    """Return all reasons in one line, those alike once."""
    return "; ".join(map(strongest, parts(reasons).values()))


def _size(reason: str) -> float:
    """Return the first number of a reason."""
    number = re.search(_NUMBER, reason)
    return float(number[0]) if number else 0.0

"""Methods that have another name in the second of two runs: `--map OLD=NEW`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.maintain.side import Side


def renames(given: Iterable[str], a: Side, b: Side) -> dict[str, str]:
    """Return the names in B of methods of A, each of `given` being `OLD=NEW`.

    Method specs hold `=` themselves: the one between two methods of the runs divides them.

    Raises:
        UsageError: a text that names no method of A and one of B, or a method that would be compared twice.

    """
    found: dict[str, str] = {}
    for text in given:
        old, new = _pair(text, a, b)
        if old in found or new in found.values():
            raise UsageError(f"--map {text}: {old if old in found else new} is mapped twice; map each method once")
        found[old] = new
    for old, new in found.items():
        if new in a.methods and new not in found:
            raise UsageError(
                f"--map {old}={new}: {a.folder} has a method {new}, too, which is compared with {new} of {b.folder}; "
                f"{_advice(found, old, new, b)}"
            )
    return found


def _advice(found: Mapping[str, str], old: str, new: str, b: Side) -> str:
    """Say what the method of A that has lost its partner can be compared with: the partner of `old`, if it is free."""
    taken = found.values()
    free = next((each for each in [old, *b.methods] if each in b.methods and each not in taken), "")
    if free:
        return f"map that one as well: add --map {shlex.quote(f'{new}={free}')}"
    return f"{b.folder} has no method left for that one: compare a run without it"


def _pair(text: str, a: Side, b: Side) -> tuple[str, str]:
    parts = text.split("=")
    typed = [("=".join(parts[:at]).strip(), "=".join(parts[at:]).strip()) for at in range(1, len(parts))]
    if not any(old and new for old, new in typed):
        raise UsageError(f"--map is {text!r}, expected OLD=NEW: a method of {a.folder} and its name in {b.folder}")
    pairs = [(a.spec(old), b.spec(new)) for old, new in typed]
    whole = [pair for pair in pairs if all(pair)]
    if not whole:
        old, new = max(zip(typed, pairs, strict=True), key=lambda each: sum(map(bool, each[1])))[0]
        side, name = (b, new) if a.spec(old) else (a, old)
        raise UsageError(f"--map {text}: {side.folder} has no method {name!r}, but {', '.join(side.shown) or 'none'}")
    return whole[0]

"""The grammar of what users type: comma lists, and method specs `name[:key=value...]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from srbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_QUOTED = r'"[^"]*"'

NAMED = 3
"""How many of many things a line names."""


def split(text: str, separator: str) -> list[str]:
    """Split `text` at `separator` outside double quotes; parts are stripped, empty ones left out.

    Raises:
        UsageError: a double quote is left open.

    """
    if text.count('"') % 2:
        raise UsageError(f'unbalanced double quote in {text!r}; write values with , or : as key="value"')
    parts = re.findall(rf'(?:{_QUOTED}|[^"{separator}])+', text)
    return [part.strip() for part in parts if part.strip()]


def comma_list(texts: Iterable[str]) -> list[str]:
    """Return the items of one or more comma lists, in order and without repeats; a wholly quoted one without quotes."""
    return list(dict.fromkeys(_unquoted(part) for text in texts for part in split(text, ",")))


@dataclass(frozen=True)
class MethodSpec:
    """A method's name and the options given to it, as text."""

    name: str
    options: Mapping[str, str]

    def __str__(self) -> str:
        """Return the spec in its canonical spelling: keys sorted, values quoted where they must be."""
        return canonical(self.name, self.options)


def canonical(name: str, options: Mapping[str, object]) -> str:
    """Spell a method spec with sorted keys."""
    return ":".join([name, *(f"{key}={_quoted(str(value))}" for key, value in sorted(options.items()))])


def parse_method(text: str, kind: str = "method", key_of: Callable[[str, str], str] = lambda *_: "") -> MethodSpec:
    """Parse `name[:key=value[:key=value...]]`, the spec of a method or of what `kind` says.

    `key_of` returns the option that takes a value, given the name and the value: what was meant where `=` is missing.

    Raises:
        UsageError: an option without `=`, an empty name, a key given twice, a quote within a word, or a colon with
            nothing after it.

    """
    name, *rest = split(text, ":") or [""]
    options: dict[str, str] = {}
    for part in rest:
        key, equals, value = part.partition("=")
        value = _unquoted(value)
        unlistable = '"' in value or re.search('[",]', key)  # would be split, or lose its quotes, in a comma list
        if not equals or not key or key in options or unlistable:
            meant = "" if equals else key_of(name, part)
            hint = f"; did you mean {meant}={part}?" if meant else ""
            raise UsageError(f"cannot read {part!r} in {kind} {text!r}; expected name:key=value, each key once{hint}")
        options[key] = value
    if not name or '"' in name:
        raise UsageError(f"{'quoted' if name else 'empty'} {kind} name in {text!r}; expected name[:key=value...]")
    if text.rstrip().endswith(":"):
        raise UsageError(f"nothing follows the last colon of {kind} {text!r}; expected name[:key=value...]")
    return MethodSpec(name, options)


def spelled(text: str) -> str:
    """Return the canonical spelling of a method spec; text that is none as it is."""
    try:
        return str(parse_method(text))
    except UsageError:
        return text


def unknown(kind: str, name: str, available: Iterable[str], of: str = "") -> UsageError:
    """Return the error for an unknown `name` `of` something: the nearest match in any case, then all there are."""
    names = list(available)
    whose = f" of {of}" if of else ""
    return UsageError(f"unknown {kind} {name!r}{whose}{_hint(name, names)} (available: {', '.join(names)})")


def _hint(name: str, names: Iterable[str]) -> str:
    """Say what an unknown name most likely stands for, if any: a list without commas, or the nearest name."""
    by_lower = {each.lower(): each for each in names}
    words = name.lower().split()
    if len(words) > 1 and by_lower.keys() >= set(words):
        return f"; a list has commas: {','.join(by_lower[word] for word in words)}"
    near = get_close_matches(name.lower(), by_lower, 1)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else ""


def listed(names: Iterable[object], most: int = NAMED, separator: str = ", ") -> str:
    """Return the first few names, and how many there are beyond them."""
    every = list(map(str, names))
    more = f" and {len(every) - most} more" if every[most:] else ""
    return separator.join(every[:most]) + more


def counted(number: int, what: str) -> str:
    """Return how many there are of something, `1 image` or `2 images`."""
    return f"{number} {what}{'s' if number != 1 else ''}"


def differences(mine: Mapping[str, object], theirs: Mapping[str, object]) -> list[str]:
    """Return one `key: theirs, not mine` per value that differs; tuples are spelled as comma lists, or `none`."""
    return [f"{key}: {_text(theirs[key])}, not {_text(mine[key])}" for key in mine if mine[key] != theirs[key]]


def _text(value: object) -> str:
    return (",".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)


def _unquoted(part: str) -> str:
    return part[1:-1] if re.fullmatch(_QUOTED, part) else part


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"[,:]", value) or value != value.strip() else value

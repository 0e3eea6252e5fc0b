"""What to do about a spec that cannot be read: most often a value with a colon or a comma was not quoted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from srbench import model_files
from srbench.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

QUOTE = "; quote a value with : or , in it: "
"""What advice to quote begins with."""

IN_A_SHELL = "and in a shell put single quotes around it all: '...'"
"""A shell takes double quotes away."""

_SINGLE = "; a value holds no double quotes: use single quotes within it"


def is_key(text: str) -> bool:
    """Tell whether an option can have this name."""
    return bool(re.fullmatch(r"[\w.-]+", text))


def is_rest_of_value(text: str) -> bool:
    """Tell whether text that stands for a name is most likely the rest of a value that a comma divided."""
    return bool(re.search(r"[{}]", text))


def advice(name: str, options: Sequence[str], at: int) -> str:
    """Return what to do about the option number `at` of a spec; nothing where nothing is known."""
    if any('"' in part for part in options[at:]):
        return _SINGLE
    key, equals, _ = options[at].partition("=")
    if equals and is_key(key):
        return ""
    if at == 0:
        return _about_path(f"{name}:{options[0]}")
    last = max(number for number, part in enumerate(options) if number == at or (number > at and _continues(part)))
    key, _, value = ":".join(options[at - 1 : last + 1]).partition("=")
    if '"' in value:
        return ""
    spec = ":".join([name, *options[: at - 1], f'{key}="{value}"', *options[last + 1 :]])
    return f"{QUOTE}{printable(spec)}, {IN_A_SHELL}"


def _continues(part: str) -> bool:
    """Tell whether a part of a spec continues a value before it: it is no option, or one that has odd characters."""
    key, equals, _ = part.partition("=")
    return not equals or not is_key(key) or bool(re.search(r"[\s{}]", part))


def _about_path(path: str) -> str:
    """Return what to do about a model file whose path has a colon, such as that of a drive, or that is on the net."""
    method = model_files.method_of(path)
    if "://" in path:
        return "; srbench downloads no models: download the file, and give its path"
    return f'{QUOTE}{method}:{model_files.OPTION}="{printable(path)}", {IN_A_SHELL}' if method else ""

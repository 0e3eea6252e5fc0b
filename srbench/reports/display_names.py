"""Names as papers print them: those given with `--names`, those of known datasets and methods, else as they are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from srbench import datasets
from srbench.errors import UsageError
from srbench.printable import printable
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_METHODS = {
    "nearest": "Nearest",
    "bilinear": "Bilinear",
    "bicubic": "Bicubic (OpenCV)",
    "bicubic-matlab": "Bicubic (MATLAB)",
    "lanczos": "Lanczos",
    "espcn": "ESPCN",
    "espcn:activation=relu": "ESPCN (ReLU)",
}

_UNLISTED = {"manga109": "Manga109", "div2k": "DIV2K"}
"""Datasets of papers that srbench does not list."""


@cache
def known() -> Mapping[str, str]:
    """Return what papers call datasets and methods, by the names that srbench has for them."""
    return {**_METHODS, **_UNLISTED, **{name: datasets.get(name).title for name in datasets.names()}}


def parse(texts: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """Return names to show by the `names` that a report has; `texts` are comma lists of NAME=SHOWN.

    A comma in what is shown needs nothing: what follows it and has no `=` belongs to it.

    Raises:
        UsageError: a name that the report has not, or nothing behind it.

    """
    longest = sorted(set(names), key=len, reverse=True)  # a spec may begin with another, and hold `=`
    found: dict[str, str] = {}
    last = ""
    for part in (part for text in texts for part in text.split(",")):
        name = next((name for name in longest if part.strip().startswith(f"{name}=")), "")
        if name:
            found[name], last = part.strip()[len(name) + 1 :], name
        elif last and "=" not in part:
            found[last] += f",{part}"
        else:
            raise _wrong(part, longest)
    found = {name: _unquoted(shown.strip()) for name, shown in found.items()}
    if empty := [name for name, shown in found.items() if not shown]:
        raise UsageError(f"--names has nothing for {printable(empty[0])}; expected NAME=SHOWN, such as set5=Set5")
    return found


def _unquoted(shown: str) -> str:
    """Return what is shown without double quotes around it, which a shell has left there."""
    return shown[1:-1] if len(shown) > 1 and shown[0] == shown[-1] == '"' else shown


def _wrong(part: str, names: list[str]) -> UsageError:
    name, equals, _ = part.strip().partition("=")
    if not equals:
        return UsageError(f"--names is {printable(part.strip())!r}, expected NAME=SHOWN, such as set5=Set5")
    return unknown("dataset or method", name, sorted(names), "the report")

"""TOML: read with bounds on size and depth, so that a wrong or hostile file is an error and no crash; and written."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

from srbench.errors import UsageError
from srbench.opening import opened
from srbench.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_BYTES = 2**24
"""Largest file read; the manifest of five hundred images has a hundredth of it."""


def read(path: Path) -> str:
    """Return the text of a TOML file.

    Raises:
        OSError: it cannot be opened, or is no regular file.
        ValueError: it is larger than `MAX_BYTES`, or not UTF-8.

    """
    with opened(path) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"got more than {MAX_BYTES} bytes, expected a text of some kilobytes")
    return content.decode("utf-8").replace("\r\n", "\n")


def parse(text: str) -> dict[str, Any]:
    """Return the values of a TOML text.

    Raises:
        ValueError: it is no TOML, or nested too deeply.

    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def table(path: Path, what: str) -> dict[str, Any]:
    """Return the values in a file that a user gave; `what` says what it should hold, such as `a protocol`.

    Raises:
        UsageError: it cannot be read.

    """
    try:
        return parse(read(path))
    except (OSError, ValueError) as error:
        reason = printable(str(getattr(error, "strerror", None) or error))
        raise UsageError(f"{printable(str(path))}: cannot be read as {what} in TOML ({reason})") from error


def inline(values: Mapping[str, str | int]) -> str:
    """Return an inline table, on one line."""
    return f"{{ {', '.join(f'{key} = {value(each)}' for key, each in values.items())} }}"


def value(given: str | float | list[int]) -> str:
    """Return text, a number or a list of numbers as TOML has it, text as a basic string.

    Raises:
        ValueError: it is text that is not Unicode.

    """
    text = json.dumps(given, ensure_ascii=False).replace("\x7f", "\\u007f")
    text.encode()
    return text

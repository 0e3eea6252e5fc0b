"""A protocol as a TOML file that can be written, shared and used: `--protocol ./mine.toml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from srbench import toml
from srbench.errors import UsageError
from srbench.printable import printable
from srbench.quality.choices import check_keys
from srbench.quality.degradation import Degradation, steps_of
from srbench.quality.protocol import Protocol, shave_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from srbench.quality.choices import Kinds

SUFFIX = ".toml"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOP: Kinds = {"name": (str,), "summary": (str,), "lr": (dict,), "compared": (dict,)}
_LR: Kinds = {"channels": (str,), "grey": (str,), "factors": (list,), "steps": (list,)}
_COMPARED: Kinds = {"scored": (str,), "shave": (str, int)}


def is_path(text: str) -> bool:
    """Tell whether `text` names a file rather than a protocol."""
    return "/" in text or "\\" in text or text.endswith(SUFFIX)


def read(path: Path) -> Protocol:
    """Return the protocol in a file; without a `name` it is called as the file is.

    Raises:
        UsageError: it cannot be read, or a key is missing, unknown, of the wrong type or impossible.

    """
    table = toml.table(path, "a protocol")
    try:
        return _protocol(table, path.stem)
    except UsageError as error:
        raise UsageError(f"{printable(str(path))}: {error}") from error


def _protocol(table: Mapping[str, Any], stem: str) -> Protocol:
    check_keys(table, _TOP)
    name = table.get("name", stem)
    if not _NAME.fullmatch(name):
        raise UsageError(f"name is {name!r}, expected up to 64 letters, digits, dots, - and _")
    lr, compared = table.get("lr"), table.get("compared")
    if lr is None or compared is None:
        raise UsageError(
            f"table [{'lr' if lr is None else 'compared'}] is missing; srbench protocols show SPEC --toml has both"
        )
    check_keys(lr, _LR, "lr.")
    check_keys(compared, _COMPARED, "compared.")
    for key, where in (("steps", lr), ("scored", compared), ("shave", compared)):
        if key not in where:
            raise UsageError(f"key {'lr' if where is lr else 'compared'}.{key} is missing")
    factors = tuple(lr.get("factors", ()))
    if any(type(factor) is not int or factor < 2 for factor in factors):  # noqa: PLR2004 - 1 upscales nothing
        raise UsageError(f"lr.factors is {list(factors)!r}, expected integers of at least 2")
    degradation = Degradation(steps_of(lr["steps"]), lr.get("channels", "rgb"), factors, lr.get("grey", "keep"))
    return Protocol(name, table.get("summary", ""), degradation, compared["scored"], *shave_of(compared["shave"]))


def text(protocol: Protocol) -> str:
    """Return the file of a protocol: read again, it has the same fingerprint."""
    return "\n".join(_lines(protocol)) + "\n"


def _lines(protocol: Protocol) -> Iterator[str]:
    degradation = protocol.degradation
    yield "# a protocol of your own: edit its name and summary, too"
    yield f"name = {toml.value(re.sub('[^A-Za-z0-9._-]', '-', protocol.name)[:64])}"
    yield f"summary = {toml.value(protocol.summary)}"
    yield "\n[compared]"
    yield f"scored = {toml.value(protocol.scored)}  # y: luma, y-rounded: luma rounded to integers, or rgb"
    yield f"shave = {toml.value(protocol.shave_text)}  # pixels cut from each side: 4, factor, factor+6, ..."
    yield "\n[lr]"
    yield f"channels = {toml.value(degradation.channels)}  # rgb: 8-bit RGB, or y: luma in floats"
    if degradation.grey != "keep":
        yield f"grey = {toml.value(degradation.grey)}  # rgb: a grey image is read as R = G = B, or keep: as it is"
    if degradation.factors:
        yield f"factors = {toml.value(list(degradation.factors))}  # for which LR is defined"
    for step in degradation.steps:
        yield f"\n[[lr.steps]]  # {step.words}"
        yield from (f"{key} = {toml.value(value)}" for key, value in step.table.items())

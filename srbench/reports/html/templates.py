"""Templates: how pages are rendered from them, and the scripts and styles that pages share."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from srbench.printable import printable

HERE = Path(__file__).parent


@cache
def environment(folder: Path = HERE) -> Environment:
    """Return what renders the templates of a folder, and those here: text is escaped, and printable."""
    made = Environment(
        loader=FileSystemLoader([folder, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value, keep="\n") if type(value) is str else value,
    )
    made.filters["breakable"] = _breakable
    return made


def _breakable(name: str) -> Markup:
    """Return the name of a method as text that may go on in a new line behind a colon, a comma or an equals sign."""
    return Markup(re.sub("(?<=[:,=])", "<wbr>", escape(printable(name, keep="\n"))))  # noqa: S704 - it is escaped


def read(*names: str, folder: Path = HERE) -> str:
    """Return scripts, or styles, as one."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)

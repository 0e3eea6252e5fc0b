"""Templates: how pages are rendered from them, and the scripts and styles that pages share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from srbench.printable import printable

HERE = Path(__file__).parent


@cache
def environment(folder: Path = HERE) -> Environment:
    """Return what renders the templates of a folder, and those here: text is escaped, and printable."""
    return Environment(
        loader=FileSystemLoader([folder, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value, keep="\n") if type(value) is str else value,
    )


def read(*names: str, folder: Path = HERE) -> str:
    """Return scripts, or styles, as one."""
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)

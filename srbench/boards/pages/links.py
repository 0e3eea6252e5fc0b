"""Links: where pages and pictures lie in the site; ids and names of pictures are safe as names of files."""

from __future__ import annotations

INDEX, RUNS = "index.html", "runs.html"
STYLE, SCRIPT, ICON = "assets/board.css", "assets/board.js", "assets/icon.svg"


def method(identity: str) -> str:
    """Return the page of a method."""
    return f"methods/{identity}.html"


def image(identity: str) -> str:
    """Return the page of an image."""
    return f"images/{identity}.html"


def picture(name: str) -> str:
    """Return where a picture lies."""
    return f"pictures/{name}"


def table(identity: str) -> str:
    """Return where the index has a table."""
    return f"{INDEX}#table-{identity}"


def run(identity: str) -> str:
    """Return where a run is described."""
    return f"{RUNS}#run-{identity}"


def machine(identity: str) -> str:
    """Return where a machine is described."""
    return f"{RUNS}#machine-{identity}"


def protocol(identity: str) -> str:
    """Return where a protocol is described."""
    return f"{RUNS}#protocol-{identity}"

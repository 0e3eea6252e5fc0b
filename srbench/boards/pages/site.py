"""The site: every page, picture, script and style of a board, as files that work from disk and from any web server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from srbench.atomic import replacing
from srbench.boards.pages import image_page, index, links, method_page, runs_page
from srbench.boards.pages.lookup import lookup
from srbench.boards.pages.pictures import BUDGET, shown
from srbench.errors import UsageError
from srbench.reports.html import templates
from srbench.reports.html.embedding import embedded
from srbench.reports.html.embedding import shown as printed
from srbench.reports.html.gallery import SCRIPTS as VIEWER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.boards.content import Board
    from srbench.boards.pages.lookup import Lookup
    from srbench.boards.pages.pictures import Shown

SHARED = (*VIEWER, "selection.js", "tables.js", "axes.js", "latency.js", "theme.js", "choosing.js")
"""Scripts of the report of a run."""
SCRIPTS = ("versions.js", "board.js")
STYLES = ("report.css", "viewer.css")
STYLE = "board.css"

POLICY = (
    "default-src 'none'; img-src 'self' file:; style-src 'self' file:; script-src 'self' file:; base-uri 'none'; "
    "form-action 'none'"
)
"""Content-Security-Policy: nothing runs, and nothing is fetched, but files of the site."""

FILES = "assets/files.txt"
"""The list of files that a board wrote, so that the next one removes those that it has no more."""

_OWN = re.compile(r"(methods|images|pictures|assets)/[\w-]+\.(html|webp|jpg|css|js)|(index|runs)\.html", re.ASCII)
_HERE = Path(__file__).parent


def write(board: Board, folder: Path, budget: int = BUDGET) -> None:
    """Write the site of a board into `folder`, each file in one step; pictures take at most `budget` bytes.

    Files that an earlier board wrote there, and that this one has not, are removed; others stay.

    Raises:
        UsageError: an index.html lies there that is not of a board.
        OSError: a file cannot be written.

    """
    if (folder / links.INDEX).exists() and not (folder / FILES).exists():
        raise UsageError(f"{folder} holds an {links.INDEX} that no board wrote; choose another folder with --out")
    before = _listed(folder)
    names = []
    for name, content in files(board, budget):
        _write(folder / name, content)
        names.append(name)
    _write(folder / FILES, "".join(f"{name}\n" for name in sorted(names)).encode())
    for name in before - {*names}:
        (folder / name).unlink(missing_ok=True)


def files(board: Board, budget: int = BUDGET) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the site, each with its name in it."""
    found = lookup(board)
    pictures = shown(found, budget)
    yield from _assets()
    for name, content in pictures.contents.items():
        yield links.picture(name), content
    yield from _pages(found, pictures)


def _assets() -> Iterator[tuple[str, bytes]]:
    script = "\n".join([templates.read(*SHARED), templates.read(*SCRIPTS, folder=_HERE)])
    style = "\n".join([templates.read(*STYLES), templates.read(STYLE, folder=_HERE)])
    yield links.SCRIPT, script.encode()
    yield links.STYLE, style.encode()


def _pages(found: Lookup, pictures: Shown) -> Iterator[tuple[str, bytes]]:
    board = found.board
    yield links.INDEX, _render(found, "index", "", index.content(found, pictures))
    yield links.RUNS, _render(found, "runs", "", runs_page.content(found))
    for method in board.methods:
        yield links.method(method.id), _render(found, "method", "../", method_page.content(found, method))
    for image in board.images:
        yield links.image(image.id), _render(found, "image", "../", image_page.content(found, pictures, image))


def _render(found: Lookup, name: str, root: str, content: dict[str, Any]) -> bytes:
    """Return a page; `root` leads from it to the index. What its scripts draw is `data` and `gallery`."""
    scripts = {key: Markup(embedded(printed(content.get(key)))) for key in ("data", "gallery")}  # noqa: S704 - every < and & of it is escaped
    template = templates.environment(_HERE).get_template(f"{name}.html.jinja")
    fixed = {"board": found.board, "legend": found, "links": links, "root": root, "policy": POLICY}
    return template.render(**content | fixed | scripts).encode("utf-8", "backslashreplace")


def _listed(folder: Path) -> set[str]:
    """Return the files that an earlier board wrote."""
    if not (folder / FILES).exists():
        return set()
    lines = (folder / FILES).read_text(encoding="utf-8", errors="replace").splitlines()
    return {line for line in lines if _OWN.fullmatch(line)}


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as written:
        written.write_bytes(content)

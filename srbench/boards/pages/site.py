"""The site: every page, picture, script and style of a board, as files that work from disk and from any web server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from srbench.boards import data
from srbench.boards.pages import image_page, index, links, method_page, runs_page
from srbench.boards.pages.lookup import lookup
from srbench.boards.pages.pictures import BUDGET, shown
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

DOWNLOADS = {data.CSV: "scores", data.TIMES: "times", data.JSON: "everything"}
"""Files beside the pages, with what they hold."""

_HERE = Path(__file__).parent


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
    yield links.ICON, templates.read("icon.svg", folder=_HERE).encode()


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
    page = template.render(
        **content | scripts,
        board=found.board,
        legend=found,
        links=links,
        root=root,
        policy=POLICY,
        downloads=DOWNLOADS,
    )
    return page.encode("utf-8", "backslashreplace")

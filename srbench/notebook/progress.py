"""Progress in a notebook: one line that is written over, without ipywidgets, and that is gone in the end."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from markupsafe import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Tick: TypeAlias = Callable[[str, int, int], None]
    """Called with what is done, how much of it, and of how much; 0 where that is not known."""

EVERY = 0.3
"""Seconds between two lines: each is a message to the browser."""


@contextmanager
def progress() -> Iterator[Tick]:
    """Give a callback (what, done, total) that draws a progress bar in a notebook, and nothing elsewhere."""
    if not in_notebook():
        yield lambda *_: None
        return
    line = _Line()
    try:
        yield line.tick
    finally:
        line.clear()


def in_notebook() -> bool:
    """Tell whether this process is the kernel of a notebook; IPython is asked only if it has been imported."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


class _Line:
    """One output of a cell that is written again and again."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._begun = time.monotonic()
        self._shown = 0.0
        self._handle: Any = None

    def tick(self, what: str, done: int, total: int) -> None:
        """Show how far something is; what is finished in any case."""
        now = time.monotonic()
        if now - self._shown < EVERY and done != total:
            return
        self._shown = now
        self._show(drawn(what, done, total, now - self._begun), _text(what, done, total))

    def clear(self) -> None:
        """Take the line away."""
        if self._handle:
            self._show("", "")

    def _show(self, html: str, text: str) -> None:
        from IPython.display import display  # noqa: PLC0415 - in a notebook it is there

        bundle = {"text/html": html, "text/plain": text}
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)


def drawn(what: str, done: int, total: int, seconds: float) -> str:
    """Return the line as HTML: a bar, moving where the total is not known, what it is about, and the time it took."""
    bar = f'<progress value="{done}" max="{total}"></progress>' if total else "<progress></progress>"
    return f"<div>{bar} {escape(_text(what, done, total))}, {seconds:.0f} s</div>"


def _text(what: str, done: int, total: int) -> str:
    return f"{what}: {done} of {total}" if total else what

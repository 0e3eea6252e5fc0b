"""Progress in a notebook is one output that is written over, and nothing at all elsewhere."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from srbench.notebook import progress as progresses
from srbench.notebook.progress import drawn, in_notebook, progress


class Display:
    """What IPython would do with what is shown."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self.shown: list[str] = []

    def __call__(self, bundle: dict[str, str], **_options: object) -> Display:
        """Show one more output."""
        self.update(bundle)
        return self

    def update(self, bundle: dict[str, str], **_options: object) -> None:
        """Replace it."""
        self.shown.append(bundle["text/html"])


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Display:
    """Make this process look like the kernel of a notebook, and return what it shows."""
    made: Any = Display()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=1)))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=made))
    return made  # type: ignore[no-any-return]


def test_nothing_elsewhere() -> None:
    """A script that runs in a terminal, or a test, is told nothing."""
    assert not in_notebook()
    with progress() as tick:
        tick("scoring", 1, 2)


def test_it_is_written_over_and_goes(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown in the end is nothing, also where the cell fails."""
    monkeypatch.setattr(progresses, "EVERY", 0.0)
    with suppress(KeyboardInterrupt), progress() as tick:
        tick("scoring <a>", 1, 2)
        tick("timing", 3, 0)
        raise KeyboardInterrupt
    first, second, last = display.shown
    assert '<progress value="1" max="2"></progress> scoring &lt;a&gt;: 1 of 2' in first
    assert "<progress></progress> timing, 0 s" in second
    assert last == ""


def test_it_does_not_flood(display: Display) -> None:
    """Thousands of ticks are a few messages; the last of them is among these."""
    with progress() as tick:
        for done in range(1, 5001):
            tick("scoring", done, 5000)
    assert "5000 of 5000" in display.shown[-2]
    assert len(display.shown) < 100


def test_seconds() -> None:
    """The line says how long it took so far."""
    assert drawn("scoring", 1, 2, 61.4).endswith("scoring: 1 of 2, 61 s</div>")

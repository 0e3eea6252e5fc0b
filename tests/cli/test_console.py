"""What progress bars show on a terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from srbench.cli import console

if TYPE_CHECKING:
    from rich.progress import Progress


@pytest.mark.parametrize("bars", ["progress", "training"])
def test_a_new_stage_begins_anew(monkeypatch: pytest.MonkeyPatch, bars: str) -> None:
    """A stage whose length is not known has neither count nor remaining time of the stage before it."""
    told: list[Progress] = []
    monkeypatch.setattr(console, "notes", Console(file=io.StringIO(), force_terminal=True, width=120))
    real = console._tell

    def tell(bar: Progress, what: str, done: int, total: int) -> None:
        told.append(bar)
        real(bar, what, done, total)

    monkeypatch.setattr(console, "_tell", tell)
    with getattr(console, bars)() as given:
        tick = given[1] if bars == "training" else given
        tick("making patches", 1370, 1377)
        tick("making patches", 1371, 1377)
        (task,) = told[0].tasks
        assert (task.completed, task.total) == (1371, 1377)
        tick("measuring the speed", 0, 0)
        (task,) = told[0].tasks
        assert (task.description, task.completed, task.total) == ("measuring the speed", 0, None)
        assert task.time_remaining is None

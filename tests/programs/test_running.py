"""A program runs without shell, input and terminal; what it leaves is ended, whatever it prints is drained."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from srbench.errors import MethodError, TimedOut
from srbench.programs.running import TAIL, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Script = Callable[[str], tuple[str, ...]]


def test_surroundings(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Input is empty, there is no terminal and no display, words are not expanded, and variables arrive."""
    monkeypatch.setenv("DISPLAY", ":0")
    words = script('cat; (: < /dev/tty) 2>/dev/null && echo terminal; echo "[$1] [$DISPLAY] [$LC_ALL] [$X]"')
    assert run([words[0], "$HOME *; x"], variables={"X": "y"}).output == "[$HOME *; x] [] [C.UTF-8] [y]"


def test_failures(script: Script) -> None:
    """An exit code or a signal is named, with the end of what was printed, in one line."""
    assert run(script("echo first >&2; echo the end; exit 3")).failure == "ended with exit code 3: first the end"
    assert run(script("exit 4")).failure == "ended with exit code 4 and printed nothing"
    assert run(script("kill -SEGV $$")).failure.startswith("was killed by SIGSEGV")
    assert not run(script("echo fine >&2")).failure


def test_prints_megabytes(script: Script) -> None:
    """It never waits for a reader, and the tail is kept, short."""
    found = run(script("echo begin; yes 0123456789 | head -c 5000000 >&2; echo the end; exit 1"))
    assert found.output.endswith("the end")
    assert len(found.output) == TAIL
    assert found.first_line == "begin"


def test_leaves_a_child(script: Script, tmp_path: Path, ended: Callable[[int], bool]) -> None:
    """A child that holds the output open is neither waited for nor left."""
    start = time.monotonic()
    assert not run(script(f"sleep 600 & echo $! > '{tmp_path}/pid'")).failure
    assert time.monotonic() - start < 60
    assert ended(int((tmp_path / "pid").read_text()))


def test_hangs(script: Script, tmp_path: Path, ended: Callable[[int], bool]) -> None:
    """One that takes too long is ended with its children."""
    words = script(f"sleep 600 & echo $! > '{tmp_path}/pid'; wait")
    with pytest.raises(TimedOut, match=r"did not end within 0.5 s"):
        run(words, 0.5)
    assert ended(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("words", [["/nowhere/program"], ["/"], ["a\0b"]])
def test_cannot_start(words: list[str]) -> None:
    """What is no program is said so in one line."""
    with pytest.raises(MethodError, match="cannot be started"):
        run(words)

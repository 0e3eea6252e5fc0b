"""Ctrl-C once is a wish, twice an order; and the signals are given back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from srbench.execution.stopping import SIGNALS


def check(name: str, number: int = 0) -> None:
    """Let a process of its own do it: one that tests beside others did not always survive its own signals."""
    command = [sys.executable, "-m", "tests.execution.signalled", name, str(int(number))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("number", SIGNALS)
def test_once_and_twice(number: int) -> None:
    """The first signal sets the event and raises nothing; the second is a KeyboardInterrupt."""
    check("once_and_twice", number)


def test_one_of_each() -> None:
    """A second signal of the other kind counts as well."""
    check("one_of_each")


@pytest.mark.parametrize("ends", ["given_up", "within_the_grace"])
def test_sigterm_counts_twice(ends: str) -> None:
    """Who sends it waits, and then kills: what does not end within the grace is given up; what does, is not."""
    check(ends)


def test_signals_are_given_back() -> None:
    """Whoever listened before does so again, after an exception too."""
    check("given_back")


def test_off_the_main_thread() -> None:
    """There it listens to nothing, and is an event like any other."""
    check("off_the_main_thread")

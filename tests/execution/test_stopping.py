"""Ctrl-C once is a wish, twice an order; and the signals are given back."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress

import pytest

from srbench.execution import stopping
from srbench.execution.stopping import SIGNALS, Stop


@pytest.mark.parametrize("number", SIGNALS)
def test_once_and_twice(number: signal.Signals) -> None:
    """The first signal sets the event and raises nothing; the second is a KeyboardInterrupt."""
    with Stop() as stop:
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


def test_one_of_each() -> None:
    """A second signal of the other kind counts as well."""
    with Stop():
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def _terminated() -> None:
    """Get a SIGTERM, and wait for another, which may come before the wait where other threads are busy."""
    signal.raise_signal(signal.SIGTERM)
    signal.pause()


def test_sigterm_counts_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends it waits, and then kills: what does not end within the grace is given up; what does, is not."""
    monkeypatch.setattr(stopping, "GRACE", 0.01)
    with Stop(), pytest.raises(KeyboardInterrupt):
        _terminated()
    monkeypatch.setattr(stopping, "GRACE", 60)
    with Stop() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()


def test_signals_are_given_back() -> None:
    """Whoever listened before does so again, after an exception too."""
    before = [signal.getsignal(number) for number in SIGNALS]
    with suppress(ZeroDivisionError), Stop():
        assert [signal.getsignal(number) for number in SIGNALS] != before
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_off_the_main_thread() -> None:
    """There it listens to nothing, and is an event like any other."""
    before = [signal.getsignal(number) for number in SIGNALS]
    seen = []

    def use() -> None:
        with Stop() as stop:
            stop.set()
            seen.append((stop.is_set(), [signal.getsignal(number) for number in SIGNALS] == before))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert seen == [(True, True)]

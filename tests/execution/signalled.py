"""What a process does when it is asked to end: each function is called alone in one, by its name and a number."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import suppress

from srbench.execution import stopping
from srbench.execution.stopping import SIGNALS, Stop


def interrupted_by(number: int) -> bool:
    """Tell whether a signal ends what runs."""
    try:
        signal.raise_signal(number)
    except KeyboardInterrupt:
        return True
    return False


def once_and_twice(number: int) -> None:
    """Get the same signal twice."""
    with Stop() as stop:
        assert not stop.is_set()
        assert not interrupted_by(number)
        assert stop.is_set()
        assert interrupted_by(number)


def one_of_each(_: int) -> None:
    """Get one of either kind."""
    with Stop():
        assert not interrupted_by(signal.SIGTERM)
        assert interrupted_by(signal.SIGINT)


def given_up(_: int) -> None:
    """Get one SIGTERM, and do not end within the grace."""
    stopping.GRACE = 0.01
    with Stop():
        try:
            signal.raise_signal(signal.SIGTERM)
            signal.pause()  # the second may come before this, where other threads are busy
        except KeyboardInterrupt:
            return
    raise AssertionError


def within_the_grace(_: int) -> None:
    """Get one SIGTERM, and end within the grace."""
    with Stop() as stop:
        assert not interrupted_by(signal.SIGTERM)
        assert stop.is_set()


def given_back(_: int) -> None:
    """Look who listens before, meanwhile and afterwards."""
    before = [signal.getsignal(number) for number in SIGNALS]
    with suppress(ZeroDivisionError), Stop():
        assert [signal.getsignal(number) for number in SIGNALS] != before
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in SIGNALS] == before


def off_the_main_thread(_: int) -> None:
    """Look who listens while another thread uses it."""
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


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))

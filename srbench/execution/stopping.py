"""Ctrl-C: once to finish what has begun, twice to stop now. SIGTERM leaves what has begun a few seconds."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What asks a run to end: the keyboard, and batch systems before they kill."""

GRACE = 3.0
"""Seconds after a SIGTERM until it counts as sent twice: nobody may be there to do it, and a kill may follow."""


class Stop(threading.Event):
    """Set once the run is asked to end; asked a second time, the main thread gets a KeyboardInterrupt.

    Off the main thread no signal can be listened to: there it is an event, and nothing else.
    """

    def __enter__(self) -> Self:
        """Listen to the signals."""
        self._before: dict[signal.Signals, Any] = {}
        self._again: threading.Timer | None = None
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._asked) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the signals back to whoever had them."""
        if self._again:
            self._again.cancel()
            self._again.join()  # a signal that is on its way is ours
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        if self.is_set():
            raise KeyboardInterrupt
        self.set()
        if number == signal.SIGTERM:
            self._again = threading.Timer(GRACE, os.kill, (os.getpid(), number))
            self._again.daemon = True
            self._again.start()

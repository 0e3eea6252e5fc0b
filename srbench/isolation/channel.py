"""Messages between two processes: small parts through a socket, the pixels through memory that both have mapped."""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux keeps files in memory


def window() -> int:
    """Return the descriptor of a file without a name, in memory where the system offers that, for pixels."""
    folder = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.dup(file.fileno())


class Channel:
    """One end of a conversation in which the two sides take turns."""

    def __init__(self, connection: Connection, file: int) -> None:
        """Talk over `connection`, and map the file, a `window`, whose descriptor both sides hold."""
        self.connection = connection
        self.file = file
        self._map: mmap.mmap | None = None

    def send(self, value: Any) -> None:  # noqa: ANN401 - whatever can be pickled
        """Send `value`; arrays in it are copied into the window if there is room for them.

        Raises:
            OSError: the other side has gone.

        """
        buffers: list[pickle.PickleBuffer] = []
        head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        raws = [self._apart(buffer.raw()) for buffer in buffers]
        sizes = [raw.nbytes for raw in raws]
        if any(sizes) and self._fits(sum(sizes)):
            end = 0
            for raw in raws:
                start, end = end, end + raw.nbytes
                self._mapped(end)[start:end] = raw
        elif buffers:
            head, sizes = pickle.dumps(value, protocol=5), []
        self.connection.send_bytes(pickle.dumps((head, sizes)))

    def receive(self) -> Any:  # noqa: ANN401 - whatever was sent
        """Return what the other side sent; arrays lie in the window, as they are until the next message.

        Raises:
            EOFError: the other side has gone.

        """
        head, sizes = self.connection.recv()
        buffers = []
        end = 0
        for size in sizes:
            start, end = end, end + size
            buffers.append(memoryview(self._mapped(end))[start:end])
        return pickle.loads(head, buffers=buffers)  # noqa: S301 - from a process of our own

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
        self._map = None  # arrays may still lie in there
        os.close(self.file)

    def _apart(self, raw: memoryview) -> memoryview:
        """Return `raw`, or a copy of it if it was received: what is sent before it would overwrite it in the window."""
        import numpy as np  # noqa: PLC0415 - arrays are sent, so it is imported

        if not raw.nbytes or self._map is None:
            return raw
        mine, all_ = np.frombuffer(raw, np.uint8), np.frombuffer(self._map, np.uint8)
        return memoryview(bytes(raw)) if np.may_share_memory(mine, all_) else raw

    def _fits(self, size: int) -> bool:
        """Make the window at least `size` long; a full disk says so here and not as a crash at the first touch."""
        if size <= os.fstat(self.file).st_size:
            return True
        try:
            os.posix_fallocate(self.file, 0, size)
        except (OSError, AttributeError):  # no room, or macOS
            return False
        return True

    def _mapped(self, size: int) -> mmap.mmap:
        if self._map is None or len(self._map) < size:
            self._map = mmap.mmap(self.file, os.fstat(self.file).st_size)
        return self._map

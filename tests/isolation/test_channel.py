"""Messages between two processes, seen from both ends: arrays go through the window where there is room in it."""

from __future__ import annotations

import errno
import os
import socket
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from srbench.isolation import channel
from srbench.isolation.channel import Channel, window

if TYPE_CHECKING:
    from collections.abc import Iterator

ARRAY = np.arange(3000, dtype=np.float64).reshape(50, 60)


class Ends(NamedTuple):
    """Both ends of a conversation."""

    ours: Channel
    theirs: Channel

    def over(self, value: Any) -> Any:  # noqa: ANN401 - whatever can be sent
        """Send `value` from one end to the other."""
        self.ours.send(value)
        return self.theirs.receive()


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Return both ends of a conversation over a window that both have open."""
    file = window()
    first, second = socket.socketpair()
    both = Ends(Channel(Connection(first.detach()), file), Channel(Connection(second.detach()), os.dup(file)))
    yield both
    for end in both:
        if not end.connection.closed:
            end.close()


def head_and_sizes(ends: Ends, value: Any) -> tuple[bytes, list[int]]:  # noqa: ANN401 - whatever can be sent
    """Send `value` and return the message that went through the socket."""
    ends.ours.send(value)
    head, sizes = ends.theirs.connection.recv()
    return head, sizes


def test_window_has_no_name() -> None:
    """Nothing is left of it in any folder, however its processes end."""
    file = window()
    assert os.fstat(file).st_nlink == 0
    os.close(file)


@pytest.mark.parametrize("folder", ["/dev/shm", "/nowhere"])  # noqa: S108 - what systems may have
def test_window_on_any_system(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no folder in memory, it lies where temporary files do."""
    monkeypatch.setattr(channel, "_MEMORY", Path(folder))
    file = window()
    os.posix_fallocate(file, 0, 100)
    os.close(file)


def test_pixels_do_not_go_through_the_socket(ends: Ends) -> None:
    """The message says how long they are, and they lie in the window."""
    head, sizes = head_and_sizes(ends, {"lr": ARRAY})
    assert sizes == [ARRAY.nbytes]
    assert len(head) < 500
    assert os.pread(ends.ours.file, ARRAY.nbytes, 0) == ARRAY.tobytes()


@pytest.mark.parametrize("sizes", [(10, 5000, 20, 100_000), (100_000, 1)], ids=["growing", "shrinking"])
def test_window_grows(ends: Ends, sizes: tuple[int, ...]) -> None:
    """It becomes as long as the longest message so far; shorter ones are whole as well."""
    for size in sizes:
        array = np.random.default_rng(size).random(size)
        assert np.array_equal(ends.over(array), array)
    assert os.fstat(ends.ours.file).st_size == max(sizes) * 8


def test_both_ways(ends: Ends) -> None:
    """Either end may have made the window longer."""
    assert np.array_equal(ends.over(ARRAY[:2]), ARRAY[:2])
    back = Ends(ends.theirs, ends.ours)
    assert np.array_equal(back.over(ARRAY), ARRAY)
    assert np.array_equal(ends.over(ARRAY), ARRAY)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "no space"), AttributeError("macOS has none")],
    ids=lambda error: type(error).__name__,
)
def test_no_room(ends: Ends, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Where the window cannot grow, pixels go through the socket, whole."""

    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, "posix_fallocate", full)
    head, sizes = head_and_sizes(ends, ARRAY)
    assert (len(head) > ARRAY.nbytes, sizes) == (True, [])
    assert np.array_equal(ends.over((ARRAY, "text"))[0], ARRAY)


def test_no_room_for_more(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fits into the window as it is still goes there."""
    ends.over(ARRAY)
    monkeypatch.delattr(os, "posix_fallocate")
    assert head_and_sizes(ends, ARRAY[:10])[1] == [10 * 60 * 8]
    assert head_and_sizes(ends, (ARRAY, -ARRAY))[1] == []


def test_received_arrays_lie_in_the_window(ends: Ends) -> None:
    """They are not copied, and may be written into; the next message takes their place."""
    sent = ARRAY.copy()
    first = ends.over(sent)
    first += 1
    assert np.array_equal(first, ARRAY + 1)
    assert np.array_equal(sent, ARRAY)
    ends.over(-ARRAY)
    assert np.array_equal(first, -ARRAY)


@pytest.mark.parametrize("size", [1, 2])
def test_received_arrays_are_sent_back_as_they_are(ends: Ends, size: int) -> None:
    """Another array that goes with one that was received, or a longer window, does not overwrite it."""
    received = ends.over(ARRAY)
    ends.theirs.send((np.concatenate([-ARRAY] * size), received))
    other, back = ends.ours.receive()
    assert np.array_equal(other[:50], -ARRAY)
    assert np.array_equal(back, ARRAY)


def test_received_arrays_outlive_their_window(ends: Ends) -> None:
    """One that is still looked at does not hinder a longer message, or the end."""
    first = ends.over(ARRAY)
    second = ends.over(np.concatenate([-ARRAY, ARRAY]))
    for end in ends:
        end.close()
    assert np.array_equal(first, -ARRAY)
    assert np.array_equal(second[50:], ARRAY)


@pytest.mark.parametrize(
    "value", [None, "text", [], np.zeros((0, 3)), ARRAY[::2, ::3], np.asfortranarray(ARRAY), (ARRAY, ARRAY.T)], ids=type
)
def test_any_value(ends: Ends, value: Any) -> None:  # noqa: ANN401 - any
    """Empty arrays, parts of arrays and what is no array arrive as they were."""
    back = ends.over(value)
    assert type(back) is type(value)
    assert np.array_equal(back, value) if isinstance(value, np.ndarray) else str(back) == str(value)


def test_other_end_has_gone(ends: Ends) -> None:
    """Whoever sends or waits is told."""
    ends.theirs.close()
    with pytest.raises(OSError, match="Broken pipe"):
        ends.ours.send("anyone?")
    with pytest.raises(EOFError):
        ends.ours.receive()


def test_close_gives_back_descriptors() -> None:
    """Neither the socket nor the window stays open: a run starts thousands of workers."""
    before = sorted(Path("/dev/fd").iterdir())
    file = window()
    first, second = socket.socketpair()
    with second:
        channel = Channel(Connection(first.detach()), file)
        channel.send(ARRAY)
        channel.close()
    assert sorted(Path("/dev/fd").iterdir()) == before

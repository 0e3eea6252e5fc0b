"""The worker's side, in this process: what an answer says. `test_guard` has the rest, from the other side."""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING, Any

import pytest

from srbench.errors import Unsupported
from srbench.isolation import serving
from srbench.isolation.serving import Answer

if TYPE_CHECKING:
    from collections.abc import Callable


class Wire:
    """A channel that keeps what is sent, pickled."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.sent: list[Any] = []

    def send(self, value: Any) -> None:  # noqa: ANN401 - whatever is sent
        """Keep it."""
        self.sent.append(pickle.loads(pickle.dumps(value)))  # noqa: S301 - our own


class Odd:
    """What raises when it is pickled."""

    def __init__(self, error: Exception) -> None:
        """Take what is raised."""
        self._error = error

    def __reduce__(self) -> str:
        """Raise it."""
        raise self._error


def throw(error: BaseException) -> Callable[[], None]:
    """Return a function that raises."""

    def function() -> None:
        raise error

    return function


def test_value() -> None:
    """What the function returned is the answer's value."""
    assert serving._answer(divmod, (7, 2)) == Answer((3, 1))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Unsupported("not today"), Answer(error="Unsupported", text="not today", ours=True)),
        (ValueError("bad"), Answer(error="ValueError", text="bad")),
        (SystemExit(3), Answer(error="SystemExit", text="3")),
        (KeyboardInterrupt(), Answer(error="KeyboardInterrupt", text="")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_error(error: BaseException, expected: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors are told by name and text; where they came from is printed, unless they were raised on purpose."""
    assert serving._answer(throw(error), ()) == expected
    assert ("in function" in capsys.readouterr().err) == (not isinstance(error, Unsupported))


@pytest.mark.parametrize("stream", [None, object()])
def test_streams_that_are_gone(stream: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that replaced its standard streams is answered for all the same."""
    monkeypatch.setattr(sys, "stdout", stream)
    assert serving._answer(abs, (-1,)) == Answer(1)


def test_what_cannot_be_pickled() -> None:
    """It is an error of the method that made it."""
    wire = Wire()
    serving._send(wire, Answer(Odd(ValueError("no"))))  # type: ignore[arg-type]
    assert wire.sent == [Answer(error="MethodError", text="its result cannot be sent: ValueError: no", ours=True)]


def test_nobody_listens() -> None:
    """An end of the conversation is not taken for a result that cannot be sent."""
    with pytest.raises(BrokenPipeError):
        serving._send(Wire(), Answer(Odd(BrokenPipeError("gone"))))  # type: ignore[arg-type]

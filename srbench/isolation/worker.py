"""What computes for a coordinator: calls go in, answers come out."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, Self

from srbench.isolation.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from srbench.isolation.limits import Limits


class Worker(Protocol):
    """One worker, which starts when it is needed. `guard.Guard` says what each method does and raises."""

    def __enter__(self) -> Self:
        """Return the worker."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        ...

    def start(self) -> None:
        """Begin to start, without waiting for it."""
        ...

    def call(self, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        """Return `function(*args)` as the worker computes it."""
        ...

    def call_with_retries(self, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - as `call`
        """Return what `call` returns, trying again after a crash or a timeout."""
        ...

    def stop(self) -> None:
        """End at once, from another thread than that of a call."""
        ...

    def rest(self) -> None:
        """Let go of all it holds; the next call starts afresh."""
        ...

    def close(self) -> None:
        """End for good."""
        ...


class Factory(Protocol):
    """Makes workers."""

    def __call__(self, limits: Limits, module: str, variables: Mapping[str, str] = MappingProxyType({})) -> Worker:
        """Return a worker within `limits` that begins with importing `module`, with environment `variables`."""
        ...


new: Factory = Guard
"""Makes each worker of a run: a process. Tests of what only talks to workers put `inline.Inline` here."""

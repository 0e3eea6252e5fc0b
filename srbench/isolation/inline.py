"""A worker in this process: for tests of what talks to workers, where nothing crashes, hangs or prints.

It keeps to no limit and starts no process. All else is as with `guard`: what is sent is a copy, errors come back as
ours, and what the worker's modules remember is its own until it rests.
"""

from __future__ import annotations

import pickle
import sys
import threading
from contextlib import contextmanager
from functools import _lru_cache_wrapper, lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from srbench import errors
from srbench.errors import Crashed, MethodError, SrbenchError
from srbench.isolation.serving import kind_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType, TracebackType

    from srbench.isolation.limits import Limits

_turn = threading.RLock()
"""One worker computes at a time: modules of the process are lent to it."""


class Inline:
    """One worker in this process."""

    def __init__(self, _limits: Limits, module: str, _variables: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start nothing yet; the functions it calls are of `module` and the package around it."""
        self._module = module
        self._caches: dict[tuple[ModuleType, str], Any] = {}
        self._started = False
        self._closed = False

    def __enter__(self) -> Self:
        """Return the worker."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def start(self) -> None:
        """Remember nothing, if that has not begun yet.

        Raises:
            Crashed: it was closed.

        """
        if self._closed:
            raise Crashed("the run was stopped")
        if not self._started:
            import_module(self._module)
            self._caches = _empty_caches(self._module.rpartition(".")[0])
            self._started = True

    def call(self, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        """Return a copy of `function(*args)`.

        Raises:
            SrbenchError: what the function raised, a `MethodError` with its type and text if it is none of ours.

        """
        self.start()
        sent = pickle.dumps((function, args))
        with _turn, self._remembering():
            return pickle.loads(_answer(sent))  # noqa: S301 - our own

    call_with_retries = call  # it does not die

    def stop(self) -> None:
        """Let further calls raise."""
        self._closed = True

    def rest(self) -> None:
        """Forget all that its calls left."""
        self._caches = {}
        self._started = False

    def close(self) -> None:
        """Forget all; further calls raise."""
        self.stop()
        self.rest()

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        """Replace the caches of the process by its own."""
        before = {(module, name): getattr(module, name) for module, name in self._caches}
        _put(self._caches)
        try:
            yield
        finally:
            _put(before)


def _answer(sent: bytes) -> bytes:
    function, args = pickle.loads(sent)  # noqa: S301 - our own
    try:
        value = function(*args)
    except SrbenchError as error:
        raise getattr(errors, kind_of(error))(text_of(error)) from error
    except (Exception, SystemExit) as error:
        raise MethodError(f"{type(error).__name__}: {text_of(error)}") from error
    try:
        return pickle.dumps(value)
    except Exception as error:
        raise MethodError(f"its result cannot be sent: {type(error).__name__}: {text_of(error)}") from error


def _empty_caches(package: str) -> dict[tuple[ModuleType, str], Any]:
    """Return an empty cache for each cached function in the modules of a package."""
    return {
        (module, name): lru_cache(**each.cache_parameters())(each.__wrapped__)
        for module in [module for name, module in sys.modules.items() if package and name.startswith(f"{package}.")]
        for name, each in vars(module).items()
        if isinstance(each, _lru_cache_wrapper) and each.__module__ == module.__name__
    }


def _put(caches: Mapping[tuple[ModuleType, str], Any]) -> None:
    for (module, name), each in caches.items():
        setattr(module, name, each)

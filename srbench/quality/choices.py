"""Choices as fields of a dataclass: which there are, and which there are not."""

from __future__ import annotations

import typing
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from srbench.errors import UsageError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def check(chosen: DataclassInstance) -> None:
    """Refuse a field that is annotated with a `Literal` and has another value.

    Raises:
        UsageError: the line names the field and what it may be.

    """
    for name, offered in _offered(type(chosen)).items():
        value = getattr(chosen, name)
        if value not in offered:
            raise UsageError(f"{name} is {value!r}, expected one of {', '.join(offered)}")


@lru_cache
def _offered(kind: type) -> dict[str, tuple[str, ...]]:
    hints = typing.get_type_hints(kind)
    return {name: typing.get_args(hint) for name, hint in hints.items() if typing.get_origin(hint) is Literal}

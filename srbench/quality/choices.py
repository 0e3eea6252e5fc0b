"""Choices as fields of a dataclass and as keys of a TOML table: which there are, and which there are not."""

from __future__ import annotations

import typing
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from srbench.errors import UsageError
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import DataclassInstance

Kinds: TypeAlias = "Mapping[str, tuple[type, ...]]"
"""The keys of a table, and which types their values may have."""


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


def check_keys(table: object, kinds: Kinds, prefix: str = "") -> None:
    """Refuse what is no table, an unknown key, and a value of another type; `prefix` is what keys stand in, `lr.`.

    Raises:
        UsageError: the line names the key, what it is and what it may be.

    """
    if not isinstance(table, dict):
        raise UsageError(f"{prefix.removesuffix('.') or 'it'} is {table!r}, expected a table")
    for key, value in table.items():
        if key not in kinds:
            raise unknown("key", prefix + key, [prefix + each for each in kinds])
        if type(value) not in kinds[key]:
            expected = " or ".join("table" if each is dict else each.__name__ for each in kinds[key])
            raise UsageError(f"{prefix}{key} is {value!r}, expected {expected}")

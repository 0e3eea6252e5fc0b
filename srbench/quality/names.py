"""Names of protocols: one that was changed is still read, wherever an older version wrote it."""

from __future__ import annotations

RENAMED = {"ntire": "ntire2017"}
"""Names of today by their earlier ones."""


def today(name: str) -> str:
    """Return the name that a protocol has today."""
    return RENAMED.get(name, name)


def original(name: str) -> str:
    """Return the first name of a protocol: keys that were made of names stay as they are."""
    return next((old for old, new in RENAMED.items() if new == name), name)

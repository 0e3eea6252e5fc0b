"""Ids: what the parts of a board are called in files, addresses and JSON."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING
from unicodedata import normalize

from srbench.hashing import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 60
"""Characters of an id made of a name; a longer one ends with a hash."""

DIGITS = 8
"""Of hashes that tell things of one name apart."""


def digest(*parts: object) -> str:
    """Return a short hash that tells apart what has one name."""
    return sha256(*parts)[:DIGITS]


def short(commit: str) -> str:
    """Return the first digits of a commit; + marks a checkout with changes that were not committed."""
    return commit[:DIGITS] + "+" * (commit.endswith("+") and len(commit) > DIGITS)


def ids(names: Iterable[str]) -> dict[str, str]:
    """Return an id for each name, of `a-z`, `0-9` and `-`; those that would be alike end with a hash of the name."""
    slugs = {name: slug(name) for name in names}
    count = Counter(slugs.values())
    return {name: text if count[text] == 1 else f"{text}-{digest(name)}" for name, text in slugs.items()}


def natural(name: str) -> list[tuple[int, int | str]]:
    """Return what names are sorted by as people do: set5 before set14."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts if part]


def slug(name: str) -> str:
    """Return a name as an id that may not be the only one of its kind."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not text:
        return digest(name)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip('-')}-{digest(name)}"

"""Files that follow from a run's rows: which of them are still what today's code would write, byte for byte.

Hashes alone decide: of all that such files are made from, and of what was written then.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.atomic import replacing
from srbench.folders import folder as shipped
from srbench.hashing import file_hash, file_hash_or, sha256
from srbench.opening import read
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "derived.json"
"""Where a run folder notes what its tables and its page were made from."""


def source(*parts: object) -> str:
    """Return a sha256 over what derived files are made from: JSON-ready `parts`, and srbench itself."""
    return sha256(_software(), parts)


def is_current(folder: Path, names: Iterable[str], source: str) -> bool:
    """Tell whether each of the files was made from `source`, and is what was written then."""
    noted = _noted(folder)
    return all(noted.get(name) == _facts(folder, name, source) for name in names)


def note(folder: Path, names: Iterable[str], source: str) -> None:
    """Note that files were just made from `source`; where that cannot be written, they are made again next time."""
    noted = _noted(folder) | {name: _facts(folder, name, source) for name in names}
    with suppress(OSError), replacing(folder / FILE) as partial:
        partial.write_text(json.dumps(noted, indent=2), encoding="utf-8")


def _facts(folder: Path, name: str, source: str) -> dict[str, str]:
    return {"source": source, "sha256": file_hash_or(folder / name, "")}


def _noted(folder: Path) -> dict[str, Any]:
    """Return what is noted of each file; nothing where no note can be read."""
    try:
        noted = json.loads(read(folder / FILE))
    except (OSError, ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) else {}


@cache
def _software() -> str:
    """Return a sha256 over srbench's own files, published results included, and the versions of packages."""
    package = Path(__file__).parents[1]
    own = [path for path in package.rglob("*") if path.suffix not in {"", ".pyc"} and path.is_file()]
    files = {str(path.relative_to(package)): file_hash(path) for path in own}
    return sha256(files, file_hash(shipped("results") / "published.csv"), environment.versions())

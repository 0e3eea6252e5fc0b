"""A function on disk: a line of JSON that says what it is, then its pickle. A worker reads what the caller wrote."""

from __future__ import annotations

import hashlib
import json
import pickle
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.atomic import replacing
from srbench.errors import MethodError, UsageError, first_line
from srbench.hashing import file_hash_or
from srbench.opening import MAX_BYTES
from srbench.opening import read as read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

SUFFIX = ".pickle"
_AGAIN = "run the notebook or script again that made it"


def beside(file: str | Path) -> Path:
    """Return where the function of a plug-in `file` is."""
    return Path(file).with_suffix(SUFFIX)


def dumped(value: object, name: str) -> bytes:
    """Return the pickle of a function, with all that it holds of the notebook or script.

    Raises:
        UsageError: it holds something that cannot go to another process.

    """
    from srbench.functions import pickling  # cloudpickle, only where there are functions

    try:
        return pickling.dumps(value)
    except Exception as error:
        raise UsageError(
            f"{name} cannot go to a worker process: {first_line(error)}; make what it holds inside of it, or give an "
            "object with load(factor, device) that makes it there"
        ) from error


def write(file: Path, content: bytes, identity: str, files: Mapping[str, str]) -> None:
    """Write a function beside its plug-in `file`; `files` has the sha256 of the user's own modules that it needs.

    Raises:
        OSError: it cannot be written.

    """
    facts = {
        "identity": identity,
        "sha256": hashlib.sha256(content).hexdigest(),
        "python": platform.python_version(),
        "files": dict(files),
    }
    with replacing(beside(file)) as partial:
        partial.write_bytes(json.dumps(facts).encode() + b"\n" + content)


def read(file: str, identity: str) -> Any:  # noqa: ANN401 - whatever was given
    """Return the function that was written beside a plug-in `file`, if it is the one of that `identity`.

    Raises:
        MethodError: it is absent, damaged, another one, of another Python, or a module that it needs was edited since.
        Exception: what unpickling raises, such as a package that is not installed.

    """
    path = beside(file)
    try:
        head, _, content = read_bytes(path, MAX_BYTES).partition(b"\n")
        facts = json.loads(head)
        problem = _problem(facts, content, identity)
    except OSError as error:
        raise MethodError(f"{path} cannot be read ({error.strerror}); {_AGAIN}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MethodError(f"{path} is damaged; {_AGAIN}") from error
    if problem:
        raise MethodError(f"{path} {problem}; {_AGAIN}")
    return pickle.loads(content)  # noqa: S301 - of whoever gave the function, as a plug-in file is code


def _problem(facts: Mapping[str, Any], content: bytes, identity: str) -> str:
    """Say why a function is not to be used; nothing where it may be."""
    if facts["identity"] != identity:
        return "is another function than its .py file stands for"
    if facts["sha256"] != hashlib.sha256(content).hexdigest():
        return "is damaged"
    if _minor(facts["python"]) != _minor(platform.python_version()):
        return f"is of Python {facts['python']}, and this is {platform.python_version()}"
    edited = [path for path, content in facts["files"].items() if file_hash_or(Path(path), "") != content]
    return f"needs {edited[0]}, which was edited since" if edited else ""


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])

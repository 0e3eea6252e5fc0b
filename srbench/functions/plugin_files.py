"""Functions written down as plug-in files, in the folder of their run, so that workers and later commands find them."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from srbench.atomic import replacing
from srbench.functions import given, stored
from srbench.store import lock
from srbench.store.durable import unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from srbench.functions.given import Function

_TEXTS = {
    given.FUNCTION: "from srbench.functions.called import method\n\nload = method(__file__, {identity!r})\n",
    given.LOADER: (
        "from srbench.functions.called import method\n\nDEVICES = {devices}\nload = method(__file__, {identity!r})\n"
    ),
    given.NETWORK: (
        "from srbench.functions.network import method\n\n"
        'DEVICES = ("cpu", "cuda")\nload, decided = method(__file__, {identity!r})\n'
    ),
}
_SUMMARY = '"""A {kind} that a notebook or script gave to srbench; it is in the .pickle file beside this one."""\n\n'


@contextmanager
def written(functions: Sequence[Function], folder: Path) -> Iterator[list[Path]]:
    """Write functions as plug-in files below a run `folder`, and give their paths.

    If what follows fails before there is a run, they are removed; where a run there was left as it is, as it has other
    settings, say, its functions stay, too.

    Raises:
        UsageError: a function cannot go to another process.
        RunFolderError: the folder cannot be written, is in use, or holds something else than a run.

    """
    if not functions:
        yield []
        return
    home = folder / lock.FUNCTIONS
    lock.check_usable(folder)
    was_there = folder.exists()
    try:
        home.mkdir(parents=True, exist_ok=True)
        files = [home / f"{each.name}.py" for each in functions]
        with _as_before(folder / "run.json", [*files, *map(stored.beside, files)]):
            yield [_write(each, file) for each, file in zip(functions, files, strict=True)]
    except OSError as error:
        raise unwritable(home, error, folder=folder) from error
    finally:
        if not (folder / "run.json").exists():
            shutil.rmtree(home, ignore_errors=True)
            if not was_there:
                with suppress(OSError):  # something else is in it
                    folder.rmdir()


@contextmanager
def _as_before(info: Path, files: Sequence[Path]) -> Iterator[None]:
    """Write `files` back if what follows fails and leaves `info`, run.json, as it was: it is what describes them."""
    *before, told = [_content(file) for file in (*files, info)]
    try:
        yield
    except BaseException:
        for file, content in zip(files, before, strict=True) if _content(info) == told else ():
            if content is None:
                file.unlink(missing_ok=True)
            else:
                with replacing(file) as partial:
                    partial.write_bytes(content)
        raise


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _write(function: Function, file: Path) -> Path:
    from srbench.functions.identity import identity  # cloudpickle, where there are functions

    content = stored.dumped(function.value, function.name)
    what = identity(function.value, content)
    stored.write(file, content, what.digest, what.files)
    devices = tuple(getattr(function.value, "DEVICES", ("cpu",)))
    text = _TEXTS[function.kind].format(identity=what.digest, devices=devices)
    with replacing(file) as partial:
        partial.write_text(_SUMMARY.format(kind=function.kind) + text, encoding="utf-8")
    return file

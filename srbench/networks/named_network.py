"""The function that builds a network, as `network=` names it: `module.function`, or `FILE.py:function`.

Imports no torch. Modules are searched for where Python does, then in the current folder.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from srbench import code_files, plugins
from srbench.errors import MethodError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


class Named(NamedTuple):
    """A function, and where it is written."""

    source: Path
    module: str
    """Dotted, of a package; empty where it is a file alone."""
    function: str

    def files(self) -> list[Path]:
        """Return the files of its code: of its package or beside it, and whatever these import of the same folder."""
        folder = self._folder()
        found = code_files.package_files(self.module) if self.module else [self.source]
        for path in found:  # grows while it is walked
            named = [*code_files.with_helpers(path), *_beside(path, folder)]
            found += [file for file in dict.fromkeys(named) if file not in found]
        return found

    def load(self) -> Callable[..., Any]:
        """Import it.

        Raises:
            Unsupported: a package that it needs is not installed.
            MethodError: it cannot be imported, or there is no such function.

        """
        module = plugins.import_module(self.module) if self.module else plugins.import_file(self.source)
        function = getattr(module, self.function, None)
        if not callable(function):
            raise MethodError(f"{self.source} has no function {self.function}, which network= names")
        loaded: Callable[..., Any] = function
        return loaded

    def _folder(self) -> Path:
        """Return the folder that its modules are imported from."""
        return self.source.parents[self.module.count(".") + (self.source.name == "__init__.py") if self.module else 0]


def find(text: str) -> Named:
    """Return what `text` names; its folder, and the current one, become the last places where Python looks.

    Raises:
        MethodError: there is no such file or module.

    """
    file, colon, function = text.rpartition(":")
    if colon and file.endswith(".py") and function.isidentifier():
        source = Path(file).resolve()
        if not source.is_file():
            raise MethodError(f"network names {file}, which is no file")
        _look_in(source.parent)
        return Named(source, "", function)
    module, dot, function = text.rpartition(".")
    if not dot or not all(part.isidentifier() for part in text.split(".")):
        raise MethodError(f'network is {text!r}, expected module.function, or network="FILE.py:function"')
    _look_in(Path.cwd())
    found = code_files.find_source(module)
    if found is None or found.suffix != ".py":
        raise MethodError(
            f"network names {text}, and there is no module {module}, here or installed; {_advice(module)}"
        )
    return Named(found, module if "." in module or found.name == "__init__.py" else "", function)


def _advice(module: str) -> str:
    return f'network="PATH/{module.rpartition(".")[2]}.py:function" takes it from another folder'


def _look_in(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    importlib.invalidate_caches()


def _beside(path: Path, folder: Path) -> Iterator[Path]:
    """Yield the files of `folder` that a file imports by their names: of packages all, and what has no `__init__`."""
    for name in code_files.named_in(path):
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            module = ".".join(parts[:length])
            source = code_files.find_source(module)
            if source and source.suffix == ".py" and folder in source.resolve().parents:
                yield from code_files.package_files(module)
            if source:  # what follows is in it
                break

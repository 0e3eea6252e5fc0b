"""What a function is: a sha256 over its code and all that it holds, the same in every process and for every layout.

It is a pickle without what says nothing of the function: file names and line numbers, addresses, and the order of sets.
A function that was not changed keeps its identity when its cell runs again, also in another kernel.
"""

from __future__ import annotations

import dis
import hashlib
import io
import sys
from importlib.metadata import PackageNotFoundError, version
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench import hashing
from srbench.functions.own_modules import own_files
from srbench.functions.pickling import Pickler, is_imported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CODE = (
    *("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags", "co_names", "co_varnames"),
    *("co_freevars", "co_cellvars", "co_code", "co_exceptiontable"),
)
"""What code is, besides its constants. Where it was written, and how it is called, is not part of it."""

_OF_NO_CLASS = {
    *("__dict__", "__weakref__", "__module__", "__qualname__", "__doc__", "__firstlineno__"),
    *("__static_attributes__", "_abc_impl"),
}


class Identity(NamedTuple):
    """What a function is, and the sha256 of the user's own files that it needs, by path."""

    digest: str
    files: dict[str, str]


def identity(value: object, content: bytes) -> Identity:
    """Return the identity of a function, a torch module or an object, of which `content` is the pickle.

    In it are the versions of the packages, and the content of the user's own modules, that it names. What cannot be
    looked into counts as its pickle, which is another one in another process.
    """
    reader = _Reader()
    try:
        found = reader.digest(value)
    except Exception:  # noqa: BLE001 - reading an object runs its code
        found = hashlib.sha256(content).hexdigest()
        reader.modules.update(sys.modules)  # it may need any of them
    files = {str(path): hashing.file_hash(path) for path in own_files(reader.modules)}
    versions = {name: _version(name) for name in sorted(_tops(reader.modules) - sys.stdlib_module_names)}
    return Identity(hashing.sha256(found, versions, sorted(files.values())), files)


def _tops(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} - {"__main__"}


def _version(package: str) -> str:
    """Return the version of an installed package, or what its module says."""
    try:
        return version(package)
    except PackageNotFoundError:
        return str(getattr(sys.modules.get(package), "__version__", ""))


class _Reader(Pickler):
    """Reads what a function holds."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._read = io.BytesIO()
        super().__init__(self._read)
        self.modules: set[str] = set()
        """The modules that were named."""
        self._seen: dict[int, int] = {}
        self._same: dict[bytes, bytes] = {}

    def digest(self, value: object) -> str:
        """Return a sha256 over `value`."""
        self.dump(value)
        return hashlib.sha256(self._read.getvalue()).hexdigest()

    def persistent_id(self, value: object) -> Any:  # noqa: ANN401 - anything that can be pickled stands for it
        """Return what stands for `value`; None where its pickle says what it is."""
        if type(value) is str:
            return sys.intern(value)  # two equal texts are one, however they were made
        if type(value) is bytes:
            return self._same.setdefault(value, value)  # likewise
        if type(value) is set or type(value) is frozenset:
            return "set", sorted(self._part(each) for each in value)
        return self._code_or_data(value)

    def _code_or_data(self, value: object) -> Any:  # noqa: ANN401 - as above
        if isinstance(value, CodeType):
            self.modules.update(_imported(value))
            return "code", *(repr(getattr(value, name, None)) for name in _CODE), list(value.co_consts)
        if isinstance(value, ModuleType) and value.__name__ in sys.modules:
            self.modules.update([value.__name__, *_inside(value)])
            return "module", value.__name__
        if hasattr(value, "__qualname__") and is_imported(value):  # a function, a class, or what stands for one
            self.modules.add(value.__module__)
            return "named", value.__module__, value.__qualname__
        if isinstance(value, FunctionType):
            return self._once(value, _function)
        if isinstance(value, type):
            return self._once(value, _class)
        return _tensor(value)

    def _part(self, value: object) -> str:
        """Return a sha256 over a part by itself."""
        reader = _Reader()
        found = reader.digest(value)
        self.modules |= reader.modules
        return found

    def _once(self, value: Any, described: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - as above
        """Return what a function or class holds; the second time, that it was read already: it may name itself."""
        if id(value) in self._seen:
            return "seen", self._seen[id(value)]
        self._seen[id(value)] = len(self._seen)
        return described(value)


def _function(function: FunctionType) -> tuple[Any, ...]:
    named = sorted(set(_names(function.__code__)) & function.__globals__.keys())
    held = [[_content(cell) for cell in function.__closure__ or ()], function.__defaults__, function.__kwdefaults__]
    return "function", function.__code__, held, [[name, function.__globals__[name]] for name in named], vars(function)


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that code and the functions inside it may take from outside."""
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _names(each)


def _inside(module: ModuleType) -> Iterator[str]:
    """Yield the modules inside one that is a folder alone, whose own file would tell its package."""
    if getattr(module, "__file__", None) is None:
        yield from (name for name in list(sys.modules) if name.startswith(f"{module.__name__}."))


def _imported(code: CodeType) -> Iterator[str]:
    """Yield the modules that code imports when it runs, what is taken from them included: it may be one, too."""
    module = ""
    for each in dis.get_instructions(code):
        if each.opname == "IMPORT_NAME":
            module = str(each.argval)
            yield module
        elif each.opname == "IMPORT_FROM":
            yield f"{module}.{each.argval}"


def _content(cell: Any) -> object:  # noqa: ANN401 - a cell of a closure
    try:
        found: object = cell.cell_contents
    except ValueError:  # it has nothing yet
        return "empty"
    return found


def _class(kind: type) -> tuple[Any, ...]:
    return "class", kind.__bases__, [[key, vars(kind)[key]] for key in sorted(vars(kind).keys() - _OF_NO_CLASS)]


def _tensor(value: Any) -> tuple[Any, ...] | None:  # noqa: ANN401 - anything
    """Return the numbers of a tensor, whose pickle has addresses; None of anything else."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor):
        return None
    numbers = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
    return "tensor", type(value).__name__, str(value.dtype), list(value.shape), numbers

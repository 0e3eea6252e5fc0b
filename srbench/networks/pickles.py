"""Files of `torch.save`, of any release: what is in them is found out before any of it is built or takes memory."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections import OrderedDict
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from srbench.networks.archives import archive
from srbench.opening import opened
from srbench.specs import listed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import IO

_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How a file of torch before 1.6 begins: with a pickle of 0x1950a86a20f9469cfc6c."""

_BEFORE, _AFTER = 3, 1
"""In such a file: how many pickles come before what was saved, and how many after it."""

_PICKLE = "data.pkl"
"""What was saved, in an archive; its numbers lie beside."""

_ITEMS: Mapping[str, int] = {
    "UntypedStorage": 1,
    **dict.fromkeys(("ByteStorage", "CharStorage", "BoolStorage"), 1),
    **dict.fromkeys(("ShortStorage", "HalfStorage", "BFloat16Storage"), 2),
    **dict.fromkeys(("IntStorage", "FloatStorage"), 4),
    **dict.fromkeys(("LongStorage", "DoubleStorage", "ComplexFloatStorage"), 8),
    "ComplexDoubleStorage": 16,
}
"""Bytes of one number, by the class of storage that holds it."""

_NUMBERS = frozenset(
    {
        "builtins.set",
        "collections.OrderedDict",
        "torch.Size",
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch.storage.UntypedStorage",
        *(f"torch{where}.{name}" for name in _ITEMS for where in ("", ".cuda")),
    }
)
"""The classes and functions that tensors and plain values are saved with."""


class ForeignError(pickle.UnpicklingError):
    """A pickle holds objects of other classes than tensors and plain values have."""

    def __init__(self, names: list[str]) -> None:
        """Name the classes and functions, `module.name` each."""
        super().__init__(f"it holds objects of {listed(names)}")
        self.names = names


def saved(path: Path) -> Any:  # noqa: ANN401 - whatever was saved
    """Return the tensors and plain values that `torch.save` wrote, on the CPU.

    Raises:
        ValueError: it is no such file, is damaged, or would take far more memory than its size.
        ForeignError: it holds anything else; nothing of it was built.

    """
    with opened(path) as file:
        is_legacy = file.read(len(_LEGACY)) == _LEGACY
        if not is_legacy and not zipfile.is_zipfile(file):
            raise ValueError(
                "it is no archive, and not what torch before 1.6 wrote; it is cut short, or something else"
            )
        file.seek(0)
        (_look_at_legacy if is_legacy else _look_at_archive)(file, path.stat().st_size)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's, about the age of the file
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever torch meets in damage; its text would recommend to run the file
        raise ValueError(_damage(error)) from error


def _look_at_archive(file: IO[bytes], size: int) -> None:
    """Raise if the archive lacks numbers that its pickle names, or this holds what `saved` refuses."""
    sizes, read = archive(file)
    if (total := sum(sizes.values())) > size:
        raise ValueError(f"its {size} bytes would unfold to {total}")
    if _PICKLE not in sizes:
        raise ValueError(f"the archive has no {_PICKLE}")
    for key, taken in _outlined(BytesIO(read(_PICKLE))).storages.items():
        if taken > sizes.get(f"data/{key}".lower(), 0):
            raise ValueError(f"it lacks numbers of data/{key}")


def _look_at_legacy(file: IO[bytes], size: int) -> None:
    """Raise if the file announces more numbers than it holds, or its pickles hold what `saved` refuses."""
    outlines = [_outlined(file) for _ in range(_BEFORE + 1 + _AFTER)]
    taken = sum(outlines[_BEFORE].storages.values())
    if taken > size:
        raise ValueError(f"its {size} bytes announce {taken} of numbers; it is cut short, or damaged")


class _Outline(NamedTuple):
    """What a pickle would build."""

    names: list[str]
    """The classes and functions that it calls for, `module.name` each."""
    storages: dict[str, int]
    """The bytes of each storage by its key: tensors are views of them."""


def _outlined(file: IO[bytes]) -> _Outline:
    """Return the outline of the next pickle in a file, which holds nothing but numbers.

    Raises:
        ValueError: it is damaged.
        ForeignError: it calls for anything else.

    """
    reader = _Reader(file, encoding="latin1")
    try:
        reader.load()
    except Exception as error:  # bytes that mean nothing make it fail anywhere
        if isinstance(error, EOFError) or not reader.foreign():
            raise ValueError(_damage(error)) from error
    if foreign := reader.foreign():
        raise ForeignError(foreign)
    return _Outline(reader.names, reader.storages)


class _Reader(pickle._Unpickler):  # noqa: SLF001 - the one in C takes memory for any number that a file names
    """Reads a pickle, and builds nothing but numbers, texts and collections: every class and function is a stand-in."""

    def __init__(self, file: IO[bytes], *, encoding: str) -> None:
        super().__init__(file, encoding=encoding)
        self.names: list[str] = []
        self.storages: dict[str, int] = {}

    def find_class(self, module: str, name: str) -> type:
        """Return a stand-in for what `torch.load` would look up."""
        full = f"{'builtins' if module == '__builtin__' else module}.{name}"  # the first is Python 2's
        if full not in self.names:
            self.names.append(full)
        return OrderedDict if full == "collections.OrderedDict" else type(name, (_StandIn,), {})

    def persistent_load(self, saved_id: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a stand-in, or a class of them
        """Note how large a storage is said to be; old files refer to the classes of modules so, too."""
        kind, what, *more = saved_id
        if kind != "storage":
            return what
        key, _, count = more[:3]
        self.storages[str(key)] = max(int(count), 0) * _ITEMS.get(what.__name__, 1)
        return _StandIn()

    def foreign(self) -> list[str]:
        """Return what it calls for besides numbers, torch's own last."""
        return sorted(set(self.names) - _NUMBERS, key=lambda name: (name.startswith("torch."), self.names.index(name)))


class _StandIn:
    """An object of a class that is not looked up: it takes whatever it is given, and does nothing."""

    def __new__(cls, *_: object, **__: object) -> _StandIn:  # noqa: PYI034 - of whatever arguments
        return object.__new__(cls)

    def __init__(self, *_: object, **__: object) -> None: ...

    def __setstate__(self, state: object) -> None: ...

    def __setitem__(self, key: object, value: object) -> None: ...

    def append(self, item: object) -> None:
        """Take an item."""

    def extend(self, items: object) -> None:
        """Take items."""


def _damage(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:200] if text else type(error).__name__

"""Model files as methods: `./net.pth` alone stands for the method that reads it, `torch:file=net.pth`."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from srbench.errors import UsageError
from srbench.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PICKLES = (".pt", ".pth", ".ckpt")
"""What files of `torch.save` are called; their format can hold code."""

PROGRAM = ".torchscript"

METHODS = {".onnx": "onnx", **dict.fromkeys((*PICKLES, PROGRAM, ".safetensors"), "torch")}
"""The method that reads a model file, by the file's suffix."""

OPTION = "file"
"""The option of these methods that takes the file."""

WEIGHTS = "weights"
"""The option of other methods that takes a file of `torch.save`."""

ALLOWED = "SRBENCH_ALLOW_PICKLE"
"""The variable that `--allow-pickle` sets; other processes that load methods inherit it."""


def pickles_allowed() -> bool:
    """Tell whether files that can hold code may be read."""
    return os.environ.get(ALLOWED, "").lower() in {"1", "true", "yes", "on"}


@contextmanager
def allowing_pickles() -> Iterator[None]:
    """Let files that can hold code be read, here and in processes that are started meanwhile."""
    before = os.environ.get(ALLOWED)
    os.environ[ALLOWED] = "1"
    try:
        yield
    finally:
        os.environ.pop(ALLOWED)
        os.environ.update({ALLOWED: before} if before is not None else {})


def method_of(name: str) -> str:
    """Return the method that reads a model file of this name; nothing where it has another suffix."""
    return METHODS.get(PurePath(name).suffix.lower(), "")


def needs_permission(path: PurePath) -> bool:
    """Tell whether a file of this name is read under `--allow-pickle` alone."""
    return path.suffix.lower() in (*PICKLES, PROGRAM)


def spelled_out(name: str, options: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """Return a method's name and options, where `name` may be a model file.

    Raises:
        UsageError: the options name another file.

    """
    method = method_of(name)
    if not method:
        return name, options
    if OPTION in options:
        raise UsageError(f"method {name!r} is a model file, and {OPTION}={options[OPTION]!r} another; leave one out")
    return method, {OPTION: str(Path(name)), **options}


def is_path_with_equals(text: str) -> bool:
    """Tell whether a spec begins with the path of a model file, and not with a label: one that says so by its dots."""
    return text.lstrip().startswith(("./", "../", "/")) and bool(method_of(text.partition(":")[0].rstrip()))


def check(method: str, options: Mapping[str, str]) -> None:
    """Pass if the model file that a method is to read is there.

    Raises:
        UsageError: it is not.

    """
    file = options.get(OPTION, "")
    if method in METHODS.values() and file and not Path(file).is_file():
        what = "is a folder or a special file" if Path(file).exists() else "does not exist"
        raise UsageError(f"model file {printable(file)} {what}; expected the path of a file, such as ./model.onnx")


def check_allowed(method: str, options: Mapping[str, str]) -> None:
    """Pass if the file that a built-in method is to read may be read, by its name.

    Raises:
        UsageError: it can hold code, and this was not allowed.

    """
    path = options.get(OPTION if method == METHODS[PROGRAM] else WEIGHTS, "")
    if needs_permission(PurePath(path)) and not pickles_allowed():
        raise UsageError(pickle_refusal(path))


def pickle_refusal(path: object) -> str:
    """Say that a file can hold code, and what to do."""
    what = "is a pickle, a format that can run code"
    return f"{printable(str(path))} {what}; expected safetensors; --allow-pickle reads its tensors"


def refusal(name: str) -> str:
    """Say what to do about a file that was given as a method and is no model file; nothing about other names."""
    path = PurePath(printable(name))
    if path.suffix == ".py":
        return f"{path} is a plug-in: give it with --plugin {path}, and name the method {path.stem}"
    if "/" in name or "\\" in name:
        return f"{path} is no model file that srbench reads; expected {', '.join(METHODS)}"
    return ""

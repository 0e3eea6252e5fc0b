"""A function on disk is used where it is the one that its plug-in stands for, and nowhere else."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from srbench.errors import MethodError, UsageError
from srbench.functions import stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the plug-in file of a function that needs another file."""
    helper = tmp_path / "helper.py"
    helper.write_text("", encoding="utf-8")
    file = tmp_path / "mine.py"
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # sha256 of nothing
    stored.write(file, stored.dumped(3, "mine"), "this one", {str(helper): empty})
    return file


def changed(file: Path, **facts: str) -> None:
    """Change what a file says of its function."""
    head, _, content = stored.beside(file).read_bytes().partition(b"\n")
    stored.beside(file).write_bytes(json.dumps(json.loads(head) | facts).encode() + b"\n" + content)


def test_it_comes_back(file: Path) -> None:
    """What was written is what is read."""
    assert stored.read(str(file), "this one") == 3


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda file: stored.beside(file).unlink(), "cannot be read (No such file or directory)"),
        (lambda file: stored.beside(file).write_bytes(b"nonsense"), "is damaged"),
        (lambda file: stored.beside(file).write_bytes(stored.beside(file).read_bytes() + b"."), "is damaged"),
        (lambda file: changed(file, identity="another"), "is another function than its .py file stands for"),
        (lambda file: changed(file, python="2.7.18"), "is of Python 2.7.18, and this is 3."),
        (lambda file: file.with_name("helper.py").write_text("edited"), "helper.py, which was edited since"),
        (lambda file: file.with_name("helper.py").unlink(), "helper.py, which was edited since"),
    ],
)
def test_it_is_not_used(file: Path, damage: Callable[[Path], object], words: str) -> None:
    """The line says what is wrong, and what brings it back."""
    damage(file)
    with pytest.raises(MethodError) as caught:
        stored.read(str(file), "this one")
    assert words in str(caught.value)
    assert str(caught.value).endswith("run the notebook or script again that made it")


def test_what_cannot_be_sent() -> None:
    """A function that holds a lock names itself, the cause, and what to do."""
    lock = threading.Lock()
    with pytest.raises(UsageError, match=r"mine cannot go to a worker process: .*lock.*; make what it holds inside"):
        stored.dumped(lambda image: (image, lock), "mine")

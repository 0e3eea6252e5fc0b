"""Given TOML is read up to a size and a depth; beyond, it is an error like any other."""

from __future__ import annotations

import os
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from srbench import toml

if TYPE_CHECKING:
    from pathlib import Path


def test_values_and_line_ends(tmp_path: Path) -> None:
    """A file is text in UTF-8, with the line ends of any system."""
    (tmp_path / "a.toml").write_bytes('a = "é"\r\nb = """1\r\n2"""'.encode())
    assert toml.parse(toml.read(tmp_path / "a.toml")) == {"a": "é", "b": "1\n2"}


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """Of a file of a gigabyte, no more is read than it takes to refuse it; one of the largest size passes."""
    path = tmp_path / "a.toml"
    path.write_bytes(b" " * toml.MAX_BYTES)
    assert len(toml.read(path)) == toml.MAX_BYTES
    os.truncate(path, 2**30)
    tracemalloc.start()
    with pytest.raises(ValueError, match=f"got more than {toml.MAX_BYTES} bytes"):
        toml.read(path)
    assert tracemalloc.get_traced_memory()[1] < 3 * toml.MAX_BYTES
    tracemalloc.stop()


@pytest.mark.parametrize("text", ["x = " + "[" * 5000, "x = " + "{a=" * 5000, "x"])
def test_what_is_no_toml(text: str) -> None:
    """Nesting beyond what Python can follow is as bad as a line that is no TOML."""
    with pytest.raises(ValueError, match=r"nested too deeply|Expected"):
        toml.parse(text)

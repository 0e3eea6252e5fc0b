"""Hashes of values, files and code."""

from __future__ import annotations

import os
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from srbench import hashing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_file_larger_than_memory_can_be_hashed(tmp_path: Path) -> None:
    """Weights are read piece by piece."""
    path = tmp_path / "weights"
    path.touch()
    os.truncate(path, 2**28)
    tracemalloc.start()
    assert hashing.file_hash(path).startswith("a6d72ac7690f53be")
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_file_hash_is_the_sha256_and_follows_changes(tmp_path: Path) -> None:
    """The hash is that of `sha256sum`, and a changed file has another."""
    file = tmp_path / "a"
    file.write_bytes(b"abc")  # the first test vector of FIPS 180-2
    assert hashing.file_hash(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    file.write_bytes(b"abcd")
    assert hashing.file_hash(file).startswith("88d4266fd4e6338d")


def test_a_file_that_cannot_be_read_has_the_hash_it_is_given(tmp_path: Path) -> None:
    """An absent file, and a folder, have what stands for them; a file has its own hash."""
    (tmp_path / "a").write_bytes(b"abc")
    assert hashing.file_hash_or(tmp_path / "a", "none") == hashing.file_hash(tmp_path / "a")
    assert {hashing.file_hash_or(path, "none") for path in (tmp_path / "absent", tmp_path)} == {"none"}

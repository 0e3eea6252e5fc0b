"""The function that a user names as a network: where it is searched for, and which files are its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench.errors import MethodError
from srbench.networks import named_network

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("importing")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, which is empty."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def write(path: Path, text: str) -> Path:
    """Write a file of code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def names(text: str) -> list[str]:
    """Return the names of the files whose code counts."""
    return sorted(path.name for path in named_network.find(text).files())


@pytest.mark.parametrize("text", ["nets.small", "./nets.py:small", "../here/nets.py:small"])
def test_a_module_of_the_current_folder(folder: Path, text: str) -> None:
    """It is found by its name and by its path; an edit counts at once."""
    write(folder / "nets.py", "def small(factor): return factor")
    assert named_network.find(text).load()(3) == 3
    assert names(text) == ["nets.py"]
    write(folder / "nets.py", "def small(factor): return -factor")
    assert named_network.find(text).load()(3) == -3


def test_what_it_imports_counts(folder: Path) -> None:
    """Files beside it, relative or by their names, and whole packages of its folder; not what is installed."""
    write(
        folder / "nets.py", "import json, blocks\nfrom ._own import x\nfrom parts.inner import y\nsmall = blocks.small"
    )
    write(folder / "blocks.py", "import deep\ndef small(factor): return deep.z")
    write(folder / "deep.py", "z = 5")
    write(folder / "_own.py", "x = 1")
    write(folder / "unused.py", "")
    write(folder / "parts/__init__.py", "")
    write(folder / "parts/inner.py", "y = 2")
    assert names("nets.small") == ["__init__.py", "_own.py", "blocks.py", "deep.py", "inner.py", "nets.py"]
    assert named_network.find("nets.small").load()(2) == 5


def test_a_file_elsewhere_finds_its_neighbours(folder: Path, tmp_path: Path) -> None:
    """As the code of a paper does that is run in its own folder."""
    write(tmp_path / "repository/net.py", "from block import conv\ndef net(factor): return conv")
    write(tmp_path / "repository/block.py", "conv = 7")
    text = f"{tmp_path}/repository/net.py:net"
    assert named_network.find(text).load()(2) == 7
    assert names(text) == ["block.py", "net.py"]
    assert not list(folder.iterdir())


def test_a_package(folder: Path) -> None:
    """Of a package every file counts, and what it imports beside itself."""
    write(
        folder / "models_of_test/archs/pan.py",
        "import beside_models\nfrom . import util\ndef pan(factor): return util.u",
    )
    write(folder / "models_of_test/archs/__init__.py", "")
    write(folder / "models_of_test/archs/util.py", "u = 9")
    write(folder / "models_of_test/__init__.py", "")
    write(folder / "beside_models.py", "")
    assert named_network.find("models_of_test.archs.pan.pan").load()(2) == 9
    assert names("models_of_test.archs.pan.pan") == ["__init__.py"] * 2 + ["beside_models.py", "pan.py", "util.py"]


def test_folders_that_are_no_packages(folder: Path) -> None:
    """Without `__init__.py`, as many papers' code is, those of its files count that are imported."""
    write(
        folder / "nets_of_test/archs/pan.py", "import nets_of_test.archs.util as util\ndef pan(factor): return util.u"
    )
    write(folder / "nets_of_test/archs/util.py", "from . import deep\nu = deep.d")
    write(folder / "nets_of_test/archs/deep.py", "from nets_of_test.other import o\nd = o")
    write(folder / "nets_of_test/other.py", "o = 4")
    write(folder / "nets_of_test/unused.py", "")
    assert named_network.find("nets_of_test.archs.pan.pan").load()(2) == 4
    assert names("nets_of_test.archs.pan.pan") == ["deep.py", "other.py", "pan.py", "util.py"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("imdn", r'network is \'imdn\', expected module.function, or network="FILE.py:function"'),
        ("a b.c", "network is 'a b.c', expected module.function"),
        ("nix.f", r'there is no module nix, here or installed; network="PATH/nix.py:function" takes it from another'),
        ("nix.deep.f", "there is no module nix.deep, here or installed"),
        ("./nix.py:f", r"network names \./nix.py, which is no file"),
        ("math.sin", "there is no module math, here or installed"),
        ("nets.other", r"nets.py has no function other, which network= names"),
        ("broken.f", "broken.py cannot be imported: ZeroDivisionError"),
    ],
)
def test_what_cannot_be_found(folder: Path, text: str, line: str) -> None:
    """Each mistake is one line."""
    write(folder / "nets.py", "other = 3")
    write(folder / "broken.py", "1 / 0")
    with pytest.raises(MethodError, match=line):
        named_network.find(text).load()

"""Plug-in code is found without importing it, imported once per content, and hashed with its helpers."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from srbench import code_files, plugins
from srbench.errors import MethodError, Unsupported

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, **files: str) -> Path:
    """Write Python files into `folder`, one per keyword, and return the first."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder / f"{next(iter(files))}.py"


def test_a_file_is_imported_once(tmp_path: Path) -> None:
    """Asking twice for an unchanged file gives the same module."""
    file = write(tmp_path, once="value = object()")
    assert plugins.import_file(file) is plugins.import_file(file)


def test_an_edited_file_is_imported_again(tmp_path: Path) -> None:
    """A fingerprint follows the file, so what runs must follow it too."""
    file = write(tmp_path, edited="value = 1")
    assert plugins.import_file(file).value == 1
    write(tmp_path, edited="value = 'two'")
    assert plugins.import_file(file).value == "two"


def test_files_of_one_name_in_two_folders_are_two_modules(tmp_path: Path) -> None:
    """The second file is not taken for the first, even where their text is the same."""
    first, second = (write(tmp_path / name, same="value = __file__") for name in "ab")
    assert plugins.import_file(first).value == str(first)
    assert plugins.import_file(second).value == str(second)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def load(", "SyntaxError: "),
        ("raise RuntimeError('boom')", "RuntimeError: boom"),
        ("1 / 0", "ZeroDivisionError: "),
        ("from ._absent import x", "it imports ._absent; expected {folder}/_absent.py"),
        ("from ..absent import x", "it imports from the folder above; expected files beside it or below"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import argparse; argparse.ArgumentParser().parse_args(['x'])", "SystemExit: 2"),
    ],
)
def test_broken_files_are_method_errors(tmp_path: Path, text: str, reason: str) -> None:
    """Whatever importing raises becomes one line with the file and the cause, and leaves no half module behind."""
    file = write(tmp_path, broken=text)
    before = set(sys.modules)
    with pytest.raises(MethodError) as caught:
        plugins.import_file(file)
    assert str(caught.value).startswith(f"{file} cannot be imported: {reason.format(folder=tmp_path)}")
    assert set(sys.modules) == before


def test_a_file_imports_its_siblings_and_both_again_once_edited(tmp_path: Path) -> None:
    """Files beside a plug-in are imported relatively, at any depth; an edited one is not taken from memory."""
    file = write(tmp_path, sibling="from ._one import value", _one="from .deep.two import value")
    write(tmp_path / "deep", two="value = 1")
    assert plugins.import_file(file).value == 1
    write(tmp_path / "deep", two="value = 'two'")
    assert plugins.import_file(file).value == "two"


def test_a_missing_package_is_unsupported(tmp_path: Path) -> None:
    """A package that is not installed is a limit of this machine, named in the reason."""
    file = write(tmp_path, needy="import srbench_absent_package.deep")
    with pytest.raises(Unsupported) as caught:
        plugins.import_file(file)
    assert str(caught.value) == "needs the package srbench_absent_package, which is not installed"


def test_a_file_that_is_gone_is_a_method_error(tmp_path: Path) -> None:
    """A plug-in deleted after it was registered fails by name."""
    with pytest.raises(MethodError, match=r"gone\.py cannot be imported: FileNotFoundError"):
        plugins.import_file(tmp_path / "gone.py")


def test_sources_are_found_without_importing_parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of a module is located although importing its package would fail."""
    package = tmp_path / "p_package"
    write(package, __init__="raise RuntimeError('imported')", module="")
    monkeypatch.syspath_prepend(tmp_path)
    assert code_files.find_source("p_package.module") == package / "module.py"
    assert code_files.find_source("p_package") == package / "__init__.py"
    assert not [name for name in sys.modules if name.startswith("p_package")]


@pytest.mark.parametrize("name", ["p_nowhere", "p_nowhere.module", "json.nowhere"])
def test_absent_modules_have_no_source(name: str) -> None:
    """A stale entry point is no reason to fail while listing."""
    assert code_files.find_source(name) is None


def test_helpers_are_followed_through_relative_imports(tmp_path: Path) -> None:
    """Siblings imported relatively count, at any depth and inside functions; others do not, circles end."""
    source = write(
        tmp_path,
        method="from ._one import x\nimport _absolute\nfrom json import loads",
        _one="def f():\n    from . import _two, absent",
        _two="from .method import y",
        _absolute="",
        _unused="",
    )
    assert code_files.with_helpers(source) == [source, tmp_path / "_one.py", tmp_path / "_two.py"]


def test_helpers_in_subfolders_are_followed(tmp_path: Path) -> None:
    """A dotted name is a path, an imported name may be a module, and dots lead up again."""
    source = write(tmp_path, method="from .sub.net import x\nfrom .sub import other", up="")
    write(tmp_path / "sub", __init__="", net="from ..up import y", other="", unused="")
    names = {str(path.relative_to(tmp_path)) for path in code_files.with_helpers(source)}
    assert names == {"method.py", "sub/__init__.py", "sub/net.py", "sub/other.py", "up.py"}


def test_package_files_are_those_of_the_top_level_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a package counts, wherever in it a module lies; of a namespace the part inside, of a module itself."""
    write(tmp_path / "p_top", __init__="", net="")
    write(tmp_path / "p_top" / "deep", __init__="", method="")
    write(tmp_path, p_lone="", p_other="")
    write(tmp_path / "p_space", other="")
    write(tmp_path / "p_space" / "inner", __init__="", method="")
    monkeypatch.syspath_prepend(tmp_path)

    def found(module: str) -> set[str]:
        return {str(path.relative_to(tmp_path)) for path in code_files.package_files(module)}

    top = {"p_top/__init__.py", "p_top/net.py", "p_top/deep/__init__.py", "p_top/deep/method.py"}
    assert found("p_top.deep.method") == found("p_top") == top
    assert found("p_lone") == {"p_lone.py"}
    assert found("p_space.inner.method") == {"p_space/inner/__init__.py", "p_space/inner/method.py"}
    assert found("p_nowhere.method") == set()


@pytest.mark.parametrize("content", [b"def load(", b"\x7fELF\x00\x00", b"\xff\xfe"])
def test_code_that_cannot_be_parsed_has_no_helpers(tmp_path: Path, content: bytes) -> None:
    """A compiled module or a syntax error does not stop the hashing; importing says what is wrong."""
    (tmp_path / "a.so").write_bytes(content)
    assert code_files.with_helpers(tmp_path / "a.so") == [tmp_path / "a.so"]


def test_code_of_srbench_behind_a_plug_in_counts(tmp_path: Path) -> None:
    """Followed through every form of import; what decides no pixels is left out, and so is what nobody imports."""
    source = write(
        tmp_path,
        method="def load():\n    from srbench.quality import resize",
        dotted="import srbench.quality.metrics as m\nfrom srbench import errors, specs",
        _helper="from srbench.quality.image import Image",
        none="import numpy, srbench.quality_of_mine\nfrom srbench_other.quality import image",
    )
    assert [path.name for path in code_files.shared_files([source])] == ["__init__.py", "resize.py", "image.py"]
    dotted = [path.name for path in code_files.shared_files([tmp_path / "dotted.py"])]
    assert dotted == ["metrics.py", "__init__.py", "tiles.py"]
    assert not code_files.shared_files([tmp_path / "none.py"])


@pytest.mark.parametrize("edited", ["mine.py", "_helper.py"])
def test_edit_of_the_same_second_and_length(tmp_path: Path, edited: str) -> None:
    """Neither a plug-in nor a file that it imports runs as Python compiled it before an edit that no clock shows."""
    files = {"mine.py": "from ._helper import two\nfound = 1, two\n", "_helper.py": "two = 2\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from srbench.plugins import import_file\n"
        "print(import_file(Path(sys.argv[1])).found)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def found() -> str:
        command = [sys.executable, "-c", code, str(tmp_path / "mine.py")]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    assert found() == "(1, 2)\n"
    before = (tmp_path / edited).stat()
    text = files[edited].replace("1, two", "7, two").replace("two = 2", "two = 7")
    (tmp_path / edited).write_text(text, encoding="utf-8")
    os.utime(tmp_path / edited, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "7" in found()


def test_processes_that_a_plug_in_starts_find_it(tmp_path: Path) -> None:
    """Its functions and classes, and its siblings', can be sent to processes however those start, as a module's can."""
    source = (
        "import multiprocessing as mp\nfrom concurrent.futures import ProcessPoolExecutor\nfrom ._part import Part\n"
        "def twice(x): return 2 * x\n"
        "def run(start):\n"
        "    with ProcessPoolExecutor(1, mp.get_context(start)) as pool:\n"
        "        return [*pool.map(twice, [1, 2]), pool.submit(Part(3).value).result()]\n"
    )
    part = "class Part:\n    def __init__(self, x): self.x = x\n    def value(self): return self.x\n"
    code = (
        "import sys; from pathlib import Path; from srbench.plugins import import_file\n"
        "if __name__ == '__main__':\n"
        "    for start in ('spawn', 'forkserver'): print(import_file(Path(sys.argv[1])).run(start))"
    )
    file = write(tmp_path / "odd.folder", **{"my-pool.v2": source, "_part": part})
    command = [sys.executable, "-W", "error", "-c", code, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "[2, 4, 3]\n" * 2, done.stderr

"""The identity of a function follows from its code and from all that it holds, and from nothing else."""

# ruff: noqa: ANN401 - functions as notebooks have them say nothing of types

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.functions.identity import identity
from srbench.functions.pickling import dumps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CELL = """
import functools
import numpy as np
gain = 2.0
kernel = np.ones(3)
names = {"a", "b", "c"}
@functools.lru_cache
def cached(value): return value + 1
class Helper:
    size = 3
    def double(self, value): return cached(value) * 2
def twice(value): return Helper().double(value) if value in {"x", "y", 7} else again(value)
def again(value): return twice(value - 1) if value > 9 else value
def function(image, factor=3):
    inner = lambda value: value * gain
    return [inner(twice(each)) * kernel.sum() for each in image if each not in names]
"""
"""A cell as notebooks have it: globals of all kinds, functions that call each other, a class, and sets."""


def digest(value: Any) -> str:
    """Return the identity of a value."""
    return identity(value, dumps(value)).digest


def cell(text: str = CELL) -> Callable[..., Any]:
    """Return the function of a cell that was run."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, "<cell>", "exec"), scope)  # noqa: S102 - as a notebook does
    found: Callable[..., Any] = scope["function"]
    return found


def test_a_cell_that_runs_again_is_the_same() -> None:
    """Neither where it stands nor which objects it made this time is part of it."""
    assert digest(cell()) == digest(cell("\n\n# moved\n" + CELL))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("value * gain", "value + gain"),
        ("gain = 2.0", "gain = 2.5"),
        ("np.ones(3)", "np.zeros(3)"),
        ("factor=3", "factor=2"),
        ('{"a", "b", "c"}', '{"a", "b", "d"}'),
        ('{"x", "y", 7}', '{"x", "y", 8}'),
        ("size = 3", "size = 4"),
        ("cached(value) * 2", "cached(value) * 3"),
        ("value + 1", "value + 2"),
        ("twice(value - 1)", "twice(value - 2)"),
    ],
)
def test_what_it_holds_is_part_of_it(before: str, after: str) -> None:
    """An edit of its code, a global, a default, or what other functions and classes of the notebook hold, is seen."""
    assert before in CELL
    assert digest(cell()) != digest(cell(CELL.replace(before, after)))


def test_closures_and_objects() -> None:
    """What a closure captured, and what an object holds, is part of it."""

    def scaled(gain: float) -> Callable[[Any], Any]:
        return lambda image: image * gain

    class Method:
        def __init__(self, weights: Any) -> None:
            self.weights = weights

        def load(self, factor: int, _device: str) -> Callable[[Any], Any]:
            return lambda image: image * factor

    assert digest(scaled(1.0)) == digest(scaled(1.0)) != digest(scaled(2.0))
    assert digest(Method(np.arange(3))) == digest(Method(np.arange(3))) != digest(Method(np.arange(4)))


@pytest.mark.slow
def test_other_processes_agree(tmp_path: Path) -> None:
    """Texts hash differently in each process, and addresses differ: neither is seen."""
    file = tmp_path / "script.py"
    how = "from srbench.functions.identity import identity\nfrom srbench.functions.pickling import dumps\n"
    file.write_text(f"{CELL}{how}print(identity(function, dumps(function)).digest)", encoding="utf-8")
    found = {
        subprocess.run(
            [sys.executable, file], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


@pytest.mark.parametrize("decorator", ["", "from functools import lru_cache\n@lru_cache\n"])
def test_modules_of_ones_own_are_part_of_it(decorator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that calls one of a file beside the notebook is another one once that file, or one it imports, is."""
    helper, deeper = tmp_path / "own_helper.py", tmp_path / "own_deeper.py"
    helper.write_text(f"import own_deeper\n{decorator}def enlarge(image): return own_deeper.gain * image\n", "utf-8")
    deeper.write_text("gain = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    text = "from own_helper import enlarge\ndef function(image): return enlarge(image)\n"
    before = identity(cell(text), b"")
    assert before.files.keys() == {str(helper), str(deeper)}
    deeper.write_text("gain = 2\n", encoding="utf-8")
    assert identity(cell(text), b"").digest != before.digest
    for name in ("own_helper", "own_deeper"):
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    "text",
    [
        "def function(image):\n    from own_helper import enlarge\n    return enlarge(image)\n",
        "def function(image):\n    return importing()\ndef importing():\n    import own_helper\n",
        "def function(image):\n    from own_folder import inside\n    return inside\n",
        "import own_folder.inside\ndef function(image): return own_folder.inside.enlarge(image)\n",
    ],
)
def test_imports_inside_functions_and_folders_are_part_of_it(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it imports only when it is called is seen, and so are modules in a folder without `__init__.py`."""
    (tmp_path / "own_folder").mkdir()
    helper, inside = tmp_path / "own_helper.py", tmp_path / "own_folder" / "inside.py"
    helper.write_text("def enlarge(image): return image\n", encoding="utf-8")
    inside.write_text("from own_helper import enlarge\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = identity(cell(text), b"")
    helper.write_text("def enlarge(image): return 2 * image\n", encoding="utf-8")
    assert str(helper) in before.files
    assert identity(cell(text), b"").digest != before.digest
    for name in [each for each in sys.modules if each.startswith("own_")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.slow
def test_modules_beside_what_cannot_be_looked_into_are_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing is known of what an object needs, all files of one's own that are imported count."""

    class Odd:
        def __reduce__(self) -> Any:
            raise RuntimeError("not now")

    helper = tmp_path / "own_helper.py"
    helper.write_text("gain = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    cell("import own_helper\ndef function(image): ...\n")
    before = identity(Odd(), b"one")
    helper.write_text("gain = 2\n", encoding="utf-8")
    assert identity(Odd(), b"one").digest != before.digest
    monkeypatch.delitem(sys.modules, "own_helper")


@pytest.mark.slow
def test_what_cannot_be_looked_into_counts_as_its_pickle() -> None:
    """An object that cannot be read twice in one way is never taken for the one of before."""

    class Odd:
        def __reduce__(self) -> Any:
            raise RuntimeError("not now")

    assert identity(Odd(), b"one").digest == identity(Odd(), b"one").digest != identity(Odd(), b"two").digest


def test_networks() -> None:
    """Equal weights are equal wherever they lie, and one other weight is another network."""
    torch = pytest.importorskip("torch")

    def network(last: float) -> Any:
        made = torch.nn.Conv2d(1, 1, 2)
        with torch.no_grad():
            made.weight.copy_(torch.tensor([0.0, 1.0, 2.0, last]).reshape(1, 1, 2, 2))
            made.bias.fill_(0)
        return made

    assert digest(network(3.0)) == digest(network(3.0)) != digest(network(3.5))

"""Nothing in the current folder is imported by itself: it may be full of somebody else's files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BEFORE = "import runpy, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
"""What Python imports for `python -m` itself, before srbench can say anything: an importlib.py would be run."""

AFTER = """
import atexit, sys
from srbench.cli import main
atexit.register(lambda: print("modules", *sorted({name.split(".")[0] for name in sys.modules})))
main(sys.argv[1:])
"""
TRAP = "with open({marker!r}, 'a') as file:\n    print(__name__, file=file)\n"
COMMAND = ["run", "--methods", "espcn", "--factor", "3", "--no-timing"]


def python(*arguments: str, cwd: Path) -> str:
    """Run Python in `cwd`, with srbench on its path and no other setting, and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SRBENCH_", "PYTHON"))}
    environment["PYTHONPATH"] = str(ROOT)
    result = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """Return the file into which a trap writes its name when it is imported."""
    return tmp_path / "imported.txt"


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the name of every module at the top that a run imports."""
    clean = tmp_path_factory.mktemp("clean")
    before = python("-P", "-c", BEFORE, cwd=clean).split()
    *_, after = (line for line in python("-P", "-c", AFTER, *COMMAND, cwd=clean).splitlines() if "modules" in line)
    names = {"cv2", "torch", "numpy", "queue", "evil", *after.split()[1:]}.difference(before, ["srbench"])
    assert {"__future__", "typing", "pathlib", "json", "rich", "PIL", "typer"} <= names
    return names


@pytest.fixture
def hostile(tmp_path: Path, marker: Path, names: set[str]) -> Path:
    """Return a folder with a trap for each of `names`, and with a distribution that offers a method."""
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name in names:
        (folder / f"{name}.py").write_text(TRAP.format(marker=str(marker)), encoding="utf-8")
    (folder / "methods").mkdir()
    (folder / "methods" / "nearest.py").write_text(TRAP.format(marker=str(marker)), encoding="utf-8")
    (folder / "evil-1.dist-info").mkdir()
    (folder / "evil-1.dist-info" / "METADATA").write_text("Name: evil\nVersion: 1\n", encoding="utf-8")
    points = folder / "evil-1.dist-info" / "entry_points.txt"
    points.write_text("[srbench.methods]\nevil = evil\n", encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "start", [["-m", "srbench"], ["-P", "-m", "srbench"], [f"{Path(sys.executable).parent}/srbench"]]
)
def test_nothing_of_the_current_folder_is_imported(hostile: Path, marker: Path, start: list[str]) -> None:
    """Neither by the command nor by its worker processes; a distribution that lies there is not installed."""
    if not start[-1].startswith("srbench") and not Path(start[-1]).exists():
        pytest.skip("the command srbench is not installed here")
    assert "espcn" in python(*start, *COMMAND, cwd=hostile)
    assert "evil" not in python(*start, "methods", cwd=hostile)
    assert not marker.exists(), marker.read_text(encoding="utf-8")


def test_a_checkout_runs_itself() -> None:
    """In the folder of srbench itself, that one is run, whatever is installed."""
    assert "bicubic" in python("-m", "srbench", "methods", cwd=ROOT)


@pytest.mark.slow
def test_a_plugin_is_what_was_named(hostile: Path, marker: Path) -> None:
    """A file that the user names is imported from the current folder, and it alone."""
    (hostile / "mine.py").write_text("def load(factor, device): raise SystemExit\n", encoding="utf-8")
    assert "mine" in python("-m", "srbench", "methods", "--plugin", "mine.py", "show", "mine", cwd=hostile)
    assert not marker.exists(), marker.read_text(encoding="utf-8")

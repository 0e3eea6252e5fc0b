"""The wheel: what it holds, and that it works where no checkout is near."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel; skip where its build requirements cannot be fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if "hatchling" in built.stderr and "No matching distribution" in built.stderr:
        pytest.skip("the build backend cannot be fetched here")
    assert built.returncode == 0, built.stderr
    return next(folder.glob("superres_bench-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel as an installer would."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def _run(installed: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=installed.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_top_level_name(wheel: Path) -> None:
    """Nothing but `srbench` and its metadata lies at the top: `datasets` would shadow other packages."""
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"srbench"}


def test_contents(wheel: Path) -> None:
    """Methods, weights with cards, manifests, published tables, parts of the report, the type marker: all but tests."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for source, target in (("methods", "_methods"), ("datasets", "_datasets")):
        files = (
            path for path in (ROOT / source).rglob("*.*") if path.suffix in {".py", ".toml", ".safetensors", ".md"}
        )
        assert {f"srbench/{target}/{path.relative_to(ROOT / source).as_posix()}" for path in files} <= names
    data = {"srbench/_results/published.csv", "srbench/quality/conventions.toml", "srbench/py.typed"}
    assert data <= names
    folders = (ROOT / "srbench/reports/html", ROOT / "srbench/boards/pages")
    page = [path for folder in folders for path in folder.iterdir() if path.is_file()]
    assert {path.relative_to(ROOT).as_posix() for path in page} <= names
    assert not [name for name in names if Path(name).name.startswith(("test_", "conftest"))]


def test_brings_the_pytest_plugin(installed: Path, tmp_path: Path) -> None:
    """Whoever installs it can declare methods to pytest."""
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.pytest.ini_options]\nsrbench_methods = ["nearest"]\n', encoding="utf-8")
    out = _run(installed, "-P", "-m", "pytest", "-p", "no:cacheprovider", "--strict-config", "-c", str(file), str(file))
    assert "3 passed" in out


def test_runs_without_a_checkout(installed: Path) -> None:
    """The installed package lists its methods and scores with its own weights."""
    assert str(installed) in _run(installed, "-c", "import srbench; print(srbench.__file__)")
    assert "bicubic-matlab" in _run(installed, "-m", "srbench", "methods")
    out = installed / "run"
    _run(installed, "-m", "srbench", "run", "--methods", "bicubic,espcn", "--no-timing", "--out", str(out))
    assert "bicubic" in (out / "summary.csv").read_text(encoding="utf-8")


def test_reproduces_the_literature(installed: Path, data_folder: Path, tmp_path: Path) -> None:
    """`srbench reproduce` finds its published tables inside the wheel, and agrees with them, here on Set5 alone."""
    (tmp_path / "Set5").symlink_to(data_folder.resolve() / "Set5")
    assert "equal" in _run(installed, "-m", "srbench", "reproduce", "--data", str(tmp_path))

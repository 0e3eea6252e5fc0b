"""Source distributions: the real client downloads them from a folder, and none of their code is run."""

from __future__ import annotations

import hashlib
import sys
import tarfile
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from srbench.metrics.deep import sdist
from srbench.metrics.deep.sdist import Sdist, UnavailableError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that the client looks into instead of an index."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(name, str(folder))
    for name in ("PIP_NO_INDEX", "UV_NO_INDEX"):
        monkeypatch.setenv(name, "1")
    return folder


@pytest.fixture
def mischievous(index: Path, tmp_path: Path) -> Sdist:
    """Put a source distribution into the index whose setup.py leaves a trace, and return it."""
    root = tmp_path / "odd_name-1.0"
    root.mkdir()
    (root / "setup.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')\n", encoding="utf-8")
    (root / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: odd-name\nVersion: 1.0\n", encoding="utf-8")
    path = index / "odd_name-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(root, root.name)
    content = path.read_bytes()
    return Sdist("odd-name", "1.0", path.name, hashlib.sha256(content).hexdigest(), len(content))


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Return an empty folder."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.mark.slow
def test_download_runs_no_code(mischievous: Sdist, empty: Path, tmp_path: Path) -> None:
    """The client asks for metadata before it saves the file, which takes the setup.py; a stand-in answers instead."""
    path = mischievous.download(empty)
    assert mischievous.is_at(path)
    assert not (tmp_path / "trace").exists()


@pytest.mark.slow
def test_another_file_is_refused(mischievous: Sdist, empty: Path, tmp_path: Path) -> None:
    """The client compares the sha256 before it opens the file."""
    with pytest.raises(UnavailableError, match=r"(?i)hash"):
        mischievous._replace(sha256="0" * 64).download(empty)
    assert not (tmp_path / "trace").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("index")
def test_what_is_not_there(empty: Path) -> None:
    """The line is the client's."""
    with pytest.raises(UnavailableError, match=r"ERROR: .*nowhere-to-be-found==1.0"):
        Sdist("nowhere-to-be-found", "1.0", "nowhere_to_be_found-1.0.tar.gz", "0" * 64, 1).download(empty)


def test_without_a_client(mischievous: Sdist, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments that uv made have no pip; then uv runs one. Without either, the line says so."""
    monkeypatch.setattr(sdist, "PathFinder", SimpleNamespace(find_spec=lambda _name: None))
    monkeypatch.setenv("PATH", str(empty))
    with pytest.raises(UnavailableError, match="neither pip nor uv is installed"):
        mischievous.download(empty)


def test_the_process_does_not_look_like_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that watches imports is asked for pip: setuptools' finder would leave distutils alone from then on."""
    asked: list[str] = []
    watching = SimpleNamespace(find_spec=lambda name, *_: asked.append(name))
    monkeypatch.setattr(sys, "meta_path", [watching, *sys.meta_path])
    assert sdist._client()
    assert "pip" not in asked


@pytest.mark.slow
def test_with_uv_alone(mischievous: Sdist, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for its tool pip, and to do the same."""
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(f'#!/bin/sh\n[ "$1 $2 $3" = "tool run pip" ] || exit 1\nshift 3\nexec {sys.executable} -m pip "$@"\n')
    uv.chmod(0o755)
    monkeypatch.setattr(sdist, "PathFinder", SimpleNamespace(find_spec=lambda _name: None))
    monkeypatch.setenv("PATH", f"{uv.parent}:/usr/bin:/bin")
    assert mischievous.is_at(mischievous.download(empty))


def test_is_at(mischievous: Sdist, index: Path, empty: Path) -> None:
    """A file that is absent, longer, other, or none at all is not it."""
    path = index / mischievous.file
    assert mischievous.is_at(path)
    assert not mischievous.is_at(empty)
    assert not mischievous.is_at(empty / "absent")
    path.write_bytes(path.read_bytes() + b"0")
    assert not mischievous.is_at(path)
    path.write_bytes(path.read_bytes()[1:])
    assert not mischievous.is_at(path)

"""Source distributions, which a package client downloads from wherever it is set up to; none of their code is run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, NamedTuple

from srbench.opening import opened

if TYPE_CHECKING:
    from pathlib import Path

_BACKEND = '''
"""Stands in for setuptools: a client asks for metadata of what it downloads, and would run its code for that."""

from pathlib import Path


class __legacy__:
    get_requires_for_build_wheel = staticmethod(lambda *_: [])

    @staticmethod
    def prepare_metadata_for_build_wheel(folder, *_):
        info = Path(folder, "{folder}.dist-info")
        info.mkdir()
        info.joinpath("METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
        return info.name
'''

_OPTIONS = ("--quiet", "--no-deps", "--no-cache-dir", "--no-build-isolation", "--use-pep517", "--retries=2")


class UnavailableError(Exception):
    """It cannot be downloaded."""


class Sdist(NamedTuple):
    """A source distribution that setuptools would build."""

    name: str
    version: str
    file: str
    sha256: str
    size: int

    @property
    def folder(self) -> str:
        """Return the folder that all of it lies in."""
        return self.file.removesuffix(".tar.gz")

    @property
    def requirement(self) -> str:
        """Return what a client is asked for."""
        return f"{self.name}=={self.version}"

    def is_at(self, path: Path) -> bool:
        """Tell whether a file is this one."""
        try:
            with opened(path, self.size) as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256
        except OSError:
            return False

    def download(self, folder: Path) -> Path:
        """Return the file, downloaded into the empty `folder`; pip compares its sha256 before it opens it.

        Raises:
            UnavailableError: there is no client, it fails, or the file is another.
            OSError: the folder cannot be written.

        """
        backend = folder / "backend" / "setuptools"
        backend.mkdir(parents=True)
        (backend / "__init__.py").touch()
        metadata = _BACKEND.format(**self._asdict(), folder=self.folder)
        (backend / "build_meta.py").write_text(metadata, encoding="utf-8")
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{self.requirement} --hash=sha256:{self.sha256}\n", encoding="utf-8")
        path = os.pathsep.join(filter(None, [str(backend.parent), os.environ.get("PYTHONPATH")]))
        done = subprocess.run(  # noqa: S603 - the client of this Python
            [*_client(), "download", *_OPTIONS, f"--no-binary={self.name}", f"--requirement={wanted}"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not self.is_at(folder / self.file):
            raise UnavailableError(_reason(done.stderr))
        return folder / self.file


def _client() -> list[str]:
    if PathFinder.find_spec("pip"):  # importlib.util's would tell setuptools' finder, which then leaves distutils alone
        return [sys.executable, "-m", "pip"]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise UnavailableError("neither pip nor uv is installed")


def _reason(printed: str) -> str:
    """Return the last error that the client printed, else its last line."""
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return next(iter([*reversed(errors), *reversed(lines)]), "the client downloaded nothing")

"""What a release is made of: a version that all files agree on, and Pythons that are there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from srbench.plugins import import_file
from srbench.version import __version__

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def release() -> ModuleType:
    """Return the script of `make release`."""
    return import_file(ROOT / "tests" / "release.py")


def test_files_agree(release: ModuleType) -> None:
    """CHANGELOG.md and CITATION.cff name the version, and one day."""
    assert list(release.disagreements(ROOT)) == []


@pytest.mark.parametrize(
    ("changelog", "citation", "lines"),
    [
        (f"# Changelog\n\n## {__version__} (unreleased)\n", f"version: {__version__}\n", 1),
        (f"## {__version__} (2026-01-02)\n", f"version: {__version__}\ndate-released: 2026-01-03\n", 1),
        ("nothing", "version: 9.9", 2),
    ],
)
def test_files_that_disagree(release: ModuleType, tmp_path: Path, changelog: str, citation: str, lines: int) -> None:
    """Each is a line."""
    (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    (tmp_path / "CITATION.cff").write_text(citation, encoding="utf-8")
    assert len(list(release.disagreements(tmp_path))) == lines


@pytest.mark.slow
def test_pythons(release: ModuleType) -> None:
    """The one that runs is among those that are found."""
    assert sys.executable in list(release.pythons())

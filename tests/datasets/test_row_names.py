"""Each dataset of a run has another name in its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench import datasets
from srbench.datasets.row_names import row_names

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """title = ""
summary = ""
licence = ""
citation = ""
files = [
    {{ path = "a.png", bytes = 1, sha256 = "{0}", split = "test" }},
    {{ path = "b.png", bytes = 1, sha256 = "{0}", split = "val" }},
]
""".format("0" * 64)


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """Return a folder with sets of one image, `x/photos` and `y/photos`, and with manifests `x/mine` and `y/mine`."""
    for folder in ("x", "y"):
        for name in ("photos/a.png", "LR/a.png", "LR_b/a.png"):
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        (tmp_path / folder / "mine.toml").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("specs", "names"),
    [
        (["set5", "bsds500:val"], ["set5", "bsds500:val"]),
        (["x/photos", "set5"], ["photos", "set5"]),
        (["x/photos", "y/photos"], ["x/photos", "y/photos"]),
        (["x/mine.toml", "x/photos"], ["mine", "photos"]),
        (["x/mine.toml", "y/mine.toml"], ["x/mine", "y/mine"]),
        (["x/mine.toml:test", "x/mine.toml:val"], ["mine:test", "mine:val"]),
        (["x/mine.toml:test", "y/mine.toml:test"], ["x/mine:test", "y/mine:test"]),
        (["x/photos::x/LR"], ["photos"]),
        (["x/photos::x/LR", "x/photos::x/LR_b"], ["photos::x/LR", "photos::LR_b"]),
        (["x/photos::x/LR", "x/photos::y/LR"], ["photos::x/LR", "photos::y/LR"]),
        (["set5", "set5::x/LR"], ["set5", "set5::x/LR"]),
        (["x/photos", "x/photos::x/LR_b"], ["x/photos", "photos::LR_b"]),
    ],
)
def test_names(sets: Path, monkeypatch: pytest.MonkeyPatch, specs: list[str], names: list[str]) -> None:
    """A name is as short as it can be; folders above, or that of LR, tell apart those that are alike."""
    monkeypatch.chdir(sets)
    found = row_names([datasets.get(each) for each in specs])
    assert [name.replace(f"{sets.name}/", "") for name in found] == names

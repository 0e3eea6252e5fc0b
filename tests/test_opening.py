"""Regular files alone are opened, whatever a name leads to."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

import srbench
from srbench import datasets, opening, toml
from srbench.atomic import replacing
from srbench.datasets import pairing
from srbench.errors import RunFolderError, SrbenchError
from srbench.execution import precomputed
from srbench.hashing import file_hash
from srbench.maintain import verify
from srbench.methods import choose, registry
from srbench.plan import Plan
from srbench.training import recipe
from srbench.weights_metadata import facts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def pipe(path: Path) -> None:
    """Make a named pipe: opening it would wait for a writer."""
    os.mkfifo(path)


def bound(path: Path) -> None:
    """Make a socket."""
    here = os.open(path.parent, os.O_RDONLY)
    before = os.open(".", os.O_RDONLY)
    try:
        os.fchdir(here)  # a socket's path may have a hundred bytes
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.fchdir(before)
        os.close(here)
        os.close(before)


def linked(path: Path) -> None:
    """Make a link to a named pipe."""
    pipe(path.with_name("other"))
    path.symlink_to("other")


def sparse(path: Path) -> None:
    """Make a file of 1 TiB that takes no room."""
    path.touch()
    os.truncate(path, 2**40)


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (pipe, "is a special file"),
    "socket": (bound, "is a special file"),
    "endless device": (lambda path: path.symlink_to("/dev/zero"), "is a special file"),
    "link to a pipe": (linked, "is a special file"),
    "folder": (lambda path: path.mkdir(), "Is a directory"),
    "link to nothing": (lambda path: path.symlink_to("nothing"), "No such file"),
    "loop": (lambda path: path.symlink_to(path.name), "Too many levels"),
    "huge": (sparse, "has 1099511627776 bytes, expected at most"),
}
SPECIAL = ["pipe", "socket", "endless device", "link to a pipe"]


@pytest.mark.parametrize("kind", KINDS)
def test_refused(tmp_path: Path, kind: str) -> None:
    """What is no regular file of a sensible size is an error at once, which says what it is."""
    make, expected = KINDS[kind]
    make(tmp_path / "x.png")
    uses: list[Callable[[Path], object]] = [opening.opened, opening.read, opening.check, file_hash, toml.read]
    for use in uses:
        with pytest.raises(OSError, match=expected):
            use(tmp_path / "x.png")


def test_regular_files_are_opened(tmp_path: Path) -> None:
    """Through links too; `regular` creates what is not there."""
    with open(tmp_path / "a", "ab", opener=opening.regular) as file:
        file.write(b"abc")
    (tmp_path / "b").symlink_to("a")
    assert opening.read(tmp_path / "b") == b"abc"
    with pytest.raises(OSError, match="has 3 bytes, expected at most 2"):
        opening.opened(tmp_path / "a", 2)


@pytest.mark.parametrize("kind", SPECIAL)
def test_not_written_over(tmp_path: Path, kind: str) -> None:
    """No new file takes the place of a special one, and none is written into on the way."""
    KINDS[kind][0](tmp_path / "x")
    before = (tmp_path / "x").lstat()
    with pytest.raises(OSError, match="is a special file"), replacing(tmp_path / "x") as partial:
        partial.write_bytes(b"new")
    assert (tmp_path / "x").lstat() == before
    pipe(tmp_path / ".y.tmp")
    with replacing(tmp_path / "y", durable=True) as partial:
        partial.write_bytes(b"new")
    assert (tmp_path / "y").read_bytes() == b"new"


@pytest.mark.slow
def test_among_images(pictures: Path, tmp_path: Path) -> None:
    """Each is a failed row that says why, of a run and of existing SR images; the others are scored."""
    wanted = [kind for kind in KINDS if kind != "folder"]
    for kind in wanted:
        KINDS[kind][0](pictures / f"{kind}.png")
    scores = srbench.run(
        "nearest", factors=2, datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "run"
    ).scores
    hr = datasets.open_folder(pictures)
    plan = Plan(("mine",), (2,), (hr.name,), timing=False)
    given = precomputed.score(plan, hr, hr, tmp_path / "given").scores
    for found in (scores, given):
        assert found.loc[found["status"] == "ok", "image"].tolist() == ["a.png", "b.png", "c.png"]
        reasons = dict(zip(found["image"], found["reason"], strict=True))
        assert all("special file" in reasons[f"{kind}.png"] for kind in SPECIAL)
        assert "bytes, expected at most" in reasons["huge.png"]
    assert len(pairing.pairs(hr, hr, 3)) == len(hr.files)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["run.json", "rows.jsonl", "scores.csv", "scores.parquet", "run.lock", "derived.json"])
def test_in_a_run_folder(pictures: Path, tmp_path: Path, name: str) -> None:
    """Reading, checking and continuing a run ends with one line, or goes without the file."""
    srbench.run("nearest", datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "run")
    (tmp_path / "run" / name).unlink(missing_ok=True)
    pipe(tmp_path / "run" / name)
    with suppress(RunFolderError):
        verify.verify(tmp_path / "run")
    with suppress(RunFolderError):
        srbench.load(tmp_path / "run")
    with suppress(RunFolderError):
        srbench.run("nearest", datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "run")


@pytest.mark.sampled
@pytest.mark.parametrize("kind", SPECIAL)
def test_recipes_plugins_and_weights(tmp_path: Path, kind: str) -> None:
    """What else can be named is refused by name; weights have no metadata then."""
    KINDS[kind][0](tmp_path / "x.py")
    with pytest.raises(SrbenchError, match="special file"):
        registry([tmp_path / "x.py"])
    with pytest.raises(SrbenchError, match="special file"):
        recipe.read(str(tmp_path / "x.py"))
    (tmp_path / "x.py").rename(tmp_path / "x.safetensors")
    assert facts(tmp_path / "x.safetensors") == {}
    chosen = choose(f"espcn:weights={tmp_path / 'x.safetensors'}", registry())
    with pytest.raises(SrbenchError, match="special file"):
        chosen.fingerprint(2)

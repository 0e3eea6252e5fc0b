"""The folder of a training: locked, written file by file, continued only by its own plan."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from srbench.errors import RunFolderError
from srbench.plugins import import_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Planned = Callable[..., Any]

folders, loop, plans = (import_module(f"srbench.training.{name}") for name in ("folder", "loop", "plan"))


def begun(path: Path, plan: Any, **given: Any) -> Any:  # noqa: ANN401 - a plan, and a folder
    """Open the folder of a new training."""
    return folders.Folder(path, plan, resume=False, **given)


def resumed(path: Path, plan: Any) -> Any:  # noqa: ANN401 - a plan, and a folder
    """Open the folder of a training to continue."""
    return folders.Folder(path, plan, resume=True)


def state(side: int = 3) -> Any:  # noqa: ANN401 - of a training
    """Return the state of a tiny training."""
    network = nn.Conv2d(1, 1, side)
    return loop.State(network, nn.Conv2d(1, 1, side), torch.optim.Adam(network.parameters()))


def moment(step: int, psnr: float) -> Any:  # noqa: ANN401 - of a training
    """Return a moment."""
    return plans.Moment(step, step / 10, 0.25, psnr, 1e-3, 500.0, step / 100, 29.5)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return an empty folder."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def test_continues_where_it_was(place: Path, planned: Planned) -> None:
    """Steps, state, history and the best weights are there again."""
    plan, first = planned(patience=1, validation=0.5), state()
    with begun(place / "a" / "b", plan) as folder:
        folder.settle(30, {})
        first.step = 20
        folder.note(moment(20, 31.0), first)
        folder.save(first)
    with resumed(place / "a" / "b", plan) as folder:
        second = state()
        folder.restore(second)
        assert folder.plan == replace(plan, steps=30)
        assert folder.history == [moment(20, 31.0)]
        assert folder.best["psnr"] == 31.0
        assert torch.equal(folder.best["weights"]["weight"], first.mean.weight)
        assert second.step == 20
        assert torch.equal(second.network.weight, first.network.weight)


def test_killed_before_a_checkpoint(place: Path, planned: Planned) -> None:
    """Where the steps are known and nothing else, a training starts anew with these steps."""
    with begun(place, planned()) as folder:
        folder.settle(30, {})
    with resumed(place, planned()) as folder:
        assert (folder.plan.steps, folder.checkpoint, folder.history) == (30, None, [])


def test_one_process_at_a_time(place: Path, planned: Planned) -> None:
    """A folder in use is refused, and free again when it is left."""
    with begun(place, planned()), pytest.raises(RunFolderError, match=f"is in use by process {os.getpid()}"):
        begun(place, planned())
    with begun(place, planned()):
        pass


def test_a_refused_folder_is_not_locked(place: Path, planned: Planned) -> None:
    """The lock is dropped when there is something else in the folder."""
    (place / "note.txt").touch()
    for _ in range(2):
        with pytest.raises(RunFolderError, match="is not empty and contains no training; choose another --out"):
            begun(place, planned())


def test_nothing_to_resume(place: Path, planned: Planned) -> None:
    """A process may be stopped before it has a plan: resuming then begins."""
    with resumed(place, planned()) as folder:
        assert (folder.plan, folder.checkpoint) == (planned(), None)


@pytest.mark.parametrize("name", ["images", "code", "torch"])
def test_something_changed_in_between(place: Path, planned: Planned, name: str) -> None:
    """A training is not continued with other images, code or torch than it began with."""
    made_of = {"images": "a", "code": "b", "torch": "c"}
    with begun(place, planned()) as folder:
        folder.settle(30, made_of)
    with resumed(place, planned()) as folder:
        assert folder.settle(30, made_of).made_of == made_of
        with pytest.raises(RunFolderError, match=rf"cannot be continued: {name} changed since it began"):
            folder.settle(30, {**made_of, name: "else"})


def test_a_training_is_not_overwritten(place: Path, planned: Planned) -> None:
    """A folder that holds a training is continued, or left alone."""
    with begun(place, planned()) as folder:
        folder.settle(30, {})
    with pytest.raises(RunFolderError, match="contains a training; continue it with --resume"):
        begun(place, planned())


def test_another_training(place: Path, planned: Planned) -> None:
    """The line names what differs."""
    with begun(place, planned()) as folder:
        folder.settle(30, {})
    with pytest.raises(
        RunFolderError,
        match=r"a training with different settings \(threads: 1, not 2; seed: 0, not 3\); repeat its comma",
    ):
        resumed(place, replace(planned(seed=3), threads=2))


def test_no_folder(place: Path, planned: Planned) -> None:
    """A path that cannot be a folder is one line."""
    (place / "file").touch()
    with pytest.raises(RunFolderError, match=r"cannot write .*file: File exists; choose another --out"):
        begun(place / "file", planned())


class Trap:
    """What a harmful file holds: unpickling it would run code."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Say what to call."""
        return pytest.fail, ("something was unpickled",)


def saved(value: object) -> bytes:
    """Return what `torch.save` writes."""
    content = io.BytesIO()
    torch.save(value, content)
    return content.getvalue()


def compressed(content: bytes) -> bytes:
    """Return a file of `torch.save` as a bomb would be: compressed, which torch reads without a word."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as plain, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        for entry in plain.infolist():
            bomb.writestr(entry.filename, plain.read(entry))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("training.json", b"{"),
        ("training.json", b"[]"),
        ("training.json", b"\xff"),
        ("training.json", b'{"recipe": {"data": "t91", "speed": 3}}'),
        ("checkpoint.pt", b""),
        ("checkpoint.pt", b"damaged"),
        ("checkpoint.pt", saved({"step": 3})[:-200]),
        ("checkpoint.pt", saved({"step": 3})),
        ("checkpoint.pt", saved({"step": 3, "history": [3], "best": {}})),
        ("checkpoint.pt", saved([3])),
        ("checkpoint.pt", saved({"step": Trap()})),
        ("checkpoint.pt", pickle.dumps(Trap(), protocol=2)),
        ("checkpoint.pt", compressed(saved({"history": [], "best": {}, "losses": [torch.zeros(10**6)]}))),
    ],
)
def test_damaged(place: Path, planned: Planned, name: str, content: bytes) -> None:
    """A file that cannot be read, or would run code, is one line; nothing is unpickled."""
    with begun(place, planned()) as folder:
        folder.settle(30, {})
    (place / name).write_bytes(content)
    with pytest.raises(RunFolderError, match=r"cannot be continued: .*; choose another --out|not the plan") as caught:
        resumed(place, planned())
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_network(place: Path, planned: Planned) -> None:
    """A plug-in whose network was edited meanwhile cannot go on, and the line says why."""
    with begun(place, planned()) as folder:
        folder.settle(30, {})
        folder.save(state())
    with (
        resumed(place, planned()) as folder,
        pytest.raises(RunFolderError, match=r"continued: .*size mismatch for w"),
    ):
        folder.restore(state(side=5))


def test_files_are_replaced_whole(place: Path, planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle leaves the old file as it was."""
    with begun(place, planned()) as folder:
        folder.write("card.md", "old")

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            folder.write("card.md", "new, and longer")
        assert (place / "card.md").read_text(encoding="utf-8") == "old"
        monkeypatch.undo()
        folder.write("card.md", "new")
    assert (place / "card.md").read_text(encoding="utf-8") == "new"
    assert sorted(each.name for each in place.iterdir()) == ["card.md"]


def test_history(place: Path, planned: Planned) -> None:
    """history.csv has a line per moment, with all that is known of it."""
    with begun(place, planned()) as folder:
        for step in (20, 40):
            folder.note(moment(step, 30.5), state())
        folder.save(state())
    lines = list(csv.DictReader((place / "history.csv").read_text(encoding="utf-8").splitlines()))
    assert [(line["step"], line["epoch"], line["loss"], line["psnr"]) for line in lines] == [
        ("20", "2.0", "0.25", "30.5"),
        ("40", "4.0", "0.25", "30.5"),
    ]
    assert list(lines[0]) == list(plans.Moment._fields)


def test_patience(place: Path, planned: Planned) -> None:
    """The best weights are those of the best PSNR; patience is counted from there."""
    now, waited = state(), []
    with begun(place, planned(patience=2, validation=0.5)) as folder:
        for number, psnr in enumerate((30.0, 31.0, 30.5, 31.0), 1):
            nn.init.constant_(now.mean.weight, number)
            folder.note(moment(number, psnr), now)
            waited.append(folder.out_of_patience)
        assert waited == [False, False, False, True]
        assert folder.best["psnr"] == 31.0
        assert (folder.best["weights"]["weight"] == 2).all()


def test_without_patience_nothing_is_kept(place: Path, planned: Planned) -> None:
    """A training that never stops early keeps its last weights."""
    with begun(place, planned()) as folder:
        for psnr in (30.0, 29.0, 28.0):
            folder.note(moment(1, psnr), state())
        assert (folder.best, folder.out_of_patience) == ({}, False)


def test_other_processes_write_nothing(place: Path, planned: Planned) -> None:
    """Of the processes that train together, all but one only read, and take no lock."""
    with begun(place / "out", planned()), begun(place / "out", planned(), writes=False) as other:
        assert other.settle(30, {}).steps == 30
        other.save(state())
        assert [each.name for each in (place / "out").iterdir()] == [".lock"]


def test_plan_on_disk(place: Path, planned: Planned) -> None:
    """training.json says all of the plan."""
    with begun(place, planned(minutes=2.5, epochs=3)) as folder:
        folder.settle(30, {})
    stored = json.loads((place / "training.json").read_bytes())
    assert (stored["method"], stored["factor"], stored["minutes"], stored["steps"]) == ("espcn", 2, 2.5, 30)
    assert stored["recipe"]["epochs"] == 3

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

from srbench.errors import RunFolderError, UsageError
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


def test_longer_than_before(place: Path, planned: Planned) -> None:
    """Where epochs or minutes alone differ, the line says how to train on."""
    with begun(place, planned(minutes=3)) as folder:
        folder.settle(30, {})
    line = r"\(minutes: 3, not 6\); add --extend to train it on to 6 minutes in all, or choose another --out"
    with pytest.raises(RunFolderError, match=line):
        resumed(place, planned(minutes=6))


def trained(path: Path, plan: Any, step: int, steps: int = 30) -> None:  # noqa: ANN401 - a plan
    """Leave a training at a step."""
    now = state()
    with begun(path, plan) as folder:
        folder.settle(steps, {})
        now.step = step
        folder.note(moment(step, 30.0), now)
        folder.save(now)


def test_extends(place: Path, planned: Planned) -> None:
    """A finished training is as long as asked, once that is settled; stopped then, it is resumed by the new length."""
    trained(place, planned(), 30)
    longer = planned(epochs=20)
    with folders.Folder(place, longer, extend=True) as folder:
        assert folder.plan == replace(longer, steps=0, earlier=((30, 30),), extended=(30,))
        assert (folder.step, folder.history) == (30, [moment(30, 30.0)])
    with resumed(place, planned()) as folder:  # nothing was stored yet
        assert folder.plan.steps == 30
    with folders.Folder(place, longer, extend=True) as folder:
        folder.settle(90, {})
    for again in ({"resume": True}, {"extend": True}):
        with folders.Folder(place, longer, **again) as folder:
            assert (folder.plan.steps, folder.plan.schedules) == (90, [(0, 30), (30, 90)])


@pytest.mark.parametrize(
    ("step", "values", "message"),
    [
        (20, {"epochs": 20}, "was stopped at step 20 of 30; finish its 7 epochs with --resume before you extend it"),
        (30, {}, "has been trained for 7 epochs; give more --epochs or --minutes"),
        (30, {"epochs": 20, "batch": 8}, r"with different settings \(batch: 4, not 8\); repeat its command, or choose"),
    ],
)
def test_no_extension(place: Path, planned: Planned, step: int, values: dict[str, Any], message: str) -> None:
    """A training that is not finished is finished first, one that is long enough is left, nothing else may change."""
    trained(place, planned(), step)
    with pytest.raises(RunFolderError, match=message):
        folders.Folder(place, planned(**values), extend=True)


def test_nothing_to_extend(place: Path, planned: Planned) -> None:
    """There is to be a training."""
    with pytest.raises(RunFolderError, match="contains no training to extend; leave --extend out to begin one"):
        folders.Folder(place, planned(), extend=True)


def test_patience_after_an_extension(place: Path, planned: Planned) -> None:
    """It is counted from the extension on, and the best weights before it stay the best until there are better."""
    plan, now = planned(patience=2, validation=0.5), state()
    with begun(place, plan) as folder:
        folder.settle(90, {})
        for now.step, psnr in ((20, 31.0), (40, 30.0), (60, 30.5)):
            folder.note(moment(now.step, psnr), now)
        folder.save(now)
    with folders.Folder(place, planned(patience=2, validation=0.5, epochs=20), extend=True) as folder:
        folder.settle(200, {})
        waited = [folder.out_of_patience]
        for step in (80, 100):
            folder.note(moment(step, 30.0), now)
            waited.append(folder.out_of_patience)
        assert (waited, folder.best["psnr"]) == ([False, False, True], 31.0)


def test_something_changed_after_the_end(place: Path, planned: Planned) -> None:
    """Where weights are there, the line says how to train on from them."""
    trained(place, planned(), 30)
    (place / "training.json").write_text((place / "training.json").read_text().replace("{}", '{"torch": "1"}'))
    (place / "weights.safetensors").touch()
    with (
        resumed(place, planned()) as folder,
        pytest.raises(RunFolderError, match=r"from its weights, give --from .*/w"),
    ):
        folder.settle(30, {"torch": "2"})


def test_change_of_length(place: Path, planned: Planned) -> None:
    """It is on disk at once, with the step from which it holds; without a checkpoint, it holds from the beginning."""
    with begun(place, planned(minutes=3)) as folder:
        folder.settle(30, {})
        assert folder.change_length(25, 20).schedules == [(0, 30), (20, 25)]
    assert json.loads((place / "training.json").read_text(encoding="utf-8"))["earlier"] == [[20, 30]]
    with resumed(place, planned(minutes=3)) as folder:
        assert folder.plan.schedules == [(0, 25)]


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


def test_extended_elsewhere(place: Path, planned: Planned) -> None:
    """An extension may have another device and other threads, which its plan says; once begun, it keeps them."""
    trained(place, planned(), 30)
    longer = replace(planned(epochs=20), threads=2)
    with folders.Folder(place, longer, extend=True) as folder:
        assert (folder.plan.threads, folder.plan.computed) == (2, ((30, "cpu", 1),))
        folder.settle(90, {})
    advice = "device and threads may change when a finished training is extended, not before: repeat its command"
    for again in ({"resume": True}, {"extend": True}):
        with pytest.raises(RunFolderError, match=rf"\(threads: 2, not 1\); {advice}"):
            folders.Folder(place, planned(epochs=20), **again)
        with folders.Folder(place, longer, **again) as folder:
            assert folder.plan.steps == 90


@pytest.mark.parametrize("values", [{"epochs": 3}, {"minutes": 0.005}])
def test_an_extension_that_adds_nothing(place: Path, planned: Planned, values: dict[str, float]) -> None:
    """It is refused before anything is read, with what the training has had."""
    trained(place, planned(), 30)
    with pytest.raises(UsageError, match=r"was trained for 0.005 minutes, 3 epochs; --extend to .* adds nothing"):
        folders.Folder(place, planned(**values), extend=True)

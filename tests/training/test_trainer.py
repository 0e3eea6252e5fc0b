"""Whole trainings: equal ones leave equal files, however often they were stopped and by however many processes."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from srbench import datasets
from srbench.datasets import near_copies, new_manifest
from srbench.datasets.benchmark_sets import Original
from srbench.errors import MethodError, RunFolderError, Unsupported, UsageError
from srbench.plugins import import_module
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Train = Callable[..., Any]

card, outcome, trainer = (import_module(f"srbench.training.{name}") for name in ("card", "outcome", "trainer"))
BEST = {
    "optimizer": "soap",
    "rate": 5e-3,
    "averaging": 0.99,
    "precision": "bfloat16",
    "weighting": "psnr",
    "scales": ["1", "3/4"],
    "validation": 0.25,
}
"""What is particular about the recipe `best`."""
EXPANDED = {**BEST, "method": "fsrcnn:size=32-5-1", "expand": 2, "patch": 14, "batch": 2}
"""Another network, whose layers have more weights while they are trained."""
PLUGIN = """
from srbench.pytorch import luma_method
def network(factor, side: int = 3, up: int = 0):
    from torch import nn
    up = up or factor
    return nn.Sequential(nn.Conv2d(1, up**2, side, padding=side // 2), nn.PixelShuffle(up))
load, files = luma_method(network)
"""
DRIVER = """
import sys
from srbench.cli import main
from srbench.plugins import import_module
import_module("srbench.training.trainer").CHECKPOINT_SECONDS = 0.0
main(sys.argv[1:])
"""
"""`srbench`, but with a checkpoint at every moment."""


class Killed(Exception):  # noqa: N818 - it stands for a signal
    """The process ends here."""


def killer(step: int) -> Callable[[Any, Any], None]:
    """Return a watcher that ends the training at a step."""

    def watch(_: Any, moment: Any) -> None:  # noqa: ANN401
        if moment.step >= step:
            raise Killed

    return watch


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def history(folder: Path) -> list[dict[str, str]]:
    """Return the lines of history.csv."""
    return list(csv.DictReader((folder / "history.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.slow
def test_files(planned: Train, train: Train, tmp_path: Path) -> None:
    """A training leaves weights, card, plan, history and its checkpoint; nothing half-written."""
    told: list[Any] = []
    path = train(planned(validation=0.25), watch=lambda plan, moment: told.append((plan.steps, moment.step)))
    assert path == tmp_path / "out" / "weights.safetensors"
    assert {each.name for each in path.parent.iterdir()} == {
        *(".lock", "training.json", "checkpoint.pt", "history.csv"),
        *("weights.safetensors", "weights.md"),
    }
    facts = card.facts(path)
    steps = facts["steps"]
    assert told == [(steps, 20), (steps, steps)]
    assert [int(line["step"]) for line in history(path.parent)] == [20, steps]
    assert all(np.isfinite([float(value) for value in line.values()]).all() for line in history(path.parent))
    assert (facts["factor"], facts["options"]) == (2, {"activation": "tanh", "network": "paper"})
    assert len(facts["training_images"]) == 3
    assert [line["dataset"] for line in facts["scores"]] == ["held out", "sample"]
    assert all(np.isfinite(line["psnr"]) and np.isfinite(line["bicubic"]) for line in facts["scores"])
    assert facts["bicubic"] == pytest.approx(facts["scores"][0]["bicubic"])
    assert float(history(path.parent)[-1]["bicubic"]) == pytest.approx(facts["bicubic"])
    assert "near_copies" not in facts


@pytest.mark.slow
def test_images_that_are_not_used(planned: Train, train: Train, photos: Path) -> None:
    """Half of the images may be constant: they are named, and the weights and scores are finite under every recipe."""
    for name in "efgh":
        write_image(photos / f"{name}.bmp", np.full((50, 60, 3), 10 * ord(name) % 256, np.uint8))
    for name, values in {"adam": {}, "best": {"optimizer": "soap", "weighting": "psnr"}}.items():
        told: list[str] = []
        path = train(planned(validation=0.25, seed=1, epochs=1, **values), name, warn=told.append)
        (line,) = told
        assert re.fullmatch(
            r"\d of 6 training images left out \(photos/.*\), constant: nothing can be learned .*", line
        )
        assert all(torch.isfinite(value).all() for value in load(path.read_bytes()).values())
        assert all(np.isfinite(each["psnr"]) for each in card.facts(path)["scores"])


@pytest.mark.slow
def test_held_out_images_that_have_no_score(planned: Train, train: Train, photos: Path) -> None:
    """Where all of them are constant a line says that there is no PSNR, and the training goes on without."""
    plan = planned(validation=0.2, epochs=1)
    held_out = trainer.data.read(plan.recipe).validation
    (path,) = (each for each in photos.iterdir() if np.array_equal(read_image(each), held_out[0]))
    write_image(path, np.full((50, 60, 3), 9, np.uint8))
    told: list[str] = []
    assert "bicubic" not in card.facts(train(plan, warn=told.append))
    assert told == ["none of the 1 held-out images has a score: constant or too small; no PSNR is shown"]


@pytest.mark.slow
def test_near_copies_are_told(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a warning with both images, and stays in the metadata of the weights and on their card."""
    woman = Original("set5", "woman", "ab")
    found = iter([[woman]])
    monkeypatch.setattr(near_copies, "find", lambda _: next(found, []))
    told: list[str] = []
    path = train(planned(epochs=1), warn=told.append)
    assert told[0].startswith("warning: photos/a.bmp looks like woman of set5, a test set")
    assert card.facts(path)["near_copies"] == [{"image": "photos/a.bmp", "shows": "woman of set5", "pixels": "ab"}]
    assert "photos/a.bmp shows woman of set5" in (path.parent / "weights.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_share_alike_licence_is_told(planned: Train, train: Train, photos: Path, tmp_path: Path) -> None:
    """It is said before the training, and on the card."""
    text = new_manifest.describe(datasets.get(f"{photos}/"), lambda *_: None).text("mine", tmp_path / "mine.toml")
    text = text.replace('citation = ""', 'citation = "C. Sa"')
    (tmp_path / "mine.toml").write_text(f"share_alike = true\n{text}", encoding="utf-8")
    told: list[str] = []
    path = train(planned(epochs=1, data=f"{tmp_path}/mine.toml"), warn=told.append)
    assert told == ["mine.toml is under a share-alike licence (C. Sa; unknown); the card of the weights says so"]
    assert "share-alike licence**: `mine.toml` (C. Sa; unknown)" in (path.parent / "weights.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("patience", "risk"), [(0, "other seeds would train on it"), (1, "scores there will be")])
def test_near_copies_that_are_held_out(
    planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch, patience: int, risk: str
) -> None:
    """Each is a warning, too, and in the metadata where validation selects the weights."""
    plan = planned(epochs=1, validation=0.25, patience=patience)
    first = trainer.data.read(plan.recipe).validation[0]
    woman = Original("set5", "woman", "ab")
    monkeypatch.setattr(near_copies, "find", lambda image: [woman] if np.array_equal(image, first) else [])
    told: list[str] = []
    facts = card.facts(train(plan, warn=told.append))
    assert re.match(rf"warning: photos/.*\.\w+ \(held out\) looks like woman of set5, a test set.*{risk}", told[0])
    assert [each["shows"] for each in facts.get("near_copies", [])] == ["woman of set5"] * patience


def test_an_optimizer_that_fails(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a decomposition of its matrices raises is one line with advice."""

    class Failing(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:  # noqa: ANN401, ARG002
            torch.linalg.eigh(torch.full((3, 3), torch.nan))

    monkeypatch.setattr(trainer.loop, "new_optimizer", lambda network, _: Failing(network.parameters(), 0.1))
    with pytest.raises(UsageError, match=r"the optimizer failed at step 1 \(.*\); use a lower rate") as caught:
        train(planned())
    assert "\n" not in str(caught.value)


def test_the_curve_is_kept(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn of the history lies in the folder."""

    def draw(history: list[Any], start: float) -> dict[str, bytes]:
        assert np.isnan(start)
        return {"curve.svg": f"{len(history)} moments".encode()}

    monkeypatch.setattr(outcome.curve, "draw", draw)
    assert (train(planned(epochs=1)).parent / "curve.svg").read_bytes() == b"1 moments"


@pytest.mark.slow
def test_equal_trainings_are_equal(planned: Train, train: Train, tmp_path: Path) -> None:
    """Trainings of one plan leave the same bytes in whatever folder, and name none; another seed changes them."""
    one, two, other = (train(planned(seed=seed), out) for seed, out in ((0, "a"), (0, "b"), (1, "c")))
    assert one.read_bytes() == two.read_bytes()
    assert (one.parent / "weights.md").read_bytes() == (two.parent / "weights.md").read_bytes()
    assert sha256(one) != sha256(other)
    facts = card.facts(one)
    assert facts.pop("recipe")["data"] == f"{tmp_path}/photos/"  # as it was typed
    assert str(tmp_path) not in json.dumps(facts)


@pytest.mark.slow
@pytest.mark.parametrize("values", [{}, BEST, EXPANDED], ids=["adam", "best", "expanded"])
def test_resume(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any]) -> None:
    """A training stopped twice and resumed leaves the same weights and a whole history; once more changes nothing."""
    plan = planned(epochs=12, **values)
    whole = train(plan, "whole")
    steps = card.facts(whole)["steps"]
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    for step, resume in ((40, False), (60, True)):
        with pytest.raises(Killed):
            train(plan, watch=killer(step), resume=resume)
    parts = train(plan, resume=True)
    assert steps > 80
    assert sha256(parts) == sha256(whole)
    columns = ("step", "epoch", "loss", "psnr", "rate")
    lines = [[[line[key] for key in columns] for line in history(path.parent)] for path in (whole, parts)]
    assert lines[0] == lines[1]
    seconds = [float(line["seconds"]) for line in history(parts.parent)]
    assert seconds == sorted(seconds)
    assert sha256(train(plan, resume=True)) == sha256(whole)


@pytest.mark.slow
def test_killed_while_the_weights_were_written(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last checkpoint is of the last step, so that --resume only writes what is missing."""
    plan = planned()
    whole = train(plan, "whole")
    write = outcome.write

    def killed(*_: Any) -> None:  # noqa: ANN401
        raise Killed

    monkeypatch.setattr(outcome, "write", killed)
    with pytest.raises(Killed):
        train(plan)
    monkeypatch.setattr(outcome, "write", write)
    monkeypatch.setattr(trainer, "validate", killed)
    assert sha256(train(plan, resume=True)) == sha256(whole)


@pytest.mark.slow
def test_early_stopping(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training stops when its patience is at an end, and keeps the best weights; resuming it changes nothing."""
    found: dict[str, Any] = {}

    def validate(training: Any) -> float:  # noqa: ANN401
        if training.state.step == 40:
            found["best"] = trainer.loop.finished(training.state.mean).state_dict()
        return {20: 30.0, 40: 31.0}.get(training.state.step, 30.5)

    monkeypatch.setattr(trainer, "validate", validate)
    plan = planned(validation=0.25, patience=2, epochs=40)
    path = train(plan)
    first = path.read_bytes()
    assert card.facts(path)["steps"] == 40
    assert [int(line["step"]) for line in history(path.parent)] == [20, 40, 60, 80]
    assert all(torch.equal(value, found["best"][name]) for name, value in load(first).items())
    assert train(plan, resume=True).read_bytes() == first


@pytest.mark.slow
def test_minutes(planned: Train, train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many steps fit into the time is stored: a resumed training has as many, unless the speed changes."""
    monkeypatch.setattr(trainer.length, "remeasured", lambda training, _: training.plan.steps)
    plan = planned(minutes=0.01)
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(Killed):
        train(plan, watch=killer(20))
    stored = json.loads((tmp_path / "out" / "training.json").read_bytes())
    assert stored["minutes"] == 0.01
    assert stored["steps"] > 20
    monkeypatch.setattr(trainer.length, "steps", lambda *_: pytest.fail("measured again"))
    path = train(plan, resume=True)
    assert card.facts(path)["steps"] == stored["steps"]
    assert int(history(path.parent)[-1]["step"]) == stored["steps"]


@pytest.mark.slow
def test_the_speed_changes(planned: Train, train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The length follows, with the schedule of the learning rate; card and metadata say from which step on."""
    lengths = iter([50, 40])
    monkeypatch.setattr(trainer.length, "steps", lambda *_: 60)
    monkeypatch.setattr(trainer.length, "remeasured", lambda training, _: next(lengths, training.plan.steps))
    path = train(planned(minutes=9))
    facts = card.facts(path)
    assert (facts["steps"], facts["schedules"]) == (40, [[0, 60], [20, 50], [40, 40]])
    assert [int(line["step"]) for line in history(tmp_path / "out")] == [20, 40]
    assert "that of 50 steps from step 20 on" in (path.parent / "weights.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_measuring_changes_nothing(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps that are taken to measure the time leave no trace in the weights."""
    by_epochs, by_minutes = planned(), planned(minutes=9)
    weights = load(train(by_epochs, "a").read_bytes())
    steps, measured = trainer.length.steps, []

    def same(training: Any, folder: Any) -> int:  # noqa: ANN401
        measured.append(steps(training, folder))
        return steps(replace(training, plan=by_epochs), folder)  # type: ignore[no-any-return]

    monkeypatch.setattr(trainer.length, "steps", same)
    monkeypatch.setattr(trainer.length, "remeasured", lambda training, _: training.plan.steps)
    other = load(train(by_minutes, "b").read_bytes())
    assert measured[0] > 1000
    assert all(torch.equal(weights[name], other[name]) for name in weights)


@pytest.mark.slow
@pytest.mark.parametrize("values", [{"schedule": "constant"}, BEST, EXPANDED], ids=["constant", "best", "expanded"])
def test_extend(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any]) -> None:
    """A finished training goes on to the new length, killed in between or not; a constant rate makes it a whole one."""
    short, long = planned(epochs=6, **values), planned(epochs=12, **values)
    monkeypatch.setattr(trainer, "_has_bfloat16", lambda: True)  # a CPU that imitates it gets a remark
    for out in ("a", "b"):
        train(short, out)
    told: list[str] = []
    whole = train(long, "a", extend=True, warn=told.append)
    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(Killed):
        train(long, "b", watch=killer(60), extend=True)
    again: list[str] = []
    assert sha256(train(long, "b", extend=True, warn=again.append)) == sha256(whole)
    facts = card.facts(whole)
    (start, half), (end, steps) = facts["schedules"]
    assert (start, half, facts["extended"], facts["steps"]) == (0, end, [end], steps)
    assert steps in {2 * half - 1, 2 * half, 2 * half + 1}
    assert again == []
    (line,) = (each for each in told if each.startswith("extending"))
    assert line.startswith(f"extending from step {half} to {steps}, 12 epochs in all; schedule {long.recipe.schedule} ")
    assert "extended at step" in (whole.parent / "weights.md").read_text(encoding="utf-8")
    if values.get("schedule") == "constant":
        one, other = load(whole.read_bytes()), load(train(long, "c").read_bytes())
        assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow
def test_starts_from_weights(planned: Train, train: Train, tmp_path: Path) -> None:
    """Steps are taken from there; metadata and card name the weights, and their training images count as trained on."""
    first = train(planned(epochs=3, seed=1, validation=0.25), "first")
    told: list[str] = []
    plan = replace(planned(epochs=0.1, rate=1e-9, final_rate=1e-9, seed=2, validation=0.25), start=first.name)
    path = train(plan, start=first, warn=told.append)
    one, other = load(first.read_bytes()), load(path.read_bytes())
    assert all(torch.allclose(one[name], other[name], atol=1e-5) for name in one)
    facts, before = card.facts(path), card.facts(first)
    assert facts["started_from"] == {"name": "weights.safetensors", "sha256": sha256(first), "training_images": 3}
    assert set(before["training_images"]) < set(facts["training_images"])
    assert len(facts["training_images"]) == 4
    assert any(re.match(r"starting from .*first.weights\.safetensors: \d+\.\d+ dB on held-out", line) for line in told)
    assert f"warning: {first.name} was trained on 1 of the 1 held-out images" in told
    assert "**Started from** `weights.safetensors`" in (path.parent / "weights.md").read_text(encoding="utf-8")
    assert sha256(train(plan, "again", start=first)) == sha256(path)
    (tmp_path / "other").mkdir()
    changed = train(planned(epochs=3, seed=5), "second")
    with pytest.raises(RunFolderError, match="starting weights changed since it began"):
        train(plan, start=changed, resume=True)


@pytest.mark.slow
def test_starts_from_another_factor(planned: Train, train: Train) -> None:
    """The layers that depend on it start at random, centred like the others, and no PSNR is said of the start."""
    first = train(planned(epochs=3, seed=1, validation=0.25), "first")
    told: list[str] = []
    plan = replace(planned(epochs=3, validation=0.25), start=first.name, factor=3)
    facts = card.facts(train(plan, start=first, warn=told.append))
    assert f"starting from {first}, of another factor: the layers that depend on it start at random" in told
    assert not any("start" in line for line in facts["scores"])
    assert facts["started_from"]["sha256"] == sha256(first)


@pytest.mark.slow
def test_unknown_training_images(planned: Train, train: Train, tmp_path: Path) -> None:
    """Weights that do not say what they were trained on are warned of, and what they trained says so, too."""
    first = train(planned(epochs=0.1), "first")
    bare = tmp_path / "bare.safetensors"
    bare.write_bytes(save(load(first.read_bytes())))
    told: list[str] = []
    path = train(replace(planned(epochs=0.1), start=bare.name), start=bare, warn=told.append)
    assert told[0].startswith(f"warning: {bare.name} does not say which images it was trained on; if test images")
    assert card.facts(path)["started_from"]["training_images"] is None


@pytest.mark.slow
def test_progress_of_preparations(planned: Train, train: Train) -> None:
    """Reading, degrading, weighting and scoring each say what they do, and the long ones how far they are."""
    told: list[tuple[str, int, int]] = []
    train(planned(epochs=0.1, weighting="psnr"), tick=lambda *what: told.append(what))
    said = list(dict.fromkeys(what for what, *_ in told if what))
    assert [each for each in said if each != "comparing with test sets"] == [
        *("building the network", "reading images", "making patches", "weighting patches"),
        *("preparing held-out images", "training", "scoring sample"),
    ]
    for what in ("reading images", "making patches", "weighting patches"):
        assert [each for each in told if each[0] == what] == [(what, number, 4) for number in range(4)]


def test_a_network_of_the_wrong_size(planned: Train, train: Train, tmp_path: Path) -> None:
    """It is refused by name before images are read, not after the training."""
    file = tmp_path / "tiny.py"
    file.write_text(PLUGIN, encoding="utf-8")
    plan = replace(planned(data="./nowhere/"), method="tiny:up=3")
    line = r"the network of tiny:up=3: returned shape \(1, 1, 30, 30\) of \(1, 1, 10, 10\), expected \(1, 1, 20, 20\)"
    with pytest.raises(MethodError, match=line):
        train(plan, plugins=(file,))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise KeyError('side')", "KeyError: 'side'"),
        ("return None", "expected a torch module with weights, got NoneType"),
        ("from torch import nn; return nn.Upsample(scale_factor=factor)", "expected a torch module with weights"),
    ],
)
def test_a_network_that_is_none(planned: Train, train: Train, tmp_path: Path, body: str, message: str) -> None:
    """Whatever goes wrong while a plug-in's network is built is one line, before images are read."""
    (tmp_path / "odd.py").write_text(
        f"from srbench.pytorch import luma_method\ndef network(factor):\n    {body}\n"
        "load, files = luma_method(network)\n"
    )
    with pytest.raises(MethodError, match=f"the network of odd: .*{re.escape(message)}"):
        train(planned(method="odd"), plugins=(tmp_path / "odd.py",))


@pytest.mark.slow
def test_images_too_small_to_score(planned: Train, train: Train, photos: Path) -> None:
    """Held-out images that the protocol cannot score are left out of the validation, and nothing else is."""
    large = train(planned(validation=0.5, epochs=1), "large")
    assert np.isfinite(float(history(large.parent)[-1]["psnr"]))
    for name in "efghij":
        write_image(photos / f"{name}.bmp", np.zeros((12, 12, 3), np.uint8))
    held_out = trainer.data.read(planned(validation=0.5).recipe).validation
    assert min(image.shape[0] for image in held_out) == 12
    mixed = train(planned(validation=0.5, epochs=1), "mixed")
    assert card.facts(mixed)["scores"][0]["dataset"] == "held out"


@pytest.mark.slow
def test_a_training_that_diverges(planned: Train, train: Train, tmp_path: Path) -> None:
    """A loss that is no number ends the training with advice, and leaves no weights."""
    plan = replace(planned(optimizer="sgd", rate=1e9), method="espcn:activation=relu")
    with pytest.raises(
        UsageError, match=r"the loss is (nan|inf) at step 20 of \d+; use a lower rate and another --out"
    ):
        train(plan)
    assert not (tmp_path / "out" / "weights.safetensors").exists()


def test_threads(planned: Train, train: Train) -> None:
    """A training has the threads of its plan, and gives them back."""
    used, before = [], torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train(planned(epochs=1), watch=lambda *_: used.append(torch.get_num_threads()))
        assert (used, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_resources() -> None:
    """Devices are checked, 0 threads are not taken for none given."""
    assert trainer.resources("cpu", None) == {
        "device": "cpu",
        "threads": torch.get_num_threads(),
        "processes": 1,
    }
    assert trainer.resources("cpu", 0)["threads"] == 0
    assert trainer.resources("auto", 1)["device"] == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(UsageError, match=r"unknown device 'tpu'; did you mean 'cpu'\?"):
        trainer.resources("tpu", 1)
    if not torch.cuda.is_available():
        with pytest.raises(Unsupported, match="no CUDA device; use --device cpu"):
            trainer.resources("cuda", 1)


def test_a_batch_that_cannot_be_shared(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes take equal parts of a batch, so that it must divide."""
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert trainer.resources("cpu", 1)["processes"] == 3
    with pytest.raises(UsageError, match="a batch of 4 does not divide among 3 processes; change batch"):
        train(replace(planned(), processes=3))


def command(photos: Path, out: str, *options: object) -> list[str]:
    """Return a command of `srbench train` without the program."""
    given = ["--factor", 2, "--datasets", f"{photos}/", "--device", "cpu", "--threads", 1, "--out", out, *options]
    return ["train", "espcn", *map(str, given)]


ALONE = {"OMP_NUM_THREADS": "1"}
"""In the environment of each process: weights are the same to the bit only where all libraries have as many threads."""


def call(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python, and hold it to exit code 0."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **ALONE, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("recipe", ["adam", "best"])
def test_kill(photos: Path, tmp_path: Path, recipe: str) -> None:
    """A process killed in the middle and resumed leaves the same weights as one that was not, to the bit."""
    (tmp_path / "adam.toml").write_text('data = "t91"', encoding="utf-8")
    name = {"adam": "adam.toml", "best": "best"}[recipe]
    options = ["--recipe", name, "--set", "patch=12", "--set", "batch=8", "--epochs", "150"]
    call("-m", "srbench", *command(photos, "whole", *options), cwd=tmp_path)
    folder = tmp_path / "killed"
    arguments = [sys.executable, "-c", DRIVER, *command(photos, "killed", *options)]
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(arguments, cwd=tmp_path, env={**os.environ, **ALONE}, **quiet) as process:
        while not (folder / "history.csv").exists() or len(history(folder)) < 2:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    steps = json.loads((folder / "training.json").read_bytes())["steps"]
    reached = int(history(folder)[-1]["step"])
    assert 0 < reached < steps
    assert not (folder / "weights.safetensors").exists()
    call("-m", "srbench", *command(photos, "killed", *options, "--resume"), cwd=tmp_path)
    assert sha256(folder / "weights.safetensors") == sha256(tmp_path / "whole" / "weights.safetensors")
    lines = [[(line["step"], line["loss"]) for line in history(tmp_path / name)] for name in ("whole", "killed")]
    assert lines[0] == lines[1]


LOSSES = """
import sys
import torch
from torch import distributed
from srbench.cli import main
from srbench.plugins import import_module
loop, losses = import_module("srbench.training.loop"), []
steps = loop.steps
def noted(*arguments):
    for loss in steps(*arguments):
        mean = loss.double()
        if distributed.is_initialized():
            distributed.all_reduce(mean)
            mean /= distributed.get_world_size()
        losses.append(mean.item())
        yield loss
loop.steps = noted
try:
    main(sys.argv[2:])
finally:
    if not distributed.is_initialized() or distributed.get_rank() == 0:
        torch.save(losses, sys.argv[1])
"""
"""`srbench`, but with the loss of every step, over all processes, in a file."""


@pytest.mark.slow
def test_two_processes_repeat(photos: Path, tmp_path: Path) -> None:
    """Two processes give the same weights each time they train together, under `best` as well."""
    options = ["--recipe", "best", "--set", "patch=12", "--set", "batch=8", "--epochs", "20"]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    for name in ("a", "b"):
        call(*torchrun, "-m", "srbench", *command(photos, name, *options), cwd=tmp_path)
    assert sha256(tmp_path / "a" / "weights.safetensors") == sha256(tmp_path / "b" / "weights.safetensors")


@pytest.mark.slow
def test_two_processes(photos: Path, tmp_path: Path) -> None:
    """Two processes take the steps of one with the same batch: losses differ by less than 1e-5; one of them reports."""
    (tmp_path / "adam.toml").write_text('data = "t91"\nvalidation = 0.25', encoding="utf-8")
    (tmp_path / "losses.py").write_text(LOSSES, encoding="utf-8")
    options = ["--recipe", "adam.toml", "--set", "patch=12", "--set", "batch=8", "--epochs", "51", "--json"]
    call("losses.py", "one.pt", *command(photos, "one", *options), cwd=tmp_path)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "losses.py", "two.pt"]
    result = call(*torchrun, *command(photos, "two", *options), cwd=tmp_path)
    one, two = (np.array(torch.load(tmp_path / f"{name}.pt", weights_only=True)) for name in ("one", "two"))
    assert len(one) == len(two) >= 100
    assert (np.abs(two - one) / one).max() < 1e-5
    assert (two != one).any()
    assert json.loads(result.stdout)["weights"] == "two/weights.safetensors"
    assert result.stderr.count("step 20 of") == 1
    facts = [card.facts(tmp_path / name / "weights.safetensors") for name in ("one", "two")]
    assert facts[0]["training_images"] == facts[1]["training_images"]

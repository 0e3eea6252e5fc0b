"""What is asked of a training, by a command or from Python, and what comes back."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench
from srbench.errors import UsageError
from srbench.plugins import import_module
from srbench.quality.files import write_image

if TYPE_CHECKING:
    from collections.abc import Callable

curve, request = (import_module(f"srbench.training.{name}") for name in ("curve", "request"))
ASKED: dict[str, Any] = {"factor": 2, "recipe": "paper", "device": "cpu", "threads": 1}
SMALL = {"patch": 10, "batch": 4, "optimizer": "adam"}


@pytest.fixture
def asked(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return `srbench.train` of a small network, without curves."""
    monkeypatch.setattr(curve, "draw", lambda *_, **__: {})
    monkeypatch.chdir(tmp_path)

    def train(**given: Any) -> Any:  # noqa: ANN401 - options
        return srbench.train("espcn", datasets=f"{photos.name}/", changes=SMALL, **ASKED, **given)

    return train


@pytest.mark.slow
def test_from_python(asked: Callable[..., Any], photos: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It returns weights, scores and history, tells each moment, logs what was left out, and trains on."""
    write_image(photos / "flat.png", np.full((50, 60), 9, np.uint8))
    moments: list[Any] = []
    with caplog.at_level(logging.WARNING, "srbench"):
        trained = asked(epochs=2, watch=moments.append)
    assert trained.weights == Path("training/espcn-x2/weights.safetensors")
    assert (trained.folder, trained.steps) == (Path("training/espcn-x2"), moments[-1].step)
    assert [line["dataset"] for line in trained.scores] == ["sample"]
    assert trained.history["loss"].tolist() == [each.loss for each in moments]
    named = "bicubic-matlab,espcn-x2=espcn:weights=training/espcn-x2/weights"
    assert trained.command.startswith(f"srbench run --methods {named}")
    assert any("1 of 5 training images left out (photos/flat.png), constant" in line for line in caplog.messages)
    assert trained.too_short.endswith("or more")
    longer = asked(epochs=3, extend=True)
    assert longer.steps > trained.steps


def test_both_lengths(asked: Callable[..., Any]) -> None:
    """Epochs and minutes exclude each other."""
    with pytest.raises(UsageError, match="--epochs and --minutes exclude each other; give one"):
        asked(epochs=2, minutes=1)


@pytest.mark.parametrize(
    ("start", "file", "folder"),
    [
        (None, "", "espcn-x3"),
        ("shipped", "espcn-tanh-x3.safetensors", "espcn-x3-from-espcn-tanh-x3"),
        ("mine", "weights.safetensors", "espcn-x3-from-mine"),
        ("a b.pth", "a b.pth", "espcn-x3-from-a_b"),
    ],
)
def test_where_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str | None, file: str, folder: str
) -> None:
    """A start is a file, the folder of a training, or the weights that come with the method; the folder names it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    given = request.Request("espcn", recipe="paper", device="cpu", threads=1, start=Path(start) if start else None)
    prepared = request.prepare(given)
    assert prepared.plan.start == file
    assert prepared.folder == Path("training") / folder


def test_the_engine_of_a_teacher_is_part_of_it() -> None:
    """It is found before the plan is made, as engines differ in last digits: another one is another training."""
    prepared = request.prepare(request.Request("espcn", recipe="paper", device="cpu", threads=1, teacher="plain"))
    assert prepared.plan.teacher.startswith("plain:engine=")
    assert prepared.teacher.spec == prepared.plan.teacher

"""Learning from another method: its SR takes the place of HR, and what it was trained on counts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.torch import load, save

from srbench.datasets import benchmark_sets
from srbench.errors import RunFolderError, UsageError
from srbench.methods import choose, registry
from srbench.plugins import import_module
from srbench.quality import protocols
from srbench.quality.image import luma, round_half_up
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Train = Callable[..., Any]

card, data, patches, recipes, teacher = (
    import_module(f"srbench.training.{name}") for name in ("card", "data", "patches", "recipe", "teacher")
)
IMAGE = np.random.default_rng(3).integers(0, 256, (24, 30, 3), np.uint8)


def chosen(spec: str) -> Any:  # noqa: ANN401 - a choice
    """Return a method with options."""
    return choose(spec, registry())


@pytest.mark.parametrize("soft", [0.0, 0.25, 1.0])
def test_targets(soft: float) -> None:
    """HR is mixed with the teacher's SR, as far as `soft` says, and rounded once."""
    recipe = recipes.build({"data": "d", "patch": 6, "soft": soft})
    found = data.Data({}, [IMAGE], [], [], [0], ["a"], [], [])
    protocol = protocols.get("srcnn")
    made = patches.Patches(found, protocol, 2, recipe, teacher=teacher.load(chosen("bicubic-matlab"), 2, "cpu"))
    sr = np.clip(luma(imresize(protocol.degrade(IMAGE, 2), 2)), 0, 255)
    expected = round_half_up((1 - soft) * luma(IMAGE) + soft * sr)
    assert np.array_equal(made.hr.numpy().reshape(expected.shape), expected)


@pytest.mark.slow
def test_the_origin_is_told(planned: Train, train: Train) -> None:
    """Metadata and card name the teacher without its folder; its training images count as trained on."""
    first = train(planned(epochs=1, seed=1, validation=0.25), "first")
    spec = chosen(f"espcn:weights={first}")
    told: list[str] = []
    plan = replace(planned(epochs=0.5, seed=2, validation=0.25), teacher=teacher.shown(spec))
    path = train(plan, teacher=spec, warn=told.append)
    facts, before = card.facts(path), card.facts(first)
    assert facts["teacher"] == {
        "name": "espcn:weights=weights.safetensors",
        "sha256": spec.fingerprint(2),
        "training_images": 3,
    }
    assert set(before["training_images"]) < set(facts["training_images"])
    assert len(facts["training_images"]) == 4
    assert "warning: espcn:weights=weights.safetensors was trained on 1 of the 1 held-out images" in told
    text = (path.parent / "weights.md").read_text(encoding="utf-8")
    assert re.search(r"\*\*Learned from\*\* `espcn:weights=weights.safetensors`, .* trained on 3 images, which", text)
    assert "soft 1.0" in text
    assert "soft" not in before["recipe"]


@pytest.mark.slow
def test_another_teacher_is_another_training(planned: Train, train: Train) -> None:
    """A training is not continued with a teacher that has changed, though its name has not."""
    one, other = (train(planned(epochs=0.5, seed=seed), str(seed)) for seed in (1, 2))
    spec, changed = (chosen(f"espcn:weights={path}") for path in (one, other))
    plan = replace(planned(epochs=0.5), teacher=teacher.shown(spec))
    assert load(train(plan, teacher=spec).read_bytes())
    with pytest.raises(RunFolderError, match="teacher changed since it began"):
        train(plan, teacher=changed, resume=True)


@pytest.mark.slow
def test_images_that_are_not_known(planned: Train, train: Train, tmp_path: Path) -> None:
    """Of a teacher that does not say what it was trained on there is a warning, and the weights say so, too."""
    bare = tmp_path / "bare.safetensors"
    bare.write_bytes(save(load(train(planned(epochs=0.5), "first").read_bytes())))
    spec = chosen(f"espcn:weights={bare}")
    told: list[str] = []
    path = train(replace(planned(epochs=0.5), teacher=teacher.shown(spec)), teacher=spec, warn=told.append)
    assert told[0].startswith("warning: espcn:weights=bare.safetensors does not say which images it was trained on")
    assert card.facts(path)["teacher"]["training_images"] is None


@pytest.mark.slow
def test_test_images(planned: Train, train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody learns from weights that were trained on a test image."""
    first = train(planned(epochs=0.5), "first")
    pixels = card.facts(first)["training_images"][0]
    monkeypatch.setattr(benchmark_sets, "by_pixels", lambda: {pixels: benchmark_sets.Original("set5", "woman", "ab")})
    with pytest.raises(UsageError, match=r"cannot learn from espcn:.*: it was trained on woman of set5, a test set"):
        teacher.load(chosen(f"espcn:weights={first}"), 2, "cpu")

"""What needs a CUDA device; skipped, with the reason, where there is none."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

import srbench
from srbench import datasets, methods, testing
from srbench.plugins import import_module
from srbench.quality.files import read_image, write_image
from srbench.speed import environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not environment.cuda_devices(), reason="no CUDA device"),
]


OF_USERS = {"onnx", "torch"}
"""Methods that need a file."""


def _on_cuda() -> list[str]:
    known = methods.built_in().items()
    return [name for name, method in known if name not in OF_USERS and "cuda" in method.devices()]


def _cases() -> list[tuple[str, int]]:
    """Return every method at every factor, and at x3 with each of its options."""
    known = {name: method for name, method in methods.built_in().items() if name not in OF_USERS}
    options = [(spec, 3) for name in known for spec in testing.spellings(name, known)[1:]]
    return [*product(known, testing.FACTORS), *options]


@pytest.mark.parametrize(("spec", "factor"), _cases())
def test_contract(spec: str, factor: int) -> None:
    """Every method keeps the contract on CUDA, or says that it does not run there."""
    testing.keeps_contract(methods.choose(spec, methods.built_in()), factor, "cuda")


def test_agreement() -> None:
    """Methods that run on CUDA agree with the CPU to a fraction of a level."""
    image = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    for name in _on_cuda():
        choice = methods.choose(name, methods.built_in())
        np.testing.assert_allclose(choice.load(3, "cuda")(image), choice.load(3, "cpu")(image), atol=2e-3)


def test_run(tmp_path: Path) -> None:
    """Under `auto`, what can run on CUDA is scored there, and timed on both devices."""
    tables = srbench.run(["bicubic", *_on_cuda()], out=tmp_path)
    summary = tables.summary.set_index("method")
    assert summary.loc["bicubic", "device"] == "cpu"
    for name in _on_cuda():
        assert summary.loc[name, "device"] == "cuda"
        assert summary.loc[name, ["cpu_ms_per_mpx", "cuda_ms_per_mpx"]].notna().all()


def test_training(tmp_path: Path) -> None:
    """A network trained on CUDA beats its beginnings, and its weights give the same luma on both devices."""
    recipes, plans, trainer = (import_module(f"srbench.training.{name}") for name in ("recipe", "plan", "trainer"))
    (tmp_path / "photos").mkdir()
    for entry in datasets.get("sample").images[:2]:
        write_image(tmp_path / "photos" / f"{entry.name}.png", read_image(entry.path)[:96, :96])
    recipe = recipes.build(
        {"data": f"{tmp_path}/photos/", "patch": 12, "batch": 8, "epochs": 60, "precision": "bfloat16"}
    )
    plan = plans.Plan(method="espcn", factor=2, recipe=recipe, **trainer.resources("cuda", 1))
    choice = methods.choose("espcn", methods.built_in())
    losses: list[float] = []
    weights = trainer.train(choice, plan, tmp_path / "out", watch=lambda _, moment: losses.append(moment.loss))
    assert losses[-1] < losses[0] / 2
    trained = methods.choose(f'espcn:weights="{weights}"', methods.built_in())
    image = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    np.testing.assert_allclose(trained.load(2, "cuda")(image), trained.load(2, "cpu")(image), atol=2e-3)

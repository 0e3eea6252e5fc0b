"""What the tests of trainings share: plans that take a second, and a function that carries them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from srbench.methods import choose, registry
from srbench.plugins import import_module
from srbench.quality.files import read_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

plans, recipes, trainer, curve, outcome = (
    import_module(f"srbench.training.{name}") for name in ("plan", "recipe", "trainer", "curve", "outcome")
)
SMALL = {"patch": 10, "batch": 4, "epochs": 7}
"""On `photos` at x2 these are 52 steps."""


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """Networks this small are slower with more."""


@pytest.fixture
def planned(photos: Path) -> Callable[..., Any]:
    """Return a function that makes the plan of a small training on `photos`, with other values in its recipe."""

    def plan(minutes: float | None = None, method: str = "espcn", **values: Any) -> Any:  # noqa: ANN401 - a recipe
        recipe = recipes.build({"data": f"{photos}/", **SMALL, **values})
        return plans.Plan(method=method, factor=2, recipe=recipe, minutes=minutes)

    return plan


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that carries out a plan in a folder below `tmp_path`, faster than a real one.

    Nothing is drawn, and only a corner of the photographs that come with srbench is scored.
    """
    monkeypatch.setattr(curve, "draw", lambda *_, **__: {})
    monkeypatch.setattr(outcome, "read_image", lambda path: read_image(path)[:48, :48])

    def call(plan: Any, out: str = "out", plugins: tuple[Path, ...] = (), **given: Any) -> Any:  # noqa: ANN401
        return trainer.train(choose(plan.method, registry(plugins)), plan, tmp_path / out, **given)

    return call

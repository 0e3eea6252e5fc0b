"""How many steps a training takes: by epochs, by minutes, beyond its end, and when the speed changes."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from srbench.errors import UsageError
from srbench.plugins import import_module

if TYPE_CHECKING:
    from collections.abc import Callable

    Planned = Callable[..., Any]

length, plans = (import_module(f"srbench.training.{name}") for name in ("length", "plan"))


def moments(*pairs: tuple[int, float]) -> list[Any]:
    """Return a history of steps and the seconds they took in all."""
    return [plans.Moment(step, step / 10, 0.1, seconds=seconds) for step, seconds in pairs]


def training(plan: Any, step: int = 0) -> Any:  # noqa: ANN401 - a plan
    """Return what stands for a training: an epoch has ten steps."""
    return SimpleNamespace(plan=plan, state=SimpleNamespace(step=step), patches=SimpleNamespace(per_epoch=lambda: 10.0))


def folder(step: int = 0, history: list[Any] | None = None) -> Any:  # noqa: ANN401 - of a training
    """Return what stands for its folder."""
    history = history or []
    return SimpleNamespace(path="out", step=step, history=history, seconds=history[-1].seconds if history else 0.0)


@pytest.fixture(autouse=True)
def _speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step take a tenth of a second."""
    monkeypatch.setattr(length, "_seconds_per_step", lambda _: 0.1)


def test_epochs_and_minutes(planned: Planned) -> None:
    """Epochs are counted in batches, minutes by the measured speed; there is a step at least."""
    assert length.steps(training(planned(epochs=7)), folder()) == 70
    assert length.steps(training(planned(minutes=2)), folder()) == 1200
    assert length.steps(training(planned(minutes=0.001)), folder()) == 1


def test_extended(planned: Planned) -> None:
    """What is asked for is the whole: the minutes that a training has had are part of it."""
    held = folder(400, moments((400, 60.0)))
    assert length.steps(training(replace(planned(epochs=90), extended=(400,))), held) == 900
    assert length.steps(training(replace(planned(minutes=3), extended=(400,))), held) == 400 + 1200


@pytest.mark.parametrize("values", [{"epochs": 40}, {"epochs": 3}, {"minutes": 1}, {"minutes": 0.5}])
def test_an_extension_that_adds_nothing(planned: Planned, values: dict[str, float]) -> None:
    """It is refused, with what the training has had."""
    message = "out was trained for 1 minutes, 40 epochs; --extend to .* in all adds nothing: give more"
    with pytest.raises(UsageError, match=message):
        length.steps(training(replace(planned(**values), extended=(400,))), folder(400, moments((400, 60.0))))


def test_remeasured(planned: Planned) -> None:
    """The rest of the minutes is filled at the speed of the last ten moments."""
    plan = replace(planned(minutes=1), steps=600)
    slow = moments(*((20 * number, 4.0 * number) for number in range(1, 6)))  # 5 steps a second
    assert length.remeasured(training(plan, 100), folder(history=slow)) == 100 + 40 * 5
    faster = slow + moments(*((100 + 20 * number, 20.0 + number) for number in range(1, 11)))  # 20 steps a second
    assert length.remeasured(training(plan, 300), folder(history=faster)) == 300 + 30 * 20
    over = moments((100, 61.0))
    assert length.remeasured(training(plan, 100), folder(history=over)) == 100


@pytest.mark.parametrize(
    ("values", "step", "seconds"), [({"minutes": 1}, 100, 10.1), ({"epochs": 60}, 100, 40.0), ({"minutes": 1}, 600, 30)]
)
def test_a_length_that_stays(planned: Planned, values: dict[str, float], step: int, seconds: float) -> None:
    """It does where it is off by less than 2 %, where epochs were asked for, and at the end."""
    plan = replace(planned(**values), steps=600)
    assert length.remeasured(training(plan, step), folder(history=moments((step, seconds)))) == 600

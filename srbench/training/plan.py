"""What a training is to do: plain values that go into its folder, its checkpoints and the metadata of its weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from srbench.errors import RunFolderError, SrbenchError, UsageError
from srbench.specs import differences
from srbench.training import recipe as recipes

MOMENTS = 100
"""How often a training is validated and its history gets a line, roughly."""

_FOUND = ("recipe", "steps", "earlier", "extended", "computed", "made_of")
"""What of a plan nobody asks for, and the recipe, which is compared key by key."""

STEPS = (20, 250)
"""How few and how many steps there may be between two moments."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that decides the weights of a training."""

    method: str
    """Canonical method spec."""
    factor: int
    recipe: recipes.Recipe
    minutes: float | None = None
    """Time to train instead of the recipe's epochs."""
    start: str = ""
    """Name of the file of the weights to start from; empty: random weights."""
    teacher: str = ""
    """What is learned from, as `teacher.shown` names it; empty: HR alone."""
    device: str = "cpu"
    threads: int = 1
    """Threads of a process; weights are the same to the bit only where this is."""
    processes: int = 1
    """How many train together."""
    steps: int = 0
    """How many steps that makes; 0 until it is known. The schedule of the learning rate is that of so many."""
    earlier: tuple[tuple[int, int], ...] = ()
    """What `steps` was before, as (step, steps): up to this step, the schedule was that of so many."""
    extended: tuple[int, ...] = ()
    """Steps after which the training had been finished, and was extended."""
    computed: tuple[tuple[int, str, int], ...] = ()
    """Where it was computed before, as (step, device, threads): up to this step on this device, by so many threads."""
    made_of: dict[str, str] = field(default_factory=dict)
    """What else decides: sha256 of the training images' pixels, of the code and of the start; torch's version."""

    def __post_init__(self) -> None:
        """Refuse what takes no time or no thread.

        Raises:
            UsageError: a value that does not fit.

        """
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise UsageError(f"minutes is {self.minutes}, expected more than 0")
        if self.threads < 1:
            raise UsageError(f"threads is {self.threads}, expected at least 1")

    @property
    def every(self) -> int:
        """Return the number of steps between two moments."""
        return min(max(STEPS[0], self.steps // MOMENTS), STEPS[1])

    @property
    def length(self) -> str:
        """Return how long the training is, in words."""
        return f"{self.recipe.epochs:g} epochs" if self.minutes is None else f"{self.minutes:g} minutes"

    @property
    def schedules(self) -> list[tuple[int, int]]:
        """Return (step, steps) for each schedule: from this step on, the learning rate is that of so many."""
        starts = [0, *(step for step, _ in self.earlier)]
        return list(zip(starts, [*(steps for _, steps in self.earlier), self.steps], strict=True))

    def changed(self, step: int, steps: int) -> Plan:
        """Return the plan of a training that takes `steps` in all, as is known after `step`."""
        return replace(self, steps=steps, earlier=(*self.earlier, (step, self.steps)))

    def continued_at(self, step: int) -> Plan:
        """Return the plan of a training that goes on from a checkpoint: what was trained after it is trained again."""
        kept = [each for each in self.earlier if each[0] < step]
        lost = [steps for at, steps in self.earlier if at >= step]
        return replace(self, earlier=(*kept, *([(step, lost[0])] if lost and step else [])))

    def as_long_as(self, other: Plan) -> Plan:
        """Return this plan with the epochs or minutes of another."""
        return replace(self, minutes=other.minutes, recipe=replace(self.recipe, epochs=other.recipe.epochs))

    def computed_as(self, other: Plan) -> Plan:
        """Return this plan with the device and the threads of another."""
        return replace(self, device=other.device, threads=other.threads)

    def differences(self, other: Plan) -> list[str]:
        """Return one `key: theirs, not mine` per value that was asked for otherwise."""
        asked = {each.name: each.name for each in fields(self) if each.name not in _FOUND}
        asked["start"] = "from"  # the option's name
        mine, theirs = ({name: getattr(plan, key) for key, name in asked.items()} for plan in (self, other))
        return differences(mine, theirs) + self.recipe.differences(other.recipe)

    @classmethod
    def from_json(cls, values: Any) -> Plan:  # noqa: ANN401 - JSON
        """Return the plan whose values were stored as JSON.

        Raises:
            RunFolderError: the values are no plan of this version.

        """
        try:
            known = {"earlier": (), "extended": (), "computed": (), **values}  # earlier versions had none
            told = {name: _tuples(known[name]) for name in ("earlier", "extended", "computed")}
            return cls(**{**known, **told, "recipe": recipes.build(known["recipe"])})
        except (TypeError, KeyError, SrbenchError) as error:
            raise RunFolderError(f"not the plan of a training: {error}; choose another --out") from error


def _tuples(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return lists as the tuples that they were."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


class Moment(NamedTuple):
    """How a training is going: a line of its history, and what a progress bar shows."""

    step: int
    epoch: float
    loss: float
    """Mean of the loss since the moment before."""
    psnr: float = math.nan
    """Mean PSNR of up to 16 held-out images in dB under the recipe's protocol; NaN where there are none."""
    rate: float = math.nan
    """Learning rate."""
    patches_per_second: float = math.nan
    seconds: float = 0.0
    """Time spent so far on steps and validation, by this process and those before it."""
    bicubic: float = math.nan
    """PSNR of bicubic (MATLAB) on the images of `psnr`, in dB."""

"""What is to be timed: which methods, on LR of which images, on which device, how thoroughly."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from srbench.errors import SrbenchError
from srbench.store.rows import DEVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from srbench.execution.method_info import MethodInfo
    from srbench.execution.scoring import Wanted
    from srbench.execution.worker_group import WorkerGroup
    from srbench.plan import Plan
    from srbench.quality.image import Image
    from srbench.quality.protocol import Protocol
    from srbench.speed.timing import Budget

SIZES = 3
"""How many sizes of LR are timed: the smallest, the middle and the largest of the run."""


class Shaped(typing.Protocol):
    """What has the shape of an image."""

    @property
    def height(self) -> int:
        """Return its rows."""

    @property
    def width(self) -> int:
        """Return its columns."""

    @property
    def channels(self) -> int:
        """Return 1 or 3."""

    @property
    def dtype(self) -> str:
        """Return the name of its dtype."""


S = TypeVar("S", bound=Shaped)


def devices(plan: Plan) -> tuple[str, ...]:
    """Return the devices to time on: under `auto` both, so that an absent one is said to be absent."""
    return DEVICES if plan.device == "auto" else (plan.device,)


def chosen(shaped: Iterable[S]) -> Iterator[S]:
    """Yield what is to be timed: up to `SIZES` sizes for each kind (channels, dtype), from small to large."""
    kinds: dict[tuple[int, str], dict[tuple[int, int], S]] = {}
    for each in shaped:
        kinds.setdefault((each.channels, each.dtype), {}).setdefault((each.height * each.width, each.height), each)
    for sizes in kinds.values():
        ordered = [sizes[size] for size in sorted(sizes)]
        for index in sorted({round(step * (len(ordered) - 1) / (SIZES - 1)) for step in range(SIZES)}):
            yield ordered[index]


class Input(NamedTuple):
    """What is timed: LR of an image."""

    image: Wanted
    protocol: Protocol
    """That makes LR."""
    size: tuple[int, int] | None = None
    """Height and width that LR is repeated or cut to."""
    frame: bool = False
    """Whether it was not asked for, but is LR of a video's frame (`speed.frames`)."""

    def degraded(self, workers: WorkerGroup, root: Path, factor: int) -> Image:
        """Return it, with its dataset at `root`; raises as `WorkerGroup.degrade`."""
        given = self.image.given(root, self.protocol, factor)
        return workers.degrade(root / self.image.file.path, self.protocol, factor, self.size, given)


class Stage(NamedTuple):
    """What the same processes time."""

    inputs: list[int]
    """Their numbers."""
    budget: Budget

    @property
    def parts(self) -> int:
        """Return how often inputs are timed."""
        return len(self.inputs) * self.budget.processes


@dataclass(frozen=True)
class TimingJob:
    """What is to be timed on which device, and how thoroughly; it may travel."""

    infos: Sequence[MethodInfo]
    factor: int
    device: str
    inputs: Sequence[Input]
    budget: Budget
    process: int = 0
    """The number of the first process."""
    threads: int = 0
    """Those of each worker, where that was asked for."""

    @property
    def stages(self) -> list[Stage]:
        """Return what is timed together, in this order: what was asked for, then frames."""
        frames = [number for number, each in enumerate(self.inputs) if each.frame]
        others = [number for number, each in enumerate(self.inputs) if not each.frame]
        stages = [Stage(others, self.budget), Stage(frames, self.budget.of_frames)]
        return [stage for stage in stages if stage.inputs]

    @property
    def processes(self) -> int:
        """Return how many processes each method has."""
        return sum(stage.budget.processes for stage in self.stages)

    @property
    def parts(self) -> int:
        """Return how often inputs are timed."""
        return sum(stage.parts for stage in self.stages)

    def made(self, degrade: Callable[[Input], Image]) -> list[Image | SrbenchError]:
        """Return LR of each input as `degrade` makes it, or why there is none: rows will say so."""
        found: list[Image | SrbenchError] = []
        for each in self.inputs:
            try:
                found.append(degrade(each))
            except SrbenchError as error:
                found.append(type(error)(f"its LR cannot be made: {error}"))
        return found

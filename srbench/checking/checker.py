"""Checking methods, each in processes of its own: what crashes or hangs there is a finding, and ends nothing else."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from srbench import methods, plan
from srbench.checking import battery, repeats
from srbench.checking.battery import CHECKS, PROCESSES, Task
from srbench.checking.remarks import Remark, Report, joined, not_checked, placed
from srbench.checking.subject import IMAGE
from srbench.errors import Crashed, MethodError, SrbenchError, TimedOut, Unsupported, UsageError
from srbench.execution import loading, probing
from srbench.execution.patience import patient
from srbench.isolation import worker
from srbench.isolation.limits import Limits
from srbench.networks.threads import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from srbench.isolation.worker import Worker

TIMEOUT = 120.0
"""Seconds that one check may take by default."""

_ENOUGH = 3
"""Crashes after which no further check is made at a factor; after one that took too long, none is."""


def check(  # noqa: PLR0913 - the options of `srbench check`
    specs: Iterable[str],
    plugins: Iterable[str | Path] = (),
    *,
    factors: Sequence[int] = (),
    device: str = "cpu",
    timeout: float = TIMEOUT,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> list[Report]:
    """Return what was seen of each method.

    Args:
        specs: method specs or model files, or comma lists of them.
        plugins: plug-in files.
        factors: at which to check; by default those of 2, 3 and 4 that a method has, or others where it has none.
        device: `cpu` or `cuda`.
        timeout: seconds that each check may take; 0 for no limit.
        tick: called with what is being done, how much is done, and of how much.

    Raises:
        UsageError: a method, an option, a file or a device that there is not.
        Unsupported: the only method has none of the factors, or cannot use the device; of several, each that does not
            is told in its report, as not checked.

    """
    if device not in ("cpu", "cuda"):
        raise UsageError(f"--device is {device!r}, expected cpu or cuda")
    specs, files = [probing.spec_of(spec) for spec in plan.items(specs)], plan.absolute(map(Path, plugins))
    methods.check_names(specs, map(Path, files))
    limits = Limits(timeout=timeout, retries=0, threads=threads())
    with tempfile.TemporaryDirectory(prefix="srbench-check-") as folder:
        return [
            _reported(_Checker(Path(folder) / str(number), limits, tick), spec, files, factors, device, len(specs) > 1)
            for number, spec in enumerate(specs)
        ]


def _reported(  # noqa: PLR0913 - the options of a check
    checker: _Checker, spec: str, plugins: tuple[str, ...], factors: Sequence[int], device: str, has_others: bool
) -> Report:
    """Return the report of a method; one that cannot be checked here does not take those of others with it."""
    try:
        return checker.report(spec, plugins, factors, device)
    except Unsupported as error:
        if not has_others:
            raise
        return Report(spec, device, (), (), (replace(not_checked(str(error)), check="load"),))


class _Checker:
    """Checks one method, in as many processes as it ends."""

    def __init__(self, folder: Path, limits: Limits, tick: Callable[[str, int, int], None]) -> None:
        self._folder, self._limits, self._tick = folder, limits, tick
        self._other = self._worker()
        self._made: set[str] = set()
        folder.mkdir()

    def report(self, spec: str, plugins: tuple[str, ...], factors: Sequence[int], device: str) -> Report:
        """Return all that is seen of it."""
        groups = [tuple(factors)] if factors else [probing.USUAL, probing.OTHERS]
        with self._worker() as process, self._other:
            try:
                found = process.call(battery.load, spec, plugins, groups, device)
            except (Crashed, TimedOut, MethodError) as error:
                return Report(spec, device, (), (), (replace(_ended(error), check="load"),))
            tasks = [Task(spec, plugins, factor, device, str(self._folder)) for factor in found.factors]
            remarks = [each for task in tasks for each in self._all(process, task)]
        checked = tuple(name for name in (*CHECKS, PROCESSES) if name in self._made)
        return Report(found.spec, device, found.factors, checked, joined([*found.remarks, *remarks]))

    def _worker(self) -> Worker:
        return worker.new(self._limits, loading.__name__, patient())

    def _all(self, process: Worker, task: Task) -> list[Remark]:
        """Make all checks at a factor; those after one that took too long, or after some crashes, are left out."""
        remarks: list[Remark] = []
        ends: list[SrbenchError] = []
        for number, name in enumerate(CHECKS):
            self._begin(task, name, number, len(CHECKS))
            try:
                remarks += process.call(battery.run, name, task)
            except SrbenchError as error:
                remarks.append(placed(_ended(error, self._image()), name, task.factor))
                ends.append(error)
            if len(ends) == _ENOUGH or (ends and isinstance(ends[-1], TimedOut)):
                left = ", ".join([*CHECKS, PROCESSES][number + 1 :])
                return [*remarks, placed(not_checked(f"left out after that: {left}"), name, task.factor)]
        return [*remarks, *self._processes(process, task)]

    def _begin(self, task: Task, name: str, number: int, count: int) -> None:
        self._tick(f"{task.spec} x{task.factor}: {name}", number, count)
        self._made.add(name)
        (self._folder / IMAGE).unlink(missing_ok=True)

    def _image(self) -> str:
        """Return what is called the image that was upscaled last in this check."""
        current = self._folder / IMAGE
        return current.read_text("utf-8") if current.is_file() else ""

    def _processes(self, process: Worker, task: Task) -> list[Remark]:
        """Compare with a second process, which upscales the same images in opposite order."""
        self._begin(task, PROCESSES, len(CHECKS), len(CHECKS) + 1)
        try:
            kind = process.call(battery.kind, task)
            first = [each.copy() for each in process.call(battery.made, task, kind, False)]
            second = self._other.call(battery.made, task, kind, True)
        except SrbenchError as error:
            return [placed(_ended(error, self._image()), PROCESSES, task.factor)]
        remarks = repeats.same(first, second, f"three photographs, {kind}")
        return [placed(each, PROCESSES, task.factor) for each in remarks]


_ADVICE = {
    TimedOut: "give --timeout more, if it is only slow; else look for locks and loops",
    Crashed: "run the same image under `python -X faulthandler`: native code ended the process",
}


def _ended(error: SrbenchError, image: str = "") -> Remark:
    """Return the finding that a check ended its process, or that its answer was an error."""
    return Remark(str(error), _ADVICE.get(type(error), ""), image)

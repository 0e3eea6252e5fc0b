"""Upscaling one image of a run again, for a picture that the run did not keep: the same pixels, or an error."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from srbench.errors import UsageError
from srbench.execution import given_sr
from srbench.execution.method_info import asked
from srbench.execution.resolved_plan import datasets_of
from srbench.execution.worker_group import WorkerGroup
from srbench.isolation.limits import Limits
from srbench.quality import crops, protocols
from srbench.quality.files import read_image
from srbench.store.pictures import HR, LR, reference
from srbench.store.rows import GIVEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from srbench.datasets import Dataset
    from srbench.execution.method_info import MethodInfo
    from srbench.plan import Plan
    from srbench.quality.image import Image
    from srbench.quality.protocol import Protocol

_KEEP = "run again with --save-images"


def _given(dataset: Dataset | None, protocol: Protocol, row: Any, workers: WorkerGroup) -> Path | None:  # noqa: ANN401 - a line of scores
    """Return the file of given LR, if the protocol takes that.

    Raises:
        UsageError: it is no longer the one that was given.
        ImageError: it cannot be read.

    """
    if dataset is None or not protocol.given:
        return None
    path = next(entry.path for entry in dataset.published_lr(row.factor) if entry.name == row.image)
    if workers.identify_lr(path).pixels != row.lr_sha256:
        raise UsageError(f"{path} has different pixels than when the run scored it; {_KEEP}")
    return path


def _check_files(info: MethodInfo) -> None:
    """Refuse a method whose files are elsewhere: their paths are as they were typed.

    Raises:
        UsageError: one is not there.

    """
    if absent := next((path for path in info.paths.values() if not Path(path).exists()), ""):
        raise UsageError(
            f"{info.spec}: there is no {absent} here; repeat the command in the folder that the run was made in, or "
            f"{_KEEP}"
        )


def _read(plan: Plan, row: Any, sets: Mapping[str, Dataset], path: Path, workers: WorkerGroup) -> Image:  # noqa: ANN401 - a line of scores
    """Return the SR image of a row as its file has it; `path` is that of HR.

    Raises:
        UsageError: it is no longer the one that was scored.
        SrbenchError: it is not on this disk.

    """
    method = given_sr.found(plan, row.method, sets)
    file = method.file(row.dataset, row.image, row.factor)
    if file is None or method.code(row.dataset, row.image, row.factor) != row.code:
        raise UsageError(f"{row.method}: the SR file of {row.image} is not the one that the run scored; {_KEEP}")
    return workers.read_sr(path, protocols.get(row.protocol, plan.own_protocols), file, row.code)[0]


def upscaled(plan: Plan, rows: Sequence[Any], data: Path | None) -> dict[str, Image]:
    """Return HR and LR, as `HR` and `LR`, and what each method makes of one image, whose `rows` of scores are given.

    Without HR there is the image itself, as `input`, and no `LR`.

    Raises:
        UsageError: the image or a method is no longer the one that was scored.
        SrbenchError: the image is not on this disk, or a method fails.

    """
    first = rows[0]
    protocol = protocols.get(first.protocol, plan.own_protocols)
    every = [protocols.get(name, plan.own_protocols) for name in plan.protocols]
    sets = datasets_of(plan, data, every)
    dataset = sets.get(first.dataset)
    image = next((each for each in dataset.files if each.name == first.image), None) if dataset else None
    path = dataset.root / image.path if dataset and image else None
    if path is None or not path.is_file():
        raise UsageError(
            f"{first.image} of {first.dataset} is not on this disk; give its folder with --data DIR, or {_KEEP}"
        )
    methods = tuple(row.method for row in rows if row.device != GIVEN)
    if protocol.fingerprint != first.protocol_fingerprint:
        raise UsageError(f"protocol {first.protocol} was changed since the run; {_KEEP}")
    with WorkerGroup(methods, Limits()) as workers:
        wanted = [each for each in asked(plan) if each.spec in methods]
        infos = {info.asked.spec: info for info in workers.describe(wanted)}
        if workers.identify(path).pixels != first.hr_sha256:
            raise UsageError(f"{path} has different pixels than when the run scored it; {_KEEP}")
        found = {reference(first.protocol): crops.visible(read_image(path), protocol, first.factor)}
        lr = workers.degrade(path, protocol, first.factor, given=_given(dataset, protocol, first, workers)).copy()
        if HR in found:
            found[LR] = lr
        for row in rows:
            if row.device == GIVEN:
                found[row.method] = _read(plan, row, sets, path, workers)
                continue
            _check_files(infos[row.method])
            if infos[row.method].codes[row.factor, row.device] != row.code:
                obstacle = workers.obstacle(infos[row.method], row.factor, row.device)
                why = obstacle or f"it or a package it needs has changed since the run; {_KEEP}"
                raise UsageError(f"{row.method}: {why}")
            sr = workers.upscale(infos[row.method], row.factor, row.device, lr, row.hr_sha256).sr
            found[row.method] = sr.copy()
    return found

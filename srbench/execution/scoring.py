"""The quality pass: one image in, its score rows out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import SrbenchError
from srbench.execution.loading import reason_for
from srbench.execution.reference_worker import Identity
from srbench.plan import NOTHING, Keep
from srbench.quality.files import content_hash
from srbench.quality.image import Image, channels
from srbench.store.pictures import crops_of, images_of
from srbench.store.rows import UNREADABLE, ScoreRow, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.datasets import ImageFile
    from srbench.execution.method_info import MethodInfo
    from srbench.execution.worker_group import WorkerGroup
    from srbench.quality.protocol import Protocol


_OUT_OF_REACH = Identity(UNREADABLE, "")
"""The identity of an image whose file cannot even be opened."""

IDLE = 1.0
"""Seconds without a row after which a backend yields None, so that the run can do other things."""


@dataclass(frozen=True)
class Wanted:
    """An image whose rows a run wants, as it may travel: what it is, and what its file hashes to."""

    name: str
    """That of its dataset, as rows carry it."""
    spec: str
    """That of its dataset, as `datasets.get` takes it."""
    file: ImageFile
    done: frozenset[tuple[str, str]] = frozenset()
    """Methods and keys of the rows that are there already."""
    known: Mapping[str, ScoreRow] = field(default_factory=dict)
    """Rows whose scores are taken over where their keys match."""
    keep: Keep = NOTHING

    def at(self, path: Path, setup: Scoring) -> Task:
        """Return the task for it, with the file at `path`."""
        return Task(setup, self.name, self.file.name, path, self.done, self.known, self.keep)


@dataclass(frozen=True)
class Scoring:
    """What all images of a pass are scored with."""

    infos: Sequence[MethodInfo]
    factors: Sequence[int]
    protocols: Sequence[Protocol]


@dataclass(frozen=True)
class Task:
    """One image to score."""

    setup: Scoring
    dataset: str
    image: str
    path: Path
    done: frozenset[tuple[str, str]] = frozenset()
    known: Mapping[str, ScoreRow] = field(default_factory=dict)
    keep: Keep = NOTHING


class Scored(NamedTuple):
    """A row, and the pictures that are to be kept with it, by their names in the run folder."""

    row: ScoreRow
    pictures: dict[str, bytes]


def score_image(task: Task, workers: WorkerGroup) -> Iterator[Scored]:
    """Yield the rows of one image, each as soon as it exists. Whatever goes wrong becomes a row."""
    try:
        content = workers.identify(task.path)
    except SrbenchError as error:
        yield from unscored(task, error, _file_identity(task.path))
        return
    for protocol, factor in _settings(task):
        missing = _missing(task, protocol, factor, content)
        yield from (Scored(_taken_over(task, row), {}) for _, row in missing if row.key in task.known)
        new = [(info, row) for info, row in missing if row.key not in task.known]
        if new:
            lr = _degraded(workers, task.path, protocol, factor)
            setting = _Setting(task, protocol, lr, workers)
            pictures = _portrait(setting, new[0][1])
            for info, row in new:
                scored = _scored(setting, row, info)
                yield scored._replace(pictures={**pictures, **scored.pictures})
                pictures = {}


def unscored(task: Task, problem: SrbenchError, content: Identity = _OUT_OF_REACH) -> Iterator[Scored]:
    """Yield the rows of an image with a problem; `content` identifies it."""
    for protocol, factor in _settings(task):
        for info, row in _missing(task, protocol, factor, content):
            yield Scored(_broken(row, info.error or problem), {})


def _settings(task: Task) -> Iterator[tuple[Protocol, int]]:
    return product(task.setup.protocols, task.setup.factors)


def _missing(task: Task, protocol: Protocol, factor: int, content: Identity) -> list[tuple[MethodInfo, ScoreRow]]:
    """Return the rows that are to be filled in, those that are done left out."""
    planned = [(info, _planned(task, info, protocol, factor, content)) for info in task.setup.infos]
    return [(info, row) for info, row in planned if (row.method, row.key) not in task.done]


def _file_identity(path: Path) -> Identity:
    """Return the identity of an image that cannot be decoded, so that it is tried again once it has changed."""
    content = content_hash(path, "")
    return Identity(content, content) if content else _OUT_OF_REACH


def _planned(task: Task, info: MethodInfo, protocol: Protocol, factor: int, content: Identity) -> ScoreRow:
    """Return the row that is to be filled in, with its key."""
    row = ScoreRow(
        method=info.spec,
        dataset=task.dataset,
        image=task.image,
        factor=factor,
        protocol=protocol.name,
        device=info.device,
        protocol_fingerprint=protocol.fingerprint,
        hr_sha256=content.pixels,
        hr_file_sha256=content.file,
        code=info.codes[factor, info.device],
    )
    return replace(row, key=key_of(row))


def _taken_over(task: Task, row: ScoreRow) -> ScoreRow:
    """Return the known row of the same key, for the image of `row`: equal images share scores, not rows."""
    known = task.known[row.key]
    return replace(known, method=row.method, dataset=row.dataset, image=row.image, hr_file_sha256=row.hr_file_sha256)


def _degraded(workers: WorkerGroup, path: Path, protocol: Protocol, factor: int) -> Image | SrbenchError:
    try:
        return workers.degrade(path, protocol, factor)
    except SrbenchError as error:
        return error


class _Setting(NamedTuple):
    """One image under one protocol at one factor, ready to be upscaled."""

    task: Task
    protocol: Protocol
    lr: Image | SrbenchError
    workers: WorkerGroup


def _portrait(setting: _Setting, row: ScoreRow) -> dict[str, bytes]:
    """Return the pictures of HR and LR that are to be kept; none where they cannot be drawn."""
    task, protocol, lr, workers = setting
    if isinstance(lr, SrbenchError) or not any(task.keep):
        return {}
    try:
        found = workers.render_previews(task.path, protocol, row.factor, lr, task.keep)
    except SrbenchError:  # scoring meets the same, and says so
        return {}
    drawn: dict[str, bytes] = {}
    if task.keep.crops:
        names = crops_of(row)
        drawn |= {names.hr: found.hr, names.lr: found.lr, names.whole: found.whole}
    if task.keep.images:
        images = images_of(row)
        drawn |= {images.hr: found.hr_image, images.lr: found.lr_image}
    return drawn


def _scored(setting: _Setting, row: ScoreRow, info: MethodInfo) -> Scored:
    """Upscale and compare; the error of an earlier step, or of this one, becomes the reason."""
    task, protocol, lr, workers = setting
    try:
        if info.error:
            raise info.error
        if isinstance(lr, SrbenchError):
            raise lr
        done = workers.upscale(info, row.factor, row.device, lr, row.hr_sha256)
        score, crop, image = workers.compare(task.path, protocol, row.factor, done.sr, task.keep)
    except SrbenchError as error:
        return Scored(_broken(row, error), {})
    height, width = done.sr.shape[:2]
    facts = {"height": height, "width": width, "channels": channels(done.sr), "dtype": str(done.sr.dtype)}
    facts |= {"parameters": done.parameters, "trained_on": done.trained_on, "reason": done.remark}
    pictures = {crops_of(row).sr: crop} if crop else {}
    if image:
        pictures[images_of(row).sr] = image
    return Scored(replace(row, psnr=score.psnr, ssim=score.ssim, **facts), pictures)


def _broken(row: ScoreRow, error: SrbenchError) -> ScoreRow:
    status, reason = reason_for(error)
    return replace(row, status=status, reason=reason, output=error.output)

"""The quality pass: one image in, its score rows out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import SrbenchError
from srbench.plan import NOTHING, Keep
from srbench.plugins import file_hash
from srbench.quality import protocol as protocols
from srbench.quality.image import Image, channels
from srbench.records.pictures import HR, LR, crops_of, image_of
from srbench.results.rows import UNREADABLE, ScoreRow, key_of
from srbench.runs.loading import reason_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.datasets import ImageFile
    from srbench.quality.protocol import Protocol
    from srbench.runs.lane import Lane
    from srbench.runs.member import Member


IDLE = 1.0
"""Seconds without a row after which a place yields None, so that the run can look after other things."""


@dataclass(frozen=True)
class Wanted:
    """An image whose rows a run wants, as it may travel: what it is, and what its file hashes to."""

    name: str
    """That of its dataset, as rows carry it."""
    spec: str
    """That of its dataset, as `datasets.get` takes it."""
    file: ImageFile
    done: frozenset[str] = frozenset()
    """Keys of the rows that are there already."""
    known: Mapping[str, ScoreRow] = field(default_factory=dict)
    """Rows of earlier runs, by key; they are taken over."""
    keep: Keep = NOTHING

    def at(self, path: Path, members: Sequence[Member]) -> Task:
        """Return the task for it, where it lies at `path`."""
        return Task(members, self.name, self.file.name, path, self.done, self.known, self.keep)


@dataclass(frozen=True)
class Task:
    """One image to score with every member, factor and protocol."""

    members: Sequence[Member]
    dataset: str
    image: str
    path: Path
    done: frozenset[str] = frozenset()
    known: Mapping[str, ScoreRow] = field(default_factory=dict)
    keep: Keep = NOTHING


class Scored(NamedTuple):
    """A row, and the pictures that are to be kept with it, by their names in the run folder."""

    row: ScoreRow
    pictures: dict[str, bytes]


def score_image(task: Task, lane: Lane) -> Iterator[Scored]:
    """Yield the rows of one image, each as soon as it exists. Whatever goes wrong becomes a row."""
    try:
        content = lane.identify(task.path)
    except SrbenchError as error:
        yield from unscored(task, error, _bytes_hash(task.path))
        return
    for protocol, factor in _settings(task):
        missing = _missing(task, protocol, factor, content)
        yield from (Scored(_taken_over(task, row), {}) for _, row in missing if row.key in task.known)
        new = [(member, row) for member, row in missing if row.key not in task.known]
        if new:
            lr = _degraded(lane, task.path, protocol, factor)
            pictures = _portrait(task, new[0][1], lr, lane)
            for member, row in new:
                scored = _scored(row, member, task, lr, lane)
                yield scored._replace(pictures={**pictures, **scored.pictures})
                pictures = {}


def unscored(task: Task, problem: SrbenchError, content: str = UNREADABLE) -> Iterator[Scored]:
    """Yield the rows of an image with a problem; `content` stands for its pixels."""
    for protocol, factor in _settings(task):
        for member, row in _missing(task, protocol, factor, content):
            yield Scored(_broken(row, member.error or problem), {})


def _settings(task: Task) -> Iterator[tuple[Protocol, int]]:
    plan = task.members[0].plan
    return product(map(protocols.get, plan.protocols), plan.factors)


def _missing(task: Task, protocol: Protocol, factor: int, content: str) -> list[tuple[Member, ScoreRow]]:
    """Return the rows that are to be filled in, those that are done left out."""
    planned = [(member, _planned(task, member, protocol, factor, content)) for member in task.members]
    return [(member, row) for member, row in planned if row.key not in task.done]


def _bytes_hash(path: Path) -> str:
    """Return what stands for an image that cannot be read, so that it is tried again once it has changed."""
    try:
        return file_hash(path)
    except OSError:
        return UNREADABLE


def _planned(task: Task, member: Member, protocol: Protocol, factor: int, content: str) -> ScoreRow:
    """Return the row that is to be filled in, with its key."""
    row = ScoreRow(
        method=member.spec,
        dataset=task.dataset,
        image=task.image,
        factor=factor,
        protocol=protocol.name,
        device=member.device,
        protocol_fingerprint=protocol.fingerprint,
        hr_sha256=content,
        code=member.codes[factor, member.device],
    )
    return replace(row, key=key_of(row))


def _taken_over(task: Task, row: ScoreRow) -> ScoreRow:
    """Return the known row of the same key, in the place of `row`: equal images share scores, not rows."""
    return replace(task.known[row.key], method=row.method, dataset=row.dataset, image=row.image)


def _degraded(lane: Lane, path: Path, protocol: Protocol, factor: int) -> Image | SrbenchError:
    try:
        return lane.degrade(path, protocol.name, factor)
    except SrbenchError as error:
        return error


def _portrait(task: Task, row: ScoreRow, lr: Image | SrbenchError, lane: Lane) -> dict[str, bytes]:
    """Return the pictures of HR and LR that are to be kept; none where they cannot be drawn."""
    if isinstance(lr, SrbenchError) or not any(task.keep):
        return {}
    try:
        found = lane.portray(task.path, row.protocol, row.factor, lr, task.keep)
    except SrbenchError:  # scoring meets the same, and says so
        return {}
    drawn: dict[str, bytes] = {}
    if task.keep.crops:
        names = crops_of(row)
        drawn |= {names.hr: found.hr, names.lr: found.lr, names.whole: found.whole}
    if task.keep.images:
        drawn |= {image_of(row, HR): found.hr_image, image_of(row, LR): found.lr_image}
    return drawn


def _scored(row: ScoreRow, member: Member, task: Task, lr: Image | SrbenchError, lane: Lane) -> Scored:
    """Upscale and compare; the error of an earlier step, or of this one, becomes the reason."""
    try:
        if member.error:
            raise member.error
        if isinstance(lr, SrbenchError):
            raise lr
        done = lane.upscale(member, row.factor, row.device, lr, row.hr_sha256)
        score, crop, image = lane.compare(task.path, row.protocol, row.factor, done.sr, task.keep)
    except SrbenchError as error:
        return Scored(_broken(row, error), {})
    height, width = done.sr.shape[:2]
    facts = {"height": height, "width": width, "channels": channels(done.sr), "dtype": str(done.sr.dtype)}
    facts |= {"parameters": done.parameters, "trained_on": done.trained_on, "reason": done.remark}
    pictures = {crops_of(row).sr: crop} if crop else {}
    if image:
        pictures[image_of(row)] = image
    return Scored(replace(row, psnr=score.psnr, ssim=score.ssim, **facts), pictures)


def _broken(row: ScoreRow, error: SrbenchError) -> ScoreRow:
    status, reason = reason_for(error)
    return replace(row, status=status, reason=reason, output=error.output)

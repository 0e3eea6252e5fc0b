"""The quality pass: one image in, its score rows out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from srbench.errors import SrbenchError
from srbench.plugins import file_hash
from srbench.quality import protocol as protocols
from srbench.quality.image import Image, channels
from srbench.results.rows import UNREADABLE, ScoreRow, sha256
from srbench.runs.loading import reason_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.datasets import Dataset, ImageFile
    from srbench.quality.protocol import Protocol
    from srbench.runs.lane import Lane
    from srbench.runs.member import Member


class Wanted(NamedTuple):
    """An image whose rows a run wants."""

    name: str
    """That of its dataset, as rows carry it."""
    dataset: Dataset
    file: ImageFile
    done: frozenset[str] = frozenset()
    known: Mapping[str, ScoreRow] = MappingProxyType({})

    @property
    def path(self) -> Path:
        """Return where it lies on the coordinator's machine."""
        return self.dataset.root / self.file.path


@dataclass(frozen=True)
class Task:
    """One image to score with every member, factor and protocol."""

    members: Sequence[Member]
    dataset: str
    image: str
    path: Path
    done: frozenset[str] = frozenset()
    """Keys of the rows that are there already."""
    known: Mapping[str, ScoreRow] = field(default_factory=dict)
    """Rows of earlier runs, by key; they are taken over."""
    problem: SrbenchError | None = None
    """What is wrong with the image, if that is known without reading it."""


def score_image(task: Task, lane: Lane) -> Iterator[ScoreRow]:
    """Yield the rows of one image, each as soon as it exists. Whatever goes wrong becomes a row."""
    hr: str | SrbenchError
    try:
        hr = content = _identified(task, lane)
    except SrbenchError as error:
        hr = error
        content = UNREADABLE if task.problem else _bytes_hash(task.path)
    plan = task.members[0].plan
    for protocol in map(protocols.get, plan.protocols):
        for factor in plan.factors:
            planned = [(member, _planned(task, member, protocol, factor, content)) for member in task.members]
            missing = [(member, row) for member, row in planned if row.key not in task.done]
            yield from (_taken_over(task, row) for _, row in missing if row.key in task.known)
            new = [(member, row) for member, row in missing if row.key not in task.known]
            if new:
                lr = _degraded(lane, task.path, hr, protocol, factor)
                yield from (_scored(row, member, task.path, lr, lane) for member, row in new)


def _identified(task: Task, lane: Lane) -> str:
    if task.problem:
        raise task.problem
    return lane.identify(task.path)


def _bytes_hash(path: Path) -> str:
    """Return what stands for an image that cannot be read, so that it is tried again once it has changed."""
    try:
        return file_hash(path)
    except OSError:
        return UNREADABLE


def _planned(task: Task, member: Member, protocol: Protocol, factor: int, content: str) -> ScoreRow:
    """Return the row that is to be filled in, with its key."""
    code = member.codes[factor, member.device]
    return ScoreRow(
        method=member.spec,
        dataset=task.dataset,
        image=task.image,
        factor=factor,
        protocol=protocol.name,
        device=member.device,
        protocol_fingerprint=protocol.fingerprint,
        hr_sha256=content,
        code=code,
        key=sha256(code, content, protocol.fingerprint),
    )


def _taken_over(task: Task, row: ScoreRow) -> ScoreRow:
    """Return the known row of the same key, in the place of `row`: equal images share scores, not rows."""
    return replace(task.known[row.key], method=row.method, dataset=row.dataset, image=row.image)


def _degraded(lane: Lane, path: Path, hr: str | SrbenchError, protocol: Protocol, factor: int) -> Image | SrbenchError:
    if isinstance(hr, SrbenchError):
        return hr
    try:
        return lane.degrade(path, protocol.name, factor)
    except SrbenchError as error:
        return error


def _scored(row: ScoreRow, member: Member, path: Path, lr: Image | SrbenchError, lane: Lane) -> ScoreRow:
    """Upscale and compare; the error of an earlier step, or of this one, becomes the reason."""
    try:
        if member.error:
            raise member.error
        if isinstance(lr, SrbenchError):
            raise lr
        done = lane.upscale(member, row.factor, row.device, lr, row.hr_sha256)
        score = lane.compare(path, row.protocol, row.factor, done.sr)
    except SrbenchError as error:
        status, reason = reason_for(error)
        return replace(row, status=status, reason=reason, output=error.output)
    row = replace(row, psnr=score.psnr, ssim=score.ssim, parameters=done.parameters, trained_on=done.trained_on)
    height, width = done.sr.shape[:2]
    return replace(row, height=height, width=width, channels=channels(done.sr), dtype=str(done.sr.dtype))

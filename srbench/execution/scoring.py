"""The quality pass: one image in, its scores and the values of its metrics out, as rows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from srbench.errors import SrbenchError, Unsupported
from srbench.execution.given_sr import GivenSr
from srbench.execution.loading import reason_for
from srbench.execution.method_worker import Upscaled
from srbench.execution.reference_worker import Identity
from srbench.plan import NOTHING, Keep
from srbench.quality.files import content_hash
from srbench.quality.image import Image, channels
from srbench.quality.pairs import check_colours
from srbench.specs import listed
from srbench.store.pictures import crops_of, images_of
from srbench.store.rows import UNREADABLE, MetricRow, ScoreRow, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.datasets import ImageFile
    from srbench.execution.method_info import MethodInfo
    from srbench.execution.metric_info import MetricInfo
    from srbench.execution.worker_group import WorkerGroup
    from srbench.quality.pairs import Pair
    from srbench.quality.protocol import Protocol

R = TypeVar("R", ScoreRow, MetricRow)

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
    lr: Mapping[int, ImageFile] = field(default_factory=dict)
    """Its LR images for each factor, where a protocol takes given ones."""
    done: frozenset[tuple[str, ...]] = frozenset()
    """The rows that are there already, as `mark_of` has them."""
    known: Mapping[str, ScoreRow | MetricRow] = field(default_factory=dict)
    """Good rows by their keys: scores and values that are taken over where keys match."""
    keep: Keep = NOTHING
    folders: tuple[Path, ...] = ()
    """Run folders that may hold whole SR images: where one does, a metric that is new needs no method."""

    def given(self, root: Path, protocol: Protocol, factor: int) -> Path | None:
        """Return the file of its LR, if the protocol takes given ones, with its dataset at `root`."""
        return root / self.lr[factor].path if protocol.given and factor in self.lr else None

    def at(self, root: Path, setup: Scoring) -> Task:
        """Return the task for it, with its dataset at `root`."""
        return Task(setup, self, root)


def mark_of(row: ScoreRow | MetricRow) -> tuple[str, ...]:
    """Return what tells a row from all others of its image."""
    metric = (row.metric,) if isinstance(row, MetricRow) else ()
    return (*metric, row.method, row.protocol, row.key)


@dataclass(frozen=True)
class Scoring:
    """What all images of a pass are scored with."""

    infos: Sequence[MethodInfo | GivenSr]
    factors: Sequence[int]
    protocols: Sequence[Protocol]
    metrics: Sequence[MetricInfo] = ()
    """Those that have rows of their own."""

    @property
    def specs(self) -> list[str]:
        """Return the methods that have a worker, as they were typed."""
        return [info.asked.spec for info in self.infos if not isinstance(info, GivenSr)]


@dataclass(frozen=True)
class Task:
    """One image to score."""

    setup: Scoring
    wanted: Wanted
    root: Path
    """The folder of its dataset."""

    @property
    def path(self) -> Path:
        """Return its file."""
        return self.root / self.wanted.file.path

    def given(self, protocol: Protocol, factor: int) -> Path | None:
        """Return the file of its LR, if the protocol takes given ones."""
        return self.wanted.given(self.root, protocol, factor)


class Scored(NamedTuple):
    """A row, and the pictures that are to be kept with it, by their names in the run folder."""

    row: ScoreRow | MetricRow
    pictures: dict[str, bytes]
    computed: bool = True
    """Whether it was, rather than taken over."""


def score_image(task: Task, workers: WorkerGroup) -> Iterator[Scored]:
    """Yield the rows of one image, each as soon as it exists. Whatever goes wrong becomes a row.

    The values of metrics follow the score of their SR, if that is good.
    """
    try:
        content = workers.identify(task.path)
    except SrbenchError as error:
        yield from unscored(task, error, _file_identity(task.path))
        return
    for protocol, factor in _settings(task):
        setting = _Setting(task, protocol, factor, workers, content)
        there, new = [], []
        for info, row in _planned(task, protocol, factor, content, setting.lr_identity):
            known = _known_score(task, row)
            if known:
                there.append((info, known))
            elif mark_of(row) not in task.wanted.done:
                new.append((info, row))
        yield from (Scored(row, {}, computed=False) for _, row in there if mark_of(row) not in task.wanted.done)
        pictures = _portrait(setting, new[0][1]) if new else {}
        for info, row in new:
            yield from _scored(setting, info, row, pictures)
            pictures = {}
        for info, row in there:
            yield from _measured(setting, info, row)


def unscored(task: Task, problem: SrbenchError, content: Identity = _OUT_OF_REACH) -> Iterator[Scored]:
    """Yield the rows of an image with a problem; `content` identifies it.

    Where it is out of reach, earlier scores count: then the metrics that they lack have rows.
    """
    for protocol, factor in _settings(task):
        given = task.given(protocol, factor)
        lr = content if given and content == _OUT_OF_REACH else _file_identity(given) if given else None
        for info, row in _planned(task, protocol, factor, content, lr):
            if mark_of(row) not in task.wanted.done:
                yield Scored(_broken(row, _error_of(info) or problem), {})
            for earlier in _earlier(task, row) if content == _OUT_OF_REACH else ():
                lacking = _lacking(task, earlier)
                yield from (Scored(_broken(value, metric.error or problem), {}) for metric, value in lacking)


def _settings(task: Task) -> Iterator[tuple[Protocol, int]]:
    return product(task.setup.protocols, task.setup.factors)


def _file_identity(path: Path) -> Identity:
    """Return the identity of an image that cannot be decoded, so that it is tried again once it has changed."""
    content = content_hash(path, "")
    return Identity(content, content) if content else _OUT_OF_REACH


def _error_of(info: MethodInfo | GivenSr) -> SrbenchError | None:
    return None if isinstance(info, GivenSr) else info.error


def _code_of(info: MethodInfo | GivenSr, wanted: Wanted, factor: int) -> str:
    if isinstance(info, GivenSr):
        return info.code(wanted.name, wanted.file.name, factor)
    return info.codes[factor, info.device]


def _planned(
    task: Task, protocol: Protocol, factor: int, content: Identity, lr: Identity | None
) -> Iterator[tuple[MethodInfo | GivenSr, ScoreRow]]:
    """Yield the rows that are to be filled in, with their keys; `lr` identifies given LR."""
    for info in task.setup.infos:
        made_of = Identity("", "") if lr is None or isinstance(info, GivenSr) else lr
        row = ScoreRow(
            method=info.spec,
            dataset=task.wanted.name,
            image=task.wanted.file.name,
            factor=factor,
            protocol=protocol.name,
            device=info.device,
            protocol_fingerprint=protocol.fingerprint,
            hr_sha256=content.pixels,
            hr_file_sha256=content.file,
            code=_code_of(info, task.wanted, factor),
            lr_sha256=made_of.pixels,
            lr_file_sha256=made_of.file,
        )
        yield info, replace(row, key=key_of(row))


def _known_score(task: Task, row: ScoreRow) -> ScoreRow | None:
    """Return the known row of the same key, renamed as `row`: images or protocols that are equal share scores alone."""
    known = task.wanted.known.get(row.key)
    if not isinstance(known, ScoreRow):
        return None
    names = ("method", "dataset", "image", "protocol", "hr_file_sha256", "lr_file_sha256")
    return replace(known, **{name: getattr(row, name) for name in names})


def _earlier(task: Task, row: ScoreRow) -> Iterator[ScoreRow]:
    """Yield the scores of a method, as it is today, from when the image could be read."""
    for known in task.wanted.known.values():
        if isinstance(known, ScoreRow) and (known.cell, known.code) == (row.cell, row.code):
            yield known


@dataclass(frozen=True)
class _Setting:
    """One image under one protocol at one factor."""

    task: Task
    protocol: Protocol
    factor: int
    workers: WorkerGroup
    content: Identity

    @property
    def given(self) -> Path | None:
        """Return the file of given LR, if the protocol takes that."""
        return self.task.given(self.protocol, self.factor)

    @cached_property
    def lr_identity(self) -> Identity | None:
        """Return what given LR is, as far as it can be read; None where LR is made."""
        if self.given is None:
            return None
        try:
            return self.workers.identify_lr(self.given)
        except SrbenchError:  # as making LR says
            return _file_identity(self.given)

    @cached_property
    def lr(self) -> Image | SrbenchError:
        """Return LR, made or read once it is needed."""
        try:
            return self.workers.degrade(self.task.path, self.protocol, self.factor, given=self.given)
        except SrbenchError as error:
            return error

    def upscaled(self, info: MethodInfo | GivenSr, row: ScoreRow) -> Upscaled:
        """Return SR, computed or read, or raise what says why there is none."""
        if isinstance(info, GivenSr):
            return self._read(info, row.code)
        if info.error:
            raise info.error
        if isinstance(self.lr, SrbenchError):
            raise self.lr
        return self.workers.upscale(info, self.factor, row.device, self.lr, row.hr_sha256)

    def _read(self, info: GivenSr, code: str) -> Upscaled:
        """Return SR as its file has it."""
        wanted = self.task.wanted
        file = info.file(wanted.name, wanted.file.name, self.factor)
        if file is None:
            raise Unsupported(f"no SR image of it at x{self.factor} in {listed(map(str, info.folders))}")
        sr, remark = self.workers.read_sr(self.task.path, self.protocol, file, code)
        return Upscaled(sr, None, trained_on=False, remark=remark)

    def obstacle(self, metric: MetricInfo, score: ScoreRow) -> SrbenchError | None:
        """Return what prevents a metric from measuring the SR of a score, as far as that is known without SR."""
        try:
            if metric.declared.sees == "rgb":
                check_colours(self.protocol, self.content.channels, score.channels)
        except SrbenchError as error:
            return error
        return self.workers.obstacle_of_metric(metric)


def _portrait(setting: _Setting, row: ScoreRow) -> dict[str, bytes]:
    """Return the pictures of HR and LR that are to be kept; none where they cannot be drawn."""
    task, keep, lr = setting.task, setting.task.wanted.keep, setting.lr
    if isinstance(lr, SrbenchError) or not any(keep):
        return {}
    try:
        found = setting.workers.render_previews(task.path, setting.protocol, setting.factor, lr, keep)
    except SrbenchError:  # scoring meets the same, and says so
        return {}
    drawn: dict[str, bytes] = {}
    if keep.crops:
        names = crops_of(row)
        drawn |= {names.hr: found.hr, names.lr: found.lr, names.whole: found.whole}
    if keep.images:
        images = images_of(row)
        drawn |= {images.hr: found.hr_image, images.lr: found.lr_image}
    return {name: content for name, content in drawn.items() if content}


def _scored(
    setting: _Setting, info: MethodInfo | GivenSr, row: ScoreRow, pictures: dict[str, bytes]
) -> Iterator[Scored]:
    """Upscale, compare and measure; the error of an earlier step, or of this one, becomes the reason."""
    path, keep = setting.task.path, setting.task.wanted.keep
    try:
        done = setting.upscaled(info, row)
        score, crop, image = setting.workers.compare(path, setting.protocol, setting.factor, done.sr, keep)
    except SrbenchError as error:
        yield Scored(_broken(row, error), pictures)
        return
    height, width = done.sr.shape[:2]
    facts = {"height": height, "width": width, "channels": channels(done.sr), "dtype": str(done.sr.dtype)}
    facts |= {"parameters": done.parameters, "trained_on": done.trained_on, "reason": done.remark}
    own = {crops_of(row).sr: crop} if crop else {}
    if image:
        own[images_of(row).sr] = image
    row = replace(row, psnr=score.psnr, ssim=score.ssim, **facts)
    yield Scored(row, {**pictures, **own})
    yield from _measured(setting, info, row, done.sr)


def _measured(
    setting: _Setting, info: MethodInfo | GivenSr, score: ScoreRow, sr: Image | None = None
) -> Iterator[Scored]:
    """Yield the rows of the metrics that a good score lacks; SR that is not at hand is read, or else made again.

    What is known is taken over, and for metrics that cannot be loaded, or cannot see SR, nothing is made.
    """
    ready = []
    for metric, row in _lacking(setting.task, score):
        known = setting.task.wanted.known.get(row.key)
        if isinstance(known, MetricRow):
            yield Scored(replace(row, value=known.value, reason=known.reason), {}, computed=False)
        elif error := setting.obstacle(metric, score):
            yield Scored(_broken(row, error), {})
        else:
            ready.append((metric, row))
    if not ready:
        return
    try:
        seen, remark = (sr, "") if sr is not None else _again(setting, info, score)
    except SrbenchError as error:
        yield from (Scored(_broken(row, error), {}) for _, row in ready)
        return
    for row in _values(setting, ready, seen):
        yield Scored(replace(row, reason=row.reason or remark), {})


def _lacking(task: Task, score: ScoreRow) -> Iterator[tuple[MetricInfo, MetricRow]]:
    """Yield the rows of metrics that are to be filled in, those that are done left out."""
    for metric in task.setup.metrics:
        row = value_row(score, metric)
        if mark_of(row) not in task.wanted.done:
            yield metric, row


def value_row(score: ScoreRow, metric: MetricInfo) -> MetricRow:
    """Return the row of a metric that belongs to a score, without its value."""
    row = MetricRow(
        metric=metric.spec,
        method=score.method,
        dataset=score.dataset,
        image=score.image,
        factor=score.factor,
        protocol=score.protocol,
        device=score.device,
        code=metric.code,
        score=score.key,
    )
    return replace(row, key=key_of(row))


def _again(setting: _Setting, info: MethodInfo | GivenSr, score: ScoreRow) -> tuple[Image, str]:
    """Return the SR of a score and a remark: as it was saved, else upscaled again; raises why there is none."""
    path, protocol, factor, workers = setting.task.path, setting.protocol, setting.factor, setting.workers
    for folder in setting.task.wanted.folders:
        picture = folder / images_of(score).sr
        with suppress(SrbenchError):
            if picture.exists():
                return workers.saved(path, protocol, factor, picture, score.psnr), ""
    sr = setting.upscaled(info, score).sr
    psnr = workers.psnr_of(path, protocol, factor, sr)
    same = repr(psnr) == repr(score.psnr)
    return (
        sr,
        "" if same else f"made again, SR has a PSNR of {psnr} dB, and not {score.psnr}: it differs from run to run",
    )


def _values(setting: _Setting, ready: Iterable[tuple[MetricInfo, MetricRow]], sr: Image) -> Iterator[MetricRow]:
    """Yield the rows of metrics that can be loaded; those that see the same of SR share a pair."""
    pairs: dict[str, Pair | SrbenchError] = {}
    for metric, row in sorted(ready, key=lambda each: each[0].declared.sees):
        if metric.declared.sees not in pairs:
            pairs = {metric.declared.sees: _pair(setting, sr, metric)}  # one at a time: it lies where the judge put it
        yield value_of(setting.workers, metric, row, pairs[metric.declared.sees])


def _pair(setting: _Setting, sr: Image, metric: MetricInfo) -> Pair | SrbenchError:
    try:
        return setting.workers.pair(setting.task.path, setting.protocol, setting.factor, sr, metric)
    except SrbenchError as error:
        return error


def value_of(workers: WorkerGroup, metric: MetricInfo, row: MetricRow, pair: Pair | SrbenchError) -> MetricRow:
    """Return the row of a metric, filled in."""
    try:
        if isinstance(pair, SrbenchError):
            raise pair
        return replace(row, value=workers.measure(metric, pair))
    except SrbenchError as error:
        return _broken(row, error)


def _broken(row: R, error: SrbenchError) -> R:
    status, reason = reason_for(error)
    broken = replace(row, status=status, reason=reason, output=error.output)
    return replace(broken, key=key_of(broken))  # that of a precomputed image has the reason in it

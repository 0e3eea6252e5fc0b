"""Computing rows of a run again on this machine, by what is installed here: of the same inputs, or a reason why not."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Self

from srbench import model_files, plan
from srbench import registry as registries
from srbench.errors import SrbenchError, Unsupported
from srbench.execution import given_sr, told_facts
from srbench.execution.method_info import Asked
from srbench.execution.metric_info import AskedMetric, classical
from srbench.execution.resolved_plan import datasets_of
from srbench.execution.scoring import Scoring, Wanted, score_image
from srbench.execution.worker_group import RESIDENT, WorkerGroup
from srbench.methods import registry
from srbench.metrics.classical import further
from srbench.quality import protocols
from srbench.quality.protocol import Protocol
from srbench.specs import differences, parse_method
from srbench.speed import environment
from srbench.store.pictures import images_of
from srbench.store.plans import plan_of
from srbench.store.rows import GIVEN, MetricRow, ScoreRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    from srbench.datasets import Dataset
    from srbench.execution.given_sr import GivenSr
    from srbench.execution.method_info import MethodInfo
    from srbench.execution.metric_info import MetricInfo
    from srbench.isolation.limits import Limits

_RUNS = ("run", "network", "flags")
"""Options of built-in methods that say what is run: a command line, a function of a Python file, filters of ffmpeg,
which may write any file."""


@dataclass(frozen=True)
class Again:
    """A score and its values as they were computed again."""

    score: ScoreRow
    values: tuple[MetricRow, ...]
    """Of metrics that are the same here."""
    unlike: str
    """In what this machine is not the run's, so that results may differ in their last digits; empty if in nothing."""


class Recomputing:
    """What there is on this machine of a run: its methods, protocols and datasets."""

    def __init__(
        self,
        info: Mapping[str, Any],
        limits: Limits,
        data: Path | None = None,
        *,
        plugins: Sequence[Path] = (),
        trusted: bool = False,
    ) -> None:
        """Take run.json; the code that it names is run if it is `trusted`, else the `plugins` and what is installed.

        Raises:
            UsageError: one of the plug-in files is absent.

        """
        self.info = info
        self.plan = plan_of(info)
        self._given = {Path(file).stem: file for file in plan.absolute(registries.existing(plugins))}
        self._limits, self._data, self._trusted = limits, data, trusted
        self._stack = ExitStack()
        self._described: dict[tuple[str, str], MethodInfo | str] = {}
        self._given_sr: dict[str, GivenSr] = {}

    def __enter__(self) -> Self:
        """Return this; where everything is trusted, so are files that can hold code."""
        if self._trusted:
            self._stack.enter_context(model_files.allowing_pickles())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all workers."""
        self._stack.close()

    def obstacle(self, row: ScoreRow) -> str:
        """Return why a row cannot be computed again here; empty if nothing is known to prevent it."""
        try:
            self._protocol(row)
            self._wanted(row)
            if row.device == GIVEN:
                self._sr(row)
            else:
                self.code(row)
        except SrbenchError as error:
            return str(error)
        return ""

    def again(self, row: ScoreRow) -> Again:
        """Return a score and its values, computed again.

        Raises:
            Unsupported: that is not possible here, as an input is another.
            SrbenchError: what went wrong.

        """
        protocol = self._protocol(row)
        found = list(self._computed(row, protocol))
        (score,) = [each for each in found if isinstance(each, ScoreRow)]
        unlike = self._unlike(row)
        for name, what in (("hr", "HR"), ("lr", "given LR")):
            pixels, file = (
                getattr(score, each) != getattr(row, each) for each in (f"{name}_sha256", f"{name}_file_sha256")
            )
            if pixels and (file or unlike):  # of one file, decoders of other versions may make them
                raise Unsupported(f"{what} of {row.image} has other pixels here")
        if row.device == GIVEN and not self._is_same_sr(row):
            raise Unsupported(f"SR of {row.image} has other pixels here")
        if score.status in ("skipped", "timeout", "crashed"):
            raise Unsupported(f"{score.status} here: {score.reason}")
        values = tuple(each for each in found if isinstance(each, MetricRow))
        return Again(score, values, unlike)

    def problem_of_picture(self, row: ScoreRow, folder: Path) -> str | None:
        """Return what is wrong with the saved SR image of a row, empty if nothing; None if it cannot be seen."""
        picture = folder / images_of(row).sr
        if row.device == GIVEN or not picture.is_file():
            return None
        try:
            wanted, dataset = self._wanted(row)
            protocol = self._protocol(row)
        except SrbenchError:
            return None
        try:
            self._workers.saved(dataset.root / wanted.file.path, protocol, row.factor, picture, row.psnr)
        except SrbenchError as error:
            return str(error)
        return ""

    def contradictions(self) -> list[str]:
        """Return what run.json tells and is not so here: of methods of the same code, metrics, protocols, datasets."""
        methods = [each for each in self._described.values() if not isinstance(each, str) and not each.error]
        metrics = filter(None, (classical(AskedMetric(spec, ())) for spec in self._metric_specs))
        named = (of for each, of in self._told() if each.is_listed)
        return [
            *told_facts.of_methods(self.info, methods),
            *told_facts.of_metrics(self.info, [*metrics, *self._same_metrics]),
            *told_facts.of_protocols(self.info),
            *(line for lines in named for line in lines),
        ]

    def changes(self) -> list[str]:
        """Return in what folders and manifests of the user are not as run.json tells, as they may have changed."""
        return [line for each, lines in self._told() if not each.is_listed for line in lines]

    def _told(self) -> Iterator[tuple[Dataset, list[str]]]:
        for name, told in self.info.get("datasets", {}).items():
            if dataset := self._datasets.get(name):
                yield dataset, list(told_facts.of_dataset(told, dataset))

    def code(self, row: ScoreRow) -> str:
        """Return in what versions this installation is not that of a row, whose code is the same; raises if it is not.

        Raises:
            Unsupported: there is no such method, or its code, its files or its device are others.

        """
        info = self._info(row)
        case = row.factor, row.device
        if row.device == "cuda" and not environment.cuda_devices():
            raise Unsupported("it was computed on cuda, and here is no CUDA device")
        if info.codes.get(case) == row.code:
            return ""
        here = environment.deciding_versions()
        for there in self._versions():
            other = {name: there[name] for name in there if name in environment.DECIDING}
            if other != here and self._workers.code_under(info, *case, other) == row.code:
                return "; ".join(differences(other, here))
        files = self.info.get("methods", {}).get(row.method, {}).get("files", {})
        changed = [name for name, digest in info.files.items() if files.get(name, digest) != digest]
        what = f"the file {changed[0]} is another" if changed else "its code is another"
        raise Unsupported(f"{what} in this installation, so the key of the row would be another")

    def _unlike(self, row: ScoreRow) -> str:
        """Return in what this machine is not the run's, as far as that may change the last digits."""
        there = [each.get("processor") for each in self._environments()]
        here = self._processor
        versions = self.code(row) if row.device != GIVEN else ""
        unlike = [f"versions: {versions}"] if versions else []
        if set(there) != {here}:
            unlike.append(f"processor: {here} here")
        return "; ".join([*unlike, "results of CUDA may differ from call to call"] if row.device == "cuda" else unlike)

    @cached_property
    def _processor(self) -> str:
        return str(environment.describe()["processor"])

    def _environments(self) -> list[Mapping[str, Any]]:
        """Return the machines and software of the run, or of those that were joined."""
        own = self.info.get("environment")
        return [own] if own else [each.get("environment", {}) for each in self.info.get("merged", [])]

    def _versions(self) -> list[Mapping[str, str]]:
        return [each["versions"] for each in self._environments() if each.get("versions")]

    def _protocol(self, row: ScoreRow) -> Protocol:
        """Return the protocol of a row, which must be what this installation calls so.

        Raises:
            Unsupported: it is another, or there is none.

        """
        try:
            found = protocols.get(row.protocol, self.plan.own_protocols)
        except SrbenchError:  # its file is elsewhere: run.json has what was in it
            found = Protocol.from_fields(row.protocol, self.info.get("protocol_fields", {}).get(row.protocol, {}))
        if found.fingerprint != row.protocol_fingerprint:
            raise Unsupported(f"protocol {row.protocol} is another in this installation ({found.fingerprint})")
        return found

    def _info(self, row: ScoreRow) -> MethodInfo:
        """Return what the method of a row is here.

        Raises:
            Unsupported: there is no such method, or it would run code that is not trusted.

        """
        case = row.method, row.device
        if case not in self._described:
            try:
                self._check_trust(row.method)
                asked = Asked(row.method, self._plugins(row.method), self.plan.factors, row.device)
                (self._described[case],) = self._workers.describe([asked])
            except SrbenchError as error:
                self._described[case] = str(error)
            if len(self._described) % RESIDENT == 0:
                self._workers.rest()
        found = self._described[case]
        if isinstance(found, str):
            raise Unsupported(found)
        if found.error:
            raise found.error
        return found

    def _plugins(self, spec: str) -> tuple[str, ...]:
        """Return the plug-in file of a method or metric, as far as it is given or trusted: it needs no other's."""
        name = parse_method(spec).name
        if name in self._given:
            return (self._given[name],)
        return self._told_files(name)[:1] if self._trusted else ()

    def _told_files(self, name: str) -> tuple[str, ...]:
        """Return the plug-in files that run.json names for a method or metric, as far as they are here."""
        return tuple(str(file) for file in self.plan.plugin_files if file.stem == name and file.is_file())

    def _check_trust(self, method: str) -> None:
        """Refuse a method that is whatever run.json says, unless that is trusted.

        Raises:
            Unsupported: it is.

        """
        parsed = parse_method(method)
        file = next((each for each in self.plan.plugin_files if each.stem == parsed.name), None)
        if file and parsed.name not in {*self._given, *registry()}:
            if not self._told_files(parsed.name):
                raise Unsupported(f"its plug-in {file} is not on this disk; --plugin FILE gives it")
            if not self._trusted:
                raise Unsupported(f"it would run the plug-in {file}; --plugin FILE or --trust allows that")
        if self._trusted:
            return
        if running := next((key for key in _RUNS if key in parsed.options), ""):
            raise Unsupported(f"it would run {parsed.options[running]!r}, which run.json names; --trust allows that")
        if model := next(filter(model_files.needs_permission, map(PurePath, parsed.options.values())), None):
            raise Unsupported(f"it would read {model}, a format that can hold code; --trust allows that")

    @cached_property
    def _workers(self) -> WorkerGroup:
        """Return the workers; none has started yet."""
        methods = dict.fromkeys([*self.plan.methods, *self.info.get("methods", {})])
        return self._stack.enter_context(WorkerGroup(methods, self._limits, self._metric_specs))

    @cached_property
    def _metric_specs(self) -> tuple[str, ...]:
        return tuple(self.info.get("metrics", {}))

    @cached_property
    def metrics(self) -> Mapping[str, MetricInfo | str]:
        """Return the metrics that have rows, as they are here, or why they cannot be computed."""
        found: dict[str, MetricInfo | str] = {}
        for spec in further(self._metric_specs):
            try:
                (info,) = self._workers.describe_metrics([AskedMetric(spec, self._plugins(spec))])
            except SrbenchError as error:
                found[spec] = str(error)
                continue
            same = info.code == self.info["metrics"][spec].get("code")
            found[spec] = info if same and not info.error else str(info.error or "its code is another here")
        return found

    @property
    def _same_metrics(self) -> list[MetricInfo]:
        return [each for each in self.metrics.values() if not isinstance(each, str)]

    def _computed(self, row: ScoreRow, protocol: Protocol) -> Iterator[ScoreRow | MetricRow]:
        """Yield what scoring the image of a row gives today."""
        wanted, dataset = self._wanted(row)
        info = self._sr(row)[0] if row.device == GIVEN else replace(self._info(row), device=row.device)
        scoring = Scoring([info], [row.factor], [protocol], self._same_metrics)
        for each in score_image(wanted.at(dataset.root, scoring), self._workers):
            yield each.row

    def _wanted(self, row: ScoreRow) -> tuple[Wanted, Dataset]:
        """Return the image of a row.

        Raises:
            Unsupported: it is not on this disk.

        """
        dataset = self._datasets.get(row.dataset)
        file = next((each for each in dataset.files if each.name == row.image), None) if dataset else None
        if dataset is None or file is None or not (dataset.root / file.path).is_file():
            raise Unsupported(f"dataset {row.dataset} is not on this disk; --data DIR says where datasets are")
        lr = {
            factor: each for factor, files in dataset.lr.items() for each in files if each.name == row.image
        }  # read where the protocol takes given LR
        return Wanted(row.dataset, dataset.spec, file, lr), dataset

    @cached_property
    def _datasets(self) -> Mapping[str, Dataset]:
        """Return the datasets that are here by the name of their rows; of those that are elsewhere there are none."""
        chosen = [protocols.get(name, self.plan.own_protocols) for name in self.plan.protocols if self._knows(name)]
        try:
            return datasets_of(self.plan, self._data, chosen)
        except SrbenchError:
            found: dict[str, Dataset] = {}
            for spec in self.plan.datasets:
                try:
                    found |= datasets_of(replace(self.plan, datasets=(spec,)), self._data, chosen)
                except SrbenchError:
                    continue
            return found

    def _knows(self, protocol: str) -> bool:
        try:
            protocols.get(protocol, self.plan.own_protocols)
        except SrbenchError:
            return False
        return True

    def _sr(self, row: ScoreRow) -> tuple[GivenSr, Path]:
        """Return the method of a row whose SR images exist, and the file of its image.

        Raises:
            SrbenchError: the images are not on this disk, or belong together no more.

        """
        if row.method not in self._given_sr:
            self._given_sr[row.method] = given_sr.found(self.plan, row.method, self._datasets)
        found = self._given_sr[row.method]
        file = found.file(row.dataset, row.image, row.factor)
        if file is None:
            raise Unsupported(f"the SR file of {row.image} is not on this disk")
        return found, file

    def _is_same_sr(self, row: ScoreRow) -> bool:
        """Return whether an SR file is the one that was scored: by its hash or, of earlier versions, by its pixels."""
        found, file = self._sr(row)
        codes = found.code(row.dataset, row.image, row.factor), self._workers.identify_lr(file).pixels
        return row.code in codes

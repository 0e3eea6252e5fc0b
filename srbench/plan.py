"""The plan of a run: what is to be scored and timed, as plain values that travel to workers and into run.json."""

from __future__ import annotations

import math
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, TypeAlias, cast, get_args

from srbench.errors import RunFolderError, UsageError
from srbench.isolation.limits import Limits
from srbench.registry import kind_of
from srbench.specs import comma_list, differences, unknown
from srbench.speed.frames import FRAMES, lr_size, pixels
from srbench.speed.timing import QUICK, Budget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Device: TypeAlias = Literal["cpu", "cuda", "auto"]

METRICS = ("psnr", "ssim")
"""What SR is scored by unless a run asks for other metrics."""

METRICS_WITHOUT_HR = ("niqe",)
"""What SR is scored by unless a run asks for other metrics, where there is no HR."""

WITHOUT_HR = ("none",)
"""The protocols of a run on images without HR."""

_DIGITS = 9  # of a factor; Python refuses to read some thousands


@dataclass(frozen=True)
class Plan:
    """Everything that decides a run's rows; two runs with equal plans have the same rows to compute."""

    methods: tuple[str, ...]
    """Method specs; as they are typed, some may have labels."""
    factors: tuple[int, ...] = (3,)
    datasets: tuple[str, ...] = ("sample",)
    protocols: tuple[str, ...] = ("basicsr",)
    device: Device = "auto"
    timing: bool = True
    plugins: tuple[str, ...] = ()
    scoring: bool = True
    """Whether there are scores; without, methods are timed thoroughly, also those that would have none."""
    sizes: tuple[str, ...] = ()
    """LR sizes to time, `WIDTHxHEIGHT`, or those of SR, such as `1080p`; without any, those of the datasets."""
    output_sizes: tuple[str, ...] = ()
    """SR sizes to time, `WIDTHxHEIGHT` or such as `1080p`."""
    threads: tuple[int, ...] = ()
    """Numbers of threads that methods are timed with, one after the other, where nothing is scored; without any, one
    for each core."""
    protocol_files: tuple[str, ...] = ()
    """The files that define protocols, whose names `protocols` has."""
    metrics: tuple[str, ...] = METRICS
    """What SR is scored by, as metric specs; methods are ranked by the first."""
    sr: tuple[str, ...] = ()
    """SR images that exist: `NAME=FOLDER` for the methods whose SR is read, and not computed; one may have several."""

    def __post_init__(self) -> None:
        """Refuse what can never give a row.

        Raises:
            UsageError: an empty list, or a factor below 2.

        """
        for name in ("methods", "factors", "datasets", "protocols", "metrics"):
            if not getattr(self, name):
                raise UsageError(f"no {name} given; name at least one (--{name.rstrip('s')}{'s' * (name[0] in 'md')})")
        if min(self.factors) < 2:  # noqa: PLR2004 - a factor of 1 upscales nothing
            raise UsageError(f"factor is {min(self.factors)}, expected an integer of at least 2")

    @property
    def given(self) -> dict[str, tuple[Path, ...]]:
        """Return the folders of SR images of each method whose SR is read."""
        found: dict[str, tuple[Path, ...]] = {}
        for name, _, folder in (text.partition("=") for text in self.sr):
            found[name] = (*found.get(name, ()), Path(folder))
        return found

    @property
    def computed(self) -> tuple[str, ...]:
        """Return the methods whose SR is computed."""
        return tuple(each for each in self.methods if each not in self.given)

    @property
    def plugin_files(self) -> list[Path]:
        """Return the plug-in files."""
        return [Path(plugin) for plugin in self.plugins]

    @property
    def own_protocols(self) -> list[Path]:
        """Return the files that define protocols."""
        return [Path(file) for file in self.protocol_files]

    def differences(self, other: Plan) -> list[str]:
        """Return one `field: mine, not theirs` per field that differs; metrics may, as each has rows of its own."""
        mine, theirs = ({**asdict(each), "metrics": (), "plugins": _of_methods(each)} for each in (self, other))
        return differences(mine, theirs)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON-ready values; without `sr` where there is none, as in earlier versions."""
        return {name: value for name, value in asdict(self).items() if value or name != "sr"}

    @classmethod
    def from_json(cls, values: Any) -> Self:  # noqa: ANN401 - JSON
        """Return the plan that `to_json` described.

        Raises:
            RunFolderError: the values are no plan of this version.

        """
        try:
            fields: Any = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
            if type(fields.get("threads")) is int:  # of a version that had one number; 0 was one for each core
                fields["threads"] = (fields["threads"],) * bool(fields["threads"])
            for key, value in fields.items():
                _check(key, value)
            return cls(**fields)
        except (TypeError, AttributeError, UnicodeEncodeError, UsageError) as error:
            raise RunFolderError(f"run.json holds a plan that this version cannot read: {str(error)!r}") from error


def _of_methods(plan: Plan) -> tuple[str, ...]:
    """Return the plug-in files of a plan's methods: others decide no score, and may be gone since."""
    names = {spec.partition(":")[0] for spec in plan.methods}
    return tuple(str(file) for file in plan.plugin_files if file.stem in names and kind_of(file) != "metric")


def _check(key: str, value: Any) -> None:  # noqa: ANN401 - JSON
    """Refuse a value of another type, and text that is no path."""
    kind = {"factors": int, "timing": bool, "scoring": bool, "threads": int}.get(key, str)
    for each in value if isinstance(value, tuple) else (value,):
        if type(each) is not kind:
            raise TypeError(f"{key} holds {each!r}, expected {kind.__name__}")
        os.fsencode(str(each))


def plugin_files(info: Mapping[str, Any]) -> list[Path]:
    """Return the plug-in files of a run, of which `info` is run.json; none where that says nothing of its plan."""
    return [Path(plugin) for plugin in info.get("plan", {}).get("plugins", [])]


class Keep(NamedTuple):
    """Which pictures a run keeps."""

    crops: bool = False
    """Of each score a crop of SR, and those of HR and LR: what the report shows."""
    images: bool = False
    """All of SR, HR and LR."""


NOTHING = Keep()


@dataclass(frozen=True)
class Execution:
    """How a run is carried out: nothing here decides a number."""

    jobs: int = 1
    """Images scored in parallel; timing is always serial."""
    limits: Limits = field(default_factory=Limits)
    """Limits of each worker; if it has no number of threads, that follows from `jobs`."""
    fail_fast: bool = False
    """Whether the first failed, crashed or timed-out result stops the run."""
    reuse: tuple[Path, ...] = ()
    """Folders of earlier runs, whose rows are taken over where their keys match."""
    data: Path | None = None
    """The folder of the datasets, if it is not the default one."""
    cluster: str = ""
    """The address of the Dask scheduler that scores, if not this machine does."""
    time_on: str = ""
    """The name of the Dask worker that times; without one, a run on a cluster times nothing."""
    keep: Keep = NOTHING
    budget: Budget = field(default_factory=lambda: QUICK)
    """How thoroughly methods are timed."""
    frame_budget: str = ""
    """What an image may take, such as `33ms` or `30fps`, where the report is to say which methods keep to it."""
    scores: Path | None = None
    """The run whose scores say how good the methods are that are timed here."""
    baseline: str = ""
    """The method that others are compared with, in any spelling; by default bicubic, else the first."""

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            UsageError: fewer than one job, or a worker of no cluster.

        """
        if self.jobs < 1:
            raise UsageError(f"jobs is {self.jobs}, expected an integer of at least 1")
        if self.time_on and not self.cluster:
            raise UsageError(f"--time-on {self.time_on} names a worker of a cluster; give --cluster, or leave it out")


def factors(given: int | str | Iterable[int | str]) -> tuple[int, ...]:
    """Parse one factor, a comma list of factors, or several.

    Raises:
        UsageError: something is not an integer of at least 2.

    """
    items = comma_list([str(given)] if isinstance(given, int | str) else map(str, given))
    for item in items:
        if not item.isdecimal() or len(item) > _DIGITS or int(item) < 2:  # noqa: PLR2004 - 1 upscales nothing
            raise UsageError(f"factor is {item!r}, expected an integer of at least 2, such as 2, 3 or 4")
    return tuple(dict.fromkeys(map(int, items)))


def sizes(texts: str | Iterable[str]) -> tuple[str, ...]:
    """Parse sizes, a comma list of `WIDTHxHEIGHT` (of LR) and frames (of SR) or several.

    Raises:
        UsageError: something is no size.

    """
    found = items(texts)
    for item in found:
        size_of(item, 1)
    return found


def size_of(text: str, factor: int) -> tuple[int, int]:
    """Return the height and width of LR that `WIDTHxHEIGHT` names, or the frame that SR is to have.

    Raises:
        UsageError: it is no size.

    """
    if text.lower() in FRAMES:
        return lr_size(text, factor)
    size = pixels(text)
    if size is None:
        raise UsageError(
            f"size is {text!r}, expected WIDTHxHEIGHT of LR in pixels, such as 640x360, or a size of SR: "
            f"{', '.join(FRAMES)}"
        )
    return size


def output_sizes(texts: str | Iterable[str]) -> tuple[str, ...]:
    """Parse sizes of SR, a comma list of `WIDTHxHEIGHT` and names of frames or several.

    Raises:
        UsageError: something is no size.

    """
    found = items(texts)
    for item in found:
        if pixels(item) is None:
            raise UsageError(
                f"output size is {item!r}, expected WIDTHxHEIGHT of SR in pixels, such as 1280x720, or "
                f"{', '.join(FRAMES)}"
            )
    return found


def threads(given: int | str | Iterable[int | str]) -> tuple[int, ...]:
    """Parse one number of threads, a comma list of numbers, or several; 0 stands for one for each core: none.

    Raises:
        UsageError: something is not an integer of at least 1.

    """
    found = comma_list([str(given)] if isinstance(given, int | str) else map(str, given))
    if found in ([], ["0"]):
        return ()
    for item in found:
        if not item.isdecimal() or len(item) > _DIGITS or int(item) < 1:
            raise UsageError(f"threads is {item!r}, expected integers of at least 1, such as 2 or 1,2,4")
    return tuple(dict.fromkeys(map(int, found)))


_UNITS = {"ms": 1e-3, "s": 1.0}


def frame_budget(text: str) -> float:
    """Return the seconds that an image may take: `33ms`, `0.1s`, or as many as there are for each of `30fps`.

    Raises:
        UsageError: it is no such time.

    """
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|fps)", text.strip().lower())
    number = float(match[1]) if match else 0.0
    if match is None or not 0 < number < math.inf:
        raise UsageError(f"budget is {text!r}, expected a time for each image with its unit: 33ms, 0.5s or 30fps")
    return 1 / number if match[2] == "fps" else number * _UNITS[match[2]]


def items(texts: str | Iterable[str]) -> tuple[str, ...]:
    """Return the items of one comma list, or of several."""
    return tuple(comma_list([texts] if isinstance(texts, str) else texts))


def device(text: str) -> Device:
    """Check the name of a device.

    Raises:
        UsageError: there is no such device.

    """
    if text not in get_args(Device):
        raise unknown("device", text, get_args(Device))
    return cast("Device", text)


def absolute(plugins: Iterable[Path]) -> tuple[str, ...]:
    """Return plug-in paths that mean the same in every process."""
    return tuple(str(path.resolve()) for path in plugins)

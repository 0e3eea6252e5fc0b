"""The content of a board, as plain values: what the pages, the tables for machines and `srbench.board` show.

`NaN` never stands here: a number that there is none of is None, an infinite one is infinite (`strict_json.dumps` writes
"inf"). No text holds a path of the machine that made it: folders and files are named, not where they lie. Parts refer
to each other by `id`, which holds `a-z`, `0-9` and `-` alone: it can be part of a file's name, a URL or an HTML id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Verdict: TypeAlias = Literal["better", "worse", "undecided", "too few images", "equal", ""]
"""As `analysis.comparisons.Verdict`."""

Standing: TypeAlias = Literal["current", "older"]
"""Whether a line is in the ranking, or was replaced by a newer version of its method."""


@dataclass(frozen=True)
class Machine:
    """What computed. Two runs have one machine where all of this, and its name in its network, is equal."""

    id: str
    name: str
    """In a few words: "AMD EPYC, 2 cores", with the GPU behind it."""
    processor: str
    cores: int | None
    memory: int | None
    """Bytes."""
    gpus: tuple[str, ...]
    system: str


@dataclass(frozen=True)
class Run:
    """One run folder that is on the board."""

    id: str
    folder: str
    """Its name alone."""
    status: str
    """`finished`, `interrupted` or another that run.json has."""
    started: str
    """ISO 8601, UTC."""
    ended: str
    machine: str
    """Id of a `Machine`; empty where run.json does not say."""
    srbench: str
    """Version of srbench; empty in runs of a version that did not write it."""
    commit: str
    """Of srbench; ends with `+` where tracked files were changed; empty where it was no checkout."""
    libraries: dict[str, str]
    """Version of each package, and `python`."""
    methods: tuple[str, ...]
    """Ids of methods."""
    merged: tuple[str, ...]
    """The folders that it was merged from."""
    remarks: tuple[str, ...]
    """What to know of it, a sentence each: it is not finished, has failures, has no scores, ..."""


@dataclass(frozen=True)
class Refused:
    """A folder that is not on the board."""

    folder: str
    reason: str


@dataclass(frozen=True)
class Metric:
    """A metric as a table has it."""

    name: str
    """Its spec: the key of `Line.values`."""
    label: str
    unit: str
    digits: int | None
    """Decimals; None for three significant digits."""
    better: Literal["higher", "lower", ""]
    hint: str
    version: str
    code: str
    """sha256 of its code and weights; empty for PSNR and SSIM, which are of the protocol."""


@dataclass(frozen=True)
class Protocol:
    """A protocol by its fingerprint."""

    id: str
    name: str
    """Its canonical spec."""
    fingerprint: str
    words: tuple[str, ...]
    """What it does, a sentence each."""
    fields: tuple[tuple[str, str], ...]
    """Its choices, as name and value."""


@dataclass(frozen=True)
class Dataset:
    """The images of a dataset, by their pixels."""

    id: str
    name: str
    fingerprint: str
    """Of its files."""
    images: int


@dataclass(frozen=True)
class Neighbour:
    """How a line differs from the next worse one by a metric, over the images that both are judged by."""

    line: str
    """Id of the next worse line."""
    difference: float | None
    """This line less the other one, mean over images."""
    low: float | None
    """Ends of the 95 % interval."""
    high: float | None
    p: float | None
    """Paired sign-flip test, corrected over all neighbours of the table (Holm)."""
    verdict: Verdict
    images: int
    smallest_p: float
    """The smallest corrected p that so many images and lines can give."""


@dataclass(frozen=True)
class Reported:
    """What a paper prints of this line."""

    value: float
    printed: str
    """As the paper prints it."""
    measured: float | None
    difference: float | None
    """Measured less reported."""
    verdict: str
    """As `analysis.published`: `agrees`, `off`, `trained`, ..."""
    reason: str
    method: str
    """As the paper calls it."""
    source: str
    weights: str
    """sha256 of the paper's weights, where it is known."""


@dataclass(frozen=True)
class Value:
    """One metric of one line: what `board.csv` has a line of."""

    metric: str
    mean: float | None
    """Over `images`, or what the line's own images are where it is not judged."""
    low: float | None
    """Ends of the 95 % interval of the mean."""
    high: float | None
    position: int
    """1 for the best; means that are printed alike share it; 0 where the line is not judged."""
    images: int
    """That the mean is over."""
    own: float | None
    """The mean over all images that the line has: what a paper would print."""
    below: Neighbour | None
    """The next worse line; None for the last, and where nothing is judged."""
    reported: tuple[Reported, ...]


@dataclass(frozen=True)
class Speed:
    """The time of a line on a machine."""

    chart: str
    """Id of the `Chart`: times of two charts are not comparable."""
    ms_per_mpx: float
    """Milliseconds per output megapixel, warm."""
    low: float | None
    """Ends of the 99 % interval, where there are processes enough for one; of several sizes their medians."""
    high: float | None
    steady: bool
    run: str
    doubt: str = ""
    """Why it is noisy; empty where it is steady."""


@dataclass(frozen=True)
class Line:
    """One method in one setting, by one code: a line of a table."""

    id: str
    table: str
    method: str
    """Id of a `Method`."""
    device: str
    standing: Standing
    run: str
    """Id of the newest run that has it: of it are machine, commit and versions."""
    runs: tuple[str, ...]
    """All runs that have these scores by the same code, newest first."""
    code: str
    """sha256 over code, weights, options, factor, device and library versions; several where images have one each."""
    weights: dict[str, str]
    """sha256 of each of the method's files, by its name."""
    parameters: int | None
    multiply_adds: float | None
    """Per pixel of SR."""
    judged: bool
    """Whether it is compared with the others."""
    images: int
    of: int
    """Images of the dataset."""
    scored: int
    trained_on: int
    """Of the scored images, how many the method was trained on."""
    failures: tuple[str, ...]
    """`status: reason`, with the number of images, of images that have no score."""
    rank: float | None
    """Mean rank by the leading metric over the images."""
    values: dict[str, Value]
    """By metric, in the order of the table."""
    speeds: tuple[Speed, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """A line in a chart of quality against time."""

    line: str
    ms_per_mpx: float
    low: float | None
    high: float | None
    quality: float
    steady: bool
    front: bool
    """Whether no other is better and as fast, or faster and as good."""


@dataclass(frozen=True)
class Chart:
    """Quality against time, of one table, on one machine and under one set of conditions."""

    id: str
    table: str
    title: str
    machine: str
    """Id of a `Machine`."""
    device: str
    conditions: tuple[tuple[str, str], ...]
    """Name and value of what else decides a time: `device`, `threads`, `precision`, `lr` and `sizes` (of LR)."""
    metric: str
    """The leading one of the table."""
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Table:
    """Lines that may be compared: a dataset by its pixels, factor, protocol by fingerprint, and metrics by code."""

    id: str
    name: str
    """`set5 x3, basicsr`; with a hash where several tables would have one name."""
    dataset: str
    """Id of a `Dataset`."""
    factor: int
    protocol: str
    """Id of a `Protocol`."""
    on_device: str
    """The device whose scores are compared, where a method has scores of both; else empty."""
    metrics: tuple[Metric, ...]
    """The leading one first."""
    images: tuple[str, ...]
    """Ids of images, in the order of their names."""
    judged: int
    """On how many images lines are compared."""
    lines: tuple[Line, ...]
    """Best first, older ones last."""
    charts: tuple[Chart, ...]
    refusals: tuple[str, ...]
    """What is not in this table though it has its name, and why: a sentence each."""
    verdict: str
    """Who leads, by how much, and whether that is significant."""


@dataclass(frozen=True)
class Checkout:
    """The commit of a plug-in in its own git repository."""

    commit: str
    """Ends with `+` where tracked files were changed."""
    date: str
    """ISO 8601, UTC."""
    subject: str


@dataclass(frozen=True)
class Clock:
    """A machine and the conditions of times that may be compared."""

    id: str
    name: str
    """The machine, in words."""
    conditions: tuple[tuple[str, str], ...]
    """As those of a `Chart`."""


@dataclass(frozen=True)
class Event:
    """One version of a method in one setting."""

    run: str
    line: str
    """Id of a line; empty where there are times alone."""
    when: str
    """When the run started."""
    srbench: str
    commit: str
    """Of srbench."""
    code: str
    weights: dict[str, str]
    values: dict[str, float | None]
    """Means over all images that it has, by metric."""
    images: int
    changed: tuple[str, ...]
    """What differs from the version before: `data`, `protocol`, `metric`, `weights`, `library`, `code`, or `code?`
    where that may have changed beside weights or a library; none of the first."""
    details: tuple[str, ...]
    """The same in words: "numpy 2.4.6, not 2.4.1"."""
    checkout: Checkout | None = None
    """Of the method, if it is a plug-in in a git repository."""
    speeds: tuple[Speed, ...] = ()
    """Its times in this run; the `chart` of each is the id of a `Clock`."""


@dataclass(frozen=True)
class History:
    """The versions of one method in one setting, oldest first: a line of a chart over time.

    By the dates of their commits where all are of a plug-in's repository, else by when the runs started.
    """

    method: str
    name: str
    """`set5 x3, basicsr`."""
    device: str
    metrics: tuple[Metric, ...]
    events: tuple[Event, ...]
    clocks: tuple[Clock, ...] = ()
    """Of the times of its events."""


@dataclass(frozen=True)
class Method:
    """A method with all that it is on the board."""

    id: str
    name: str
    """What readers see: its label."""
    spec: str
    """Canonical, with names of files in place of their paths."""
    lines: tuple[str, ...]
    """Ids of lines, in the order of tables."""
    histories: tuple[History, ...]
    facts: tuple[tuple[str, str], ...]
    """What the weights say of themselves, and what the method decided, as name and value."""


@dataclass(frozen=True)
class Picture:
    """A picture of a page: `name` is that of its file on the site, by what decides its pixels."""

    name: str
    """`<hash>.png` or `<hash>.jpg`."""
    source: Path = field(repr=False, compare=False)
    """Where it lies now; not part of the published content."""


@dataclass(frozen=True)
class Score:
    """One line's score of one image."""

    line: str
    values: dict[str, float | None]
    status: str
    reason: str
    judged: bool
    best: bool
    trained_on: bool
    crop: Picture | None
    whole: Picture | None


@dataclass(frozen=True)
class Ground:
    """What the lines of one table saw of one image."""

    table: str
    scores: tuple[Score, ...]
    """In the order of the table's lines."""
    position: tuple[int, int, int, int] | None
    """Left, top, width and height of the crop in the whole image, in pixels of HR."""
    hr_crop: Picture | None
    lr_crop: Picture | None
    small: Picture | None
    """The whole image, small and lossy."""
    hr_whole: Picture | None
    lr_whole: Picture | None


@dataclass(frozen=True)
class Image:
    """An image of a dataset, with the scores of all methods on it."""

    id: str
    name: str
    dataset: str
    """Id of a `Dataset`."""
    size: tuple[int, int] | None
    """Width and height of HR (or, without HR, of SR) in pixels, where it is known."""
    hr_sha256: str
    """Over its pixels."""
    grounds: tuple[Ground, ...]


@dataclass(frozen=True)
class Board:
    """Everything: deterministic, the same runs give the same board."""

    title: str
    made_with: str
    """Version of srbench that made the board."""
    tables: tuple[Table, ...]
    methods: tuple[Method, ...]
    images: tuple[Image, ...]
    runs: tuple[Run, ...]
    machines: tuple[Machine, ...]
    protocols: tuple[Protocol, ...]
    datasets: tuple[Dataset, ...]
    refused: tuple[Refused, ...]
    """Folders that are not on the board."""
    refusals: tuple[str, ...]
    """All that was not put together, a sentence each."""

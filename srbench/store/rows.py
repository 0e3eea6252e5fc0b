"""Rows: one result each, good or bad. A row is a fact; means and medians are derived when it is read."""

from __future__ import annotations

import json
import math
import re
import sys
import zlib
from dataclasses import MISSING, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from srbench.errors import RunFolderError
from srbench.hashing import sha256
from srbench.quality.names import original, today

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Status: TypeAlias = Literal["ok", "skipped", "failed", "timeout", "crashed"]

DEVICES = ("cpu", "cuda")
"""The kinds of device that methods run on."""

BAD: tuple[Status, ...] = ("failed", "timeout", "crashed")
"""What makes a run exit with 1."""

STATUSES: tuple[Status, ...] = ("ok", "skipped", *BAD)
"""All statuses, from best to worst."""


def place(device: str, thread_limit: int) -> str:
    """Return where a method computed: the device, and with how many threads, where a number was asked for."""
    return f"{device}, {thread_limit} thread{'s' if thread_limit > 1 else ''}" if thread_limit else device


class _Row:
    """Compares rows as tuples, where one NaN equals itself; dataclasses of Python 3.13 compare field by field."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _fields_of(self) == _fields_of(other)

    def __hash__(self) -> int:
        return hash(_fields_of(self))


def _fields_of(row: object) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in row.__slots__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ScoreRow(_Row):
    """The score of one method on one image; `height`, `width`, `channels` and `dtype` are those of SR."""

    method: str
    dataset: str
    image: str
    factor: int
    protocol: str
    device: str
    psnr: float = math.nan
    ssim: float = math.nan
    status: Status = "ok"
    reason: str = ""
    height: int = 0
    width: int = 0
    channels: int = 0
    dtype: str = ""
    parameters: int | None = None
    trained_on: bool = False
    """Whether HR is among the images that the method says it was trained on."""
    protocol_fingerprint: str = ""
    hr_sha256: str = ""
    """sha256 over HR's pixels; where they cannot be decoded that of the file, or `UNREADABLE`."""
    hr_file_sha256: str = ""
    """sha256 of the file that HR was read from; empty where it could not be read."""
    lr_sha256: str = ""
    """sha256 over the pixels of a given LR image, as of HR; empty where the protocol made LR."""
    lr_file_sha256: str = ""
    """sha256 of the file that a given LR image was read from; empty where it could not be read."""
    code: str = ""
    """sha256 over all that decides the row but image and protocol: code, weights, options, factor, device, versions."""
    key: str = ""
    """sha256 over `code`, the pixels of HR and given LR, and the protocol's fingerprint: `key_of` the row."""
    output: str = ""
    """The end of what the method printed, if it failed."""

    @property
    def cell(self) -> Cell:
        """Return what the row is about; of several rows about the same thing the newest counts."""
        return self.dataset, self.image, self.method, self.factor, self.protocol, self.device


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MetricRow(_Row):
    """The value that one metric, other than PSNR and SSIM, gives to one score's SR."""

    metric: str
    """Its canonical spec, such as `lpips` or `lpips:net=vgg`."""
    method: str
    dataset: str
    image: str
    factor: int
    protocol: str
    device: str
    value: float = math.nan
    status: Status = "ok"
    reason: str = ""
    code: str = ""
    """sha256 over all that decides the value but the images: the metric's code, weights, options, version, packages."""
    score: str = ""
    """The key of the score row of the same SR, which identifies HR, SR and protocol."""
    key: str = ""
    """sha256 over `code` and `score`: `key_of` the row."""
    output: str = ""
    """The end of what the metric printed, if it failed."""

    @property
    def cell(self) -> MetricCell:
        """Return what the row is about; of several rows about the same thing the newest counts."""
        return (self.metric, *self.score_cell)

    @property
    def score_cell(self) -> Cell:
        """Return what the score is about whose SR the metric saw."""
        return self.dataset, self.image, self.method, self.factor, self.protocol, self.device


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TimingRow(_Row):
    """One wall-clock sample; `height`, `width`, `channels` and `dtype` are those of LR.

    `phase` is `load` (until the upscaler is ready), `first` (its first call on this size), `warm-up`, `call` (a warm
    call, image to image), `compute` (what the upscaler does between its device's input and output) or `start` (what a
    call takes however small the image is: the start of a program). The machine's own limits, `sgemm` and `copy`, are
    rows without a method.
    """

    method: str
    factor: int
    device: str
    phase: str
    height: int
    width: int
    channels: int
    dtype: str = ""
    thread_limit: int = 0
    """Threads that `srbench time --threads` gave its process; 0 where none were asked for."""
    process: int = 0
    """Number of the fresh process that was timed."""
    round: int = 0
    """All methods have their turn once in each round of a process; from 1."""
    calls: int = 1
    """How many calls `seconds` is the sum of: in a warm-up, more than one."""
    seconds: float = math.nan
    """Seconds from an idle device to finished work."""
    enqueued: float = math.nan
    """Seconds until the call returned, its work finished or not."""
    device_seconds: float = math.nan
    """Seconds between two events of the device itself."""
    clock: str = ""
    """How it is known that work is done: `wall`, and `synchronised` and `events` where the upscaler offers them."""
    threads: str = ""
    """Threads of each library in the process, such as `opencv=2 openmp=2`."""
    other_load: float = math.nan
    """Share of all cores' time that other programs took since the rounds began, in this process and size."""
    mhz: float = math.nan
    temperature: float = math.nan
    """Of the device, in degrees Celsius."""
    throttled: str = ""
    """Why the device ran slower than it could."""
    foreign: int | None = None
    """Processes on the GPU that are none of this run."""
    memory: int | None = None
    """Peak resident bytes of the process since its calls on this size began."""
    device_memory: int | None = None
    """Peak bytes in use on the device."""
    parameters: int | None = None
    multiply_adds: float = math.nan
    """Multiply-adds for each pixel of SR, as the method says."""
    status: Status = "ok"
    reason: str = ""
    code: str = ""
    output: str = ""
    """The end of what the method printed, if it failed."""
    machine: str = ""
    """The node name of the machine that was timed."""
    processor: str = ""
    """The processor and its cores, or the GPU; said once, when a method is loaded."""


Row: TypeAlias = ScoreRow | MetricRow | TimingRow

R = TypeVar("R", bound=Row)

_KINDS: dict[str, type[Row]] = {"score": ScoreRow, "metric": MetricRow, "timing": TimingRow}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_TYPES: dict[type[Any], dict[str, str]] = {
    kind: {field.name: str(field.type) for field in fields(kind)} for kind in _KINDS.values()
}
"""The type of each field, as it is written above."""

_ABSENT = object()
DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(TimingRow) if field.default is not MISSING}
"""What the fields of a timing row are where it does not say."""

_TEXTS = {"str", "Status"}
_OWN = {"key", "output"}
"""Text of one row; what other fields hold thousands of rows have in common, and memory needs it once."""

_CHECKSUM = re.compile(rb', "crc": "([0-9a-f]{8})"}\s*\Z')

GIVEN_LR = ("lr_sha256", "lr_file_sha256")
"""The fields of a score that say which LR image was given; journals and tables without given LR have none of them."""

GIVEN = "given"
"""The device of a precomputed SR image: it is not known."""

Cell: TypeAlias = tuple[str, str, str, int, str, str]

MetricCell: TypeAlias = tuple[str, str, str, str, int, str, str]

UNREADABLE = "unreadable"
"""The hash of HR's pixels if the image could not even be opened."""


def key_of(row: ScoreRow | MetricRow) -> str:
    """Return the key that the other fields of a row give it: what two rows must share to have one score, or one value.

    A precomputed SR image has the hash of its file as code (once that of its pixels), and one that could not be scored
    the reason.
    """
    if isinstance(row, MetricRow):
        return sha256(row.code, row.score)
    if row.device != GIVEN:
        given = (row.lr_sha256,) if row.lr_sha256 else ()
        return sha256(row.code, row.hr_sha256, row.protocol_fingerprint, *given)
    if row.status != "ok":
        return sha256(row.image, original(row.protocol), row.reason)
    return sha256(row.image, row.factor, row.protocol_fingerprint, row.code, row.hr_sha256)


def newest(rows: Iterable[Row]) -> dict[Cell, ScoreRow]:
    """Return the row that counts for each cell: the newest, but no score is lost to an image out of reach."""
    found: dict[Cell, ScoreRow] = {}
    for row in rows:
        if isinstance(row, ScoreRow):
            before = found.get(row.cell)
            if not (row.hr_sha256 == UNREADABLE and before and before.status == "ok" and before.code == row.code):
                found[row.cell] = row
    return found


def to_json(row: Row) -> str:
    """Return `row` as one line of strict JSON; infinite numbers become text and NaN becomes null.

    Its last field, `crc`, is the CRC-32 of the same line without it: a bit that flips on the disk is noticed.
    A timing sample, of which there are thousands, leaves out the fields that have their default; a score those of
    given LR where LR was made.
    """
    values = {name: _plain(getattr(row, name)) for name in _TYPES[type(row)]}
    if isinstance(row, TimingRow):
        values = {name: value for name, value in values.items() if value != _plain(DEFAULTS.get(name, _ABSENT))}
    elif isinstance(row, ScoreRow):
        values = {name: value for name, value in values.items() if value or name not in GIVEN_LR}
    text = json.dumps({"row": _NAMES[type(row)], **values}, ensure_ascii=False, allow_nan=False)
    line = text.encode("utf-8", "backslashreplace")  # half a surrogate pair, from a file's name, as JSON escapes it
    return f'{line[:-1].decode()}, "crc": "{zlib.crc32(line):08x}"}}'


def from_json(line: str | bytes) -> Row:
    """Return the row that `to_json` wrote.

    Raises:
        RunFolderError: the line is no such row, or not as it was written.

    """
    try:
        values = _values(line, checked=True)
        kind: Any = _KINDS[values.pop("row")]
        if "protocol" in values:
            values["protocol"] = today(values["protocol"])
        types = _TYPES[kind]
        row: Row = kind(**{name: _checked(name, value, types.get(name, "")) for name, value in values.items()})
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise RunFolderError(f"not a row of a run: {line[:80]!r} ({str(error)!r})") from error
    return row


def is_whole(line: bytes) -> bool:
    """Tell whether a line is JSON with the checksum that it was written with, if any: a torn one is not."""
    try:
        _values(line)
    except (ValueError, RecursionError):
        return False
    return True


def share(row: R) -> R:
    """Return `row` with the text that it has in common with others held in memory once."""
    names = [name for name, type_ in _TYPES[type(row)].items() if type_ in _TEXTS and name not in _OWN]
    texts: Any = {name: sys.intern(getattr(row, name)) for name in names}
    return replace(row, **texts)


def _values(line: str | bytes, *, checked: bool = False) -> Any:  # noqa: ANN401 - JSON
    """Return what a line of JSON holds, its checksum left out; `checked`, there must be one."""
    content = line.encode() if isinstance(line, str) else line
    found = _CHECKSUM.search(content)
    if found is None:
        values = _DECODER.decode(content.decode())
        if checked:
            raise ValueError("it has no checksum: it was edited")
        return values
    content = content[: found.start()] + b"}"
    crc = f"{zlib.crc32(content):08x}"
    if crc.encode() != found[1]:
        raise ValueError(f"its checksum is {crc}, expected {found[1].decode()}: it was damaged or edited")
    return _DECODER.decode(content.decode())


def _strict(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_strict)


def _is_unicode(text: str) -> bool:
    """Tell whether a file can hold `text`: JSON can spell half a surrogate pair."""
    return text.isascii() or text.encode("utf-8", "replace") == text.encode("utf-8", "surrogatepass")


def _checked(name: str, value: Any, type_: str) -> Any:  # noqa: ANN401 - a field of a row
    """Return the value of a field that is exactly of its type; text that rows have in common is held once."""
    if not _FITS[type_](value):
        raise ValueError(f"{name} is {value!r}, expected {type_ or 'no such field'}")
    if type_ == "float":
        return math.nan if value is None else float(value)
    return sys.intern(value) if type_ in _TEXTS and name not in _OWN else value


_FITS: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: type(value) is str and _is_unicode(value),
    "int": lambda value: type(value) is int,
    "int | None": lambda value: value is None or type(value) is int,
    "bool": lambda value: type(value) is bool,
    "float": lambda value: value in (None, "inf", "-inf") or type(value) in (int, float),
    "Status": lambda value: value in STATUSES,
    "": lambda _: False,
}
"""Whether a value that JSON holds is what a field of this type was written as."""


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of a row
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value

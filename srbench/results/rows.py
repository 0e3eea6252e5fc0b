"""Rows: one outcome each, good or bad. A row is a fact; means and medians are derived when it is read."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from srbench.errors import RunFolderError

Status: TypeAlias = Literal["ok", "skipped", "failed", "timeout", "crashed"]

BAD: tuple[Status, ...] = ("failed", "timeout", "crashed")
"""What makes a run exit with 1."""

STATUSES: tuple[Status, ...] = ("ok", "skipped", *BAD)
"""All statuses, from best to worst."""


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
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
    code: str = ""
    """sha256 over all that decides the row but image and protocol: code, weights, options, factor, device, versions."""
    key: str = ""
    """sha256 over `code`, HR's pixels and the protocol's fingerprint."""

    @property
    def cell(self) -> tuple[str, str, str, int, str, str]:
        """Return what the row is about; of several rows about the same thing the newest counts."""
        return self.dataset, self.image, self.method, self.factor, self.protocol, self.device


@dataclass(frozen=True, kw_only=True)
class TimingRow:
    """One wall-clock sample; `height`, `width`, `channels` and `dtype` are those of LR.

    `phase` is `load` (until the upscaler is ready), `first` (its first call on this size) or `call` (a warm call).
    """

    method: str
    factor: int
    device: str
    phase: str
    height: int
    width: int
    channels: int
    dtype: str = ""
    process: int = 0
    round: int = 0
    seconds: float = math.nan
    status: Status = "ok"
    reason: str = ""
    code: str = ""


Row: TypeAlias = ScoreRow | TimingRow

_KINDS: dict[str, type[Row]] = {"score": ScoreRow, "timing": TimingRow}
_HINTS = {kind: get_type_hints(kind) for kind in _KINDS.values()}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_json(row: Row) -> str:
    """Return `row` as one line of strict JSON; infinite numbers become text and NaN becomes null."""
    values = {key: _plain(value) for key, value in asdict(row).items()}
    return json.dumps({"row": _NAMES[type(row)], **values}, ensure_ascii=False, allow_nan=False)


def from_json(line: str | bytes) -> Row:
    """Return the row that `to_json` wrote.

    Raises:
        RunFolderError: the line is no such row.

    """
    try:
        values: dict[str, Any] = json.loads(line)
        kind: Any = _KINDS[values.pop("row")]
        numbers = {field.name for field in fields(kind) if field.type == "float"}
        row: Row = kind(**{key: _number(value) if key in numbers else value for key, value in values.items()})
        _check(row)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise RunFolderError(f"not a row of a run: {line[:80]!r} ({str(error)!r})") from error
    return row


def _check(row: Row) -> None:
    """Refuse a value of another type, on which tables would fail, and text that no file can hold."""
    for name, hint in _HINTS[type(row)].items():
        value = getattr(row, name)
        if not (value in get_args(hint) if get_origin(hint) is Literal else isinstance(value, hint)):
            raise TypeError(f"{name} is {value!r}, expected {hint}")
        if isinstance(value, str):
            value.encode()


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of a row
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _number(value: float | str | None) -> float:
    return math.nan if value is None else float(value)

"""Which rows of a journal are current: those of the methods, protocols and images that run.json describes.

run.json is written each time a run's methods are described, and records their code, weights and files at that moment.
Running, resuming, reporting, verifying, merging, reusing and comparing all ask here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.store.rows import GIVEN, UNREADABLE, MetricRow, ScoreRow, TimingRow, newest, place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.store.rows import Cell, Row


def current(rows: Iterable[Row], info: Mapping[str, Any]) -> list[Row]:
    """Return the rows that are current by `info`, which is run.json; of several scores of one image the newest.

    A row is current if its code is that of its method when the run last described it. A score also needs the device,
    the protocol and the HR file of the run, the value of a metric the code of that metric and a good score, and a
    timing must be of the newest attempt at its factor, device and threads. A run that has not described its methods yet
    has no current rows.
    """
    rows = list(rows)
    scores = newest(row for row in rows if isinstance(row, ScoreRow) and _is_current_score(row, info))
    values = {row.cell: row for row in rows if isinstance(row, MetricRow) and _is_current_value(row, info, scores)}
    timings = (row for row in rows if isinstance(row, TimingRow) and _is_current_timing(row, info))
    return [*scores.values(), *values.values(), *timings]


def case_of(factor: int, device: str) -> str:
    """Return what run.json calls a method at a factor on a device."""
    return f"x{factor} on {device}"


def timed_case(factor: int, device: str, threads: int = 0) -> str:
    """Return what run.json calls the timing at a factor on a device, with so many threads where that was asked for."""
    return case_of(factor, place(device, threads))


def image_of(dataset: str, image: str, factor: int) -> str:
    """Return what run.json calls a precomputed SR image."""
    return f"{dataset}/{image} x{factor}"


def _is_current_score(row: ScoreRow, info: Mapping[str, Any]) -> bool:
    scored = _code_of(row, info) == row.code and row.device in _method(row, info).get("devices", [])
    return scored and _is_of_protocol(row, info) and _is_of_image(row, info)


def _is_current_value(row: MetricRow, info: Mapping[str, Any], scores: Mapping[Cell, ScoreRow]) -> bool:
    """Return whether the metric is as run.json describes it, and the score that of the same SR today."""
    metric: Mapping[str, Any] = info.get("metrics", {}).get(row.metric, {})
    score = scores.get(row.score_cell)
    good = score is not None and score.status == "ok" and score.key == row.score
    return good and metric.get("code") == row.code


def _is_current_timing(row: TimingRow, info: Mapping[str, Any]) -> bool:
    case: Mapping[str, Any] = info.get("timed", {}).get(timed_case(row.factor, row.device, row.thread_limit), {})
    return (not row.method or _code_of(row, info) == row.code) and row.process >= case.get("first", 0)


def _code_of(row: ScoreRow | TimingRow, info: Mapping[str, Any]) -> str | None:
    """Return the code of a row's method as run.json has it; a precomputed SR image has one of its own."""
    codes: Mapping[str, str] = _method(row, info).get("codes", {})
    if isinstance(row, ScoreRow) and row.device == GIVEN:
        return codes.get(image_of(row.dataset, row.image, row.factor), _before_factors(row, codes))
    return codes.get(case_of(row.factor, row.device))


def _before_factors(row: ScoreRow, codes: Mapping[str, str]) -> str | None:
    """Return the code of a precomputed SR image in run.json of earlier versions, which had one factor."""
    return codes.get(f"{row.dataset}/{row.image}")


def _method(row: ScoreRow | TimingRow, info: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = info.get("methods", {}).get(row.method, {})
    return found


def _is_of_protocol(row: ScoreRow, info: Mapping[str, Any]) -> bool:
    return bool(info.get("protocols", {}).get(row.protocol) == row.protocol_fingerprint)


def _is_of_image(row: ScoreRow, info: Mapping[str, Any]) -> bool:
    """Return whether HR and given LR are the run's; a file that could not be read makes no row outdated."""
    facts: Mapping[str, Any] = info.get("datasets", {}).get(row.dataset, {})
    files: Mapping[str, str] = facts.get("files", {})
    if row.image not in files or (row.hr_sha256 != UNREADABLE and files[row.image] not in ("", row.hr_file_sha256)):
        return False
    given = facts.get("lr", {}).get(f"x{row.factor}", {}).get(row.image, "")
    return not row.lr_sha256 or row.lr_sha256 == UNREADABLE or given in ("", row.lr_file_sha256)

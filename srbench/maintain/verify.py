"""Whether a run folder is what srbench wrote: the checks of `srbench results verify`. They write nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from srbench.analysis.load_run import order_of
from srbench.analysis.tables import tables
from srbench.errors import RunFolderError, SrbenchError
from srbench.maintain import verify_tables
from srbench.specs import counted
from srbench.store import journal_reader, pictures
from srbench.store.coverage import missing, sizes
from srbench.store.current import current
from srbench.store.journal import read_info
from srbench.store.lock import holder
from srbench.store.plans import plan_of
from srbench.store.rows import MetricRow, ScoreRow, TimingRow, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from srbench.analysis.tables import Tables
    from srbench.store.coverage import Gap
    from srbench.store.journal_reader import Content
    from srbench.store.rows import Row

_NAMED = 5
"""How many damaged lines or rows are named."""

Verdict: TypeAlias = Literal["ok", "wrong", "note"]


@dataclass(frozen=True)
class Check:
    """What was checked, and the result: a `note` is no fault, such as a run in progress."""

    what: str
    verdict: Verdict
    detail: str


def verify(folder: Path) -> list[Check]:
    """Check a run folder, which may be read-only, interrupted, or being written.

    Raises:
        RunFolderError: there is no run in it.

    """
    return checks(folder, journal_reader.read(folder / "rows.jsonl"), files=True)


def checks(folder: Path, content: Content, *, files: bool) -> list[Check]:
    """Check a run folder of which the journal has been read, with or without the `files` that follow from the rows.

    Raises as `verify`.
    """
    path = folder / "rows.jsonl"
    if not path.exists() and not (folder / "run.json").exists():
        raise RunFolderError(f"{folder} is not a run folder: it contains neither run.json nor rows.jsonl")
    pid = holder(folder)
    process = [Check("process", "note", f"process {pid} is writing this run")] if pid else []
    rows = content.rows
    journal = [*_journal(content, writing=bool(pid)), _keys(rows), _scores(rows)]
    try:
        info = read_info(folder)
        plan, images = plan_of(info), sizes(info)
    except SrbenchError as error:
        return [*process, Check("run.json", "wrong", str(error)), *journal]
    finished = info["status"] == "finished"
    facts = Check("run.json", "ok", f"schema {info['schema']}, {info['status']}")
    standing = current(rows, info)
    labels = info.get("labels", {})
    gaps = missing(plan, images, standing, labels)
    derived: list[Check] = []
    if files:
        made = tables(standing, order_of(info))
        derived = [_tables(folder, made, settled=finished and not pid), *_pictures(folder, standing, labels)]
    return [*process, facts, *journal, *derived, _plan(gaps, finished=finished)]


def _check(what: str, problems: list[str], sound: str) -> Check:
    """Return one check; of many problems the first are named."""
    more = f"; and {len(problems) - _NAMED} more" if problems[_NAMED:] else ""
    return Check(what, "wrong", "; ".join(problems[:_NAMED]) + more) if problems else Check(what, "ok", sound)


def _journal(content: Content, *, writing: bool) -> Iterator[Check]:
    """Check that every line is a row as it was written."""
    count = Counter(type(row) for row in content.rows)
    values = f", {counted(count[MetricRow], 'value')} of other metrics" if count[MetricRow] else ""
    problems = [f"line {bad.number}: {bad.problem}" for bad in content.damaged]
    yield _check("rows.jsonl", problems, f"{count[ScoreRow]} scores{values} and {count[TimingRow]} timings")
    if content.tail and writing:
        yield Check("last line", "note", "it is being written")
    elif content.tail:
        yield Check(
            "last line", "wrong", f"line {content.last + 1} is incomplete; the same command removes it and continues"
        )


def _keys(rows: list[Row]) -> Check:
    """Check that each score's key is that of its code, pixels and protocol, and each value's of its code and score."""
    keyed = [row for row in rows if not isinstance(row, TimingRow)]
    made_of = {ScoreRow: "code, pixels and protocol", MetricRow: "code and score"}
    wrong = [row for row in keyed if row.key != key_of(row)]
    problems = [f"the key of {_name(row)} does not match its {made_of[type(row)]}" for row in wrong]
    return _check("keys", problems, f"{len({row.key for row in keyed})} different keys")


def _scores(rows: list[Row]) -> Check:
    """Check that what has one key has one score, or value."""
    found: dict[Any, tuple[str, str]] = {}
    problems = []
    for row in rows:
        if not isinstance(row, TimingRow) and row.status == "ok":
            result = _result(row)
            if found.setdefault((row.cell, row.key), result) != result:
                problems.append(f"{_name(row)} has two {result[0]} under one key")
    return _check("scores", problems, f"{len(found)} cells scored, none twice with different results")


def _result(row: ScoreRow | MetricRow) -> tuple[str, str]:
    """Return what a row holds, in the plural, and its numbers."""
    if isinstance(row, MetricRow):
        return "values", repr(row.value)
    return "scores", repr((row.psnr, row.ssim))


def _tables(folder: Path, expected: Tables, *, settled: bool) -> Check:
    """Check that the tables are what the rows say; those of a run that is not finished may be older, or absent."""
    absent = verify_tables.absent(folder)
    if absent and not settled:
        return Check("tables", "note", "incomplete, as the run is not finished")
    if absent:
        return Check("tables", "wrong", f"{', '.join(absent)} absent; the same command writes them again")
    problems = list(verify_tables.problems(folder, expected if settled else None))
    older = verify_tables.lacking(folder, expected) if settled and not problems else []
    if older:
        return Check("tables", "note", f"of an older version ({'; '.join(older)}): the same command writes them anew")
    return _check("tables", problems, "match the rows")


def _pictures(folder: Path, rows: list[Row], labels: Mapping[str, str]) -> Iterator[Check]:
    """Check that readable names of whole images lead to those of current rows, if there are any."""
    scores = [row for row in rows if isinstance(row, ScoreRow)]
    problems = [f"{name} is not the image of a current score" for name in pictures.astray(folder, scores, labels)]
    if problems or (folder / pictures.LINKS).exists():
        yield _check("images", problems, "each matches its score")


def _plan(gaps: list[Gap], *, finished: bool) -> Check:
    """Check that a finished run has a row for everything it was asked for."""
    if not finished:
        lacking = sum(gap.images for gap in gaps)
        what = f"{lacking} scores are missing" if lacking else "to continue timing: the same command with --out"
        return Check("plan", "note", f"not finished: {what}")
    return _check("plan", [str(gap) for gap in gaps], "every score of the plan is there")


def _name(row: ScoreRow | MetricRow) -> str:
    metric = f"{row.metric} of " if isinstance(row, MetricRow) else ""
    return f"{metric}{row.method} x{row.factor} on {row.dataset}, {row.image}, protocol {row.protocol}"

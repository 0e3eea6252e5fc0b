"""Gathering: run folders as the content of a board."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from srbench import weights_metadata
from srbench.boards import charts, gallery, private, submissions, times_alone
from srbench.boards.common import Common, methods_of
from srbench.boards.content import Board, Dataset, Method, Protocol, Run
from srbench.boards.history import histories
from srbench.boards.metric_codes import parts
from srbench.boards.pools import pools
from srbench.boards.same_images import joined
from srbench.boards.standings import standings, with_speeds
from srbench.errors import RunFolderError
from srbench.reports.findings import Findings
from srbench.reports.html import provenance
from srbench.specs import counted, listed
from srbench.store.rows import BAD, GIVEN
from srbench.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from srbench.analysis.tables import Tables
    from srbench.boards.content import Image, Line, Machine
    from srbench.boards.pools import Pool
    from srbench.boards.standings import Standing
    from srbench.boards.submissions import Submission, Tick

TITLE = "Image upscalers compared"


def gather(folders: Iterable[Path], title: str = "", *, pictures: bool = True, tick: Tick = lambda *_: None) -> Board:
    """Return the board of run folders: the same runs, in any order, give the same board.

    Folders without a sound run are among its `refused`, with reasons. Without `pictures` it has none. `tick` is told
    of progress.

    Raises:
        RunFolderError: none is left.

    """
    found, refused = submissions.read(folders, tick)
    if not found:
        reasons = listed((f"{each.folder}: {each.reason}" for each in refused), most=5, separator="; ")
        raise RunFolderError(f"no run folder can be used: {reasons or 'none was given'}")
    found = joined(found)
    common = Common(found)
    every = pools(found)
    made: list[Standing] = []
    for number, pool in enumerate(every):
        tick("settings compared", number, len(every))
        made += [_charted(each) for part in parts(pool) for each in standings(part, common)]
    images = gallery.images(made, [each.folder for each in reversed(found)] if pictures else [])
    made = [_with_images(each, images) for each in made]
    tables = tuple(each.table for each in made)
    sentences = dict.fromkeys(sentence for table in tables for sentence in table.refusals)
    board = Board(
        title or TITLE,
        __version__,
        tables,
        tuple(_methods(made, common)),
        images,
        tuple(_run(each, common) for each in reversed(found)),
        tuple(_machines(common)),
        tuple(_protocols(every)),
        tuple(_datasets(every)),
        tuple(refused),
        tuple(sentences),
    )
    return private.of(each.info for each in found).without(board)


def _charted(standing: Standing) -> Standing:
    """Return a table with its times."""
    drawn = charts.charts(standing)
    table = replace(standing.table, lines=with_speeds(standing, charts.speeds(standing, drawn)), charts=drawn)
    refusals = (*table.refusals, *charts.refusal(table))
    return replace(standing, table=replace(table, refusals=refusals))


def _with_images(standing: Standing, images: Sequence[Image]) -> Standing:
    return replace(standing, table=replace(standing.table, images=gallery.image_ids(images, standing.table.id)))


def _methods(made: Sequence[Standing], common: Common) -> Iterator[Method]:
    """Yield the methods, by the names that they are shown as."""
    past = histories(made, common)
    timed = times_alone.histories(common, past)
    lines: dict[str, list[Line]] = {}
    for standing in made:
        for line in standing.table.lines:
            lines.setdefault(line.method, []).append(line)
    for method in sorted(common.methods, key=lambda each: (common.shown[each].casefold(), each)):
        own = common.method_ids[method]
        facts = tuple(_facts(common.newest(method), method))
        ids = tuple(line.id for line in lines.get(own, ()))
        yield Method(own, common.shown[method], method, ids, (*past.get(method, ()), *timed.get(method, ())), facts)


def _facts(submission: Submission, method: str) -> Iterator[tuple[str, str]]:
    """Yield what the weights say of themselves, and what the method found out about its files."""
    described = submission.facts(method)
    for factor, facts in described.get("models", {}).items():
        sound = weights_metadata.sound(facts)
        yield from _named(factor, {key: value for key, value in sound.items() if key not in {"history", "scores"}})
    for factor, facts in described.get("decided", {}).items():
        yield from _named(factor, facts if isinstance(facts, dict) else {})


def _named(factor: str, facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in facts.items():
        if text := provenance.format_value(value):
            yield f"{factor} {key}", text


def _run(submission: Submission, common: Common) -> Run:
    info, environment = submission.info, submission.environment
    machine = common.machines.of(submission)
    python = {"python": str(environment["python"])} if "python" in environment else {}
    return Run(
        submission.id,
        submission.name,
        str(info.get("status", "")),
        submission.started,
        submission.ended,
        machine.id if machine else "",
        submission.srbench,
        submission.commit,
        python | {str(name): str(each) for name, each in environment.get("versions", {}).items()},
        tuple(common.method_ids[each] for each in methods_of(submission)),
        submission.merged,
        tuple(_remarks(submission)),
    )


def _remarks(submission: Submission) -> Iterator[str]:
    """Yield what to know of a run."""
    tables: Tables = submission.tables
    if not submission.finished:
        yield f"It is not finished ({submission.info.get('status', 'status unknown')})."
    if tables.scores.empty:
        yield "It has times alone, no scores."
    for name, to in submission.called.items():
        yield f"Its images {name} are those of {to}, and stand there."
    if count := int(tables.scores["status"].isin(BAD).sum()):
        yield f"{counted(count, 'score')} failed."
    if submission.merged:
        machines = "" if submission.environment else ", of several machines or versions"
        yield f"It was merged from {listed(submission.merged, most=5)}{machines}."
    if (read := tables.scores[tables.scores["device"] == GIVEN])["method"].any():
        whose = (
            "Its SR images" if len(read) == len(tables.scores) else f"SR images of {listed(read['method'].unique())}"
        )
        yield f"{whose} were made elsewhere: what made them is not known."


def _machines(common: Common) -> Iterator[Machine]:
    """Yield the machines of runs, and those that were timed for them."""
    runs = (common.machines.of(each) for each in common.submissions)
    found = {each.id: each for each in (*runs, *(time.machine for time in common.times)) if each}
    yield from sorted(found.values(), key=lambda each: each.id)


def _protocols(every: Sequence[Pool]) -> Iterator[Protocol]:
    """Yield the protocols of the tables, in words."""
    newest = {pool.fingerprint: pool for pool in every}
    for fingerprint, pool in sorted(newest.items(), key=lambda each: (each[1].protocol, each[0])):
        submission = pool.submissions[-1]
        found = Findings(submission.folder, submission.info, submission.tables, "")
        said = next((each for each in provenance.protocols(found) if each.fingerprint == fingerprint), None)
        words, fields = (tuple(said.words), tuple(said.fields)) if said else ((), ())
        yield Protocol(fingerprint, pool.protocol, fingerprint, words, fields)


def _datasets(every: Sequence[Pool]) -> Iterator[Dataset]:
    yield from dict.fromkeys(pool.dataset for pool in every)

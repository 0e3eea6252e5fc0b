"""Whether rows of a run are what this machine computes: a sample of them is computed again, and compared."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from srbench.errors import SrbenchError, UsageError
from srbench.execution.recomputing import Recomputing
from srbench.isolation.limits import Limits
from srbench.maintain.verify import Check
from srbench.specs import counted, listed
from srbench.store import journal_reader
from srbench.store.current import current
from srbench.store.journal import read_info
from srbench.store.rows import DEVICES, GIVEN, MetricRow, ScoreRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from srbench.execution.recomputing import Again
    from srbench.store.rows import Cell, Row

PSNR = 0.005
"""How far PSNR in dB may be apart, and"""
SSIM = 0.00005
"""SSIM, where versions, processor or device are others: half of the last digit that tables print."""
VALUE = 0.001
"""How far values of other metrics may then be apart, as a share of the value."""

EXACT = ("height", "width", "channels", "dtype", "parameters", "trained_on", "hr_sha256", "lr_sha256")
"""What else a score says, which is the same on every machine."""

Amount: TypeAlias = "int | float"
"""How many scores are computed again; a float is a share of them, 1.0 all."""


@dataclass(frozen=True)
class Outcome:
    """What became of one row that was computed again."""

    method: str
    dataset: str
    image: str
    factor: int
    protocol: str
    device: str
    verdict: Literal["equal", "close", "differs", "failed"]
    """Equal to the bit; within the tolerance that holds where this machine is not the run's; neither; no result."""
    differing: tuple[str, ...] = ()
    """What differs, as `psnr is 33.1 and not 32.9`, or why there is no result."""
    unlike: str = ""
    """In what this machine is not the run's."""
    values: int = 0
    """How many values of other metrics were compared."""


@dataclass(frozen=True)
class Recomputed:
    """What was computed again, and what could not be."""

    seed: int
    scores: int
    """How many good scores the run has."""
    outcomes: tuple[Outcome, ...]
    reasons: Mapping[str, int]
    """Why scores of the sample could not be computed again, and how many."""
    pictures: Mapping[str, str]
    """Rows whose SR image was saved and looked at, and what is wrong with it, empty if nothing is: that needs neither
    the method nor the device."""
    metrics: Mapping[str, str]
    """Metrics that could not be computed again, and why."""
    code: Mapping[str, str]
    """Methods that are not the run's in this installation, and in what; of all that the run has."""
    methods: int
    unverified: tuple[str, ...] = ()
    """Methods that had a turn, and of which nothing could be computed again."""
    contradictions: tuple[str, ...] = ()
    """What run.json tells of methods, metrics, protocols and named datasets, and is not so."""
    changes: tuple[str, ...] = ()
    """In what the user's folders and manifests are not as run.json tells: they may have changed since."""
    bad: Mapping[str, int] = field(default_factory=dict)
    """How many scores have failed or were skipped; these are not computed again."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self) | {"tolerance": {"psnr": PSNR, "ssim": SSIM, "others": VALUE}}

    @property
    def checks(self) -> list[Check]:
        """Return the checks, as `verify` has them."""
        return [*self._code(), *self._told(), self._scores(), *self._pictures(), *self._not(), _TIMINGS]

    def _code(self) -> list[Check]:
        if not self.methods:  # SR files
            return []
        same = self.methods - len(self.code)
        detail = f"{same} of {counted(self.methods, 'method')} as in this installation"
        others = "; ".join(f"{method}: {why}" for method, why in self.code.items())
        return [Check("code", "note" if others else "ok", f"{detail}; {others}" if others else detail)]

    def _told(self) -> list[Check]:
        found = [Check("facts in run.json", "wrong", "; ".join(self.contradictions))] if self.contradictions else []
        return [*found, *([Check("images", "note", "; ".join(self.changes))] if self.changes else [])]

    def _scores(self) -> Check:
        wrong = [each for each in self.outcomes if each.verdict in ("differs", "failed")]
        seed = f"drawn with seed {self.seed}"
        if not self.outcomes:
            return Check("recomputed", "wrong", f"none of {counted(self.scores, 'score')}: nothing was verified")
        if wrong:
            lines = [f"{_name(each)}: {', '.join(each.differing)}" for each in wrong]
            detail = f"{len(wrong)} of {len(self.outcomes)} scores, {seed}, are not what is computed here"
            return Check("recomputed", "wrong", f"{detail}: {listed(lines, 5, '; ')}")
        count = Counter(each.verdict for each in self.outcomes)
        detail = f"{len(self.outcomes)} of {counted(self.scores, 'score')}, {seed}: {count['equal']} equal to the bit"
        if count["close"]:
            unlike = listed(dict.fromkeys(each.unlike for each in self.outcomes if each.verdict == "close"))
            detail += f", {count['close']} within {PSNR} dB and {SSIM} SSIM ({unlike})"
        if values := sum(each.values for each in self.outcomes):
            detail += f"; with {counted(values, 'value')} of other metrics"
        return Check("recomputed", "ok", detail)

    def _pictures(self) -> list[Check]:
        if not self.pictures:
            return []
        wrong = [f"{row}: {problem}" for row, problem in self.pictures.items() if problem]
        sound = f"{counted(len(self.pictures), 'SR image')} with the PSNR of the row"
        return [Check("saved images", "wrong" if wrong else "ok", listed(wrong, 5, "; ") or sound)]

    def _not(self) -> list[Check]:
        lines = [f"{counted(number, 'score')}: {why}" for why, number in self.reasons.items()]
        lines += [f"{metric}: {why}" for metric, why in self.metrics.items()]
        lines += [f"{counted(number, 'score')}: {status} in the run" for status, number in self.bad.items()]
        some = self.outcomes and self.unverified  # of nothing at all the check before says so
        if some:
            lines.insert(0, f"nothing of {listed(self.unverified)} was verified")
        return [Check("not recomputed", "wrong" if some else "note", "; ".join(lines))] if lines else []


_TIMINGS = Check("timings", "note", "not recomputed: times are of the machine and the moment")


def amount_of(text: str) -> Amount:
    """Return how many scores a text asks for: `5`, `10%`, `0.1`, `all`.

    Raises:
        UsageError: it says something else.

    """
    try:
        if text.strip() == "all":
            return 1.0
        if text.strip().endswith("%"):
            share = float(text.strip()[:-1]) / 100
        else:
            if text.strip().isdecimal() and int(text):
                return int(text)
            share = float(text)
        if 0 < share <= 1:
            return share
    except ValueError:
        pass
    raise UsageError(f"--recompute is {text!r}, expected a number of scores such as 5, a share such as 10%, or all")


def recompute(  # noqa: PLR0913
    folder: Path,
    amount: Amount,
    *,
    seed: int | None = None,
    data: Path | None = None,
    trusted: bool = False,
    limits: Limits | None = None,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> Recomputed:
    """Compute a sample of the current scores of a run again, with their values of other metrics, and compare.

    Every method has a score in the sample, if it is large enough and one of its scores can be computed here. Nothing
    is written.

    Args:
        folder: the run folder.
        amount: how many scores, or, as a float, which share of them.
        seed: draws the sample; by default a new one, so that nobody knows which rows will be looked at.
        data: the folder of named datasets.
        trusted: whether to run plug-in files and command lines that run.json names.
        limits: of workers.
        tick: called with what is done next, how many scores were computed again, and how many are to be.

    Raises:
        RunFolderError: there is no run in the folder.

    """
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    info = read_info(folder)
    rows = current(journal_reader.read(folder / "rows.jsonl").rows, info)
    scores = [row for row in rows if isinstance(row, ScoreRow) and row.status == "ok"]
    wanted = amount if isinstance(amount, int) else math.ceil(amount * len(scores))
    sample = _Sample(folder, wanted, _values(rows))
    with Recomputing(info, limits or Limits(), data, trusted=trusted) as machine:
        code = _code(machine, scores)
        for row in drawn(scores, seed):
            if len(sample.outcomes) >= wanted:
                break
            sample.take(row, machine, tick)
        known = machine.metrics if sample.outcomes else {}
        contradictions, changes = machine.contradictions(), machine.changes()
    return Recomputed(
        seed=seed,
        scores=len(scores),
        outcomes=tuple(sample.outcomes),
        reasons=dict(sample.reasons),
        pictures=sample.pictures,
        metrics={name: why for name, why in known.items() if isinstance(why, str)},
        code=code,
        methods=len({row.method for row in scores if row.device != GIVEN}),
        unverified=sample.unverified,
        contradictions=tuple(contradictions),
        changes=tuple(changes),
        bad=Counter(row.status for row in rows if isinstance(row, ScoreRow) and row.status != "ok"),
    )


@dataclass
class _Sample:
    """What became of the scores that had a turn."""

    folder: Path
    wanted: int
    values: Mapping[Cell, Sequence[MetricRow]]
    """Those of other metrics, by the score that they are of."""
    outcomes: list[Outcome] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    pictures: dict[str, str] = field(default_factory=dict)
    tried: dict[str, None] = field(default_factory=dict)
    """The methods that had a turn."""

    @property
    def unverified(self) -> tuple[str, ...]:
        """Return the methods that had a turn without an outcome."""
        return tuple(each for each in self.tried if each not in {outcome.method for outcome in self.outcomes})

    def take(self, row: ScoreRow, machine: Recomputing, tick: Callable[[str, int, int], None]) -> None:
        """Compute a score again, and look at its picture."""
        self.tried[row.method] = None
        if len(self.pictures) < self.wanted and (said := machine.problem_of_picture(row, self.folder)) is not None:
            self.pictures[_name(row)] = said
        if why := machine.obstacle(row):
            self.reasons[why] += 1
            return
        tick(f"computing {_name(row)} again", len(self.outcomes), self.wanted)
        try:
            self.outcomes.append(_compared(row, self.values.get(row.cell, ()), machine.again(row)))
        except SrbenchError as error:
            self.reasons[str(error)] += 1


def _values(rows: Sequence[Row]) -> dict[Cell, list[MetricRow]]:
    """Return the good values of metrics, by the score that they are of."""
    found: dict[Cell, list[MetricRow]] = defaultdict(list)
    for row in rows:
        if isinstance(row, MetricRow) and row.status == "ok":
            found[row.score_cell].append(row)
    return found


def drawn(rows: Sequence[ScoreRow], seed: int) -> list[ScoreRow]:
    """Return the rows in a random order in which each method has had a turn before one has another."""
    order = random.Random(seed)  # noqa: S311 - a sample, no secret
    mixed = sorted(rows, key=lambda row: row.cell)
    order.shuffle(mixed)
    turns: Counter[str] = Counter()
    placed: list[tuple[int, int, ScoreRow]] = []
    for row in mixed:
        placed.append((turns[row.method], len(placed), row))
        turns[row.method] += 1
    return [row for *_, row in sorted(placed, key=lambda each: each[:2])]


def _code(machine: Recomputing, rows: Sequence[ScoreRow]) -> dict[str, str]:
    """Return the methods whose code is not that of this installation, and what is said of it; SR files have none."""
    found: dict[str, str] = {}
    for row in {(row.method, row.factor, row.device): row for row in rows if row.device in DEVICES}.values():
        try:
            why = machine.code(row)
        except SrbenchError as error:
            why = str(error)
        if why:
            found.setdefault(row.method, why)
    return found


def _compared(row: ScoreRow, values: Sequence[MetricRow], again: Again) -> Outcome:
    """Return how a row compares with what was computed again."""
    score = again.score
    about = {name: getattr(row, name) for name in ("method", "dataset", "image", "factor", "protocol", "device")}
    if score.status != "ok":
        return Outcome(
            **about, verdict="failed", differing=(f"{score.status} here: {score.reason}",), unlike=again.unlike
        )
    pairs = {"psnr": (row.psnr, score.psnr, PSNR), "ssim": (row.ssim, score.ssim, SSIM)}
    fresh = {each.metric: each for each in again.values if each.status == "ok"}
    both = {each.metric: (each.value, fresh[each.metric].value) for each in values if each.metric in fresh}
    pairs |= {name: (one, other, abs(one) * VALUE) for name, (one, other) in both.items()}
    unequal = {name: each for name, each in pairs.items() if repr(each[0]) != repr(each[1])}
    beyond = {
        name: each[:2] for name, each in unequal.items() if not again.unlike or not abs(each[0] - each[1]) <= each[2]
    } | {
        name: (getattr(row, name), getattr(score, name)) for name in EXACT if getattr(row, name) != getattr(score, name)
    }
    return Outcome(
        **about,
        verdict="differs" if beyond else "close" if unequal else "equal",
        differing=tuple(f"{name} is {one!r} in the run and {other!r} here" for name, (one, other) in beyond.items()),
        unlike=again.unlike,
        values=len(both),
    )


def _name(row: ScoreRow | Outcome) -> str:
    return f"{row.method} x{row.factor} on {row.dataset}, {row.image}, protocol {row.protocol}"

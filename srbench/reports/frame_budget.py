"""Answers to a frame budget: which method is the best within it, at each size, and how sure that is."""

from __future__ import annotations

import math
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from srbench.analysis import comparisons
from srbench.analysis.columns import SPEEDS, probability, three_digits
from srbench.analysis.frame_budget import judged
from srbench.analysis.labelled import specs_of
from srbench.analysis.settings import SETTING, setting_name
from srbench.analysis.speeds import CASE, SIZE, kind
from srbench.analysis.statistics import PROCESSES
from srbench.formats.strict_json import records
from srbench.reports.labels import amount
from srbench.reports.quality import Quality, quality
from srbench.reports.speeds import case, interval
from srbench.specs import label_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from srbench.reports.findings import Findings


class Answer(NamedTuple):
    """What is the best within the budget, of what was timed in one case and scored in one setting."""

    where: str
    """Factor, device, threads and sizes, in words."""
    case: dict[str, Any]
    """The same as values: the columns `CASE` and `SIZE`."""
    setting: str
    """Of the scores; empty where quality is not known."""
    best: str
    """The method; empty where there is none, or where quality is not known."""
    value: float
    """Its mean of the metric."""
    sure: bool
    """Whether its times are steady, 95 % of its calls are within the budget, and no better method can be within it.

    A method without scores may be a better one.
    """
    difference: str
    """What a paired test says of its scores against those of the next best within: better, undecided, ...; or empty."""
    headline: str
    notes: list[str]

    @property
    def sentences(self) -> list[str]:
        """Return the answer in full."""
        return [f"{self.where}: {self.headline}", *self.notes]


class Budgeted(NamedTuple):
    """A run against its budget."""

    seconds: float
    """That an image may take; 0 where there is no budget, but scores are named."""
    lines: pd.DataFrame
    """The speeds with `budget`, `late` and `fit` (`analysis.frame_budget.judged`)."""
    quality: Quality
    answers: list[Answer]

    @property
    def asked(self) -> str:
        """Return the budget in words."""
        return f"{milliseconds(self.seconds)} ({three_digits(1 / self.seconds)} fps)"


_KNOWN: WeakKeyDictionary[Findings, Budgeted | None] = WeakKeyDictionary()


def budgeted(findings: Findings) -> Budgeted | None:
    """Return a run against the budget that was asked for; None where neither a budget nor scores were named for it.

    It is computed once.
    """
    if findings not in _KNOWN:
        _KNOWN[findings] = _budgeted(findings)
    return _KNOWN[findings]


def speeds(findings: Findings) -> pd.DataFrame:
    """Return the speeds of a run; with a budget also `budget`, `late` and `fit`."""
    found = budgeted(findings)
    return found.lines if found and found.seconds else findings.tables.speeds


def _budgeted(findings: Findings) -> Budgeted | None:
    seconds = findings.frame_budget
    if not (seconds or findings.scores_folder) or findings.tables.speeds.empty:
        return None
    lines, known = judged(findings.tables.speeds, findings.tables.timings, seconds or math.inf), quality(findings)
    answers = [each for group in sizes(lines) for each in _answers(group, seconds, known)] if seconds else []
    return Budgeted(seconds, lines, known, answers)


def sizes(lines: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the lines of each size that anything was timed at."""
    groups = [group for _, group in lines[lines["height"] > 0].groupby([*CASE, *SIZE], sort=False)]
    return [group for group in groups if group["call"].notna().any()]


def facts(findings: Findings) -> dict[str, Any]:
    """Return what JSON says of a budget: `budget`, with its verdicts and answers; nothing where none was asked for."""
    found = budgeted(findings)
    if found is None:
        return {}
    lines = found.lines[["method", *CASE, *SIZE, "call", "call_low", "call_high", "call_p95", "late", "fit"]]
    quality = {"source": found.quality.source, "metric": found.quality.metric.name, "notes": found.quality.notes}
    answers = [{**each.case, **each._asdict()} for each in found.answers]
    return {
        "budget": {
            "seconds": found.seconds or None,
            "verdicts": records(lines),
            "quality": {**quality, "means": records(found.quality.board)},
            "answers": answers,
        }
    }


def milliseconds(seconds: float) -> str:
    """Return a time with its unit."""
    return SPEEDS["call"].measure(seconds)


def where(line: pd.Series) -> str:
    """Return what was timed: factor, device, threads, LR and SR."""
    height, width, factor = int(line["height"]), int(line["width"]), int(line["factor"])
    sizes = f"{width}x{height} to {width * factor}x{height * factor}"
    return f"{case(line)}, {sizes}, {kind(line['channels'], line['dtype'])}"


def values(group: pd.DataFrame, known: Quality) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each setting that there are scores in at the factor of a group of speeds, with the means of its methods."""
    board = known.board[known.board["factor"] == group["factor"].iloc[0]]
    for key, lines in board.groupby(SETTING, sort=False):
        yield setting_name(key), dict(zip(lines["method"], lines["value"], strict=True))


def _answers(group: pd.DataFrame, seconds: float, known: Quality) -> Iterator[Answer]:
    """Yield the answer for one size: one for each setting that there are scores in, or one without."""
    factor = group["factor"].iloc[0]
    board = known.board[(known.board["factor"] == factor) & known.board["method"].isin(group["method"])]
    for key, lines in board.groupby(SETTING, sort=False):
        ranked = group.merge(lines[["method", "value", "order"]], how="left", on="method")
        yield _Case(ranked, seconds, known, key).answer()
    if board.empty:
        yield _Case(group.assign(value=math.nan, order=math.nan), seconds, known, None).answer()


class _Case(NamedTuple):
    """The methods of one size, with what is known of their quality in one setting."""

    lines: pd.DataFrame
    seconds: float
    known: Quality
    key: Any

    @property
    def within(self) -> pd.DataFrame:
        """Return those that keep to the budget, the best first, then those of unknown quality."""
        return self.lines[self.lines["fit"] == "within"].sort_values(["order", "call"], kind="stable")

    def answer(self) -> Answer:
        """Return the answer."""
        first = self.lines.iloc[0]
        facts = {name: first[name] for name in (*CASE, *SIZE)}
        scored = self.within[self.within["order"].notna()]
        best = scored.iloc[0] if len(scored) else None
        difference, said = self._difference(scored)
        better, doubts = list(self._better(best)), [*self._doubts(best), *self._unknown(best)]
        doubts += [note for note, may in better if may]
        notes = [*said, *(note for note, may in better if not may), *self._some_late(best)]
        return Answer(
            where(first),
            facts,
            setting_name(self.key) if self.key else "",
            "" if best is None else str(best["method"]),
            math.nan if best is None else float(best["value"]),
            best is not None and not doubts,
            difference,
            self._headline(best),
            [*notes, *_certainty(best, doubts), *self._nothing()],
        )

    @property
    def _budget(self) -> str:
        return milliseconds(self.seconds)

    def _headline(self, best: pd.Series | None) -> str:
        if best is None:
            return self._without_best()
        metric = self.known.metric
        score = f"{amount(metric, metric.text(best['value']))} on {setting_name(self.key)}"
        known = " of those with scores" if self.within["order"].isna().any() else ""
        return f"{best['method']} is the best{known} within {self._budget} by {metric.label} ({score}): {_time(best)}"

    def _without_best(self) -> str:
        """Say what there is where no method with scores is within the budget."""
        within = self.within.sort_values("call", kind="stable")
        if len(within):
            are = "is" if len(within) == 1 else "are"
            return f"{_with_times(within)} {are} within {self._budget}; without scores no method can be called the best"
        timed = self.lines[self.lines["call"].notna()].sort_values("call")
        sure, first = "" if (timed["fit"] == "over").all() else " for certain", timed.iloc[0]
        return f"no method is within {self._budget}{sure}; the fastest is {first['method']}: {_time(first)}"

    def _difference(self, scored: pd.DataFrame) -> tuple[str, list[str]]:
        """Return what a paired test says of the best within the budget and the next, as a word and in a sentence."""
        if len(scored) < 2:  # noqa: PLR2004 - two are compared
            return "", []
        (best, other), metric = scored["method"].iloc[:2], self.known.metric
        gain = amount(metric, metric.text(abs(scored["value"].iloc[0] - scored["value"].iloc[1])))
        if self.known.scores is None:
            return "", [f"next within the budget is {other}, {gain} behind (no test: papers report means alone)"]
        rows = self.known.scores
        rows = rows[(rows[SETTING] == list(self.key)).all(axis=1) & rows["method"].isin(scored["method"])]
        table = comparisons.comparisons(rows, best, {metric.name: metric}).set_index("method")
        if other not in table.index:
            return "", []
        found = table.loc[other]
        verdict, p = found[f"{metric.name}_verdict"], probability(found[f"{metric.name}_p_holm"])
        p = f"p {p}" if p.startswith("<") else f"p = {p}"
        images = f"{found['pairs']} images"
        words = {
            "worse": f"significant, {p}, {images}",
            "better": f"but significantly better image by image, {p}, {images}",
            "undecided": f"not significant, {p}, {images}",
            "too few images": f"{images} are too few for a test",
            "equal": "equal on every image",
        }
        said = f"next within the budget is {other}, {gain} behind ({words[verdict]})" if verdict in words else ""
        return {"worse": "better", "better": "worse"}.get(verdict, verdict), [said] * bool(said)

    def _better(self, best: pd.Series | None) -> Iterator[tuple[str, bool]]:
        """Yield a line for each method that is better than the best within, and whether it may be within as well."""
        order = math.inf if best is None else best["order"]
        metric = self.known.metric
        for _, line in self.lines[self.lines["order"] < order].sort_values("order").iterrows():
            score = amount(metric, metric.text(line["value"]))
            may = _may_be_within(line)
            if may:
                yield f"{line['method']} ({score}) may be within: {_time(line)}; {_measure(line)}", True
            elif line["fit"]:
                times = three_digits(line["call"] / self.seconds)
                yield f"{line['method']} ({score}) takes {milliseconds(line['call'])}, {times} times the budget", False
            else:
                yield f"{line['method']} ({score}) has no time: {line['verdict']}: {line['reason']}", True

    def _doubts(self, best: pd.Series | None) -> Iterator[str]:
        """Yield why the time of the best is not to be relied on."""
        if best is None:
            return
        if best["verdict"] != "steady":
            yield f"the times of {best['method']} are {best['verdict']}: {best['reason']}"
        if not _is_punctual(best):
            yield self._late(best)

    def _some_late(self, best: pd.Series | None) -> Iterator[str]:
        """Yield how many calls of the best took too long, where they are few."""
        if best is not None and _is_punctual(best) and best["late"] > 0:
            yield self._late(best)

    def _late(self, best: pd.Series) -> str:
        return f"{best['late']:.1%} of the calls of {best['method']} took longer than {self._budget}"

    def _unknown(self, best: pd.Series | None) -> Iterator[str]:
        """Yield which methods are within as well, and may be better."""
        rest = self.within[self.within["order"].isna()]
        if best is not None and len(rest):
            yield f"also within the budget, without scores: {_with_times(rest)}"

    def _nothing(self) -> Iterator[str]:
        """Yield which methods may be within, where quality is not known."""
        if self.key is None:
            for _, line in self.lines.iterrows():
                if _may_be_within(line):
                    yield f"{line['method']} may be within: {_time(line)}; {_measure(line)}"


def _certainty(best: pd.Series | None, doubts: list[str]) -> list[str]:
    """Return how sure it is that a method is the best within: of none there are just the doubts."""
    if best is None:
        return doubts
    if doubts:
        return [f"not sure, for {'this reason' if len(doubts) == 1 else 'these reasons'}:", *doubts]
    why = "its times are steady, 95 % of its calls are within the budget, and no better method can be within it"
    return [f"sure: {why}"]


def _with_times(lines: pd.DataFrame) -> str:
    return ", ".join(f"{line['method']} ({milliseconds(line['call'])})" for _, line in lines.iterrows())


def how_to_know(found: Budgeted, folder: Path) -> Iterator[str]:
    """Yield where quality comes from, or why it is not known and how to have it."""
    yield from found.quality.notes
    if found.quality.source:
        yield f"Quality: {found.quality.source}"
    else:
        methods = shlex.quote(",".join(_as_typed(found.lines)))
        factors = ",".join(map(str, found.lines["factor"].unique()))
        budget = f" --budget {found.seconds * 1e3:g}ms" if found.seconds else ""
        yield (
            f"These methods have no scores. To compare quality: srbench run --methods {methods} --factor {factors} "
            f"--datasets NAME --no-timing --out SCORES, then srbench report {shlex.quote(str(folder))}{budget} "
            "--scores SCORES"
        )


def _as_typed(lines: pd.DataFrame) -> list[str]:
    """Return the methods as `--methods` takes them: with labels, but for those that are shortened specs."""
    names = list(dict.fromkeys(lines["method"]))
    specs = dict(zip(names, specs_of(lines), strict=True))
    labels = [name for name in names if specs[name] != name and not re.search("[:=]", name)]
    return [label_of(name, specs[name]) if name in labels else specs[name] for name in names]


_LIES = {"within": "all of it within", "straddles": "which includes the budget", "over": "all of it above"}
"""How an interval lies to the budget."""


def _time(line: pd.Series) -> str:
    """Return a time with its interval, and how that lies to the budget."""
    call = milliseconds(line["call"])
    said = _LIES.get(line["fit"])
    return f"{call}, 99 % interval {interval(line)} ms, {said}" if said else f"{call}, no interval"


def _is_punctual(line: pd.Series) -> bool:
    """Tell whether 95 % of the calls are within the budget."""
    return bool(line["call_p95"] <= line["budget"])


def _may_be_within(line: pd.Series) -> bool:
    """Tell whether a time that is not within for certain may be: where every call took longer, it is not."""
    return bool(line["fit"] == "straddles" or (line["fit"] == "unsure" and line["late"] < 1))


def _measure(line: pd.Series) -> str:
    if line["fit"] == "unsure":
        return f"measure in {PROCESSES} processes or more (--processes, or a longer --limit)"
    return "measure longer (--processes 10), or on an idle machine"

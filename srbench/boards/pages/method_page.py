"""The page of a method: its scores in all settings, what papers print of it, its times, its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.analysis.columns import TIMES
from srbench.boards.pages import links
from srbench.boards.pages.charts import conditions, interval, versions
from srbench.boards.pages.index import when
from srbench.boards.pages.ranking import SOURCE, STYLES, commit, notes, source
from srbench.boards.pages.sheets import (
    EMPTY,
    HASH,
    Row,
    Sheet,
    all_metrics,
    measure,
    measures,
    minus,
    short,
    standing,
    text,
    value,
    verdict_style,
    weights,
)
from srbench.reports.html.tabling import Cell, Column, number

if TYPE_CHECKING:
    from srbench.boards.content import Event, History, Line, Method, Metric, Score
    from srbench.boards.pages.lookup import Lookup

ROOT = "../"
_WHOLE = 64
"""Digits of a sha256; other words about a paper's weights are in the verdict."""


class Version(NamedTuple):
    """The versions of a method in one setting."""

    name: str
    sheet: Sheet


def content(found: Lookup, method: Method) -> dict[str, Any]:
    """Return what the template of a method's page writes."""
    lines = [found.lines[name] for name in method.lines]
    histories = [each for each in method.histories if each.metrics and each.events[1:]]
    return {
        "method": method,
        "facts": _facts(found, method, lines),
        "scores": _scores(found, lines),
        "reported": _reported(found, lines),
        "times": _times(found, lines),
        "extremes": _extremes(found, lines),
        "histories": [_history(found, place, each) for place, each in enumerate(histories, 1)],
        "data": {"histories": [versions(found, each) for each in histories]},
        "hashes": _hashes(found, lines),
    }


def _facts(found: Lookup, method: Method, lines: list[Line]) -> list[tuple[str, str]]:
    """Return what is known of a method, with the factors where it differs among them."""
    facts = {
        "Spec": method.spec,
        "Settings": str(len({line.table for line in lines})),
        "Parameters": _by_factor(found, {line.id: line.parameters for line in lines}),
        "Multiply-adds per SR pixel": _by_factor(found, {line.id: line.multiply_adds for line in lines}),
    }
    return [(name, each) for name, each in facts.items() if each]


def _by_factor(found: Lookup, values: dict[str, float | None]) -> str:
    """Return numbers, each with the factors that it is for, unless there is one."""
    factors: dict[str, set[int]] = {}
    for line, each in values.items():
        if each is not None:
            factors.setdefault(f"{each:,.0f}", set()).add(found.tables[found.lines[line].table].factor)
    if len(factors) == 1:
        return next(iter(factors))
    ordered = sorted(factors.items(), key=lambda each: min(each[1]))
    return ", ".join(f"{text} (x{', x'.join(map(str, sorted(which)))})" for text, which in ordered)


def _where(found: Lookup, line: Line) -> Cell:
    """Return the setting of a line, which leads to its table."""
    table = found.tables[line.table]
    parts = [table.name]
    if any(each.method == line.method and each.device != line.device for each in table.lines):
        parts.append(f"on {line.device}")
    if line.standing == "older":
        parts.append(f"(older, {found.runs[line.run].folder})")
    return Cell(" ".join(parts), link=ROOT + links.table(table.id))


def _scores(found: Lookup, lines: list[Line]) -> Sheet:
    metrics = all_metrics(found.tables[line.table] for line in lines)
    columns = [
        Column("Rank", number=True, better="lower", hint="among the lines of the setting"),
        *measures(metrics),
        Column("Against the next", hint="difference to the next worse line of the setting, in its first metric"),
        Column("Images", number=True, hint="that the means are over"),
        *SOURCE,
    ]
    rows = [_score(found, line, metrics) for line in lines]
    return Sheet("scores-list", "Scores in all settings", "Setting", columns, rows).without_empty()


def _score(found: Lookup, line: Line, metrics: list[Metric]) -> Row:
    table = found.tables[line.table]
    first = line.values[table.metrics[0].name]
    rivals = sum(each.standing == "current" and each.values[first.metric].position > 0 for each in table.lines)
    rank = Cell(f"{first.position} of {rivals}", first.position) if first.position else EMPTY
    cells = [
        rank,
        *(_mean(found, line, metric) for metric in metrics),
        _next(found, line),
        Cell(f"{first.images} of {line.of}", float(first.images)),
        *source(found, line, ROOT),
    ]
    head = _where(found, line)._replace(note="; ".join(notes(line)))
    return Row(head, cells, "", "" if line.judged and line.standing == "current" else "aside")


def _mean(found: Lookup, line: Line, metric: Metric) -> Cell:
    """Return a mean, with its interval below, and that over all of the line's images where it is another."""
    mean = line.values.get(metric.name)
    if mean is None:
        return EMPTY
    shown = measure(next(each for each in found.tables[line.table].metrics if each.name == metric.name))
    parts = [interval(shown, mean.low, mean.high).text] if mean.low is not None else []
    if mean.own is not None and shown.text(mean.own) != shown.text(mean.mean):
        parts.append(f"{minus(shown.text(mean.own))} on all its images")
    return number(shown, mean.mean, style=STYLES.get(mean.position, ""), note=", ".join(parts))


def _next(found: Lookup, line: Line) -> Cell:
    metric = found.tables[line.table].metrics[0]
    mean = line.values[metric.name]
    cell = standing(metric, mean)
    if mean.below is None or cell is EMPTY:
        return cell
    return cell._replace(text=f"{cell.text}{_joined(cell.text)} {found.labels[mean.below.line]}")


def _joined(words: str) -> str:
    return " than" if words.endswith(("better", "worse")) else " against"


def _reported(found: Lookup, lines: list[Line]) -> Sheet:
    """Return all that papers print of the method, beside what was measured."""
    columns = [
        Column("Metric"),
        Column("Reported", number=True),
        Column("Measured", number=True),
        Column("Difference", number=True),
        Column("Verdict"),
        Column("In the paper"),
        Column("Source"),
    ]
    rows = []
    for line in lines:
        for metric in found.tables[line.table].metrics:
            shown = measure(metric)
            for each in line.values[metric.name].reported if metric.name in line.values else ():
                cells = [
                    Cell(shown.heading),
                    Cell(each.printed, each.value),
                    value(metric, each.measured),
                    number(
                        shown._replace(digits=None if shown.digits is None else shown.digits + 1),
                        each.difference,
                        sign=True,
                    ),
                    text(each.verdict, each.reason)._replace(style=verdict_style([each])),
                    text(each.method, f"weights {each.weights[:HASH]}" if len(each.weights) == _WHOLE else ""),
                    text(each.source),
                ]
                rows.append(Row(_where(found, line), cells))
    return Sheet("reported-list", "What papers print, beside what was measured", "Setting", columns, rows)


def _times(found: Lookup, lines: list[Line]) -> Sheet:
    """Return the times of the method; a line for each machine and set of conditions, as these do not compare."""
    columns = [
        Column("Machine"),
        Column("Conditions"),
        Column("ms/Mpx", number=True, better="lower", hint="milliseconds per output megapixel, warm"),
        Column("99 % interval", number=True),
        Column("Repeats", hint="whether repeated processes agree"),
        Column("Run"),
    ]
    rows = []
    for line in lines:
        for speed in line.speeds:
            run, chart = found.runs[speed.run], found.charts[speed.chart]
            machine = found.machines[chart.machine]
            shown = next(iter(TIMES.values()))
            cells = [
                text(machine.name, link=ROOT + links.machine(machine.id)),
                Cell(line.device, note="; ".join(f"{name} {each}" for name, each in conditions(chart)[1:])),
                number(shown, speed.ms_per_mpx),
                interval(shown, speed.low, speed.high),
                Cell("steady" if speed.steady else "noisy", style="" if speed.steady else "warn"),
                text(run.folder, link=ROOT + links.run(run.id)),
            ]
            rows.append(Row(_where(found, line), cells))
    return Sheet("times-list", "Times", "Setting", columns, rows)


def _extremes(found: Lookup, lines: list[Line]) -> Sheet:
    """Return the images with the lowest and highest score of the leading metric, by setting."""
    columns = [
        Column("Metric"),
        Column("Worst image"),
        Column("Its score", number=True),
        Column("Best image"),
        Column("Best score", number=True),
    ]
    scores: dict[str, list[tuple[Score, str]]] = {}
    for image in found.board.images:
        for ground in image.grounds:
            for score in ground.scores:
                scores.setdefault(score.line, []).append((score, image.id))
    rows = [row for line in lines if (row := _extreme(found, line, scores.get(line.id, [])))]
    return Sheet("extremes-list", "Images with the worst and the best score", "Setting", columns, rows)


def _extreme(found: Lookup, line: Line, scores: list[tuple[Score, str]]) -> Row | None:
    metric = found.tables[line.table].metrics[0]
    known = [(each, score, image) for score, image in scores if (each := score.values.get(metric.name)) is not None]
    if not known:
        return None
    ordered = sorted(known, key=lambda each: (each[0] * measure(metric).sign, each[2]))
    cells = [Cell(measure(metric).heading)]
    for score, _, image in (ordered[0], ordered[-1]):
        cells += [Cell(found.images[image].name, link=ROOT + links.image(image)), value(metric, score)]
    return Row(_where(found, line), cells)


def _history(found: Lookup, place: int, history: History) -> Version:
    columns = [
        Column("Changed", hint="since the version before"),
        *measures(history.metrics),
        Column("Images", number=True),
        Column("Weights"),
        Column("Code", hint="sha256 of code, weights, options, factor, device and library versions"),
        Column("srbench"),
        Column("Commit"),
    ]
    rows = [_event(found, history, event) for event in history.events]
    rows[0] = rows[0]._replace(cells=[Cell("first version"), *rows[0].cells[1:]])
    name = history.name + (f", {history.device}" if history.device else "")
    sheet = Sheet(f"history-{place}", f"Versions on {name}, oldest first", "Run", columns, rows)
    return Version(name, sheet.without_empty())


def _event(found: Lookup, history: History, event: Event) -> Row:
    run = found.runs[event.run]
    cells = [
        text(", ".join(event.changed) or "nothing that counts", "; ".join(event.details)),
        *(value(metric, event.values.get(metric.name)) for metric in history.metrics),
        Cell(str(event.images), event.images),
        weights(event.weights),
        short(event.code),
        text(event.srbench),
        text(commit(event.commit)),
    ]
    return Row(Cell(run.folder, note=when(event.when), link=ROOT + links.run(run.id)), cells)


def _hashes(found: Lookup, lines: list[Line]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the whole hashes of what computed each setting; settings with the same ones are together."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for line in lines:
        files = tuple((f"Weights {name}", sha256) for name, sha256 in line.weights.items())
        groups.setdefault((*files, ("Code", line.code)), []).append(_where(found, line).text)
    return [(", ".join(names), list(facts)) for facts, names in groups.items()]

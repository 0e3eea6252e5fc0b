"""The terminal report of `srbench compare`: scores that changed, times that changed, and what is beyond a limit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from srbench.analysis.columns import NONE, SPEEDS, absent, three_digits
from srbench.analysis.gate import ABSENT, setting_of, timed_of
from srbench.analysis.score_changes import GROUP
from srbench.analysis.settings import dataset_name
from srbench.analysis.speed_changes import LEAST
from srbench.reports.drawing import STYLE, Name, draw, fits, say
from srbench.reports.labels import setting
from srbench.specs import counted, listed
from srbench.store.rows import place

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    import pandas as pd
    from rich.console import Console

    from srbench.analysis.columns import Column, Metrics
    from srbench.analysis.gate import Offender

_BESIDE = 2
"""Metrics that stand side by side in any case."""

_NAMED = 5
"""How many images, and how many methods, are named one by one."""

_NAME = 12
"""Columns that a method's name has at least, if it is that long."""

_STYLES = {"slower": "red", "faster": "green", "unsure": "yellow"}


def show_scores(console: Console, cells: pd.DataFrame, settings: pd.DataFrame, metrics: Metrics) -> None:
    """Print what changed between the scores of two runs; nothing where neither has any."""
    images = int(settings["images"].sum())
    changed = settings[settings["changed"] > 0]
    if images and changed.empty:
        say(console, f"{images} score{'s' if images > 1 else ''}, all equal", "green")
    for (factor, protocol), group in changed.groupby(["factor", "protocol"], sort=False):
        for table in _tables(console, f"{setting(factor, protocol)}: changed scores, B minus A", group, metrics):
            draw(console, table)
    _say_some(console, list(_partial_means(changed, metrics)), "means over the images that are finite in both runs")
    _say_some(console, [_image(line, metrics) for line in _lines(cells, "score")], "changed images")
    _say_some(console, [_status(line) for line in _lines(cells, "lost")], "lost scores", "red")
    _say_some(console, [_status(line) for line in _lines(cells, "gained")], "new scores")
    _say_some(console, [_status(line) for line in _lines(cells, "status")], "results with another status")
    for run in "AB":
        change = f"only in {run}"
        only = cells[(cells["change"] == change) & (cells[f"status_{run.lower()}"] == "ok")]
        counts = only.groupby(GROUP, sort=False).size().reset_index(name="rows")
        lines = [f"{setting_of(line)}: {line['rows']}" for line in counts.to_dict("records")]
        _say_some(console, lines, f"methods and datasets {change}")


def show_speeds(console: Console, speeds: pd.DataFrame, *, across: bool) -> None:
    """Print the times that changed significantly or may have changed, how many did not, and those that B lacks."""
    compared, lost = (speeds[(speeds["verdict"] == "lost") == is_lost] for is_lost in (False, True))
    judged = compared[compared["verdict"] != "same"].sort_values("verdict", key=lambda each: each == "unsure")
    if len(judged):
        draw(console, _times(judged, across=across))
    if len(compared):
        same, count = len(compared) - len(judged), len(compared)
        rest = f"same within {LEAST - 1:.0%} (99 % interval): {same} of {count} timing{'s' if count != 1 else ''}"
        say(console, rest, "" if len(judged) else "green")
    unsure = judged["verdict"] == "unsure"
    _say_some(console, _reasons(judged[~unsure]), "of these measured on a noisy machine", "yellow")
    _say_some(console, _reasons(judged[unsure]), "inconclusive timings", "yellow")
    _say_some(console, _reasons(lost), "lost timings", "red")


def _reasons(speeds: pd.DataFrame) -> list[str]:
    return [f"{timed_of(line)}: {line['reason']}" for line in speeds.to_dict("records") if line["reason"]]


def show_offenders(console: Console, found: Iterable[Offender]) -> None:
    """Print what is beyond the limits, a line each; what is not in B for one reason has one line."""
    found = list(found)
    absent: dict[str, list[Offender]] = {}
    for each in found:
        if each.after in ABSENT:
            absent.setdefault(each.after, []).append(each)
    for each in found:
        if each.after not in ABSENT:
            say(console, f"FAIL {each}", "red")
    for reason, group in absent.items():
        say(console, f"FAIL {_absent(reason, group)}", "red")
    if absent:
        say(console, "--allow-missing accepts results of A that are not in B")


def _absent(reason: str, group: list[Offender]) -> str:
    """Return one line of what B lacks for one reason."""
    if len(group) == 1:
        return str(group[0])
    places = listed(dict.fromkeys(each.where for each in group), _NAMED, "; ")
    limits = ", ".join(dict.fromkeys(each.limit for each in group))
    return f"{counted(len(group), 'value')} of A {reason}: {places} (limits {limits}; --json has all)"


def _tables(console: Console, title: str, lines: pd.DataFrame, metrics: Metrics) -> Iterator[Table]:
    """Yield a table of the changes of means with the worst image; metrics that do not fit have tables below it."""
    shown = list(metrics.values())
    if len(shown) <= _BESIDE or fits(console, _table(title, lines, shown)):
        yield _table(title, lines, shown)
        return
    yield _table(title, lines, shown[:_BESIDE])
    others = shown[_BESIDE:]
    while others:
        counts = range(len(others), 1, -1)
        most = next((count for count in counts if fits(console, _others(title, lines, others[:count]))), 1)
        yield _others(title, lines, others[:most])
        others = others[most:]


def _table(title: str, lines: pd.DataFrame, shown: list[Column]) -> Table:
    """Return the table with the changes of the metrics `shown`, and the image that the first got worst on."""
    first = shown[0]
    table = _changes(title, ["images\nchanged"], shown)
    table.add_column("worst\nimage", overflow="fold", min_width=len("image"))
    rows = lines.to_dict("records")
    scores = [" to ".join(_finer(first).text(line[f"worst_{first.name}_{run}"]) for run in "ab") for line in rows]
    table.add_column(f"its {first.label}", no_wrap=True, min_width=max(map(len, scores)))  # rich counts words alone
    for line, each in zip(rows, scores, strict=True):
        counts = f"{line['changed']} of {line['images']}"
        table.add_row(*_about(line), counts, *_changed(line, shown), Name(line["worst"]), each)
    return table


def _others(title: str, lines: pd.DataFrame, shown: list[Column]) -> Table:
    """Return the table with the changes of the metrics `shown` alone."""
    table = _changes(f"{title}: other metrics", [], shown)
    for line in lines.to_dict("records"):
        table.add_row(*_about(line), *_changed(line, shown))
    return table


def _changes(title: str, headings: list[str], shown: list[Column]) -> Table:
    table = Table(title=Text(title), **STYLE)
    for name in ("method", "dataset"):
        table.add_column(name, overflow="fold", min_width=len(name))
    for heading in (*headings, *(f"{each.label}\nmean{each.unit and f', {each.unit}'}" for each in shown)):
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _about(line: Mapping[Any, Any]) -> tuple[Name, Name]:
    return Name(line["method"]), Name(dataset_name(line))


def _changed(line: Mapping[Any, Any], shown: list[Column]) -> list[str]:
    return [_finer(each).text(line[f"{each.name}_change"], sign=True) for each in shown]


def _partial_means(settings: pd.DataFrame, metrics: Metrics) -> Iterator[str]:
    """Yield which mean changes are not over all images of a setting, and over how many."""
    for line in settings.to_dict("records"):
        for metric in metrics.values():
            count = line[f"{metric.name}_images"]
            if count < line["images"]:
                yield f"{setting_of(line)}: {metric.label} over {count} of {line['images']}"


def _finer(metric: Column) -> Column:
    """Return a metric with digits for changes: two more than for scores."""
    return metric._replace(digits=(metric.digits or 0) + 2)


def _times(lines: pd.DataFrame, *, across: bool) -> Table:
    title = "times, relative to another method" if across else "times"
    table = Table(title=Text(title), **STYLE)
    table.add_column("method", overflow="fold", min_width=min(_NAME, int(lines["method"].str.len().max())))
    table.add_column("LR", no_wrap=True)
    for heading in (
        *(f"{run}\n{SPEEDS['call'].unit}" for run in "AB"),
        "B / A",
        "99 %\ninterval",
        "B / A,\nrelative to",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for line in lines.to_dict("records"):
        name = "relative" if across else "ratio"
        what = f"{line['width']}x{line['height']} x{line['factor']} {place(line['device'], line['thread_limit'])}"
        times = [SPEEDS["call"].text(line[f"call_{run}"]) for run in "ab"]
        ends = [three_digits(line[f"{name}_{end}"]) for end in ("low", "high")]
        interval = NONE if NONE in ends else " - ".join(ends)
        relative = NONE if math.isnan(line["relative"]) else f"{three_digits(line['relative'])} {line['yardstick']}"
        verdict = Text(line["verdict"], style=_STYLES[line["verdict"]])
        table.add_row(
            Name(line["method"]), what, *times, three_digits(line["change"]), interval, Text(relative), verdict
        )
    return table


def _lines(cells: pd.DataFrame, change: str) -> list[dict[Hashable, Any]]:
    return cells[cells["change"] == change].to_dict("records")


def _say_some(console: Console, lines: list[str], what: str, style: str = "") -> None:
    """Print how many there are, and the first few of them."""
    if lines:
        say(console, f"{what}: {len(lines)}", style)
    named = len(lines) if len(lines) == _NAMED + 1 else _NAMED  # a line that says `1 more` takes the room of that one
    for each in lines[:named]:
        say(console, f"  {each}", style)
    if lines[named:]:
        say(console, f"  and {len(lines) - named} more (--json names all)", style)


def _image(line: Mapping[Any, Any], metrics: Metrics) -> str:
    values = [
        f"{each.label} {_told_apart(each, line[f'{name}_a'], line[f'{name}_b'])}{each.unit and f' {each.unit}'}"
        for name, each in metrics.items()
    ]
    return f"{setting_of(line)}, {line['image']}: {', '.join(values)}"


def _told_apart(metric: Column, *values: float) -> str:
    """Return both values with a few digits more than scores have, in full where they would look the same."""
    finer = [_finer(metric).text(each) for each in values]
    full = [NONE if absent(each) else repr(each) for each in values]
    return " to ".join(full if len(set(finer)) < len(set(full)) else finer)


def _status(line: Mapping[Any, Any]) -> str:
    states = [each if isinstance(each, str) else "no result" for each in (line["status_a"], line["status_b"])]
    reasons = [str(each) for each in (line["reason_b"], line["reason_a"]) if isinstance(each, str)]
    why = next(filter(None, reasons), "")
    return f"{setting_of(line)}, {line['image']}: {states[0]} to {states[1]}{f' ({why})' if why else ''}"

"""The scoreboard, and all scores image by image, as tables of the page: the lines of a setting stand together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from srbench.analysis.columns import TIMES, absent, probability
from srbench.analysis.settings import LINE, SETTING
from srbench.reports import cells, claims
from srbench.reports.html import paper_lines
from srbench.reports.html.legend import setting_of
from srbench.reports.html.tabling import NONE, Cell, Column, Line, Table, number
from srbench.reports.labels import ARROWS, arrows, over
from srbench.reports.remarks import FEWER, TRAINED_ON

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from srbench.analysis.columns import Metrics
    from srbench.reports.cells import Cells
    from srbench.reports.findings import Findings
    from srbench.reports.html.legend import Legend

LINES = 5000
"""Lines of the table of images; browsers sort as many in a second or two."""

_STYLES = {1: "best", 2: "second"}
_REST = ("p", "verdict", "reported", "rank", *TIMES, "parameters")


def scoreboard(findings: Findings, legend: Legend) -> Table:
    """Return the scoreboard (`reports.scoreboard`) as a table; columns that nothing fills are left out."""
    found, scores = findings.cells, _metrics(findings.metrics)
    columns = [
        *scores,
        Column.of(found.columns["difference"], _over(findings)),
        Column("95 % interval", number=True, hint="of the difference"),
        *(Column.of(found.columns[name]) for name in _REST),
    ]
    lines = [
        Line(line["method"], legend.settings[setting_of(line)], _cells(line, found), _group(line))
        for _, line in findings.scoreboard.iterrows()
    ]
    groups = {line.setting: line.group for line in lines}
    numbers = [*findings.metrics.values(), *[None] * (len(columns) - len(scores) - 1), found.columns["parameters"]]
    printed = paper_lines.of_scoreboard(findings, legend, numbers)
    lines += [line._replace(group=groups[line.setting]) for line in printed]
    table = Table("scoreboard", "Scores of every method, dataset, factor and protocol", columns, in_groups(lines))
    return table.without_empty([column.title for column in columns if column not in scores])


def in_groups(lines: Iterable[Line]) -> list[Line]:
    """Return the lines of each setting together, in the order of the run."""
    return sorted(lines, key=lambda line: (line.setting, line.group if line.setting < 0 else ""))


def _group(line: Any) -> str:  # noqa: ANN401 - a line of a table
    """Return what stands above the lines of a setting: its name, and over how many images means are."""
    many = f", {line['of']} image{'s' * (line['of'] != 1)}" if "of" in line else ""
    return f"{setting_of(line).name}{many}"


def reported(findings: Findings, legend: Legend) -> Table:
    """Return what is reported beside what was measured, one line for each number."""
    columns = [Column("Metric"), *(Column(name.capitalize(), number=True) for name in claims.NUMBERS)]
    columns += [Column("Verdict", hint="to the digits that are reported"), Column("Source")]
    lines = [
        Line(line["method"], legend.settings.get(setting_of(line), -1), _claim(line, findings.metrics), _group(line))
        for _, line in findings.claims.assign(on_device="").iterrows()
    ]
    return Table("reported", "What is reported, and what was measured", columns, in_groups(lines))


def _claim(line: pd.Series, metrics: Metrics) -> list[Cell]:
    texts = zip(claims.numbers(line), (line[name] for name in claims.NUMBERS), strict=True)
    return [
        Cell(claims.of_metric(line["metric"], metrics)),
        *(Cell(text.replace("-", "−"), float(value)) for text, value in texts),  # noqa: RUF001 - minus
        Cell(line["verdict"], style="warn" if line["verdict"] == "off" else ""),
        Cell(line["source"], note=line["name"]),
    ]


def _metrics(metrics: Metrics) -> list[Column]:
    """Return the columns of metrics; where any is better lower, arrows point to the better values."""
    pointing = arrows(metrics)
    titles = {name: metric.heading + ARROWS.get(pointing[name], "") for name, metric in metrics.items()}
    return [Column.of(metric, titles[name])._replace(whole=True) for name, metric in metrics.items()]


def _over(findings: Findings) -> str:
    """Return the heading of differences: with the unit of the leading metric, or its name where it has none."""
    metric = findings.cells.leading
    return f"Over {findings.baseline}, {metric.unit}" if metric.unit else over(metric, findings.baseline)


def _scores(line: Any, metrics: Metrics, note: str = "", *, unclean: bool) -> list[Cell]:  # noqa: ANN401 - as above
    """Return the metrics, marked where the method has seen images, in colour where these count (`unclean`).

    `note` stands below the leading one.
    """
    found = [
        number(metric, line[name], style=_STYLES.get(line.get(f"{name}_position", 0), ""), note=_lacking(line, name))
        for name, metric in metrics.items()
    ]
    found[0] = found[0]._replace(note=note or found[0].note)
    if line["trained_on"]:
        found[0] = found[0]._replace(text=TRAINED_ON + found[0].text)
    if unclean:
        found[0] = found[0]._replace(style="warn")
    return found


def _lacking(line: Any, name: str) -> str:  # noqa: ANN401 - as above
    """Say over how many images a mean is, if not over those of its line, or why there is no value of an image."""
    if cells.is_fewer(line, name):
        return f"{FEWER} {line[f'{name}_images']} images"
    status = line.get(f"{name}_status", "ok")
    return "" if status in {"ok", ""} or line["status"] != "ok" else f"{status}: {line[f'{name}_reason']}"


def _cells(line: pd.Series, found: Cells) -> list[Cell]:
    columns, reported, first = found.columns, found.source("reported"), found.leading.name
    p, verdict = line[found.source("p")], line[found.source("verdict")]
    low, high = (number(columns["difference"], line[f"{first}_{end}"], sign=True) for end in ("low", "high"))
    return [
        *_scores(line, found.metrics, _remark(line), unclean=cells.unclean(line)),
        number(
            columns["difference"],
            line[found.source("difference")],
            sign=True,
        ),
        Cell(NONE if low.text == NONE else f"{low.text} to {high.text}", low.value, "none"),
        Cell(NONE, p, "none") if absent(p) else Cell(probability(p), float(p)),
        Cell(verdict or NONE, style=f"v {verdict}"),
        _reported(number(columns["reported"], line.get(reported, math.nan))),
        *(number(columns[name], line[name]) for name in _REST[3:]),
    ]


def _reported(cell: Cell) -> Cell:
    """Return a value that leads to its source."""
    return cell if cell.text == NONE else cell._replace(link="#reported-and-measured")


def _remark(line: pd.Series) -> str:
    """Say why a mean is not one over all images."""
    if not line["images"]:
        return str(line["status"])
    apart = "" if line["judged"] else ", not compared"
    return f"{cells.coverage(line)} images{apart}" if apart or line["images"] != line["of"] else ""


def images(findings: Findings, legend: Legend) -> Table:
    """Return the first `LINES` lines of scores as a table."""
    found = findings.cells
    columns = [Column("Image"), *_metrics(found.metrics), Column(_over(findings), number=True)]
    columns += [Column("Size, px"), Column("Status")]
    scores = with_differences(findings).drop_duplicates([*LINE, "image"])  # some stand in for several devices
    lines = [
        Line(line["method"], legend.settings[setting_of(line)], _image(line, found), _group(line))
        for line in scores.head(LINES).to_dict("records")
    ]
    return Table("images", "Scores of every image", columns, in_groups(lines))


def _image(line: Any, found: Cells) -> list[Cell]:  # noqa: ANN401 - a line of scores
    size = f"{int(line['width'])}×{int(line['height'])}" if line["width"] > 0 else NONE  # noqa: RUF001 - times
    return [
        Cell(line["image"], style="open"),
        *_scores(line, found.metrics, unclean=line["trained_on"]),
        number(found.columns["difference"], line["difference"], sign=True),
        Cell(size),
        Cell(line["status"], style="" if line["status"] == "ok" else "warn", note=line["reason"]),
    ]


def with_differences(findings: Findings) -> pd.DataFrame:
    """Return the scores by setting with `difference`: the leading metric less the baseline's on the same image."""
    scores, names, first = findings.scores, [*SETTING, "image"], findings.cells.leading.name
    base = scores.loc[(scores["method"] == findings.baseline) & (scores["status"] == "ok"), [*names, first]]
    found = scores.merge(base.rename(columns={first: "base"}), how="left", on=names)
    apart = (found[first] - found["base"]).mask(found[first] == found["base"], 0.0)  # both may be exact
    return found.assign(difference=apart.where(found["method"] != findings.baseline)).drop(columns="base")

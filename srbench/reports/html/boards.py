"""The scoreboard, and all scores image by image, as tables of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.analysis.columns import TIMES, absent, probability
from srbench.analysis.settings import LINE, SETTING
from srbench.reports import cells
from srbench.reports.classical import COLUMNS, LEADING, METRICS
from srbench.reports.html.legend import setting_of
from srbench.reports.html.tabling import NONE, Cell, Column, Line, Table, number
from srbench.reports.remarks import TRAINED_ON

if TYPE_CHECKING:
    import pandas as pd

    from srbench.reports.findings import Findings
    from srbench.reports.html.legend import Legend

LINES = 5000
"""Lines of the table of images; browsers sort as many in a second or two."""

_STYLES = {1: "best", 2: "second"}
_SETTING = [Column("Dataset"), Column("Factor", number=True), Column("Protocol"), Column("On", hint="device")]
_METRICS = [Column.of(metric) for metric in METRICS.values()]


def scoreboard(findings: Findings, legend: Legend) -> Table:
    """Return the scoreboard (`reports.scoreboard`) as a table; columns that nothing fills are left out."""
    columns = [
        *_SETTING,
        *_METRICS,
        Column.of(COLUMNS["difference"], _over(findings)),
        *(Column.of(COLUMNS[name]) for name in ("p", "verdict", "published", "rank", *TIMES, "parameters")),
    ]
    board = findings.scoreboard
    lines = [Line(line["method"], legend.settings[setting_of(line)], _cells(line)) for _, line in board.iterrows()]
    table = Table("scoreboard", "Scores of every method, dataset, factor and protocol", columns, lines)
    always = {*_SETTING[:3], *_METRICS}
    return table.without_empty([column.title for column in columns if column not in always])


def _over(findings: Findings) -> str:
    return f"Over {findings.baseline}, {COLUMNS['difference'].unit}"


def _setting(line: Any) -> list[Cell]:  # noqa: ANN401 - a line of a table
    factor = Cell(f"x{line['factor']}", float(line["factor"]))
    return [Cell(line["dataset"]), factor, Cell(line["protocol"]), Cell(line["on_device"] or NONE)]


def _scores(line: Any, note: str = "", *, unclean: bool) -> list[Cell]:  # noqa: ANN401 - as above
    """Return the metrics, marked where the method has seen images, in colour where these count (`unclean`).

    `note` stands below the leading one.
    """
    found = [
        number(metric, line[name], style=_STYLES.get(line.get(f"{name}_position", 0), ""))
        for name, metric in METRICS.items()
    ]
    found[0] = found[0]._replace(note=note)
    if line["trained_on"]:
        found[0] = found[0]._replace(text=TRAINED_ON + found[0].text)
    if unclean:
        found[0] = found[0]._replace(style="warn")
    return found


def _cells(line: pd.Series) -> list[Cell]:
    difference = COLUMNS["difference"]
    low, high = (number(difference, line[f"{LEADING}_{end}"], sign=True).text for end in ("low", "high"))
    interval = "" if absent(line[f"{LEADING}_low"]) else f"{low} to {high}"
    p, verdict = line[f"{LEADING}_p_holm"], line[f"{LEADING}_verdict"]
    return [
        *_setting(line),
        *_scores(line, _remark(line), unclean=cells.unclean(line)),
        number(difference, line[f"{LEADING}_difference"], sign=True, note=interval),
        Cell(NONE, p, "none") if absent(p) else Cell(probability(p), float(p)),
        Cell(verdict or NONE, style=f"v {verdict}"),
        number(COLUMNS["published"], line[f"published_{LEADING}"], note=line["published_source"]),
        *(number(COLUMNS[name], line[name]) for name in ("rank", *TIMES, "parameters")),
    ]


def _remark(line: pd.Series) -> str:
    """Say why a mean is not one over all images."""
    if not line["images"]:
        return str(line["status"])
    apart = "" if line["judged"] else ", not compared"
    return f"{cells.coverage(line)} images{apart}" if apart or line["images"] != line["of"] else ""


def images(findings: Findings, legend: Legend) -> Table:
    """Return the first `LINES` lines of scores as a table."""
    columns = [*_SETTING, Column("Image"), *_METRICS, Column(_over(findings), number=True)]
    columns += [Column("Size, px"), Column("Status")]
    scores = with_differences(findings).drop_duplicates([*LINE, "image"])  # some stand in for several devices
    lines = [
        Line(line["method"], legend.settings[setting_of(line)], _image(line))
        for line in scores.head(LINES).to_dict("records")
    ]
    return Table("images", "Scores of every image", columns, lines).without_empty(["On"])


def _image(line: Any) -> list[Cell]:  # noqa: ANN401 - a line of scores
    size = f"{int(line['width'])}×{int(line['height'])}" if line["width"] > 0 else NONE  # noqa: RUF001 - times
    return [
        *_setting(line),
        Cell(line["image"], style="open"),
        *_scores(line, unclean=line["trained_on"]),
        number(COLUMNS["difference"], line["difference"], sign=True),
        Cell(size),
        Cell(line["status"], style="" if line["status"] == "ok" else "warn", note=line["reason"]),
    ]


def with_differences(findings: Findings) -> pd.DataFrame:
    """Return the scores by setting with `difference`: the leading metric less the baseline's on the same image."""
    scores, names = findings.scores, [*SETTING, "image"]
    base = scores.loc[(scores["method"] == findings.baseline) & (scores["status"] == "ok"), [*names, LEADING]]
    found = scores.merge(base.rename(columns={LEADING: "base"}), how="left", on=names)
    apart = (found[LEADING] - found["base"]).mask(found[LEADING] == found["base"], 0.0)  # both may be exact
    return found.assign(difference=apart.where(found["method"] != findings.baseline)).drop(columns="base")

"""The page of an image: what every method scores on it, and its pictures side by side, HR first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.boards.pages import links
from srbench.boards.pages.gallery import gallery, given
from srbench.boards.pages.sheets import Row, Sheet, measures, text, value
from srbench.reports.html.tabling import Cell, Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.boards.content import Ground, Image, Score, Table
    from srbench.boards.pages.lookup import Lookup
    from srbench.boards.pages.pictures import Shown

ROOT = "../"


class Still(NamedTuple):
    """A picture, as it is shown without the viewer."""

    name: str
    link: str
    words: str


class Scored(NamedTuple):
    """What the lines of a table made of the image."""

    table: Table
    link: str
    sheet: Sheet
    stills: list[Still]
    left_out: bool
    """Whether the budget of pictures left it out."""


def content(found: Lookup, shown: Shown, image: Image) -> dict[str, Any]:
    """Return what the template of an image's page writes."""
    others = [each.id for each in found.board.images if each.dataset == image.dataset]
    place = others.index(image.id)
    dataset = found.datasets[image.dataset]
    size = "×".join(map(str, image.size or ()))  # noqa: RUF001
    facts = {
        "Dataset": dataset.name,
        "Size": f"{size} pixels" if size else "",
        "sha256 of the pixels": image.hr_sha256,
    }
    scored = [_scored(found, shown, ground) for ground in image.grounds]
    return {
        "image": image,
        "dataset": dataset,
        "before": found.images[others[place - 1]] if place else None,
        "after": found.images[others[place + 1]] if others[place + 1 :] else None,
        "facts": [(name, each) for name, each in facts.items() if each],
        "scored": scored,
        "stills": any(each.stills for each in scored),
        "gallery": gallery(found, shown, image, ROOT),
    }


def _scored(found: Lookup, shown: Shown, ground: Ground) -> Scored:
    table = found.tables[ground.table]
    columns = [*measures(table.metrics), Column("Remarks")]
    rows = [_row(found, table, score) for score in ground.scores]
    sheet = Sheet(f"table-{table.id}-scores", f"Scores on {table.name}", "Method", columns, rows).without_empty()
    stills = list(_stills(found, shown, table, ground))
    cut = bool(ground.hr_crop or ground.lr_crop) and not stills
    return Scored(table, ROOT + links.table(table.id), sheet, stills, cut)


def _row(found: Lookup, table: Table, score: Score) -> Row:
    line = found.lines[score.line]
    cells = [
        value(metric, score.values.get(metric.name), style="best" if score.best and not place else "")
        for place, metric in enumerate(table.metrics)
    ]
    head = Cell(found.labels[line.id], link=ROOT + links.method(line.method))
    return Row(head, [*cells, text("; ".join(_remarks(score)))], line.method, "" if score.judged else "aside")


def _remarks(score: Score) -> Iterator[str]:
    if score.status != "ok":
        yield f"{score.status}: {score.reason}" if score.reason else score.status
    if score.trained_on:
        yield "trained on this image"
    if score.status == "ok" and not score.judged:
        yield "does not count in the ranking"


def _stills(found: Lookup, shown: Shown, table: Table, ground: Ground) -> Iterator[Still]:
    words = {"truth": "ground truth", "input": f"input, 1/{table.factor} of the size"}
    before = [(each.name, each.crop, words[each.role]) for each in given(ground)]
    made = [(found.labels[each.line], each.crop, _words(table, each)) for each in ground.scores]
    for name, picture, said in [*before, *made]:
        if link := shown.link(picture):
            yield Still(name, ROOT + link, said)


def _words(table: Table, score: Score) -> str:
    metric = table.metrics[0]
    found = value(metric, score.values.get(metric.name)).text
    return f"{found} {metric.unit}".rstrip() if metric.unit else f"{metric.label} {found}"

"""The page of an image: what every method scores on it, and its pictures side by side, HR first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.boards.pages import links
from srbench.boards.pages.sheets import Cell, Row, Sheet, all_metrics, measure, measures, text, value
from srbench.metrics.classical import CLASSICAL
from srbench.reports.html.tabling import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.boards.content import Ground, Image, Metric, Picture, Score, Table
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
        "gallery": gallery(found, shown, image),
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
    given = [("HR", ground.hr_crop, "ground truth"), ("LR", ground.lr_crop, f"input, 1/{table.factor} of the size")]
    made = [(found.labels[each.line], each.crop, _words(table, each)) for each in ground.scores]
    for name, picture, words in [*given, *made]:
        if link := shown.link(picture):
            yield Still(name, ROOT + link, words)


def _words(table: Table, score: Score) -> str:
    metric = table.metrics[0]
    found = value(metric, score.values.get(metric.name)).text
    return f"{found} {metric.unit}".rstrip() if metric.unit else f"{metric.label} {found}"


def gallery(found: Lookup, shown: Shown, image: Image) -> dict[str, Any]:
    """Return what the viewer shows (see `reports.html.gallery`): this image in each setting that has pictures of it."""
    metrics = all_metrics(found.tables[ground.table] for ground in image.grounds)
    views = [
        _view(found, shown, image, ground, metrics)
        for ground in image.grounds
        if ground.position and shown.link(ground.hr_crop or ground.lr_crop)
    ]
    names = [picture.name for ground in image.grounds for picture in _all(ground) if picture]
    return {
        "images": views,
        "pictures": {name: ROOT + links.picture(name) for name in dict.fromkeys(names) if name in shown.contents},
        "metrics": [measure(metric)._asdict() for metric in metrics],
        "joined": {metric.name for metric in metrics} <= set(CLASSICAL) and any(metric.unit for metric in metrics[:1]),
        "pair": _pair(views),
        "note": "",
    }


def _all(ground: Ground) -> Iterator[Picture | None]:
    yield from (ground.small, ground.hr_crop, ground.lr_crop, *(score.crop for score in ground.scores))


def _pair(views: list[dict[str, Any]]) -> list[str]:
    """Return what is compared first: the best line of the first setting, and HR."""
    panes = views[0]["panes"] if views else []
    made = [pane["name"] for pane in panes if not pane["role"] and pane["picture"]]
    return [*made[:1], *(pane["name"] for pane in panes[:1])]


def _view(found: Lookup, shown: Shown, image: Image, ground: Ground, metrics: list[Metric]) -> dict[str, Any]:
    table, dataset = found.tables[ground.table], found.datasets[image.dataset].name
    left, top, width, height = ground.position or (0, 0, 1, 1)
    return {
        "id": table.id,
        "dataset": dataset,
        "factor": table.factor,
        "protocol": table.name.removeprefix(f"{dataset} x{table.factor}, "),
        "on_device": "",
        "image": image.name,
        "whole": list(image.size or (left + width, top + height)),
        "box": [left, top, width, height],
        "small": ground.small.name if ground.small and shown.link(ground.small) else None,
        "panes": list(_panes(found, shown, ground, metrics)),
    }


def _panes(found: Lookup, shown: Shown, ground: Ground, metrics: list[Metric]) -> Iterator[dict[str, Any]]:
    nothing = {
        **{metric.name: None for metric in metrics},
        "best": False,
        "mark": "",
        "status": "ok",
        "reason": "",
        "full": None,
    }
    given = (
        [("HR", "truth", ground.hr_crop), ("LR", "input", ground.lr_crop)]
        if ground.hr_crop
        else [("input", "input", ground.lr_crop)]
    )
    for name, role, picture in given:
        yield {"name": name, "role": role, "picture": _name(shown, picture), **nothing}
    for score in ground.scores:
        yield {
            **nothing,
            "name": found.labels[score.line],
            "role": "",
            "picture": _name(shown, score.crop),
            **score.values,
            "best": score.best,
            "mark": "*" if score.trained_on else "",
            "status": score.status,
            "reason": score.reason,
        }


def _name(shown: Shown, picture: Picture | None) -> str | None:
    return picture.name if picture and shown.link(picture) else None

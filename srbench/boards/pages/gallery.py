"""The gallery of an image's page: what the viewer of the report of a run shows there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench.boards.pages import links
from srbench.boards.pages.sheets import all_metrics, measure
from srbench.metrics.classical import CLASSICAL
from srbench.reports.remarks import TRAINED_ON
from srbench.store.pictures import HR, INPUT, LR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.boards.content import Ground, Image, Picture, Score
    from srbench.boards.pages.lookup import Lookup
    from srbench.boards.pages.pictures import Shown


class Given(NamedTuple):
    """What is shown before what methods made: its name, its role in the viewer, and its crop."""

    name: str
    role: str
    crop: Picture | None


def gallery(found: Lookup, shown: Shown, image: Image, root: str) -> dict[str, Any]:
    """Return what the viewer shows (see `reports.html.gallery`): the image in each setting that has pictures of it.

    Panes have the metrics of their setting alone; `root` leads from the page to the index.
    """
    metrics = all_metrics(found.tables[ground.table] for ground in image.grounds)
    grounds = [ground for ground in image.grounds if ground.position and shown.link(given(ground)[0].crop)]
    views = [_view(found, shown, image, ground) for ground in grounds]
    files = {shown.files[each.name] for ground in grounds for each in _pictures(ground) if each.name in shown.files}
    return {
        "images": views,
        "pictures": {name: root + links.picture(name) for name in sorted(files)},
        "metrics": [measure(metric)._asdict() for metric in metrics],
        "joined": {metric.name for metric in metrics} <= set(CLASSICAL) and any(metric.unit for metric in metrics[:1]),
        "pair": _pair(views),
        "note": "",
    }


def given(ground: Ground) -> list[Given]:
    """Return HR and LR, or the input where there is no HR."""
    if ground.hr_crop is None:
        return [Given(INPUT, "input", ground.lr_crop)]
    return [Given(HR, "truth", ground.hr_crop), Given(LR, "input", ground.lr_crop)]


def _pictures(ground: Ground) -> list[Picture]:
    found = [ground.small, *(each.crop for each in given(ground)), *(score.crop for score in ground.scores)]
    return [each for each in found if each]


def _pair(views: list[dict[str, Any]]) -> list[str]:
    """Return what is compared first: the best line of the first setting, and HR."""
    panes = views[0]["panes"] if views else []
    made = [pane["name"] for pane in panes if not pane["role"] and pane["picture"]]
    return [*made[:1], *(pane["name"] for pane in panes[:1])]


def _view(found: Lookup, shown: Shown, image: Image, ground: Ground) -> dict[str, Any]:
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
        "small": _name(shown, ground.small),
        "panes": [*_given(shown, ground), *(_made(found, shown, score) for score in ground.scores)],
    }


def _given(shown: Shown, ground: Ground) -> Iterator[dict[str, Any]]:
    fixed = {"best": False, "mark": "", "status": "ok", "reason": ""}
    for each in given(ground):
        yield {"name": each.name, "role": each.role, "picture": _name(shown, each.crop), **fixed}


def _made(found: Lookup, shown: Shown, score: Score) -> dict[str, Any]:
    return {
        "name": found.labels[score.line],
        "role": "",
        "picture": _name(shown, score.crop),
        **score.values,
        "best": score.best,
        "mark": TRAINED_ON if score.trained_on else "",
        "status": score.status,
        "reason": score.reason,
    }


def _name(shown: Shown, picture: Picture | None) -> str | None:
    return shown.files.get(picture.name) if picture else None

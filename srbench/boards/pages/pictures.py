"""Pictures of the site: which are copied, within a budget of bytes, and where they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import zip_longest
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeAlias

from srbench import opening
from srbench.boards.pages import links
from srbench.boards.pages.sheets import measure
from srbench.reports.html.image_ranking import telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from srbench.boards.content import Ground, Image, Picture, Table
    from srbench.boards.pages.lookup import Lookup
    from srbench.reports.html.image_ranking import Groups, Key

Grounds: TypeAlias = "dict[Key, Ground]"
"""What was seen of an image, by table and image."""

BUDGET = 50_000_000
"""Bytes of pictures that a site may take: those that say most come first."""


@dataclass(frozen=True)
class Shown:
    """The pictures of the site: their bytes by name."""

    contents: dict[str, bytes]

    def link(self, picture: Picture | None) -> str:
        """Return where a picture lies in the site; nothing where the site lacks it."""
        return links.picture(picture.name) if picture and picture.name in self.contents else ""

    def thumbnail(self, image: Image) -> str:
        """Return where the thumbnail of an image lies."""
        return next((link for ground in image.grounds if (link := self.link(ground.small))), "")


def shown(found: Lookup, budget: int = BUDGET) -> Shown:
    """Return the pictures of the site: thumbnails of all images, and crops as far as the budget reaches.

    Of each table in turn come the images on which methods disagree most, and the worst ones of each method.
    """
    contents: dict[str, bytes] = {}
    grounds = {(ground.table, image.id): ground for image in found.board.images for ground in image.grounds}
    _add(contents, (ground.small for ground in grounds.values()), budget)
    for key in _telling(found, grounds):
        if not _add(contents, crops(grounds[key]), budget):
            break
    return Shown(contents)


def _add(contents: dict[str, bytes], pictures: Iterable[Picture | None], budget: int) -> bool:
    """Add all of the pictures, or none where they do not fit; what cannot be read is left out."""
    new = {each.name: content for each in pictures if each and (content := _read(each))}
    if sum(map(len, (contents | new).values())) > budget:
        return False
    contents |= new
    return True


def crops(ground: Ground) -> Iterator[Picture | None]:
    """Yield the crops of an image in one setting: HR, LR, and what each line made of it."""
    yield from (ground.hr_crop, ground.lr_crop, *(score.crop for score in ground.scores))


def _read(picture: Picture) -> bytes:
    try:
        return opening.read(picture.source)
    except OSError:
        return b""


def _telling(found: Lookup, grounds: Grounds) -> Iterator[Key]:
    """Yield the images (table, image) that say most, in turn over the tables."""
    queues = [_ranked(table, grounds) for table in found.board.tables]
    return (key for turn in zip_longest(*queues) for key in turn if key)


def _ranked(table: Table, grounds: Grounds) -> list[Key]:
    """Return the images of a table, those first that say most by its leading metric."""
    leading = table.metrics[0]
    groups: Groups = {
        key: [
            SimpleNamespace(method=score.line, **{leading.name: _number(score.values.get(leading.name))})
            for score in ground.scores
        ]
        for key, ground in grounds.items()
        if key[0] == table.id
    }
    return telling(groups, measure(leading))


def _number(value: float | None) -> float:
    return math.nan if value is None else value

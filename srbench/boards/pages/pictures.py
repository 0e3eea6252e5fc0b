"""Pictures of the site: which are copied, within a budget of bytes, and where they lie."""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import dataclass, field
from itertools import zip_longest
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeAlias

from PIL import Image as Pillow

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


_JPEG = b"\xff\xd8"
_LARGEST = 2**22
"""Pixels of a crop; those of srbench have a fraction of it."""


@dataclass
class Shown:
    """The pictures of the site: their bytes by the names of their files, and these by the names of pictures."""

    budget: int
    contents: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def add(self, pictures: Iterable[Picture | None]) -> bool:
        """Add all of the pictures, or none where they do not fit; what cannot be read is left out."""
        wanted = {each.name: each for each in pictures if each and each.name not in self.files}
        encoded = {name: content for name, each in wanted.items() if (content := _encoded(each))}
        files = {name: _file(content) for name, content in encoded.items()}
        contents = {files[name]: content for name, content in encoded.items()}
        if sum(map(len, (self.contents | contents).values())) > self.budget:
            return False
        self.contents |= contents
        self.files |= files
        return True

    def link(self, picture: Picture | None) -> str:
        """Return where a picture lies in the site; nothing where the site lacks it."""
        return links.picture(self.files[picture.name]) if picture and picture.name in self.files else ""

    def thumbnail(self, image: Image) -> str:
        """Return where the thumbnail of an image lies."""
        return next((link for ground in image.grounds if (link := self.link(ground.small))), "")


def shown(found: Lookup, budget: int = BUDGET) -> Shown:
    """Return the pictures of the site: thumbnails of all images, and crops as far as the budget reaches.

    Of each table in turn come the images on which methods disagree most, and the worst ones of each method.
    """
    grounds = {(ground.table, image.id): ground for image in found.board.images for ground in image.grounds}
    pictures = Shown(budget)
    for ground in grounds.values():
        pictures.add([ground.small])
    for key in _telling(found, grounds):
        if not pictures.add(crops(grounds[key])):
            break
    return pictures


def crops(ground: Ground) -> Iterator[Picture | None]:
    """Yield the crops of an image in one setting: HR, LR, and what each line made of it."""
    yield from (ground.hr_crop, ground.lr_crop, *(score.crop for score in ground.scores))


def _encoded(picture: Picture) -> bytes:
    """Return a picture as files of the site hold it: JPEG as it is, others as WebP without loss, half as large as PNG.

    Nothing, where it cannot be read, or is larger than any crop.
    """
    try:
        content = opening.read(picture.source)
        if content.startswith(_JPEG):
            return content
        with Pillow.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.width * image.height > _LARGEST:
                return b""
            written = io.BytesIO()
            image.save(written, "WEBP", lossless=True, quality=50, method=2)
            return written.getvalue()
    except (OSError, ValueError, SyntaxError):
        return b""


def _file(content: bytes) -> str:
    """Return the name of a picture's file, by its bytes: equal pictures are one file."""
    return f"{hashlib.sha256(content).hexdigest()[:16]}.{'jpg' if content.startswith(_JPEG) else 'webp'}"


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

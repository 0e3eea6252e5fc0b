"""The images of a board: what each method made of them, with the pictures that run folders keep."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from srbench.analysis.settings import lines_of
from srbench.boards.common import number
from srbench.boards.content import Ground, Image, Picture, Score
from srbench.boards.names import ids, natural
from srbench.store import pictures
from srbench.store.pictures import HR, reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from srbench.boards.standings import Standing


def images(standings: Sequence[Standing], folders: Sequence[Path]) -> tuple[Image, ...]:
    """Return the images of all tables, by dataset and name, with pictures of these run folders, the newest first."""
    found: dict[tuple[str, str], list[tuple[Ground, Any]]] = defaultdict(list)
    for standing in standings:
        rows = defaultdict(list)
        for row in lines_of(standing.scores):
            rows[row.image].append(row)
        for name, own in rows.items():
            ground = _ground(standing, own, folders)
            found[standing.table.dataset, str(name)].append((ground, own))
    names = ids(f"{dataset} {name}" for dataset, name in found)
    return tuple(
        _image(names[f"{dataset} {name}"], name, dataset, found[dataset, name])
        for dataset, name in sorted(found, key=lambda each: (natural(each[0]), natural(each[1]), each))
    )


def image_ids(images: Iterable[Image], table: str) -> tuple[str, ...]:
    """Return the ids of the images of a table."""
    return tuple(each.id for each in images if any(ground.table == table for ground in each.grounds))


def _image(own: str, name: str, dataset: str, grounds: Sequence[tuple[Ground, list[Any]]]) -> Image:
    rows = [row for _, each in grounds for row in each]
    good = [row for row in rows if row.status == "ok" and row.width > 0]
    size = (int(good[0].width), int(good[0].height)) if good else None
    hashes = sorted({str(row.hr_sha256) for row in good} or {str(row.hr_sha256) for row in rows})
    return Image(own, name, dataset, size, hashes[0], tuple(ground for ground, _ in grounds))


def _ground(standing: Standing, rows: Sequence[Any], folders: Sequence[Path]) -> Ground:
    """Return one image as the lines of one table saw it."""
    by_line = {row.line: row for row in rows}
    ordered = [by_line[line.id] for line in standing.table.lines if line.id in by_line]
    first = next((row for row in ordered if row.status == "ok"), ordered[0])
    crops, wholes = pictures.crops_of(first), pictures.images_of(first)
    has_hr = reference(first.protocol) == HR
    hr, lr = (_picture(folders, name) for name in (crops.hr, crops.lr))
    placed = hr if has_hr else lr
    return Ground(
        standing.table.id,
        tuple(_score(standing, row, folders) for row in ordered),
        _position(placed),
        hr if has_hr else None,
        lr,
        _picture(folders, crops.whole),
        _picture(folders, wholes.hr) if has_hr else None,
        _picture(folders, wholes.lr),
    )


def _score(standing: Standing, row: Any, folders: Sequence[Path]) -> Score:  # noqa: ANN401 - a line of scores
    good = row.status == "ok"
    return Score(
        row.line,
        {name: number(getattr(row, name)) for name in standing.part.metrics},
        row.status,
        row.reason,
        bool(row.judged),
        bool(row.best),
        bool(row.trained_on),
        _picture(folders, pictures.crops_of(row).sr) if good else None,
        _picture(folders, pictures.images_of(row).sr) if good else None,
    )


def _picture(folders: Sequence[Path], name: str) -> Picture | None:
    """Return a picture from the newest run folder that has it: its name says its pixels, so all have the same."""
    source = next((folder / name for folder in folders if (folder / name).is_file()), None)
    return Picture(name.replace("/", "-"), source) if source else None


def _position(picture: Picture | None) -> tuple[int, int, int, int] | None:
    """Return where a crop is in its image."""
    content = pictures.read(picture.source.parent, picture.source.name) if picture else None
    found = pictures.position_of(content) if content else None
    return (found.box.x, found.box.y, found.box.width, found.box.height) if found else None

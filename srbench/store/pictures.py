"""The pictures of a run folder: of each row a lossless crop of SR, of each HR image and protocol crops of HR and LR.

They lie in `crops/`, named by what decides their pixels, so that equal ones lie there once, and resuming, reusing and
merging take them over by name. With `--save-images`, whole images lie in `whole/` in the same way; `images/` holds
readable links to those of current rows.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image

from srbench import opening
from srbench.atomic import replacing
from srbench.datasets.stored_names import apart, escaped, stored_images
from srbench.hashing import file_hash_or, sha256
from srbench.plan import WITHOUT_HR
from srbench.quality.crops import POSITION, Box
from srbench.store.durable import unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from srbench.plan import Keep

CROPS, WHOLE, LINKS = "crops", "whole", "images"
"""Folders of crops, of whole images and of links to these within a run folder."""

HR, LR, INPUT = "HR", "LR", "input"
"""The names of HR and LR, where the names of methods are used for SR; without HR, LR is the `input`."""


def reference(protocol: str) -> str:
    """Return the name of what SR is looked at beside: HR, or the input where there is none."""
    return INPUT if protocol in WITHOUT_HR else HR


class Crops(NamedTuple):
    """Names within a run folder of the crops that belong to one row; a run may lack them."""

    sr: str
    hr: str
    lr: str
    whole: str
    """The whole HR image, small and lossy, to show the position of the crop."""


class Position(NamedTuple):
    """The position of a crop in HR: its `box`, and the size of the `whole` image in pixels (width, height)."""

    box: Box
    whole: tuple[int, int]


def crops_of(row: Any) -> Crops:  # noqa: ANN401 - a ScoreRow, or a line of the table of scores
    """Return the names of the crops of a row (anything with `key`, `hr_sha256`, `protocol_fingerprint`, `factor`)."""
    truth = _truth(row)
    return Crops(
        *(f"{CROPS}/{name}" for name in (f"{row.key}.png", f"{truth}-hr.png", f"{truth}-lr.png", f"{truth}.jpg"))
    )


class Images(NamedTuple):
    """Names within a run folder of the whole images that belong to one row; a run may lack them."""

    sr: str
    hr: str
    lr: str


def images_of(row: Any) -> Images:  # noqa: ANN401 - as above
    """Return the names of the whole images of a row, by what decides their pixels."""
    truth = _truth(row)
    return Images(*(f"{WHOLE}/{name}.png" for name in (row.key, f"{truth}-hr", f"{truth}-lr")))


class Links:
    """The readable names of whole images, among those of all rows of a run: each image has another.

    `images/<dataset>/<protocol>-x<factor>/<method>/<image>.png`, with what no file name can hold percent-encoded.
    """

    def __init__(self, rows: Iterable[Any], labels: Mapping[str, str] = MappingProxyType({})) -> None:
        """Give names to the datasets, methods and images of `rows`; methods have their `labels`, by spec."""
        images: dict[str, set[str]] = {}
        methods = {HR, LR, INPUT}
        for row in rows:
            images.setdefault(row.dataset, set()).add(row.image)
            methods.add(labels.get(row.method, row.method))
        self._labels = labels
        self._datasets = apart({name: escaped(name) for name in images})
        self._methods = apart({name: escaped(name) for name in methods})
        self._images = {dataset: stored_images(each) for dataset, each in images.items()}

    def of(self, row: Any, method: str = "") -> str:  # noqa: ANN401 - as above
        """Return the readable name of the whole image of `method`: `HR`, `LR`, `input`, by default the row's."""
        setting = escaped(f"{row.protocol}-x{row.factor}")
        own = method or self._labels.get(row.method, row.method)
        parts = self._datasets[row.dataset], setting, self._methods[own]
        return "/".join((LINKS, *parts, self._images[row.dataset][row.image])) + ".png"


def _truth(row: Any) -> str:  # noqa: ANN401 - as above
    """Return what decides HR and LR."""
    given = getattr(row, "lr_sha256", "")
    return sha256(row.hr_sha256, row.protocol_fingerprint, int(row.factor), *([given] if given else []))


def crops_hash(folder: Path) -> str:
    """Return a sha256 over all crops in a run folder, with their names."""
    return sha256({path.name: file_hash_or(path, "") for path in sorted((folder / CROPS).glob("*"))})


def read(folder: Path, name: str) -> bytes | None:
    """Return a picture of a run folder as PNG or JPEG, or None where there is none."""
    try:
        return opening.read(folder / name)
    except OSError:
        return None


def position_of(hr: bytes) -> Position | None:
    """Return the position of the crop of an HR image, as its PNG says; None if it does not."""
    try:
        with Image.open(io.BytesIO(hr), formats=("PNG",)) as image:
            found = json.loads(image.info[POSITION])
        x, y, width, height = map(int, found["box"])
        return Position(Box(x, y, width, height), (int(found["whole"][0]), int(found["whole"][1])))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def keep(folder: Path, pictures: Mapping[str, bytes]) -> None:
    """Write pictures into a run folder, under their names; one that is there stays, as its name says its pixels.

    Raises:
        RunFolderError: one cannot be written.

    """
    for name, content in pictures.items():
        path = folder / name
        if path.exists():
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as partial:
                partial.write_bytes(content)
        except OSError as error:
            raise unwritable(
                path, error, "the results so far are kept; --no-report leaves pictures out", folder
            ) from error


def take_over(folder: Path, names: Iterable[str], others: Iterable[Path]) -> None:
    """Copy pictures that `folder` lacks from the first of `others` that has them; raises as `keep`."""
    for name in names:
        if not (folder / name).exists():
            found = next((content for other in others if (content := read(other, name)) is not None), None)
            if found is not None:
                keep(folder, {name: found})


def lacks(folder: Path, row: Any, wanted: Keep) -> bool:  # noqa: ANN401 - as above
    """Tell whether a picture of a good row that a run is to keep is not in its folder."""
    names = kept_names(row, wanted)
    return row.status == "ok" and not all((folder / name).exists() for name in names)


def kept_names(row: Any, wanted: Keep) -> list[str]:  # noqa: ANN401 - as above
    """Return the names of the pictures of a good row that a run is to keep; without HR, there are none of it."""
    crops, images = crops_of(row), images_of(row)
    names = [*crops] * wanted.crops + [*images] * wanted.images
    return [name for name in names if reference(row.protocol) == HR or name not in (crops.hr, images.hr)]


def link(folder: Path, rows: Iterable[Any], labels: Mapping[str, str] = MappingProxyType({})) -> None:
    """Make `images/` link to the whole images of `rows`, as far as they exist, and to no others of `whole/`.

    Folders of methods have their `labels`, by spec.

    All else there is the user's and stays, even in the place of a link: see `taken`.
    """
    if not any((folder / name).exists() for name in (WHOLE, LINKS)):
        return
    wanted = _wanted(folder, rows, labels)
    for path in list(_own_links(folder)):
        if wanted.get(_name(folder, path)) != _target(folder, path):
            path.unlink()
            with suppress(OSError):  # of a method that has another label now, unless more lies there
                path.parent.rmdir()
    for name, target in wanted.items():
        path = located(folder, name)
        if not path.is_symlink() and not _is_taken(folder, name, target):
            with suppress(OSError):  # a file system without links; `whole/` has the images
                path.parent.mkdir(parents=True, exist_ok=True)
                path.symlink_to(os.path.relpath(folder / target, path.parent))


def taken(folder: Path, rows: Iterable[Any]) -> list[str]:
    """Return the readable names of the whole images of `rows` that lead elsewhere, as a user's file is in the way."""
    return [name for name, target in _wanted(folder, rows).items() if _is_taken(folder, name, target)]


def _is_taken(folder: Path, name: str, target: str) -> bool:
    """Tell whether something else is in the place of a link, or a file or a link in that of one of its folders."""
    path = located(folder, name)
    if any(each.is_symlink() or each.is_file() for each in path.parents[: name.count("/")]):
        return True
    return os.path.lexists(path) and not (path.is_symlink() and _target(folder, path) == target)


def astray(folder: Path, rows: Iterable[Any], labels: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """Yield the readable names in `images/` that do not link to the image of one of `rows`; copies of links do not."""
    wanted = _wanted(folder, rows, labels)
    for path in sorted(path for path in (folder / LINKS).rglob("*.png") if path.is_symlink() or path.is_file()):
        name = _name(folder, path)
        if not path.is_symlink() or wanted.get(name) != _target(folder, path):
            yield name


def located(folder: Path, name: str) -> Path:
    """Return the path of a name below `folder`: in UTF-8, also where the locale's encoding lacks its letters."""
    return folder / os.fsdecode(name.encode("utf-8", "surrogateescape"))


def _name(folder: Path, path: Path) -> str:
    """Return the name of a path below `folder`, as `located` takes it."""
    return os.fsencode(path.relative_to(folder).as_posix()).decode("utf-8", "surrogateescape")


def _own_links(folder: Path) -> Iterator[Path]:
    """Yield the links below `images/` that lead into `whole/`; none that lies behind a link to a folder."""
    if (folder / LINKS).is_symlink():
        return
    for parent, _, files in os.walk(folder / LINKS):
        for path in (Path(parent, file) for file in files):
            if path.is_symlink() and _target(folder, path).startswith(f"{WHOLE}/"):
                yield path


def _wanted(folder: Path, rows: Iterable[Any], labels: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return what each readable name is to lead to."""
    rows = list(rows)
    names = Links(rows, labels)
    return dict(pair for row in rows if row.status == "ok" for pair in _links(folder, row, names))


def _links(folder: Path, row: Any, names: Links) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - as above
    """Yield the readable names of a row's whole images, with the names that they are stored under."""
    given = LR if reference(row.protocol) == HR else INPUT
    for target, method in zip(images_of(row), ("", HR, given), strict=True):
        if (folder / target).exists():
            yield names.of(row, method), target


def _target(folder: Path, path: Path) -> str:
    """Return the name within a run folder of what a link there points to."""
    return os.path.relpath(path.parent / path.readlink(), folder)

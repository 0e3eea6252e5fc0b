"""Methods whose SR images exist: their files are read where those of other methods are computed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from srbench.datasets.sr_files import sr_files
from srbench.errors import UsageError
from srbench.quality.files import content_hash
from srbench.specs import counted, listed
from srbench.store.current import image_of
from srbench.store.rows import GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.datasets import Dataset
    from srbench.datasets.sr_files import Case
    from srbench.plan import Plan


@dataclass(frozen=True)
class GivenSr:
    """What the coordinator knows of a method whose SR images exist: what `MethodInfo` is to one that is computed."""

    spec: str
    """Its name, by which rows call it."""
    folders: tuple[Path, ...]
    files: Mapping[Case, Mapping[str, Path]]
    """The SR file of each image that has one, by dataset and factor."""
    codes: Mapping[str, str]
    """The sha256 of the SR file of each image, by `image_of`; empty where there is none, or it cannot be read."""
    others: tuple[str, ...] = ()
    """Images in the folders that belong to nothing."""

    device: ClassVar = GIVEN

    def file(self, dataset: str, image: str, factor: int) -> Path | None:
        """Return the SR file of an image; None where there is none."""
        return self.files.get((dataset, factor), {}).get(image)

    def code(self, dataset: str, image: str, factor: int) -> str:
        """Return the sha256 of the SR file of an image; empty where there is none."""
        return self.codes.get(image_of(dataset, image, factor), "")

    @property
    def facts(self) -> dict[str, Any]:
        """Return what run.json says of it: the hash of each SR file, and which belong to nothing."""
        return {"devices": [GIVEN], "codes": dict(self.codes), "unpaired": list(self.others)}


def given_sr(plan: Plan, sets: Mapping[str, Dataset]) -> list[GivenSr]:
    """Return the methods of a plan whose SR images exist, with the files of the datasets' images.

    Raises:
        DatasetError: a folder cannot be read, or has no images.
        UsageError: none of its images belongs to an image of the datasets at the factors of the plan, or two to one.

    """
    return [found(plan, name, sets) for name in plan.given]


def found(plan: Plan, name: str, sets: Mapping[str, Dataset]) -> GivenSr:
    """Return one method of a plan whose SR images exist; raises as `given_sr`."""
    folders = plan.given[name]
    there = sr_files(folders, sets, plan.factors)
    codes = {
        image_of(dataset, file.name, factor): content_hash(path, "") if (path := paths.get(file.name)) else ""
        for (dataset, factor), paths in there.files.items()
        for file in sets[dataset].files
    }
    if not any(there.files.values()):
        raise UsageError(_nothing(name, plan, sets, there.others))
    return GivenSr(name, folders, there.files, codes, there.others)


def _nothing(name: str, plan: Plan, sets: Mapping[str, Dataset], others: Sequence[str]) -> str:
    """Say that no SR image belongs to anything, and what was expected."""
    stem = PurePath(next(iter(sets.values())).files[0].path).stem
    settings = listed([f"{each} x{factor}" for each in sets for factor in plan.factors])
    images = f"none of {counted(len(others), 'image')} in {listed(map(str, plan.given[name]))}"
    seen = f" ({listed(others)})" if others else ""
    wanted = f"a name such as {stem}_x{plan.factors[0]}.png"
    return f"SR images of {name}: {images}{seen} belongs to an image of {settings}; expected {wanted}"


def unpaired(info: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line for each method with SR images that belong to nothing, of which `info` is run.json."""
    for name, facts in info.get("methods", {}).items():
        if others := facts.get("unpaired"):
            what = f"{counted(len(others), 'SR image')} of {name} {'belong' if others[1:] else 'belongs'}"
            yield f"{what} to no image of the run: {listed(others)}"

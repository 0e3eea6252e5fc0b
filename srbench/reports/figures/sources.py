"""Where the pixels of a figure come from: images that the run kept, else the same methods once more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from srbench.analysis.settings import SETTING, lines_of
from srbench.errors import UsageError
from srbench.execution import rerun_image
from srbench.printable import of_file
from srbench.quality.files import read_image
from srbench.reports import choosing
from srbench.specs import listed, unknown
from srbench.store.pictures import HR, INPUT, LR, images_of, reference
from srbench.store.plans import plan_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from srbench.quality.image import Image
    from srbench.reports.findings import Findings


def rows(findings: Findings, image: str, methods: Sequence[str] = ()) -> list[Any]:
    """Return the lines of scores of one image: of `methods`, in their order, by default all that have a score of it.

    In several settings it is that of the first in which all these methods have one.

    Raises:
        UsageError: the run has no such image or method, or there is no such setting.

    """
    found = findings.scores
    names = list(dict.fromkeys(map(str, found["image"])))
    found = found[found["image"] == (image if image in names else of_file(image))]
    if found.empty:
        raise unknown("image", image, names)
    known = list(dict.fromkeys(found["method"]))
    asked = {method: choosing.shown(findings, known, method) for method in methods}
    if absent := [method for method, name in asked.items() if not name]:
        raise unknown("method of the run", absent[0], known)
    every = [
        {line.method: line for line in lines_of(group[group["status"] == "ok"])}
        for _, group in found.groupby(SETTING, sort=False)
    ]
    wanted = list(dict.fromkeys(asked.values())) or list(every[0])
    lines = next((each for each in every if all(method in each for method in wanted or known[:1])), None)
    if lines is None:
        raise UsageError(_apart(every, wanted or known[:1], f"{found.iloc[0]['image']} of {found.iloc[0]['dataset']}"))
    return [lines[method] for method in wanted]


def _apart(every: Sequence[dict[str, Any]], wanted: Sequence[str], image: str) -> str:
    """Say that no setting has scores of an image by all methods, and where each of them has one."""
    there = {method: dict.fromkeys(_place(each[method]) for each in every if method in each) for method in wanted}
    if absent := next((method for method, places in there.items() if not places), ""):
        return f"{absent} has no score of {image}, so no picture: leave it out"
    have = "; ".join(f"{method} at {listed(places)}" for method, places in there.items())
    return f"no setting has scores of {image} by all of these methods: {have}; leave some out, such as by --factor"


def _place(line: Any) -> str:  # noqa: ANN401 - a line of scores
    return f"x{line.factor} {line.protocol}"


def images(findings: Findings, lines: Sequence[Any], data: Path | None = None) -> dict[str, Image]:
    """Return HR and LR by these names, and SR of each line's method, whole; without HR the `input` instead of both.

    Raises as `rerun_image.upscaled`.
    """
    first = images_of(lines[0])
    given = {HR: first.hr, LR: first.lr} if reference(lines[0].protocol) == HR else {INPUT: first.lr}
    names = {**given, **{row.method: images_of(row).sr for row in lines}}
    if all((findings.folder / name).is_file() for name in names.values()):
        return {method: read_image(findings.folder / name) for method, name in names.items()}
    rows = [SimpleNamespace(**vars(line) | {"method": findings.specs.get(line.method, line.method)}) for line in lines]
    found = rerun_image.upscaled(plan_of(findings.info), rows, data)
    return {findings.labels.get(method, method): image for method, image in found.items()}

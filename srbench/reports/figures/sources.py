"""Where the pixels of a figure come from: images that the run kept, else the same methods once more."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from srbench.analysis.settings import SETTING, lines_of
from srbench.errors import UsageError
from srbench.execution import rerun_image
from srbench.methods import spelled_among
from srbench.plan import plugin_files
from srbench.printable import of_file
from srbench.quality.files import read_image
from srbench.specs import unknown
from srbench.store.pictures import HR, INPUT, LR, images_of, reference
from srbench.store.plans import plan_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from srbench.quality.image import Image
    from srbench.reports.findings import Findings


def rows(findings: Findings, image: str, methods: Sequence[str] = ()) -> list[Any]:
    """Return the lines of scores of one image: of `methods`, in their order, by default all that have a score of it.

    In several settings it is that of the first.

    Raises:
        UsageError: the run has no such image or method.

    """
    found = findings.scores
    names = list(dict.fromkeys(map(str, found["image"])))
    found = found[found["image"] == (image if image in names else of_file(image))]
    if found.empty:
        raise unknown("image", image, names)
    known = list(dict.fromkeys(found["method"]))
    asked = {method: shown(findings, known, method) for method in methods}
    if absent := [method for method, name in asked.items() if not name]:
        raise unknown("method of the run", absent[0], known)
    first = found.iloc[0]
    good = found[(found[SETTING] == first[SETTING]).all(axis=1) & (found["status"] == "ok")]
    lines = {line.method: line for line in lines_of(good)}
    wanted = list(dict.fromkeys(asked.values())) or list(lines)
    if absent := [method for method in wanted or known[:1] if method not in lines]:
        raise UsageError(
            f"{absent[0]} has no score of {first['image']} of {first['dataset']}, so no picture: leave it out"
        )
    return [lines[method] for method in wanted]


def shown(findings: Findings, known: Sequence[str], text: str) -> str:
    """Return which of the methods `known`, as they are shown, a text means: a label, or a spec in any spelling."""
    specs = [findings.specs.get(name, name) for name in known]
    spec = spelled_among(specs, text, plugin_files(findings.info), findings.labels)
    return findings.labels.get(spec, spec)


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

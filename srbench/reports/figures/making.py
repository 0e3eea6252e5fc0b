"""Making a figure of a run: which kind it is, what of the run it shows, and which files it is."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast, get_args

from srbench import plan
from srbench.analysis.settings import SETTING, setting_name
from srbench.datasets.stored_names import escaped
from srbench.errors import UsageError
from srbench.quality.crops import Box, detailed, detailed_input
from srbench.reports import choosing, targets
from srbench.reports.figures import charts, curves, drawing, sources, strip, triptych
from srbench.reports.figures.panels import Example
from srbench.specs import listed, unknown
from srbench.store.pictures import HR, INPUT, LR, located

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from srbench.quality.image import Image
    from srbench.reports.findings import Findings

    Tick: TypeAlias = Callable[[str, int, int], None]

Kind: TypeAlias = Literal["strip", "triptych", "pareto", "scores", "ranks", "curves"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PICTURES = {"strip": strip.figure, "triptych": triptych.figure}
"""The kinds that show images."""
_SCREEN = 100
"""Dots per inch in a notebook."""
CHARTS = {"pareto": charts.front, "scores": charts.scores, "ranks": charts.ranks, "curves": curves.curves}


class Wanted(NamedTuple):
    """What a figure is to show."""

    kind: Kind = "strip"
    metric: str = ""
    """That the run is ranked by in the figure; empty for the run's first, and beside pictures for all."""
    images: Sequence[str] = ()
    crops: Sequence[str] = ()
    """None, one for all images, or one for each: left, top, width and height in HR pixels, as `60,80,64,64`."""
    methods: Sequence[str] = ()
    datasets: Sequence[str] = ()
    factors: Sequence[int] = ()
    protocols: Sequence[str] = ()


@dataclass(frozen=True)
class Drawn:
    """A figure that was drawn; a notebook shows it."""

    files: list[Path]
    """What it was written to."""
    figure: Figure
    """matplotlib's."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        with drawing.canvas():
            self.figure.savefig(content, format="png", dpi=_SCREEN)
        return content.getvalue()


def wanted(  # noqa: PLR0913 - the options of `srbench figure`
    findings: Findings,
    *,
    kind: str = "strip",
    metric: str = "",
    images: str | Iterable[str] = (),
    crops: str | Iterable[str] = (),
    methods: str | Iterable[str] = (),
    datasets: str | Iterable[str] = (),
    factors: int | str | Iterable[int | str] = (),
    protocols: str | Iterable[str] = (),
) -> Wanted:
    """Return what a figure is to show, of comma lists or lists of them; names of images may hold commas.

    Raises:
        UsageError: its kind does not draw that.

    """
    named = set(findings.tables.scores["image"])
    texts = [images] if isinstance(images, str) else images
    found = Wanted(
        kind=cast("Kind", kind),
        metric=metric,
        images=tuple(each for text in texts for each in ([text] if text in named else plan.items(text))),
        crops=(crops,) if isinstance(crops, str) and crops else tuple(crops),
        methods=plan.items(methods),
        datasets=plan.items(datasets),
        factors=plan.factors(factors) if factors else (),
        protocols=plan.items(protocols),
    )
    check(found)
    return found


def written(
    findings: Findings, wanted: Wanted, out: Path | None, data: Path | None = None, tick: Tick = lambda *_: None
) -> Drawn:
    """Draw a figure and write it to `out`, by default as PNG, SVG and PDF in the run folder.

    Raises:
        UsageError: `out` is no picture, or is a file of the run; or as `make`.
        SrbenchError: as `make`.
        OSError: a file cannot be written.

    """
    if out is not None and out.suffix.lower()[1:] not in drawing.FORMATS:
        raise UsageError(f"--out is {out}, expected a file that ends with .png, .svg or .pdf")
    targets.check(findings, out, data)
    files = [out] if out else files_of(findings, wanted)
    with drawing.canvas():
        drawn = make(findings, wanted, data, tick)
        drawing.save(drawn, files)
    return Drawn(files, drawn)


def check(wanted: Wanted) -> None:
    """Refuse what its kind does not draw.

    Raises:
        UsageError: something of `wanted`.

    """
    if wanted.kind not in KINDS:
        raise unknown("kind", wanted.kind, KINDS)
    idle = {"--image": wanted.images, "--crop": wanted.crops, "--methods": wanted.methods}
    if wanted.kind not in PICTURES and (named := [name for name, value in idle.items() if value]):
        raise UsageError(f"{named[0]} requires --kind strip or triptych; --kind {wanted.kind} shows none")
    idle = {"--metric": wanted.metric, "--dataset": wanted.datasets, "--protocol": wanted.protocols}
    if wanted.kind == "curves" and (named := [name for name, value in idle.items() if value]):
        raise UsageError(
            f"{named[0]} requires another --kind; --kind curves draws training and times, which --factor chooses from"
        )


def files_of(findings: Findings, wanted: Wanted) -> list[Path]:
    """Return the files in the run folder that a figure is written to where no other is named; raises as `make`."""
    what = [wanted.kind, *wanted.images] if wanted.kind in PICTURES else [wanted.kind]
    factors = wanted.factors or _factors(findings, wanted)
    what += [*wanted.datasets, *(f"x{factor}" for factor in factors), *wanted.protocols]
    name = "-".join(map(escaped, filter(None, [*what, wanted.metric])))
    return [located(findings.folder / "figures", f"{name}.{suffix}") for suffix in drawing.FORMATS]


def _factors(findings: Findings, wanted: Wanted) -> list[int]:
    """Return the factors that pictures are of, where the run has several and none is asked for."""
    if wanted.kind not in PICTURES or findings.tables.scores["factor"].nunique() < 2:  # noqa: PLR2004 - it has one
        return []
    found = findings.only(datasets=wanted.datasets, protocols=wanted.protocols)
    first = [sources.rows(found, image, _methods(found, wanted))[0] for image in wanted.images]
    return list(dict.fromkeys(int(row.factor) for row in first))


def make(findings: Findings, wanted: Wanted, data: Path | None = None, tick: Tick = lambda *_: None) -> Figure:
    """Return a figure of a run; it is drawn within `drawing.canvas`.

    Raises:
        UsageError: the run lacks what is wanted, or an image or a method has changed since.
        SrbenchError: an image is not on this disk, or a method fails.

    """
    found = findings.led_by(wanted.metric) if wanted.metric else findings
    found = found.only(datasets=wanted.datasets, factors=wanted.factors, protocols=wanted.protocols)
    if wanted.kind not in PICTURES:
        return CHARTS[wanted.kind](found)
    return PICTURES[wanted.kind](_examples(found, wanted, data, tick))


def _examples(findings: Findings, wanted: Wanted, data: Path | None, tick: Tick) -> list[Example]:
    if findings.tables.scores.empty:
        raise UsageError("the run has no scores, so no images to show; --kind curves draws its times")
    if not wanted.images:
        names = listed(dict.fromkeys(findings.tables.scores["image"]), 10)
        raise UsageError(f"--image is missing: --kind {wanted.kind} shows images, of {names}; other kinds need none")
    if len(wanted.crops) not in {0, 1, len(wanted.images)}:
        raise UsageError(
            f"{len(wanted.crops)} crops of {len(wanted.images)} images; expected one for each, one for all, or none"
        )
    crops = list(wanted.crops) * (len(wanted.images) if len(wanted.crops) == 1 else 1) or [""] * len(wanted.images)
    found = []
    for number, (image, crop) in enumerate(zip(wanted.images, crops, strict=True)):
        tick(image, number, len(wanted.images))
        found.append(_example(findings, wanted, image, crop, data))
    return found


def _example(findings: Findings, wanted: Wanted, image: str, crop: str, data: Path | None) -> Example:
    methods = _methods(findings, wanted)
    rows = sources.rows(findings, image, methods)
    if wanted.kind == "triptych" and not methods:
        rows = [_best(findings, rows)]
    first, pictures = rows[0], sources.images(findings, rows, data)
    names = _names(findings, wanted, [row.method for row in rows], pictures)
    box = _box(crop, *pictures[first.method].shape[1::-1]) if crop else _detailed(pictures, int(first.factor))
    setting = setting_name([getattr(first, name) for name in SETTING])
    return Example(rows, pictures, names, box, setting, findings.named)


def _methods(findings: Findings, wanted: Wanted) -> list[str]:
    """Return the methods that are named, without HR, LR and the input."""
    return [method for method in wanted.methods if not _given(findings, method)]


def _given(findings: Findings, name: str) -> str:
    """Return which of HR, LR and the input a name means in any case, if it is that of no method."""
    known = {each.lower(): each for each in (HR, LR, INPUT)}
    return "" if choosing.shown(findings, findings.methods, name) else known.get(name.lower(), "")


def _best(findings: Findings, rows: Sequence[Any]) -> Any:  # noqa: ANN401 - a line of scores
    """Return the line of the method that is best in the mean of its setting, by the leading metric; else the last."""
    board, first = findings.scoreboard, rows[0]
    if not findings.metrics:
        return rows[-1]
    here = board[(board[SETTING] == [getattr(first, name) for name in SETTING]).all(axis=1) & board["judged"]]
    ranked = list(here.sort_values(f"{findings.cells.leading.name}_order", kind="stable")["method"])
    return min(rows, key=lambda row: ranked.index(row.method) if row.method in ranked else len(ranked))


def _names(findings: Findings, wanted: Wanted, methods: Sequence[str], pictures: dict[str, Image]) -> list[str]:
    """Return what is shown, in order: what SR is looked at beside first, unless it is named elsewhere.

    Raises:
        UsageError: there is no HR, or LR is the input.

    """
    named = [
        _given(findings, method) or choosing.shown(findings, findings.methods, method) for method in wanted.methods
    ]
    if absent := next((name for name in named if name not in pictures), ""):
        raise UsageError(f"images without HR have an input, and no {absent}: name that, or leave it out")
    always = [name for name in (HR, LR, INPUT) if name in pictures and (wanted.kind == "triptych" or name != LR)]
    return list(dict.fromkeys([*(name for name in always if name not in named), *named, *methods]))


def _detailed(pictures: dict[str, Image], factor: int) -> Box:
    return detailed(pictures[HR], factor) if HR in pictures else detailed_input(pictures[INPUT], factor)


def _box(text: str, width: int, height: int) -> Box:
    """Parse `X,Y,W,H`, which must lie within the image.

    Raises:
        UsageError: it is none, or lies beyond.

    """
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):  # noqa: PLR2004 - X,Y,W,H
        raise UsageError(f"--crop is {text!r}, expected left,top,width,height in HR pixels, such as 60,80,64,64")
    box = Box(*map(int, parts))
    if not (box.width and box.height and box.x + box.width <= width and box.y + box.height <= height):
        raise UsageError(f"--crop is {text}, expected a region inside the image, which is {width}x{height} pixels")
    return box

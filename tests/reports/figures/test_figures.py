"""Figures: their pixels are the images', and their files are what they are called."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

import srbench
from srbench.errors import UsageError
from srbench.quality.crops import Box
from srbench.quality.files import write_image
from srbench.reports import findings
from srbench.reports.figures import charts, curves, drawing, making, panels, sources, strip, triptych

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.reports.findings import Findings

pytestmark = pytest.mark.slow

ESPCN = "espcn:engine=torch"
"""As it is shown, whatever engines are installed; `espcn` alone names it, too."""

KINDS = {"scores": charts.scores, "ranks": charts.ranks, "curves": curves.curves}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run folder of three methods on three small images, one of them trained; `kept` beside it kept images."""
    folder = tmp_path_factory.mktemp("figures")
    random = np.random.default_rng(3)
    (folder / "photos").mkdir()
    for name in ("a.png", "b.png", "$c_d$.png"):
        write_image(folder / "photos" / name, random.integers(0, 256, (50, 60, 3), np.uint8))
    for name, keep in (("run", False), ("kept", True)):
        srbench.run(
            f"nearest,bicubic,{ESPCN}",
            factors=2,
            datasets=[f"{folder / 'photos'}/"],
            timing=False,
            out=folder / name,
            save_images=keep,
        )
    return folder / "run"


@pytest.fixture(scope="module")
def found(run: Path) -> Findings:
    """Return what that run found."""
    return findings.load(run)


def changed(line: SimpleNamespace, **fields: Any) -> SimpleNamespace:  # noqa: ANN401 - fields
    """Return a line of scores with other fields."""
    return SimpleNamespace(**{**vars(line), **fields})


def test_upscaled_again_is_what_was_kept(run: Path, found: Findings) -> None:
    """Without saved images the methods run again, and give the very pixels that another run kept."""
    kept = findings.load(run.parent / "kept")
    lines = sources.rows(found, "b.png")
    again, saved = sources.images(found, lines), sources.images(kept, sources.rows(kept, "b.png"))
    assert list(again) == list(saved) == ["HR", "LR", "nearest", "bicubic", ESPCN]
    spelled_out = sources.rows(kept, "b.png", ["espcn:engine=torch:activation=tanh"])
    assert [line.method for line in spelled_out] == [ESPCN]
    assert all(np.array_equal(again[name], saved[name]) for name in saved)


def test_what_changed_is_not_drawn(run: Path, found: Findings) -> None:
    """Other pixels under the same name are an error, as are images and methods that the run does not have."""
    lines = sources.rows(found, "a.png")
    before = (run.parent / "photos" / "a.png").read_bytes()
    write_image(run.parent / "photos" / "a.png", np.zeros((50, 60, 3), np.uint8))
    with pytest.raises(
        UsageError, match="has different pixels than when the run scored it; run again with --save-images"
    ):
        sources.images(found, lines)
    (run.parent / "photos" / "a.png").write_bytes(before)
    edited = [changed(line, code="0" * 64) for line in lines]
    with pytest.raises(UsageError, match="has changed since the run"):
        sources.images(found, edited)
    for image, methods in (("x", ()), ("a.png", ("espnc",))):
        with pytest.raises(UsageError, match="unknown"):
            sources.rows(found, image, methods)
    with pytest.raises(UsageError, match="unknown factor '4'"):
        found.only(factors=[4])


def example(kept: Findings, lines: list[Any], names: tuple[str, ...] = ("HR", "LR")) -> panels.Example:
    """Return `$c_d$.png` with its scores `lines`, a region that no pixel of LR begins at, and what is shown."""
    shown = [*names, *(row.method for row in lines)]
    return panels.Example(lines, sources.images(kept, lines), shown, Box(7, 11, 20, 16), "set x2", kept.metrics)


@pytest.mark.parametrize("kind", [strip, triptych])
def test_pixels_of_pictures(run: Path, kind: Any) -> None:  # noqa: ANN401 - a module
    """Each crop is the part of its image, pixel for pixel, LR in squares; whole images have a box; the best is bold."""
    kept = findings.load(run.parent / "kept")
    lines = sources.rows(kept, "$c_d$.png")
    shown = example(kept, lines)
    with drawing.canvas():
        drawn = kind.figure([shown])
    images = [np.asarray(axes.images[0].get_array()) for axes in drawn.axes]
    squares = shown.images["LR"].repeat(2, 0).repeat(2, 1)
    expected = [(squares if name == "LR" else shown.images[name])[11:27, 7:27] for name in shown.names]
    crops = [axes for axes, image in zip(drawn.axes, images, strict=True) if image.shape == (16, 20, 3)]
    wholes = [axes for axes in drawn.axes if axes.patches]
    assert all(np.array_equal(axes.images[0].get_array(), each) for axes, each in zip(crops, expected, strict=True))
    assert [axes.patches[0].get_bbox().bounds for axes in wholes[:2]] == [
        (6.5, 10.5, 20, 16),
        *[(3, 5, 10, 8)] * (kind is triptych),
    ]
    assert len(wholes) == (1 if kind is strip else 5)
    assert {axes.images[0].get_interpolation() for axes in crops} == {"nearest"}
    best = max(lines, key=lambda row: row.psnr)
    bold = [axes.get_title() for axes in drawn.axes if axes.title.get_fontweight() == "bold"]
    assert bold == [f"{best.method}\n{best.psnr:.2f} / {best.ssim:.4f}"]


def test_a_strip_marks_training_images(run: Path) -> None:
    """A score of a training image has a mark and is not bold; bold is the best of the others, or nothing."""
    kept = findings.load(run.parent / "kept")
    lines = sorted(sources.rows(kept, "$c_d$.png"), key=lambda row: -row.psnr)
    for seen in (1, len(lines)):
        rows = [changed(row, trained_on=number < seen, judged=number >= seen) for number, row in enumerate(lines)]
        with drawing.canvas():
            drawn = strip.figure([example(kept, lines)._replace(rows=rows)])
        shown = [axes.title for axes in drawn.axes][3:]
        assert ["*" in title.get_text().splitlines()[-1] for title in shown] == [row.trained_on for row in rows]
        bold = [number for number, title in enumerate(shown) if title.get_fontweight() == "bold"]
        assert bold == ([seen] if seen < len(lines) else [])


@pytest.mark.parametrize("kind", [strip, triptych])
@pytest.mark.parametrize("box", [Box(0, 0, 60, 8), Box(0, 0, 8, 50)])
def test_no_title_is_cut(run: Path, kind: Any, box: Box) -> None:  # noqa: ANN401 - a module
    """Long names, bold too, stand above their own picture alone, within the figure, whatever shape the crop has."""
    kept = findings.load(run.parent / "kept")
    lines = sources.rows(kept, "$c_d$.png")
    best = max(lines, key=lambda row: row.psnr).method
    one, shown = example(kept, lines)._replace(box=box), []
    for name in ("W" * 40, "onnx:file=4xSPANkendata_fp32.onnx:threads=1", "an epithet of many words that fits nowhere"):
        rows = [changed(row, method=name) if row.method == best else row for row in lines]
        names = [name if each == best else each for each in one.names]
        shown.append(one._replace(rows=rows, names=names, images={**one.images, name: one.images[best]}))
    with drawing.canvas():
        drawn = kind.figure(shown)
        drawn.draw_without_rendering()
        titles = [axes.title.get_window_extent() for axes in drawn.axes if axes.get_title()]
    whole, others = drawn.bbox, [*(axes.bbox for axes in drawn.axes), *titles]
    assert all(whole.x0 <= each.x0 and each.x1 <= whole.x1 and each.y1 <= whole.y1 for each in titles)
    assert not any(title.overlaps(other) for title in titles for other in others if other is not title)


def test_what_pictures_show(run: Path) -> None:
    """A strip has HR and all methods, a triptych HR, LR and the best; names give the order, HR and LR among them."""
    kept = findings.load(run.parent / "kept")
    best = max(sources.rows(kept, "a.png"), key=lambda row: kept.tables.summary.set_index("method").psnr[row.method])
    expected = {
        ("strip", ""): ["HR", "nearest", "bicubic", ESPCN],
        ("strip", "espcn,lr,nearest"): ["HR", ESPCN, "LR", "nearest"],
        ("strip", "nearest,hr"): ["nearest", "HR"],
        ("triptych", ""): ["HR", "LR", best.method],
        ("triptych", "espcn,bicubic"): ["HR", "LR", ESPCN, "bicubic"],
        ("triptych", "lr,espcn,HR"): ["LR", ESPCN, "HR"],
    }
    for (kind, methods), names in expected.items():
        wanted = making.wanted(kept, kind=kind, images="a.png", methods=methods)
        with drawing.canvas():
            drawn = making.make(kept, wanted)
        shown = [axes.get_title().splitlines()[0].partition(",")[0] for axes in drawn.axes if axes.get_title()]
        assert shown[kind == "strip" :] == names


def test_a_call_draws_what_the_command_does(run: Path, tmp_path: Path) -> None:
    """`srbench.figure` writes several images below each other, each with its crop, and is shown by a notebook."""
    crops = ["0,0,20,20", "4,6,30,20"]
    drawn = srbench.figure(run.parent / "kept", images="a.png,$c_d$.png", crops=crops, out=tmp_path / "two.png")
    assert [file.name for file in drawn.files] == ["two.png"]
    assert [axes.get_title() for axes in drawn.figure.axes if axes.patches] == [
        "a.png\nphotos x2, basicsr",
        "$c_d$.png\nphotos x2, basicsr",
    ]
    with Pillow.open(io.BytesIO(drawn._repr_png_())) as image:
        assert image.format == "PNG"
    with pytest.raises(UsageError, match="unknown kind 'stripe'"):
        srbench.figure(run.parent / "kept", "stripe")


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_what_they_are_called(kind: str, found: Findings, tmp_path: Path) -> None:
    """PNG, SVG and PDF of each kind can be read, hold text as text, and are the same each time."""
    files = [tmp_path / f"{number}.{suffix}" for number in (1, 2) for suffix in drawing.FORMATS]
    for pair in (files[:3], files[3:]):
        with drawing.canvas():
            drawing.save(KINDS[kind](found), pair)
    png, svg, pdf = (file.read_bytes() for file in files[:3])
    with Pillow.open(io.BytesIO(png)) as image:
        assert image.format == "PNG"
    assert b"espcn" in svg
    assert pdf.startswith(b"%PDF")
    assert [file.read_bytes() for file in files[3:]] == [png, svg, pdf]


def test_front_is_of_fair_means(found: Findings) -> None:
    """A method that is not judged, as over training images, is hollow, however high, and the front leaves it out."""
    methods = found.tables.scores["method"]
    scores = found.tables.scores.assign(psnr=methods.map({"nearest": 60.0, "bicubic": 30.0, ESPCN: 31.0}))
    scores["judged"] = methods != "nearest"
    summary = found.tables.summary.assign(cpu_ms_per_mpx=[1.0, 2.0, 3.0], psnr=[60.0, 30.0, 31.0])
    summary["judged"] = [False, True, True]
    with drawing.canvas():
        drawn = charts.front(replace(found, tables=replace(found.tables, scores=scores, summary=summary)))
    front, *marks = drawn.axes[0].lines
    assert np.asarray(front.get_data()).tolist() == [[2.0, 3.0], [30.0, 31.0]]
    assert [mark.get_markerfacecolor() == "none" for mark in marks] == [True, False, False]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("espcn:ensemble=8", ["espcn:ensemble=8"]),
        ("imagemagick:filter=catrom", ["imagemagick", "filter=catrom"]),
        ("onnx:file=4xSPANkendata_fp32.onnx", ["onnx", "file=4xSPANkendata_f", "p32.onnx"]),
        ("a label that is rather long", ["a label that is", "rather long"]),
    ],
)
def test_long_names_are_folded(name: str, lines: list[str]) -> None:
    """A name that does not fit is in several lines, none of which is too long."""
    assert drawing.folded(name) == "\n".join(lines)


def test_long_names_have_room(found: Findings) -> None:
    """Beside a chart of scores the lines of names are not cut off, and a long legend stands beside its chart."""
    old, long, protocol = found.methods[0], "w " * 400, "basicsr:border=mirror:grey=rgb"
    frames = (found.tables.scores, found.tables.summary.assign(cpu_ms_per_mpx=[1.0, 2.0, 3.0]))
    scores, summary = (each.assign(method=each["method"].replace(old, long), protocol=protocol) for each in frames)
    tables = replace(found.tables, scores=scores, summary=summary)
    with drawing.canvas():
        for draw in (charts.scores, charts.front):
            drawn = draw(replace(found, tables=tables))
            drawn.savefig(io.BytesIO(), format="png")
            whole, (axes, *_) = drawn.get_window_extent(), drawn.axes
            assert axes.title.get_window_extent().x1 <= whole.x1
            assert all(whole.x0 <= each.get_window_extent().x0 for each in axes.get_yticklabels())
            if draw is charts.front:
                legend = axes.get_legend()
                assert legend
                assert axes.get_window_extent().x1 <= legend.get_window_extent().x0
                assert legend.get_window_extent().x1 <= whole.x1
                assert whole.y0 <= legend.get_window_extent().y0


@pytest.mark.parametrize(("most", "labels"), [(300, ["1", "2", "5", "10"]), (1e5, ["1", "10", "100", "1000"])])
def test_numbers_of_a_logarithmic_axis_have_room(most: float, labels: list[str]) -> None:
    """Over few decades there are some between powers of ten, over many there are none."""
    with drawing.canvas():
        drawn = drawing.figure(4, 3)
        axes = drawn.subplots()
        axes.plot([1, most], [1, 2])
        axes.set_xscale("log")
        drawing.plain(axes.xaxis)
        axes.set_xlim(0.9, most)
        texts = [label.get_text() for label in axes.get_xticklabels()]
    at = texts.index("1")
    assert texts[at : at + 4] == labels


def test_infinite_scores_are_drawn(found: Findings, tmp_path: Path) -> None:
    """A method that is exact on an image is at the top of the front, with its mean in the legend, and in its strip."""
    scores = found.tables.scores.copy()
    scores.loc[scores["method"] == ESPCN, "psnr"] = math.inf
    summary = found.tables.summary.assign(cpu_ms_per_mpx=[1.0, 2.0, 3.0], psnr=[20.0, 21.0, math.inf])
    odd = replace(found, tables=replace(found.tables, scores=scores, summary=summary))
    with drawing.canvas():
        front = charts.front(odd)
        for drawn in (front, charts.scores(odd), charts.ranks(odd)):
            drawing.save(drawn, [tmp_path / "a.png"])
    step, *marks = front.axes[0].lines
    assert [mark.get_label() for mark in marks] == ["nearest", "bicubic", f"{ESPCN} (inf)"]
    assert np.asarray(step.get_data())[1].tolist() == sorted(np.asarray(step.get_data())[1])
    assert np.asarray(marks[2].get_ydata())[0] > 21


def test_sixty_four_methods_look_different() -> None:
    """No two of as many methods have the same colour and marker."""
    looks = drawing.styles([str(number) for number in range(64)])
    assert len({tuple(look.values()) for look in looks.values()}) == 64


@pytest.mark.parametrize(
    "history", [[[0, None, None]], [[1, 0, 0.0]], [[1, -1.0, 9e99], [2, 9e99, -9e99]], [[2**62, 1e-300, 3]]]
)
def test_curves_of_odd_histories(found: Findings, tmp_path: Path, history: list[Any]) -> None:
    """A history that is sound, but odd, is drawn, or leaves an empty panel."""
    odd = replace(found, info={"methods": {"espcn": {"models": {"x2": {"history": history}}}}})
    with drawing.canvas():
        drawing.save(curves.curves(odd), [tmp_path / "a.png"])


def test_a_curve_has_the_level_of_bicubic(found: Findings) -> None:
    """Beside the PSNR of held-out images, that of bicubic is a level line, where it is known."""
    facts = {"history": [[1, 0.1, 30.0], [2, 0.05, 31.0]]}
    for known, lines in (({"bicubic": 29.5}, 2), ({}, 1)):
        trained = replace(found, info={"methods": {"espcn": {"models": {"x2": facts | known}}}})
        with drawing.canvas():
            *_, right = curves.curves(trained).axes
        assert len(right.lines) == lines


def test_no_times(found: Findings) -> None:
    """Quality against time of a run without one of them is one clear line, on what would do."""
    with pytest.raises(
        UsageError, match="the run has no times to draw scores against; srbench run without --no-timing takes"
    ):
        charts.front(found)
    tables = found.tables
    given = replace(found, tables=replace(tables, scores=tables.scores.assign(device="given")))
    with pytest.raises(UsageError, match="no times, and cannot have any: its SR images were made elsewhere"):
        charts.front(given)
    timed = replace(found, tables=replace(tables, scores=tables.scores[:0], summary=tables.summary[:0]))
    with pytest.raises(
        UsageError, match="the run has times but no scores to draw them against; srbench run takes both"
    ):
        charts.front(timed)


@pytest.mark.parametrize("kind", ["scores", "ranks"])
def test_many_settings_fit_a_page(found: Findings, kind: str, tmp_path: Path) -> None:
    """Panels stand side by side, no file is huge, and more than a page holds is refused with what chooses."""
    for count in (2, 24):
        many = settings_of(found, count)
        with drawing.canvas():
            drawn = KINDS[kind](many)
            drawing.save(drawn, [tmp_path / "many.png"])
            shown = [axes for axes in drawn.axes if axes.get_title()]
        assert [axes.get_title() for axes in shown] == [f"set{number} x2, basicsr" for number in range(count)]
        with Pillow.open(tmp_path / "many.png") as image:
            assert max(image.size) <= drawing.LARGEST
    many = settings_of(found, 25)
    with drawing.canvas(), pytest.raises(UsageError, match=r"25 panels .* room for 24; choose .* --dataset, --factor"):
        KINDS[kind](many)
    with drawing.canvas():
        assert len(KINDS[kind](many.only(datasets=["set3", "set7"])).axes) == 2


def settings_of(found: Findings, count: int) -> Findings:
    """Return a run with the same rows in so many datasets."""
    frames = {name: getattr(found.tables, name) for name in ("scores", "summary")}
    many: Any = {
        name: pd.concat([frame.assign(dataset=f"set{number}") for number in range(count)], ignore_index=True)
        for name, frame in frames.items()
    }
    return replace(found, tables=replace(found.tables, **many))


def test_setting_that_all_methods_have(found: Findings) -> None:
    """The first that all have is drawn, its factor in the name of the file; without one, each method's are named."""
    scores = found.tables.scores
    more = scores.assign(factor=3)
    gone = more.assign(status=["skipped" if name == "nearest" else "ok" for name in more["method"]])
    both = replace(found, tables=replace(found.tables, scores=pd.concat([scores[scores["method"] != ESPCN], gone])))
    assert {row.factor for row in sources.rows(both, "a.png", ["espcn", "bicubic"])} == {3}
    assert {row.factor for row in sources.rows(both, "a.png")} == {2}
    wanted = making.wanted(both, images="a.png", methods="espcn,bicubic")
    assert making.files_of(both, wanted)[0].name == "strip-a.png-x3.png"
    with pytest.raises(UsageError, match=f"{ESPCN} at x3 basicsr; nearest at x2 basicsr; leave some out"):
        sources.rows(both, "a.png", ["espcn", "nearest"])

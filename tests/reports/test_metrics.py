"""All formats of a report take names, units, digits and directions from the metrics of the run."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

from srbench.analysis import score_changes
from srbench.analysis.columns import metrics_of
from srbench.analysis.settings import lines_of
from srbench.errors import UsageError
from srbench.quality.crops import Box
from srbench.reports import changes, delimited, latex, markdown, terminal
from srbench.reports.figures import charts as figures
from srbench.reports.figures import drawing, strip
from srbench.reports.figures.panels import Example
from srbench.reports.html import boards, charts, page
from srbench.reports.html.gallery import SCRIPTS
from srbench.reports.html.image_ranking import telling
from srbench.reports.html.legend import legend
from srbench.reports.html.verdicts import verdicts
from tests.reports.conftest import DECLARED, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.reports.findings import Findings

    Measured = Callable[..., Findings]

LPIPS = {"bicubic": [0.30, 0.32, 0.31], "net": [0.1012, 0.15, 0.12], "blur": [0.5, 0.52, 0.55]}
PSNR = {"bicubic": [30.0, 31.0, 32.0], "net": [29.0, 30.5, 31.0], "blur": [25.0, 26.0, 27.0]}
SSIM = {name: [0.9, 0.91, 0.92] for name in PSNR}
NIQE = {"bicubic": [6.0, 6.5, 7.0], "net": [4.0, 4.5, 5.0], "blur": [8.0, 8.5, 9.0]}
LED: Any = {"lpips": LPIPS, "psnr": PSNR}
"""A run that ranks methods by a metric that is better lower, by which another method is the best."""
SIX: Any = {"psnr": PSNR, "ssim": SSIM, "ms-ssim": SSIM, "lpips": LPIPS, "lpips:net=vgg": LPIPS, "niqe": NIQE}


def shown(found: Findings, width: int = 80, *, colour: bool = False) -> str:
    """Return what is printed."""
    out = io.StringIO()
    terminal.show_run(
        Console(file=out, width=width, force_terminal=colour, color_system="standard" if colour else None), found
    )
    return out.getvalue()


@pytest.mark.slow
def test_lowest_is_best(measured: Measured) -> None:
    """By a metric that is better lower the lowest mean is bold, in the verdict, first in ranks and on the front."""
    found = measured(LED)
    bold = re.findall(r"\x1b\[1m *([^\x1b]*?) *\x1b\[0m", shown(found, colour=True))
    assert {"0.1237", "31.00"} <= set(bold)
    assert not {"0.5233", "0.3100"} & set(bold)
    assert "| net | set | **0.1237** | <u>30.17</u> |" in markdown.render(found)
    assert r"net & \textbf{0.1237} & \underline{30.17} \\" in latex.render(found)
    marks = legend(found)
    (verdict,) = verdicts(found)
    assert verdict.methods == ["net"]
    assert verdict.sentence.startswith("LPIPS −0.18627 against bicubic on set x3")  # noqa: RUF001 - minus
    (ranks,) = charts.ranks(found, marks)
    assert [name for name, *_ in ranks["methods"]] == ["net", "bicubic", "blur"]
    fronts = {each["method"]: each["front"] for each in charts.latencies(found, marks)}
    assert fronts["net"] == {"lpips": True, "psnr": False}
    assert fronts["bicubic"] == {"lpips": True, "psnr": True}
    assert not any(fronts["blur"].values())
    styles = {line.method: [cell.style for cell in line.cells[:2]] for line in boards.scoreboard(found, marks).lines}
    assert styles == {"bicubic": ["second", "best"], "net": ["best", "second"], "blur": ["", ""]}


@pytest.mark.slow
def test_directions_are_said(measured: Measured) -> None:
    """Where any metric is better lower, words or arrows say which; a run of PSNR and SSIM needs none."""
    found = measured(LED)
    assert "LPIPS: lower is better" in map(str.strip, shown(found).splitlines())
    assert "| LPIPS ↓ | PSNR dB ↑ |" in markdown.render(found)
    assert r"LPIPS $\downarrow$ & PSNR $\uparrow$" in latex.render(found)
    columns = {column.title: column for column in boards.scoreboard(found, legend(found)).columns}
    assert columns["LPIPS ↓"].better == "lower"
    text = page.render(found)
    assert 'data-first="ascending" title="distance of features; lower is better">LPIPS ↓</th>' in text
    plain = measured({"psnr": PSNR, "ssim": SSIM})
    texts = shown(plain) + markdown.render(plain) + latex.render(plain)
    assert not re.search("↓|↑|arrow|lower is", texts)


@pytest.mark.slow
def test_differences_are_of_the_leading_metric(measured: Measured) -> None:
    """They have its name, as it has no unit, its digits and one more, and the images of highest gain are the lowest."""
    found = measured(LED)
    text = shown(found)
    assert re.search(r"net +0\.1237 +30\.17 +-0\.18627 ", text)
    assert "LPIPS of net minus bicubic's: lowest on 0.png (LPIPS -0.19880), highest on 1.png (LPIPS -0.17000)" in text
    assert "LPIPS vs bicubic (95 %)" in markdown.render(found)
    assert "LPIPS minus bicubic" in page.render(found)
    assert "(axis inverted: lower is better)" in text
    chart = [line for line in text.splitlines() if " |" in line]
    assert chart[0].startswith("0.1237 |")
    assert chart[-1].startswith("0.5233 |")


@pytest.mark.slow
def test_six_metrics_fit_the_terminal(measured: Measured) -> None:
    """What has no room at 80 columns stands in a table below; every mean of every method is there once."""
    found = measured(SIX)
    lines = shown(found).splitlines()
    assert max(len(line.rstrip()) for line in lines if not re.search("gain| minus |noisy|srbench time", line)) <= 80
    text = "\n".join(lines)
    assert text.count("other metrics") == 1
    for metric in found.metrics.values():
        for value in found.scoreboard[metric.name]:
            assert metric.text(value) in text
    wide = shown(found, 140)
    assert "other metrics" not in wide
    assert "net=vgg" in wide


@pytest.mark.slow
def test_options_tell_metrics_apart(measured: Measured) -> None:
    """Metrics of one label have their options beside it, in all formats."""
    found = measured(SIX)
    assert "| LPIPS ↓ | LPIPS net=vgg ↓ |" in markdown.render(found)
    assert r"LPIPS $\downarrow$ & LPIPS net=vgg $\downarrow$" in latex.render(found)
    assert [each["label"] for each in json.loads(embedded(page.render(found), "data"))["metrics"]][3:5] == [
        "LPIPS",
        "LPIPS net=vgg",
    ]


def embedded(text: str, name: str) -> str:
    """Return the JSON that a page holds under a name."""
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.slow
def test_many_metrics_have_sections_in_latex(measured: Measured) -> None:
    """Each dataset of a table of many metrics is a section: a column for each metric, and no more."""
    text = latex.render(measured(SIX))
    assert r"\begin{tabular}{lrrrrrr}" in text
    assert r"\multicolumn{7}{l}{\textit{set}} \\" in text
    rows = [line for line in text.splitlines() if line.startswith(("Bicubic", "net", "blur"))]
    assert [line.count("&") for line in rows] == [6, 6, 6]


@pytest.mark.slow
def test_every_measure_has_strips(measured: Measured) -> None:
    """The page draws each metric image by image, also those whose names no attribute could have."""
    found = measured(SIX)
    strips = charts.strips(found, legend(found))
    assert {each["measure"] for each in strips} == {*SIX, "difference"}
    (own,) = [each for each in strips if (each["method"], each["measure"]) == ("net", "lpips:net=vgg")]
    assert [value for _, value, _ in own["points"]] == sorted(LPIPS["net"])


def test_telling_images_by_the_leading_metric(measured: Measured) -> None:
    """Images come first that methods differ most on, then that on which each method is worst: where it is highest."""
    found = measured({"lpips": {"bicubic": [0.1, 0.2, 0.3], "net": [0.1, 0.1, 0.1], "blur": [0.1, 0.9, 0.1]}})
    groups: dict[Any, list[Any]] = {}
    for row in lines_of(found.scores):
        groups.setdefault(("set", 3, "basicsr", "", row.image), []).append(row)
    order = [key[-1] for key in telling(groups, found.cells.leading)]
    assert order == ["1.png", "2.png", "0.png"]


@pytest.mark.slow
def test_missing_values_are_told(measured: Measured) -> None:
    """A mean over fewer images is marked, and why is said; a metric without any value is a dash, and costs no score."""
    lacking = {"bicubic": [6.0, 6.5, "failed"], "net": [4.0, 4.5, 5.0], "blur": [8.0, 8.5, 9.0]}
    found = measured({"psnr": PSNR, "niqe": lacking, "dists": {name: ["skipped"] * 3 for name in PSNR}})
    text = shown(found)
    line = next(line for line in text.splitlines() if line.split()[:1] == ["net"]).split()
    assert line[1:4] == ["30.17", "~4.25", "-"]
    assert "~: a mean over fewer images" in text
    assert "set x3, basicsr: NIQE: mean over 2 of 3 images" in text
    assert "niqe: failed on 1 of 3 images of bicubic: boom" in text
    assert "dists: skipped on 3 of 3 images: boom" in text
    assert "no value" not in text
    rendered = page.render(found)
    assert "~ 2 images" in rendered
    assert "failed: boom" in rendered
    assert r"\~: a mean over fewer images" in markdown.render(found)


@pytest.mark.slow
def test_values_that_do_not_count_are_told(measured: Measured) -> None:
    """Where a method has too few values for a mean, it is said how many there are."""
    few = NIQE | {"net": ["failed", "failed", 4.0]}
    assert "set x3, basicsr: NIQE of net: no mean: values of 1 of 3 images" in shown(
        measured({"psnr": PSNR, "niqe": few})
    )


@pytest.mark.slow
def test_images_without_the_leading_metric_are_told(measured: Measured) -> None:
    """An image or a method that does not count, as the first metric has no value there, is said to lack just that."""
    some = {name: ["skipped", *values[1:]] for name, values in LPIPS.items()}
    text = shown(measured({"lpips": some, "psnr": PSNR}))
    assert "compared on 2 of 3 images; left out: 0.png (no LPIPS of any method)" in text
    one = LPIPS | {"blur": ["failed", "failed", 0.5]}
    text = shown(measured({"lpips": one, "psnr": PSNR}))
    assert "blur is not compared: it has LPIPS of 1 of the 3 scored" in text
    text = shown(measured({"lpips": {name: ["skipped"] * 3 for name in PSNR}, "psnr": PSNR}))
    assert "net is not compared: it has LPIPS of 0 of the 3 scored" in text


@pytest.mark.slow
def test_no_word_of_metrics_that_a_run_lacks(measured: Measured) -> None:
    """A run by one metric names no other one, in any format."""
    found = measured({"niqe": NIQE}, protocol="none")
    texts = [shown(found), markdown.render(found), latex.render(found), delimited.csv(found), delimited.json(found)]
    for text in [*texts, page.render(found)]:
        assert "NIQE" in text or "niqe" in text
        assert not re.search("psnr|ssim", text, re.IGNORECASE)
    assert "there is no HR to compare" in page.render(found)


@pytest.mark.slow
def test_no_metric(measured: Measured) -> None:
    """A run without a metric has times and a page of pictures; nothing is ranked, and no figure of scores drawn."""
    found = measured({}, protocol="none")
    text = shown(found)
    assert "set x3, protocol none: no metric" in text
    assert [line.split() for line in text.splitlines() if "bicubic" in line] == [["bicubic", "2", "11.1", "-"]]
    for each in (markdown.render(found), latex.render(found), delimited.csv(found), page.render(found)):
        assert "bicubic" in each.lower()
        assert not re.search("psnr|ssim", each, re.IGNORECASE)
    assert 'id="viewer-root"' in page.render(found)
    assert 'id="scores"' not in page.render(found)
    with pytest.raises(UsageError, match="the run has no metric"):
        figures.front(found)


@pytest.mark.slow
def test_page_describes_metrics(measured: Measured) -> None:
    """Provenance says of each metric what it sees, its range, version and code, whether it needs HR, what is better."""
    text = page.render(measured(LED | {"niqe": NIQE}))
    lpips = "distance of features; lower is better; from 0; sees the whole image, in RGB; compares with HR; lpips, "
    assert f"<div><dt>LPIPS</dt><dd>{lpips}version 0.1; sha256 cccccccccccc</dd></div>" in text
    assert "needs no HR; niqe, version 1" in text
    assert "<li><b>LPIPS</b>: distance of features; lower is better.</li>" in text


@pytest.mark.slow
def test_json_has_the_metrics(measured: Measured) -> None:
    """The report for programs holds what run.json says of metrics, in their order, and means of all."""
    whole = json.loads(delimited.json(measured(LED)))
    assert list(whole["metrics"]) == ["lpips", "psnr"]
    assert whole["metrics"]["lpips"]["better"] == "lower"
    assert whole["scoreboard"][1]["lpips"] == pytest.approx(0.1237, abs=1e-4)


@pytest.mark.slow
def test_another_metric_leads(measured: Measured) -> None:
    """A figure can be by any metric of the run, and ranks follow it; one that the run lacks is refused."""
    found = measured({"psnr": PSNR, "lpips": LPIPS})
    led = found.led_by("lpips")
    assert list(led.metrics) == ["lpips", "psnr"]
    assert list(led.places["method"]) == ["net", "bicubic", "blur"]
    assert list(found.places["method"]) == ["bicubic", "net", "blur"]
    with pytest.raises(UsageError, match=r"unknown metric of the run 'lpisp'; did you mean 'lpips'"):
        found.led_by("lpisp")
    with drawing.canvas():
        (axes,) = figures.front(led).axes
        assert axes.yaxis_inverted()
        assert axes.get_ylabel() == "LPIPS (lower is better)"
        (axes,) = figures.front(found).axes
        assert not axes.yaxis_inverted()
        assert figures.scores(led).axes[0].get_xlabel() == "LPIPS (lower is better)"


def _example(found: Findings, rows: list[Any], pixels: dict[str, Any], box: Box) -> Example:
    """Return an image of a run with all its pictures, HR or the input first."""
    names = [*(name for name in pixels if name in {"HR", "input"}), *(row.method for row in rows)]
    return Example(rows, pixels, names, box, "set x3", found.metrics)


@pytest.mark.slow
def test_strips_of_further_metrics(measured: Measured) -> None:
    """A strip names all metrics, each in a line, the best of the first bold; without HR the input is in its place."""
    found = measured({"niqe": NIQE, "lpips": LPIPS, "ms-ssim": SSIM}, protocol="none")
    rows = [row for row in lines_of(found.scores) if row.image == "0.png"]
    pixels = {name: np.zeros((60, 60, 3), np.uint8) for name in NIQE} | {"input": np.ones((20, 20, 3), np.uint8)}
    with drawing.canvas():
        drawn = strip.figure([_example(found, rows, pixels, Box(9, 12, 30, 24))])
    _, first, *others = [axes for axes in drawn.axes if axes.images]
    assert first.get_title() == "input"
    assert np.asarray(first.images[0].get_array()).shape == (24, 30, 3)
    bold = [axes.get_title().rstrip() for axes in others if axes.title.get_fontweight() == "bold"]
    assert bold == ["net\nNIQE 4.00"]
    rest = {(text.get_text(), text.get_fontweight()) for axes in others for text in axes.texts}
    assert ("LPIPS 0.1012\nMS-SSIM 0.9000", "normal") in rest


@pytest.mark.slow
@pytest.mark.parametrize("count", range(1, 7))
def test_titles_of_strips_have_room(measured: Measured, count: int) -> None:
    """Names of methods are whole above their scores, however many metrics there are."""
    found = measured(dict(list(SIX.items())[:count]))
    rows = [row for row in lines_of(found.scores) if row.image == "0.png"]
    pixels = {name: np.zeros((60, 60, 3), np.uint8) for name in ("HR", *PSNR)}
    with drawing.canvas():
        drawn = strip.figure([_example(found, rows, pixels, Box(9, 12, 30, 30))])
        drawn.draw_without_rendering()
        tops = [axes.title.get_window_extent().y1 for axes in drawn.axes]
    assert max(tops) <= drawn.bbox.y1


def test_changes_of_six_metrics_fit_the_terminal() -> None:
    """Changed means that have no room stand in a table below, with the digits of their metrics and two more."""
    metrics = metrics_of({"metrics": {name: DECLARED[name].facts for name in SIX}})
    worse = SIX | {"lpips": {name: [value + 0.01 for value in values] for name, values in LPIPS.items()}}
    before, after = (rows_of(values, "basicsr") for values in (SIX, worse))
    cells = score_changes.cells(before, after, lambda *_: True, metrics)
    out = io.StringIO()
    changes.show_scores(Console(file=out, width=80), cells, score_changes.settings(cells, metrics), metrics)
    tables = out.getvalue().split("changed images: 9")[0]
    assert max(len(line.rstrip()) for line in tables.splitlines()) <= 80
    assert tables.count("other metrics") == 1
    assert tables.count("+0.010000") == 3
    assert "net=vgg" in tables


@pytest.mark.parametrize(
    ("change", "said"),
    [(0.01, "LPIPS 0.312300 to 0.322300"), (1e-12, "LPIPS 0.3123 to 0.312300000001")],
)
def test_values_of_changed_images(change: float, said: str) -> None:
    """They have two digits more than scores have, and all digits where fewer would not tell them apart."""
    metrics = metrics_of({"metrics": {"lpips": DECLARED["lpips"].facts}})
    one, two = ({"lpips": {"net": [value] * 4}} for value in (0.3123, 0.3123 + change))
    cells = score_changes.cells(rows_of(one, "basicsr"), rows_of(two, "basicsr"), lambda *_: True, metrics)
    out = io.StringIO()
    changes.show_scores(Console(file=out, width=200), cells, score_changes.settings(cells, metrics), metrics)
    assert said in out.getvalue()


def test_changes_by_a_metric_of_many_digits_fit_the_terminal() -> None:
    """Headings stay whole where scores are long: three metrics do not stand side by side then."""
    values = {"lpips": LPIPS, "psnr": PSNR, "dists": LPIPS}
    metrics = metrics_of({"metrics": {name: DECLARED[name].facts for name in values}})
    worse = values | {"lpips": {name: [each + 0.01 for each in scores] for name, scores in LPIPS.items()}}
    before, after = (rows_of(each, "basicsr") for each in (values, worse))
    cells = score_changes.cells(before, after, lambda *_: True, metrics)
    out = io.StringIO()
    changes.show_scores(Console(file=out, width=80), cells, score_changes.settings(cells, metrics), metrics)
    tables = out.getvalue().split("changed images: 9")[0]
    assert max(len(line.rstrip()) for line in tables.splitlines()) <= 80
    assert " ".join(tables.split()).count("other metrics") == 1
    assert re.search(r"^ *method +dataset +changed +mean +mean, dB +image +its LPIPS", tables, re.MULTILINE)


def test_scripts_name_no_metric() -> None:
    """What the page's scripts call metrics comes with the data."""
    folder = Path(page.__file__).parent
    for name in {*SCRIPTS, *page.SCRIPTS}:
        assert not re.search(r"psnr|ssim|\bdB\b", (folder / name).read_text(encoding="utf-8"), re.IGNORECASE), name

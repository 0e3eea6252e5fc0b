"""All formats of a report agree on the best, ranks, means and numbers of images, whatever methods lack."""

from __future__ import annotations

import io
import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from rich.console import Console

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.reports import delimited, findings, latex, markdown, terminal
from srbench.reports.html import boards, charts
from srbench.reports.html.legend import legend
from srbench.reports.html.page import render
from srbench.reports.html.verdicts import verdicts
from srbench.store.rows import ScoreRow, TimingRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.reports.findings import Findings

METRICS = metrics_of({})

E = math.inf
F, S, T = "failed", "skipped", "timeout"
SEEN = -1.0
"""Marks an image that a method was trained on; it has 50 dB there."""

Cases = dict[str, tuple[dict[str, list[Any]], dict[str, tuple[float, int, float]], str]]

CASES: Cases = {
    "all there": (
        {"bicubic": [30, 31, 32], "net": [31, 32, 33.2], "noise": [5, 6, 7]},
        {"bicubic": (31, 3, 2), "net": (32.0667, 3, 1), "noise": (6, 3, 3)},
        "net",
    ),
    "infinite for one": (
        {"bicubic": [E, 34], "noise": [9, 9]},
        {"bicubic": (E, 2, 1), "noise": (9, 2, 2)},
        "bicubic",
    ),
    "infinite for two": (
        {"bicubic": [E, 34, 35], "black": [E, 6, 6], "net": [70, 35, 36]},
        {"bicubic": (E, 3, 5.5 / 3), "black": (E, 3, 7.5 / 3), "net": (47, 3, 5 / 3)},
        "bicubic",
    ),
    "infinite for all": (
        {"bicubic": [E, 34], "noise": [E, 9], "net": [E, 35]},
        {"bicubic": (34, 1, math.nan), "noise": (9, 1, math.nan), "net": (35, 1, math.nan)},
        "net",
    ),
    "exact": ({"bicubic": [30, 31], "copy": [E, E]}, {"bicubic": (30.5, 2, 2), "copy": (E, 2, 1)}, "copy"),
    "failed for one": (
        {"bicubic": [30, 31, 60], "net": [31, 32, F]},
        {"bicubic": (30.5, 2, 2), "net": (31.5, 2, 1)},
        "net",
    ),
    "failed for all": (
        {"bicubic": [30, 31, F], "net": [31, 32, F]},
        {"bicubic": (30.5, 2, 2), "net": (31.5, 2, 1)},
        "net",
    ),
    "skipped for one": (
        {"bicubic": [S, 31, 32], "net": [60, 32, 33]},
        {"bicubic": (31.5, 2, 2), "net": (32.5, 2, 1)},
        "net",
    ),
    "timed out on most": (
        {"bicubic": [30, 31, 32], "net": [31, 32, 33], "slow": [60, T, T]},
        {"bicubic": (31, 3, 2), "net": (32, 3, 1), "slow": (60, 1, math.nan)},
        "net",
    ),
    "trained on one": (
        {"bicubic": [30, 31, 32], "net": [SEEN, 32, 33]},
        {"bicubic": (31.5, 2, 2), "net": (32.5, 2, 1)},
        "net",
    ),
    "trained on all": (
        {"bicubic": [30, 31], "nearest": [29, 30], "net": [SEEN, SEEN]},
        {"bicubic": (30.5, 2, 1), "nearest": (29.5, 2, 2), "net": (50, 2, math.nan)},
        "bicubic",
    ),
    "one image": ({"bicubic": [30], "net": [31]}, {"bicubic": (30, 1, math.nan), "net": (31, 1, math.nan)}, "net"),
    "equal": (
        {"bicubic": [30, 31, 32], "twin": [30, 31, 32]},
        {"bicubic": (31, 3, 1.5), "twin": (31, 3, 1.5)},
        "bicubic",
    ),
    "nothing": (
        {"bicubic": [30, 31], "net": [31, 32], "absent": [S, S]},
        {"bicubic": (30.5, 2, 2), "net": (31.5, 2, 1), "absent": (math.nan, 0, math.nan)},
        "net",
    ),
    "nothing in common": (
        {"bicubic": [30, 31, F, F], "net": [F, F, 32, 33]},
        {"bicubic": (30.5, 2, math.nan), "net": (32.5, 2, math.nan)},
        "",
    ),
    "all failed": (
        {"bicubic": [F, F], "net": [S, T]},
        {"bicubic": (math.nan, 0, math.nan), "net": (math.nan, 0, math.nan)},
        "",
    ),
}
"""PSNR of each image or its status; then mean, number of images and mean rank of each method; then the best."""


def found_of(methods: dict[str, list[Any]]) -> Findings:
    """Return the findings of a run with these scores, and a time of each method."""
    rows: list[ScoreRow | TimingRow] = []
    for method, values in methods.items():
        rows += [row_of(method, number, value) for number, value in enumerate(values)]
        size: dict[str, Any] = {"height": 100, "width": 100, "channels": 3, "dtype": "uint8"}
        rows.append(
            TimingRow(method=method, factor=3, device="cpu", phase="call", seconds=0.009 + len(rows) / 1e3, **size)
        )
    of = len(next(iter(methods.values())))
    return findings.of(tables(rows, Order(list(methods), {"set": of}, [3], ["basicsr"], METRICS)), Path("run"), {})


def row_of(method: str, number: int, value: Any) -> ScoreRow:  # noqa: ANN401 - PSNR or a status
    """Return a row; SSIM follows PSNR."""
    fields: dict[str, Any] = {"dataset": "set", "factor": 3, "protocol": "basicsr", "device": "cpu", "channels": 3}
    fields |= {"method": method, "image": f"{number}.png"}
    if isinstance(value, str):
        return ScoreRow(status=value, reason="boom", **fields)  # type: ignore[arg-type]
    psnr = 50.0 if value == SEEN else float(value)
    return ScoreRow(psnr=psnr, ssim=min(1.0, psnr / 100), trained_on=value == SEEN, **fields)


@pytest.fixture(params=CASES, scope="module")
def case(request: pytest.FixtureRequest) -> tuple[Findings, dict[str, tuple[float, int, float]], str]:
    """Return the findings of a case, what is expected of each method, and which is the best."""
    methods, expected, best = CASES[request.param]
    return found_of(methods), expected, best


Case = tuple["Findings", dict[str, tuple[float, int, float]], str]


def printed(psnr: float) -> str:
    """Return a mean as tables print it."""
    return f"{psnr:.2f}"


def of(found: Findings) -> int:
    """Return how many images there are."""
    return int(found.tables.summary["of"].iloc[0])


def line_of(method: str, lines: list[str]) -> str:
    """Return the first line about a method."""
    return next(line for line in lines if re.match(rf"\W*{method}\b", line))


def _number(table: pd.DataFrame, method: str, column: str) -> float:
    value: Any = table.loc[method, column]
    return math.nan if value is None else float(value)


@pytest.mark.slow
def test_tables(case: Case) -> None:
    """`srbench.load`, CSV and JSON have the same means, images, ranks and best."""
    found, expected, best = case
    text = pd.read_csv(io.StringIO(delimited.csv(found))).set_index("method")
    whole = json.loads(delimited.json(found))
    lines = pd.DataFrame(whole["scoreboard"]).set_index("method")
    summary = found.tables.summary.set_index("method")
    for method, (psnr, images, rank) in expected.items():
        for table in (summary, text, lines):
            assert _number(table, method, "psnr") == pytest.approx(psnr, abs=1e-3, nan_ok=True)
            assert table.loc[method, "images"] == images
        for table in (text, lines):
            assert _number(table, method, "rank") == pytest.approx(rank, nan_ok=True)
    winners = [method for method in expected if text.loc[method, "psnr_position"] == 1]
    assert ([best] if best else []) == winners[:1]
    assert [each["method"] for each in whole["ranks"] if each["rank"] is not None] == [
        each for each in found.places.sort_values("rank", kind="stable")["method"] if not math.isnan(expected[each][2])
    ]


@pytest.mark.sampled
def test_texts(case: Case) -> None:
    """Terminal, Markdown and LaTeX show the same means and images, and mark the same one."""
    found, expected, best = case
    out = io.StringIO()
    terminal.show(Console(file=out, width=100, force_terminal=True, color_system="standard"), found)
    styled = out.getvalue().splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in styled]
    texts = {
        "terminal": plain,
        "markdown": markdown.render(found).splitlines(),
        "latex": latex.render(found).replace("Bicubic (OpenCV)", "bicubic").lower().splitlines(),
    }
    partial = any(0 < images < of(found) for _, images, _ in expected.values())
    for name, lines in texts.items():
        for method, (psnr, images, _) in expected.items():
            if name == "latex" and not images:  # a line without a number is left out there
                assert not any(re.match(rf"\W*{method} &", line) for line in lines)
                continue
            line = line_of(method, lines)
            if images:
                assert printed(psnr) in line, name
            if name != "latex":
                assert (f"{images} of {of(found)}" in line) == (partial and images > 0), name
    marks: dict[str, Callable[[str], object]] = {
        "terminal": lambda line: "\x1b[1m" in line,
        "markdown": lambda line: re.search(r"\*\*(\\\*)?(inf|[0-9.]+)\*\*", line.split("|")[3]),
        "latex": lambda line: r"\textbf" in line.split("&")[1],
    }
    for name, lines in (texts | {"terminal": styled}).items():
        there = [method for method, (_, images, _) in expected.items() if images]
        keys = [method for method in there if marks[name](line_of(f"(\x1b\\[[0-9;]*m)?\\W*{method}", lines))]
        assert keys == [method for method in expected if best and _ties(expected, method, best)], name


def _ties(expected: dict[str, tuple[float, int, float]], method: str, best: str) -> bool:
    """Tell whether a method is the best, or has just its mean: infinite ones are told apart by the rest."""
    return method == best or (expected[method] == expected[best] and not math.isnan(expected[best][2]))


@pytest.mark.sampled
def test_page(case: Case) -> None:
    """The page's scoreboard, verdict, strips, ranks and latencies hold the same."""
    found, expected, best = case
    marks = legend(found)
    (verdict,) = verdicts(found)
    assert verdict.methods == [method for method in expected if best and _ties(expected, method, best)]
    if best:
        assert verdict.images.split()[0] == str(expected[best][1])
    strips = {each["method"]: each for each in charts.strips(found, marks) if each["measure"] == "psnr"}
    latencies = {each["method"]: each for each in charts.latencies(found, marks)}
    for method, (psnr, images, _) in expected.items():
        if not images:
            assert method not in strips
            continue
        assert strips[method]["mean"] == pytest.approx(psnr, abs=1e-3)
        assert latencies[method]["psnr"] == pytest.approx(psnr, abs=1e-3)
        judged = [point for point in strips[method]["points"] if point[2]]
        assert len(judged) == (images if latencies[method]["judged"] else 0)
    assert not best or latencies[best]["front"]["psnr"]
    ranked = {name: rank for each in charts.ranks(found, marks) for name, rank, _ in each["methods"]}
    assert ranked == pytest.approx({name: rank for name, (*_, rank) in expected.items() if not math.isnan(rank)})
    bold = [
        line.method
        for line in boards.scoreboard(found, marks).lines
        if any(cell.style == "best" for cell in line.cells[:1])
    ]
    assert bold == [method for method in expected if best and _ties(expected, method, best)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["infinite for two", "timed out on most", "all failed"])
def test_no_nan_is_shown(name: str) -> None:
    """Where there is no number, the page has a dash."""
    page = render(found_of(CASES[name][0]))
    assert not re.search(r">[^<]*\bnan\b", re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL))


@pytest.mark.sampled
def test_verdicts_agree(case: Case) -> None:
    """What is significant is said in the same way of means and of ranks: there is one test."""
    found, *_ = case
    compared = found.comparisons.set_index("method")["psnr_verdict"].to_dict()
    for each in charts.ranks(found, legend(found)):
        for method, _, verdict in each["methods"]:
            assert verdict == compared.get(method, "")


@pytest.mark.slow
def test_what_is_left_out_is_said() -> None:
    """On how many images methods are compared is said, with the images and methods that are left out and why."""
    run: dict[str, list[Any]] = {
        "bicubic": [30, 31, 32, 33, E, 35],
        "net": [F, 32, SEEN, 33, E, 36],
        "few": [1, *[F] * 5],
    }
    text = markdown.render(found_of(run)).replace("\\", "")
    left = "0.png (no score of net), 2.png (net trained on it), 4.png (exact for all)"
    assert f"set x3, basicsr: methods are compared on 3 of 6 images; left out: {left}" in text
    assert "few is not compared: it has a score of 1 of 6 images" in text
    assert "net was trained on 1 of the 5 scored images of set (x3): images seen do not count" in text


@pytest.mark.slow
def test_what_infinity_hides_is_said() -> None:
    """Beside an infinite mean stands how many images are exact, and the mean of the others."""
    text = markdown.render(found_of({"bicubic": [E, 34, 36], "noise": [9, 9, 9]}))
    assert "bicubic reproduces 1 of 3 images exactly (0.png); mean PSNR of the others: 35.00 dB" in text

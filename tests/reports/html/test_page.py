"""The page: its structure, what it says, and that no name is ever markup."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.printable import printable
from srbench.quality.protocols import PROTOCOLS
from srbench.reports import findings, formats
from srbench.reports.html import page, provenance
from srbench.reports.html.charts import spread
from srbench.reports.html.page import render
from srbench.reports.html.templates import read
from srbench.store.rows import ScoreRow, TimingRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from srbench.reports.findings import Findings

    Run = Callable[..., Findings]

METRICS = metrics_of({})

EVIL = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    '" onmouseover="alert(4)" x=\'',
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt;",
    "猫\u2028[x]|\\`=cmd",
)
VOID = {"meta", "wbr", "br", "input", "img", "hr", "link"}


class Outline(HTMLParser):
    """What a browser would find: elements, ids, the text of scripts and of the rest."""

    def __init__(self, text: str) -> None:
        """Read a page; every element is closed."""
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which is of this kind."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what is a script's, and what is read."""
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif not self.open or self.open[-1] != "style":
            self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        """Return the words of the page, white space made one."""
        return re.sub(r"\s+", " ", "".join(self.words))

    @property
    def data(self) -> Any:  # noqa: ANN401 - JSON
        """Return what the script draws."""
        return json.loads(self.scripts[0])


def rows(*methods: str, images: int = 8, **others: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - fields
    """Return scores: each method 1 dB above the one before on every image, and images 0.1 dB apart."""
    return [
        {"method": method, "image": f"i{number}", "psnr": 30 + place + number / 10, "ssim": 0.8 + place / 50} | others
        for place, method in enumerate(methods)
        for number in range(images)
    ]


def calls(method: str, seconds: float, **others: Any) -> list[TimingRow]:  # noqa: ANN401 - fields
    """Return warm calls of three processes on LR of 100x100 pixels."""
    fields: dict[str, Any] = {"factor": 2, "device": "cpu", "phase": "call", "height": 100, "width": 100, "channels": 3}
    fields |= {"dtype": "uint8", **others}
    return [
        TimingRow(method=method, seconds=seconds * (1 + number / 100), process=process, round=number, **fields)
        for process in range(3)
        for number in range(1, 6)
    ]


@pytest.mark.slow
def test_structure(make_run: Run) -> None:
    """One h1, headings that skip no level, ids once, landmarks, a skip link that leads somewhere."""
    found = Outline(render(make_run(rows("bicubic", "b"))))
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    anchors = {(attributes["href"] or "").removeprefix("#") for attributes in found.of("a")}
    assert "content" in anchors
    assert anchors <= set(ids)
    assert {"header", "nav", "main", "footer"} <= {tag for tag, _ in found.elements}


@pytest.mark.slow
def test_order(make_run: Run) -> None:
    """Pictures come second, right after the summary; provenance comes last, and the links are in the same order."""
    timings = [*calls("bicubic", 0.004), *calls("b", 0.04)]
    found = Outline(render(make_run(rows("bicubic", "b", channels=3), timings=timings)))
    ids = [attributes["id"] for attributes in found.of("section")]
    assert ids == ["summary", "viewer", "scores", "latency", "spread", "ranks", "timing", "all", "method"]
    assert [attributes["href"] for attributes in found.of("a") if attributes["href"] != "#content"] == [
        f"#{each}" for each in ids
    ]


@pytest.mark.slow
def test_noise_is_told_beside_times(make_run: Run) -> None:
    """What makes times unreliable is said where times are, so that pictures come right after what scores say."""
    timings = [replace(row, seconds=row.seconds * (1 + row.process)) for row in calls("b", 0.04)]
    text = Outline(render(make_run(rows("bicubic", "b", channels=3), timings=timings))).text
    summary, rest = text.split("Pictures The most detailed region", 1)
    assert "noisy" not in summary
    assert "noisy times of" in rest


@pytest.mark.slow
def test_lines_of_a_setting(make_run: Run) -> None:
    """The lines of a setting stand under its heading, and the leading mean is right after the method."""
    found = Outline(render(make_run([*rows("bicubic", "b"), *rows("bicubic", "b", dataset="other", images=1)])))
    assert "set x2, basicsr, 8 images bicubic30.35" in found.text
    assert "other x2, basicsr, 1 image bicubic30.00" in found.text
    assert found.data["settings"][0]["dataset"] == "set"
    assert "Dataset" not in found.text.split("Scores", maxsplit=2)[2].split("Provenance")[0]


@pytest.mark.slow
def test_matrix(make_run: Run) -> None:
    """A run of three settings has a matrix of each metric and of the differences, and a summary in one line."""
    some = [each for name in ("one", "two", "three") for each in rows("bicubic", "b", dataset=name)]
    found = Outline(render(make_run(some)))
    tables = [attributes["id"] for attributes in found.of("table")]
    assert tables == ["matrix-0", "matrix-1", "matrix-2", "scoreboard", "images"]
    assert "b: best mean PSNR in all 3 settings, +1.000 dB over bicubic (significant in 3)." in found.text
    assert found.text.count("b31.35▲31.35▲31.35▲") == 1
    assert "b+1.000+1.000+1.000" in found.text
    assert re.search("one basicsr ?two basicsr ?three basicsr x2 x2 x2", found.text)
    few = Outline(render(make_run([*rows("bicubic", "b"), *rows("bicubic", "b", dataset="other")])))
    assert "matrix-0" not in [attributes["id"] for attributes in few.of("table")]


@pytest.mark.slow
def test_matrix_of_some(make_run: Run) -> None:
    """Who leads in some settings is said with how many; where none may, that too; one method has its span."""
    some = [each for name in ("one", "two", "three") for each in rows("bicubic", "b", dataset=name, images=2)]
    for each in some:
        each["psnr"] += 2 * (each["method"] == "bicubic" and each["dataset"] == "one")
        each["trained_on"] = each["dataset"] == "two"
    text = Outline(render(make_run(some, cropped=False))).text
    assert "b: best mean PSNR in 1 of 3 settings, +1.000 dB over bicubic (too few images to tell in 1)." in text
    assert "bicubic: best mean PSNR in 1 of 3 settings." in text
    assert "No fair winner: each method lacks images, or was trained on some, in 1 of 3 settings." in text
    alone = [each for name in ("one", "two", "three") for each in rows("only", dataset=name, images=2)]
    assert "only: PSNR 30.05 dB in all 3 settings." in Outline(render(make_run(alone, cropped=False))).text


@pytest.mark.slow
def test_policy(make_run: Run) -> None:
    """The policy allows the one script by its hash; nothing is loaded, and no attribute holds code."""
    found = Outline(render(make_run(rows("bicubic", "b"))))
    policy = next(each for each in found.of("meta") if each.get("http-equiv") == "Content-Security-Policy")["content"]
    digest = base64.b64encode(hashlib.sha256(found.scripts[-1].encode()).digest()).decode()
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert f"script-src 'sha256-{digest}'" in policy
    assert [each.get("type") for each in found.of("script")] == ["application/json", "application/json", None]
    for _, attributes in found.elements:
        assert not {name for name in attributes if name in {"src", "srcset", "action"} or name.startswith("on")}
    assert not found.of("link")


@pytest.mark.parametrize("name", [*page.SCRIPTS, *page.STYLES])
def test_parts(name: str) -> None:
    """What is put into the page as it is ends no element, makes no markup and asks for nothing."""
    text = read(name)
    assert "</" not in text
    assert "<!--" not in text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|url\(|@import", text)
    assert not re.search(r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|\bimport\(", text)


@pytest.mark.slow
def test_names_are_text(make_run: Run) -> None:
    """Names of methods, images, datasets and reasons are shown as they can be printed, and never become elements."""
    plain = Outline(render(make_run([{**each, "dataset": "d"} for each in rows(*"abcdefg", images=2)])))
    marks = dict(zip("abcdefg", EVIL, strict=True))
    evil = [
        {**each, "method": marks[each["method"]], "dataset": EVIL[0], "image": each["image"] + EVIL[2]}
        for each in rows(*"abcdefg", images=2)
    ]
    text = render(make_run(evil, cropped=False, info={"models": {EVIL[1]: {EVIL[2]: {EVIL[3]: EVIL[0]}}}}))
    found = Outline(text)
    for name in EVIL:
        assert re.sub(r"\s+", " ", printable(name, keep="\n")) in found.text
        assert printable(name, keep="\n") in [method["name"] for method in found.data["methods"]]
    assert len(found.of("script")) == len(plain.of("script"))
    assert {tag for tag, _ in found.elements} <= {tag for tag, _ in plain.elements} | {"code", "wbr"}
    assert not re.search(r"<script>alert|<img src=x|7\*7=|49\{%", text)
    assert not any(name.startswith("on") for _, attributes in found.elements for name in attributes)


@pytest.mark.slow
def test_failures_are_told(make_run: Run) -> None:
    """A reason is shown at the top and in the line of its image, as text; the mean says how many images it is of."""
    failed = {"method": "b", "image": "z", "status": "failed", "reason": "<b>no</b> way"}
    found = Outline(
        render(make_run([*rows("bicubic", "b", images=2), {"method": "bicubic", "image": "z", "psnr": 30.0}, failed]))
    )
    assert "Failures and notes" in found.text
    assert found.text.count("<b>no</b> way") >= 2
    assert "2 of 3 images" in found.text


@pytest.mark.slow
def test_verdicts(make_run: Run) -> None:
    """Eight images are enough to say better, with the p-value; three are said to be too few."""
    assert (
        "b: +1.000 dB over bicubic on set x2 (significant, p = 0.00781)"
        in Outline(render(make_run(rows("bicubic", "b")))).text
    )
    few = Outline(render(make_run(rows("bicubic", "b", images=3)))).text
    assert "b: +1.000 dB over bicubic on set x2 (too few images: with 3, p cannot be below 0.25)" in few


@pytest.mark.slow
def test_verdicts_name_all_that_tie(make_run: Run) -> None:
    """Methods with equal best means are all named, each with its verdict below, the baseline included."""
    twins = [{**each, "method": "twin"} for each in rows("bicubic", "b")[8:]]
    text = Outline(render(make_run([*rows("bicubic", "b"), *twins]))).text
    assert "b, twin: 31.35 dB on set x2, equal best means" in text
    assert "Better than bicubic: b, twin" in text
    same = [{**each, "method": "same"} for each in rows("bicubic")]
    text = Outline(render(make_run([*rows("bicubic"), *same]))).text
    assert "bicubic, same: 30.35 dB on set x2, equal best means" in text
    assert "Equal to bicubic: same" in text


@pytest.mark.slow
def test_contaminated_means_are_no_verdict(make_run: Run) -> None:
    """A method that was trained on the images does not lead, is marked, and a line says so."""
    run = make_run([*rows("bicubic"), *rows("x", "cheat", trained_on=True)[8:]])
    text = Outline(render(run)).text
    assert "bicubic: 30.35 dB on set x2, the best mean (the baseline)" in text
    assert "*31.35" in text
    assert "* cheat was trained on 8 of the 8 scored images" in text


def test_best_is_bold(make_run: Run) -> None:
    """The best mean of a place is bold, the second underlined."""
    text = render(make_run(rows("bicubic", "b", "c")))
    assert "<strong>32.35</strong>" in text
    assert "<u>31.35</u>" in text
    assert "<strong>30.35" not in text


@pytest.mark.slow
def test_reported(make_run: Run) -> None:
    """A reported value stands beside the measured one, and leads to its source; without any there is no column for it.

    A section has all of them, with sources, differences and verdicts.
    """
    here = {"dataset": "set5", "protocol": "srcnn"}
    text = render(make_run([{**each, **here} for each in rows("bicubic", "bicubic-matlab")]))
    found = Outline(text)
    assert "Reported dB" in found.text
    assert '<a href="#reported-and-measured">33.66</a>' in text
    assert "Reported and measured" in found.text
    assert "PSNR dB33.6631.3500−2.3100offRCAN, ECCV 2018, Table 2bicubic (MATLAB)" in found.text  # noqa: RUF001
    assert "SSIM0.92990.820000−0.109900off" in found.text  # noqa: RUF001
    other = Outline(render(make_run(rows("bicubic", "b")))).text
    assert "Reported" not in other


def test_alone(make_run: Run) -> None:
    """One method has nothing to be compared with: no columns for that, and no verdict on it."""
    found = Outline(render(make_run(rows("only"))))
    assert "only: 30.35 dB on set x2." in found.text
    assert "Scores of only" in found.text
    assert "Verdict" not in found.text


@pytest.mark.parametrize(("status", "shown"), [("running", "incomplete"), ("finished", "")])
def test_status(make_run: Run, status: str, shown: str) -> None:
    """A run that lacks scores, as a merged one may, is incomplete: it is running only while a process writes it."""
    found = provenance.short(make_run(rows("a", images=1), info={"status": status}))
    assert dict(found).get("Status", "") == shown


@pytest.mark.slow
def test_nothing_scored(make_run: Run) -> None:
    """Where every row failed there is a page that says so."""
    failed = {"status": "failed", "reason": "no memory", "psnr": math.nan, "ssim": math.nan}
    found = Outline(render(make_run([{**each, **failed} for each in rows("a", "b")])))
    assert "No fair winner" in found.text
    assert "–failed" in found.text  # noqa: RUF001 - a dash
    assert "no memory" in found.text


@pytest.mark.slow
def test_without_times(make_run: Run) -> None:
    """A run without timing says how to get it, and has no part about timing."""
    found = Outline(render(make_run(rows("bicubic", "b"))))
    assert "This run has no times" in found.text
    assert "timing" not in [attributes.get("id") for attributes in found.of("section")]
    assert "CPU ms/Mpx" not in found.text


@pytest.mark.slow
def test_times(make_run: Run) -> None:
    """With timing there are points of quality against latency, samples with their median, and the table of speeds."""
    timings = [*calls("bicubic", 0.004), *calls("b", 0.04)]
    found = Outline(render(make_run(rows("bicubic", "b", channels=3), timings=timings)))
    assert [(each["method"], round(each["ms"])) for each in found.data["latencies"]] == [("bicubic", 103), ("b", 1030)]
    assert [len(each["points"]) for each in found.data["samples"]] == [15, 15]
    assert found.data["samples"][0]["mean"] == pytest.approx(4.12)
    assert "CPU ms/Mpx" in found.text
    assert "100×100" in found.text  # noqa: RUF001 - times


@pytest.mark.slow
def test_intervals_of_few_processes(make_run: Run) -> None:
    """Of two processes a median has no interval in the charts, as it has none in the table: it could be anything."""
    some = [row for row in calls("bicubic", 0.004) if row.process < 2]
    found = Outline(render(make_run([], timings=some))).data
    assert [(each["low"], each["high"]) for each in found["samples"]] == [(None, None)]
    three = Outline(render(make_run([], timings=calls("bicubic", 0.004)))).data["samples"]
    assert 4 < three[0]["low"] <= three[0]["mean"] <= three[0]["high"]


@pytest.mark.slow
def test_times_say_what_is_sure(make_run: Run) -> None:
    """A ratio has its interval and what that proves; rates are measured, marked as estimates, or have a reason."""
    sizes = ((270, 480, 0.25), (540, 960, 1.0))
    some = [row for h, w, part in sizes for row in calls("bicubic", 0.004 * part, height=h, width=w)]
    some += [row for h, w, part in sizes for row in calls("b", 0.004 * part, height=h, width=w)]
    some += calls("bicubic", 0.001, dtype="float64")
    found = Outline(render(make_run([], timings=some))).text
    assert "1.00 to 1.00, same" in found
    assert "~60.7" in found
    assert "from LR 960×540, by size^1.00".replace("×", "x") in found  # noqa: RUF001 - times
    assert "no estimate: it is 51.84 times larger than LR 100x100" in found
    assert "243" in found
    assert "~243" not in found


@pytest.mark.slow
def test_times_alone(make_run: Run) -> None:
    """A run that scored nothing has its timing, and no empty tables."""
    found = Outline(render(make_run([], timings=calls("bicubic", 0.004))))
    assert "Times alone: no images were scored in this run" in found.text
    assert {attributes["id"] for attributes in found.of("table")} == {"speeds"}


@pytest.mark.slow
def test_strips(make_run: Run) -> None:
    """Each image is a point, and says whether it counts; the mean is that of the scoreboard."""
    some = [*rows("bicubic", "b", images=3), {"method": "b", "image": "same", "psnr": math.inf, "ssim": 1.0}]
    strips = {(each["method"], each["measure"]): each for each in Outline(render(make_run(some))).data["strips"]}
    counted = [("i0", True), ("i1", True), ("i2", True), ("same", False)]
    assert [(name, judged) for name, _, judged in strips["b", "psnr"]["points"]] == counted
    assert strips["b", "psnr"]["mean"] == pytest.approx(31.1)
    assert [value for _, value, _ in strips["b", "difference"]["points"]] == pytest.approx([1.0, 1.0, 1.0])
    assert ("bicubic", "difference") not in strips
    assert strips["b", "ssim"]["of"] == 4


def test_spread_keeps_extremes() -> None:
    """Of many values those evenly spaced by rank are kept, the least and the largest among them; of few all."""
    values = [float(value) for value in np.random.default_rng(0).permutation(1001)]
    kept = [values[position] for position in spread(values, 11)]
    assert kept == [100.0 * step for step in range(11)]
    assert sorted(spread([3.0, 1.0, 2.0], 11)) == [0, 1, 2]


@pytest.mark.slow
def test_protocols(make_run: Run) -> None:
    """A protocol is spelled out where its fingerprint is today's; of another version there are its choices alone."""
    ntire = PROTOCOLS["ntire2017"]
    known = Outline(render(make_run(rows("a"), info={"protocols": {ntire.name: ntire.fingerprint}}))).text
    assert "as many pixels as the factor + 6 are cut from each side" in known
    assert "All three RGB channels" in known
    fields = {ntire.name: {"version": 0, "lr_kernel": "unheard-of"}}
    kept = {"protocols": {ntire.name: "0" * 12}, "protocol_fields": fields}
    other = Outline(render(make_run(rows("a"), info=kept))).text
    assert "unheard-of" in other
    assert "another version of the protocol" in other
    assert "All three RGB channels" not in other


@pytest.mark.slow
def test_models(make_run: Run) -> None:
    """The facts of weights are a card, and their history a curve."""
    facts = {
        "recipe": {"batch": 32, "loss": "mse"},
        "steps": 200,
        "training_images": 480,
        "history": [[100, 0.002, 30.5], [200, 0.001, None]],
        "bicubic": 29.5,
        "near_copies": [{"image": "photos/a.png", "shows": "woman of set5", "pixels": "ab"}],
        "scores": [{"dataset": "held out", "protocol": "srcnn", "psnr": 31.87, "ssim": 0.88, "bicubic": 29.91}],
    }
    found = Outline(render(make_run(rows("bicubic", "b"), info={"methods": {"b": {"models": {"x2": facts}}}})))
    assert "31.87 dB, SSIM 0.8800 (srcnn); bicubic 29.91 dB" in found.text
    assert "batch 32, loss mse" in found.text
    moments = [[100.0, 0.002, 30.5], [200.0, 0.001, None]]
    assert found.data["histories"] == [{"moments": moments, "bicubic": 29.5}]
    assert "photos/a.png shows woman of set5" in found.text


@pytest.mark.slow
def test_engines_share_a_card(make_run: Run) -> None:
    """Weights of which the same is said are shown once, with all the methods that run them."""
    facts = {"x2": {"steps": 200, "history": [[100, 0.002, 30.5], [200, 0.001, None]]}}
    methods = {name: {"models": facts} for name in ("b", "c")} | {"d": {"models": {"x2": {"steps": 300}}}}
    page = render(make_run(rows("bicubic", "b", "c", "d"), info={"methods": methods}))
    cards = page.partition('id="h-training"')[2].partition("</section>")[0].split("<article")[1:]
    assert [[name for name in "bcd" if f"<span>{name}</span>" in each] for each in cards] == [["b", "c"], ["d"]]
    assert len(Outline(page).data["histories"]) == 2


@pytest.mark.slow
def test_decisions(make_run: Run) -> None:
    """What methods found out about their files is in the page, and what is doubtful is a remark of all reports."""
    facts = {"kind": "ONNX, opset 17", "range": 255, "measured": {"0..1": 9.5, "0..255": 31.25}, "warning": "doubtful"}
    methods = {"b": {"decided": {"x2": facts, "x3": {"range": 1}}}}
    run = make_run(rows("bicubic", "b"), info={"methods": methods})
    page = Outline(render(run)).text
    assert "kind ONNX, opset 17, range 255, measured 0..1 9.5, 0..255 31.25" in page
    for text in (page, formats.render("rich", run), formats.render("markdown", run)):
        assert "b x2: warning: doubtful" in " ".join(text.split())
        assert "b x3: warning" not in text


@pytest.mark.slow
@pytest.mark.parametrize("decided", [{}, {"x2": 3}, {"x2": None}, {"x2": {"warning": {"a": [1]}, "measured": 3}}])
def test_decisions_of_other_types(make_run: Run, decided: Any) -> None:  # noqa: ANN401 - JSON
    """Whatever run.json holds of decisions, there is a page."""
    render(make_run(rows("bicubic", "b"), info={"methods": {"b": {"decided": decided}}}))


@pytest.mark.slow
@pytest.mark.parametrize(
    "models",
    [
        {"x2": {"history": [[10**400, 1, 1]], "scores": [{"psnr": 10**400, "ssim": 1}]}},
        {"x2": {"scores": "none", "history": [[1, 2]]}},
        {"x2": {"scores": [{"psnr": None, "ssim": 1}], "history": {"a": 1}}},
    ],
)
def test_damaged_metadata_of_weights(make_run: Run, models: dict[str, Any]) -> None:
    """Malformed facts in run.json are a remark of page and terminal text, whatever they hold; no error."""
    run = make_run(rows("bicubic", "b"), info={"methods": {"b": {"models": models}}})
    named = ", ".join(sorted(models["x2"]))
    for text in (Outline(render(run)).text, formats.render("rich", run), formats.render("markdown", run)):
        assert "b x2: metadata of its weights are malformed, so ignored: " in " ".join(text.split())
    assert set(run.models["b", "x2"]["damaged"]) == {"history", "scores"}, named


@pytest.mark.slow
@pytest.mark.parametrize("models", [{}, {"x2": 3}, {"x2": None}, {"x2": []}])
def test_models_of_other_types(make_run: Run, models: Any) -> None:  # noqa: ANN401 - JSON
    """Whatever run.json holds of weights, there is a page."""
    render(make_run(rows("bicubic", "b"), info={"methods": {"b": {"models": models}}}))


@pytest.mark.slow
def test_half_a_character(make_run: Run) -> None:
    """A folder's name that is no UTF-8 does not keep the page from being written."""
    render(make_run(rows("a", images=1), info={"command": ["srbench", "a\udce9"]})).encode()


@pytest.mark.slow
@pytest.mark.slow
def test_large_runs(tmp_path: Path) -> None:
    """A run of 10,000 images and four methods is a page of few megabytes, and says what is left out."""
    random = np.random.default_rng(0)
    scores = [
        ScoreRow(
            method=method,
            dataset="d",
            image=f"image{number:05}",
            factor=3,
            protocol="basicsr",
            device="cpu",
            psnr=float(value),
            ssim=float(value) / 50,
        )
        for method in ("bicubic", "a", "b", "c")
        for number, value in enumerate(random.normal(30, 2, 10_000))
    ]
    run = findings.of(
        tables(scores, Order(["bicubic", "a", "b", "c"], {"d": 10_000}, (3,), ["basicsr"], METRICS)), tmp_path, {}
    )
    text = render(run)
    assert len(text) < 8e6
    found = Outline(text)
    assert "5,000 of 40,000 scores" in found.text
    assert "At most 500 images per method are drawn" in found.text
    assert max(len(each["points"]) for each in found.data["strips"]) == 500

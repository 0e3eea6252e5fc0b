"""The terminal report: what it shows, what it refuses to compare, and that it fits 80 columns."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.reports import findings, remarks, terminal
from srbench.store.rows import GIVEN, ScoreRow, TimingRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from srbench.analysis.tables import Tables
    from srbench.store.rows import Row

METRICS = metrics_of({})

BOLD = re.compile(r"\x1b\[1m *([^\x1b]*?) *\x1b\[0m")


def score(method: str, image: str, psnr: float = math.nan, **others: Any) -> ScoreRow:  # noqa: ANN401 - fields
    """Return a row; SSIM follows PSNR."""
    fields = {"dataset": "d", "factor": 3, "protocol": "basicsr", "device": "cpu", "ssim": psnr / 50, "channels": 3}
    return ScoreRow(method=method, image=image, psnr=psnr, **{**fields, **others})


def timing(method: str, device: str, **others: Any) -> TimingRow:  # noqa: ANN401 - fields
    """Return a warm call of 9 ms on 100x100 LR pixels: 0.1 ms per output megapixel and factor."""
    fields = {"height": 100, "width": 100, "channels": 3, "dtype": "uint8", "seconds": 0.009}
    return TimingRow(method=method, factor=3, device=device, phase="call", **{**fields, **others})


def tabled(*rows: Row, images: Mapping[str, int] | None = None) -> Tables:
    """Return the tables of rows, in their order."""
    scores = [row for row in rows if isinstance(row, ScoreRow)]
    methods = list(dict.fromkeys(row.method for row in scores))
    held = {row.dataset: {each.image for each in scores if each.dataset == row.dataset} for row in scores}
    sets = images or {name: len(found) for name, found in held.items()}
    return tables(rows, Order(methods, sets, [3], ["basicsr"], METRICS))


def shown(result: Tables, *, colour: bool = False, width: int = 80, info: dict[str, Any] | None = None) -> str:
    """Return the report, at 80 columns unless told; `info` is run.json."""
    text = io.StringIO()
    console = Console(file=text, width=width, force_terminal=colour, color_system="standard" if colour else None)
    terminal.show(console, findings.of(result, Path(), info or {}))
    return text.getvalue()


def line_of(text: str, method: str) -> list[str]:
    """Return the cells of a method's line."""
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [method])


def test_numbers() -> None:
    """PSNR to two decimals, SSIM to four, the difference to bicubic signed, the number of weights grouped."""
    text = shown(tabled(score("bicubic", "a", 30.004), score("net", "a", 31.5, parameters=22729)))
    assert text.splitlines()[0].strip() == "d x3, protocol basicsr"
    assert line_of(text, "bicubic") == ["bicubic", "30.00", "0.6001", "-", "-"]
    assert line_of(text, "net") == ["net", "31.50", "0.6300", "+1.496", "22,729"]
    assert [line.strip() for line in text.splitlines()[-2:]] == ["1 image", "differences: of unrounded means"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statuses", "line"),
    [
        ({"bicubic": "ok", "a": "skipped", "b": "skipped"}, "nothing but bicubic was scored at x3: a is x4; b is x4"),
        ({"a": "skipped", "b": "skipped"}, "nothing was scored at x3: a is x4; b is x4"),
        ({"bicubic": "ok", "a": "skipped", "b": "ok"}, ""),
        ({"bicubic": "ok", "a": "skipped", "b": "failed"}, ""),
        ({"bicubic": "ok"}, ""),
    ],
)
def test_nothing_but_the_baseline(statuses: dict[str, Any], line: str) -> None:
    """Where all other methods are skipped, the last line says so, and why."""
    rows = [
        score(name, "a", 30.0) if status == "ok" else score(name, "a", status=status, reason=f"{name} is x4")
        for name, status in statuses.items()
    ]
    text = shown(tabled(*rows))
    assert text.count("was scored at") == bool(line)
    assert not line or text.splitlines()[-1] == line
    some = [score("bicubic", "b", status="skipped", reason="grey"), *(score(name, "c", 30.0) for name in "ab")]
    assert "was scored at" not in shown(tabled(*rows, *some))


@pytest.mark.slow
def test_no_baseline() -> None:
    """Without bicubic in the run there is no difference to show."""
    assert line_of(shown(tabled(score("net", "a", 31.0))), "net") == ["net", "31.00", "0.6200"]


@pytest.mark.slow
@pytest.mark.parametrize("trained_on", [False, True])
def test_fits_80_columns(trained_on: bool) -> None:
    """Long names fold; no number is ever cut or wrapped, marked or not, and no line of a table is too long."""
    name = "my-network:activation=leaky_relu:weights=a-very-long-name-indeed.safetensors"
    rows: list[Row] = []
    for method in ("bicubic", name):
        rows.append(score(method, "a", 131.456789, parameters=123456789, trained_on=trained_on))
        rows += [timing(method, device, seconds=98.7) for device in ("cpu", "cuda")]
    text = shown(tabled(*rows))
    text = "\n".join(line for line in text.splitlines() if not re.search("was trained on|noisy|srbench time", line))
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("*131.46") == 2 * trained_on
    for number in ("131.46", "2.6291", "1096667", "123,456,789"):
        assert number in text
    assert ("+0.000" in text) != trained_on
    assert "".join(line[:24].strip() for line in text.splitlines()).count(name) == 1


@pytest.mark.slow
def test_best_is_bold() -> None:
    """The best PSNR and SSIM of a table are bold, ties of what is printed included."""
    rows = [score("bicubic", "a", 30.0), score("one", "a", 31.001), score("two", "a", 31.0012)]
    assert BOLD.findall(shown(tabled(*rows), colour=True)).count("31.00") == 2
    assert "30.00" not in BOLD.findall(shown(tabled(*rows), colour=True))


@pytest.mark.slow
def test_partial_mean() -> None:
    """An image that a method lacks counts for none, which is said; the others are judged."""
    rows = [
        score("bicubic", "a", 30.0),
        score("bicubic", "b", 32.0),
        score("half", "a", 40.0),
        score("half", "b", status="failed", reason="fell over"),
    ]
    text = shown(tabled(*rows))
    assert line_of(text, "half") == ["half", "40.00", "0.8000", "1", "of", "2", "+10.000", "-"]
    assert "d x3, basicsr: methods are compared on 1 of 2 images; left out: b (no score of half)" in text
    assert "half (d x3: b): failed: fell over" in text
    assert "means over" not in text
    bold = BOLD.findall(shown(tabled(*rows), colour=True))
    assert "40.00" in bold
    assert "30.00" not in bold


OTHERS = "these scores do not show how it performs on other images"


@pytest.mark.slow
def test_score_on_training_images_is_marked() -> None:
    """A star stands before the PSNR, digits stay aligned, and a yellow line below the table says what was seen."""
    rows = [score("bicubic", image, 30.0) for image in "abc"]
    rows += [score("net", image, 40.0, trained_on=image < "c") for image in "abc"]
    lines = shown(tabled(*rows)).splitlines()
    text = "\n".join(lines)
    assert line_of(text, "bicubic") == ["bicubic", "30.00", "0.6000", "-", "-"]
    assert line_of(text, "net") == ["net", "*40.00", "0.8000", "-", "-"]
    bicubic, net = (next(line for line in lines if line.split()[:1] == [name]) for name in ("bicubic", "net"))
    assert bicubic.index("30.00") == net.index("40.00")
    warning = f"* net was trained on 2 of the 3 scored images of d (x3): {OTHERS}"
    assert lines[-1] == warning
    assert f"\x1b[33m{warning}\x1b[0m" in shown(tabled(*rows), width=200, colour=True).splitlines()


@pytest.mark.slow
def test_score_on_training_images_is_not_the_best() -> None:
    """Bold goes to the best of the others, also where both print the same number; if there is no other, to none."""
    rows = [score("bicubic", "a", 30.0), score("net", "a", 40.0, trained_on=True)]
    assert {"30.00", "0.6000"} <= set(BOLD.findall(shown(tabled(*rows), colour=True)))
    text = shown(tabled(*rows), colour=True)
    assert not {"*40.00", "40.00", "0.8000"} & set(BOLD.findall(text))
    assert re.search(r"\x1b\[33m *\*40\.00", text)
    equal = shown(tabled(score("net", "a", 40.0, trained_on=True), score("other", "a", 40.0)), colour=True)
    assert (BOLD.findall(equal).count("40.00"), BOLD.findall(equal).count("0.8000")) == (1, 1)
    alone = shown(tabled(rows[1]), colour=True)
    assert not {"*40.00", "40.00", "0.8000"} & set(BOLD.findall(alone))


@pytest.mark.slow
def test_near_copies_are_noted() -> None:
    """A line names the images whose near copies methods were trained on; HR's pixels tell, not the dataset's name."""
    copies = {"near_copies": [{"image": "302003 of bsds500", "shows": "woman of set5", "pixels": "ab"}]}
    methods = {"net": {"models": {"x3": copies, "x2": copies}}, "new": {"models": {"x3": {}}}}
    rows = [score(name, "woman", 31.0, hr_sha256="ab", dataset="mine") for name in ("bicubic", "net", "new")]
    rows += [score("net", "baby", 31.0, hr_sha256="cd", dataset="mine")]
    text = shown(tabled(*rows), info={"methods": methods})
    what = "an image that is nearly one of mine's (woman, as 302003 of bsds500)"
    line = f"net was trained at x3 on {what}: its scores may be too high"
    assert text.splitlines().count(line) == 1
    assert "nearly" not in shown(tabled(*rows[-1:]), info={"methods": methods})


def test_clean_scores_have_no_mark() -> None:
    """Where no method was trained on what it scores, neither a star nor a warning is printed."""
    text = shown(tabled(score("bicubic", "a", 30.0), score("net", "a", 31.0)))
    assert "*" not in text
    assert "trained" not in text


@pytest.mark.slow
def test_one_warning_per_method_and_dataset() -> None:
    """Factors and protocols share the line of a method and dataset; a factor with other counts has its own."""
    rows = [
        score(method, image, 30.0, dataset=name, factor=factor, protocol=protocol, trained_on=image <= seen[factor])
        for seen in ({2: "b", 3: "b", 4: "a"},)
        for name in ("d", "e")
        for protocol in ("basicsr", "srcnn")
        for factor in seen
        for method in ("net", "[/x]")
        for image in "abc"
    ]
    held = tables(rows, Order(["net", "[/x]"], {"d": 3, "e": 3}, [2, 3, 4], ["basicsr", "srcnn"], METRICS))
    lines = [line for line in shown(held).splitlines() if "was trained on" in line]
    assert sorted(lines) == sorted(
        f"* {method} was trained on {seen} scored images of {name} ({which}): images seen do not count"
        for method in ("net", "[/x]")
        for name in ("d", "e")
        for seen, which in (("2 of the 3", "x2, x3"), ("1 of the 3", "x4"))
    )


@pytest.mark.slow
def test_warning_counts_scored_images() -> None:
    """An image without a score is not among those that the warning is about; the table still says `n of N`."""
    rows = [score("net", "a", 40.0, trained_on=True), score("net", "b", status="failed", reason="fell over")]
    text = shown(tabled(*rows))
    assert f"* net was trained on 1 of the 1 scored image of d (x3): {OTHERS}" in text.splitlines()
    assert line_of(text, "net") == ["net", "*40.00", "0.8000", "1", "of", "2"]


@pytest.mark.slow
def test_warnings_are_few() -> None:
    """Of many warnings ten are printed, and how many there are beyond them; reasons have ten lines of their own."""
    rows = [score(f"net{number}", "a", 40.0, trained_on=True) for number in range(12)]
    rows.append(score("other", "a", status="failed", reason="fell over"))
    lines = shown(tabled(*rows)).splitlines()
    assert len([line for line in lines if line.startswith("*")]) == 10
    assert lines[-2:] == ["and 2 more (--out DIR saves all)", "other (d x3): failed: fell over"]


@pytest.mark.slow
def test_partial_baseline() -> None:
    """Differences are to bicubic on the images that it has; where these are too few, it is not compared itself."""
    rows = [score("bicubic", "a", 30.0), score("bicubic", "b", status="failed", reason="r")]
    text = shown(tabled(*rows, score("net", "a", 31.0), score("net", "b", 31.0)))
    assert line_of(text, "net")[3:7] == ["1", "of", "2", "+1.000"]
    few = [score("bicubic", each, status="failed", reason="r") for each in "bc"]
    few += [score("net", each, 31.0) for each in "abc"]
    text = shown(tabled(rows[0], *few))
    assert line_of(text, "net")[3:7] == ["3", "of", "3", "-"]
    assert line_of(text, "bicubic")[3:7] == ["1", "of", "3", "-"]


@pytest.mark.slow
def test_unfinished_run() -> None:
    """Images that have no row yet are missing from the mean too, and from that of others."""
    rows = [score("bicubic", each, 30.0) for each in "abc"] + [score("net", each, 31.0) for each in "ab"]
    said = " ".join(shown(tabled(*rows)).split())
    assert "methods are compared on 2 of 3 images; left out: c (no score of net)" in said
    text = shown(tabled(score("bicubic", "a", 30.0), images={"d": 5}))
    assert line_of(text, "bicubic")[3:6] == ["1", "of", "5"]


@pytest.mark.slow
def test_no_score_at_all() -> None:
    """A method without any score shows its status instead of a number, and its reason below."""
    text = shown(tabled(score("bicubic", "a", 30.0), score("net", "a", status="skipped", reason="no weights for x3")))
    assert line_of(text, "net") == ["net", "skipped", "-", "-", "-"]
    assert "net (d x3): skipped: no weights for x3" in text
    assert "nan" not in text


@pytest.mark.slow
def test_one_line_per_reason() -> None:
    """A reason that holds for several datasets is printed once, with all of them."""
    rows = [score("net", "a", dataset=name, status="skipped", reason="no") for name in ("d", "e")]
    assert shown(tabled(*rows)).count("net (d x3, e x3): skipped: no") == 1


@pytest.mark.slow
def test_reasons_of_images() -> None:
    """Methods that share a reason share a line; of the images of one reason a few are named, of the reasons ten."""
    images = [f"{number:02}.png" for number in range(12)]
    rows = [
        score(method, image, status="failed", reason=f"/photos/{image}: not an image [/x]")
        for method in ("nearest", "bicubic")
        for image in images
    ]
    lines = [" ".join(line.split()) for line in shown(tabled(*rows)).splitlines()]
    assert lines.count("nearest, bicubic: failed: /photos/03.png: not an image [/x]") == 1
    assert len([line for line in lines if "not an image" in line]) == 10
    assert lines[-1] == "and 2 more (--out DIR saves all)"  # there is no run folder
    moody = [score("net", image, status="failed", reason="no memory") for image in images[:5]]
    text = shown(tabled(*moody, *(score("net", image, 30.0) for image in images[5:])))
    assert "net (d x3: 00.png, 01.png, 02.png and 2 more): failed: no memory" in text


@pytest.mark.slow
def test_datasets_are_sections_of_one_table() -> None:
    """Several datasets share a table; each has its heading, its baseline, its best in bold and its number of images."""
    values = {"easy": (35.0, 36.5), "hard": (25.0, 24.0)}
    rows = [
        score(method, "a", psnr, dataset=name)
        for name, pair in values.items()
        for method, psnr in zip(("bicubic", "net"), pair, strict=True)
    ]
    text = shown(tabled(*rows, images={"easy": 1, "hard": 1}))
    assert text.count("PSNR") == 1
    assert text.splitlines()[0].strip() == "x3, protocol basicsr"
    lines = [line.split() for line in text.splitlines()]
    start = lines.index(["easy,", "1", "image"])
    assert lines[start + 2][:4] == ["net", "36.50", "0.7300", "+1.500"]
    assert lines[start + 3] == ["hard,", "1", "image"]
    assert lines[start + 5][:4] == ["net", "24.00", "0.4800", "-1.000"]
    bold = BOLD.findall(shown(tabled(*rows, images={"easy": 1, "hard": 1}), colour=True))
    assert {"36.50", "25.00"} <= set(bold)
    assert not {"35.00", "24.00"} & set(bold)


@pytest.mark.slow
def test_narrow_terminal_cuts_no_number() -> None:
    """Below the width the numbers need, lines run over; nothing is cut or left out."""
    rows: list[Row] = [score("bicubic-of-ours", "a", 31.456789, parameters=123456789, dataset=name) for name in "de"]
    text = shown(tabled(*rows, timing("bicubic-of-ours", "cpu")), width=40)
    assert "\u2026" not in text
    for word in ("bicubic-of-ours", "31.46", "0.6291", "123,456,789", "weights"):
        assert word in text


@pytest.mark.slow
def test_notes_have_the_width_of_the_terminal() -> None:
    """A note wider than the table stands in one line where the terminal has room."""
    rows = [score(name, image, value) for name, value in (("bicubic", 30.0), ("net", 31.0)) for image in "abc"]
    assert "sig.: significant (paired sign-flip test, Holm, p <= 0.05)" in shown(tabled(*rows)).splitlines()


@pytest.mark.slow
def test_caption_is_text() -> None:
    """The reason for an absent time is shown as it is."""
    bad = timing("bicubic", "cuda", status="failed", reason="KeyError: [/x]", seconds=np.nan)
    assert "CUDA: KeyError: [/x]" in shown(tabled(score("bicubic", "a", 30.0), bad))


@pytest.mark.slow
def test_infinite_score() -> None:
    """Perfect reproduction is `inf`, and infinitely better."""
    text = shown(tabled(score("bicubic", "a", 30.0), score("exact", "a", math.inf, ssim=1.0)))
    assert line_of(text, "exact")[:4] == ["exact", "inf", "1.0000", "+inf"]


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "shown_as"), [(0.009, "100"), (0.0000071, "0.0789"), (0.9, "10000")])
def test_speed(seconds: float, shown_as: str) -> None:
    """Milliseconds per output megapixel have three digits, and all of them where there are more."""
    text = shown(tabled(score("bicubic", "a", 30.0), timing("bicubic", "cpu", seconds=seconds)))
    assert line_of(text, "bicubic")[3] == shown_as
    assert "milliseconds per output megapixel" in " ".join(text.split())


@pytest.mark.slow
def test_no_cuda_is_said() -> None:
    """A device that is absent has no column of blanks: the table says why."""
    absent = timing("bicubic", "cuda", status="skipped", reason="no CUDA device", seconds=np.nan)
    text = shown(tabled(score("bicubic", "a", 30.0), timing("bicubic", "cpu"), absent))
    assert "CUDA: no CUDA device" in text
    assert text.count("CUDA") == 2


@pytest.mark.slow
def test_why_one_method_has_no_time_is_said_below_the_table() -> None:
    """The reason stands in a line of its own: in a cell it would leave no room for names and scores."""
    why = "loading took 34.3 s of the time limit of 18 s, so nothing was timed (--limit)"
    late = timing("slow", "cpu", status="skipped", reason=why, seconds=np.nan)
    text = shown(
        tabled(score("bicubic", "a", 30.0), score("slow", "a", 31.0), timing("bicubic", "cpu"), late), width=80
    )
    assert line_of(text, "slow") == ["slow", "31.00", "0.6200", "+1.000", "-", "-"]
    assert f"slow x3: no time on CPU: {why}" in " ".join(text.split())


@pytest.mark.slow
def test_given_images_need_no_time() -> None:
    """SR images made elsewhere were not run: that they have no time is neither a note nor part of one."""
    absent = timing("bicubic", "cuda", status="skipped", reason="no CUDA device", seconds=np.nan)
    found = tabled(score("bicubic", "a", 30.0), score("sr", "a", 31.0, device=GIVEN), timing("bicubic", "cpu"), absent)
    text = shown(found)
    assert "CUDA: no CUDA device\n" in text
    assert "not timed" not in text
    assert "sr x3: no time" not in text


@pytest.mark.slow
def test_long_baseline_is_named_below() -> None:
    """A name that is too long for a heading stands below the table."""
    found = tabled(*(score(name, "a", 30.0) for name in ("a-long-baseline", "b")))
    text = shown(found)
    assert "vs" in text
    assert "baseline: a-long-baseline" in text


@pytest.mark.slow
def test_failure_is_no_reason_for_an_absent_device() -> None:
    """Beside a method that failed, and so was not timed, the table says of CUDA only that it is absent."""
    absent = timing("bicubic", "cuda", status="skipped", reason="no CUDA device", seconds=np.nan)
    bad = score("bad", "a", status="failed", reason="oops")
    text = shown(tabled(score("bicubic", "a", 30.0), bad, timing("bicubic", "cpu"), absent))
    assert "CUDA: no CUDA device\n" in text


@pytest.mark.slow
def test_noisy_times_say_why() -> None:
    """Each reason is said once, with its largest number, and with the methods that have it where these are not all."""
    found = tabled(*(score(name, "a", 30.0) for name in "abc"), *(timing(name, "cpu") for name in "abc"))
    why = ["other load: 91% of all cores' time", "other load: 89% of all cores' time; processes: 1, expected 3", ""]
    speeds = found.speeds.assign(verdict=["noisy", "noisy", "steady"], reason=why)
    *reasons, _ = remarks.timing(replace(found, speeds=speeds))
    assert reasons == [
        "noisy times of a, b: other load: 91% of all cores' time at most",
        "noisy times of b: processes: 1, expected 3",
    ]
    every = speeds.assign(verdict="noisy", reason="processes: 1, expected 3")
    assert next(remarks.timing(replace(found, speeds=every))).startswith("noisy times of all methods: processes: 1")


@pytest.mark.slow
def test_untimed_run_has_no_speed() -> None:
    """Without timing there is neither a column nor a note on devices."""
    text = shown(tabled(score("bicubic", "a", 30.0)))
    assert "ms/Mpx" not in text
    assert "CUDA" not in text


@pytest.mark.slow
def test_markup_in_names_is_text() -> None:
    """Square brackets of names and reasons are shown, not interpreted."""
    bad = score("[red]x[/red]", "a", status="failed", reason="KeyError: '[/b]'", dataset="[bold]d")
    text = shown(tabled(bad))
    assert "[bold]d x3, protocol basicsr" in text
    assert text.count("[red]x[/red]") == 2
    assert "KeyError: '[/b]'" in text


def test_images() -> None:
    """Each image has its line with six decimals; one without a score has its status and reason."""
    rows = [score("[m]", "[a].png", 30.1234567), score("[m]", "b.png", status="failed", reason="[oops]")]
    text = io.StringIO()
    terminal.show_images(Console(file=text, width=80), tabled(*rows).scores, METRICS)
    good, bad = text.getvalue().splitlines()[-2:]
    assert good.split() == ["[a].png", "30.123457", "0.602469"]
    assert bad.split() == ["b.png", "failed", "[oops]"]
    assert "[m] x3, protocol basicsr" in text.getvalue()

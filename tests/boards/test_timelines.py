"""Timelines: scores and times of a method, version by version, in the order of its commits, in every format."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from srbench.analysis.columns import TIMES
from srbench.boards import timeline_page, timeline_text
from srbench.boards.timelines import Past, Series, past
from srbench.errors import RunFolderError, UsageError
from srbench.plan import Plan

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Plan(("bicubic", "mine"), (2,), ("set",), ("p",))
TIMED = replace(PLAN, scoring=False)
INPUT: Any = {"channels": 3, "dtype": "uint8"}
FIRST, SECOND, THIRD = "1" * 40, "2" * 40, "3" * 40


def version(  # noqa: PLR0913 - what a version is
    runs: Any,  # noqa: ANN401 - of conftest
    name: str,
    day: int,
    psnr: float,
    *,
    commit: str = "",
    committed: int = 0,
    seconds: float = 0.1,
) -> Path:
    """Write a run in which one method scores `psnr` by other code than in runs with another score."""
    code = {"bicubic": "bicubic x2", "mine": f"code {psnr}"}
    rows = [
        runs.keyed(row, psnr=row.psnr if row.method == "bicubic" else psnr, code=code[row.method], **INPUT)
        for row in runs.scores(PLAN)
    ]
    samples = [replace(row, code=code[row.method], **INPUT) for row in runs.samples(PLAN, seconds=seconds)]
    facts = {"commit": commit, "date": f"2026-01-{committed:02}T00:00:00+01:00", "subject": f"Score {psnr}"}
    checkouts = {"checkouts": {"mine": facts}} if commit else {}
    written: Path = runs.write(name, PLAN, [*rows, *samples], started=f"2026-02-{day:02}T00:00:00+00:00", **checkouts)
    return written


@pytest.fixture
def found(runs: Any) -> Past:  # noqa: ANN401
    """Return the past of three versions, of which the second was run last."""
    folders = [
        version(runs, "one", 1, 30.0, commit=FIRST, committed=1),
        version(runs, "three", 2, 31.0, commit=THIRD, committed=3, seconds=0.3),
        version(runs, "two", 3, 32.0, commit=SECOND, committed=2),
    ]
    return past(folders)


@pytest.mark.slow
def test_versions_are_in_the_order_of_their_commits(found: Past) -> None:
    """Not in that of the runs; what changed is said against the commit before, and times stand beside scores."""
    timeline = next(each for each in found.timelines if each.method == "mine")
    assert [found.folders[event.run] for event in timeline.events] == ["one", "two", "three"]
    assert [event.changed for event in timeline.events] == [(), ("code",), ("code",)]
    assert f"(its commit {'2' * 8}, not {'1' * 8})" in timeline.events[1].details[0]
    psnr, ssim, time = timeline.series
    assert psnr.values == (30.0, 32.0, 31.0)
    assert [psnr.verdict(place) for place in range(3)] == ["", "better", "worse"]
    assert [ssim.verdict(place) for place in range(3)] == ["", "", ""]
    assert time.change(2) == pytest.approx(3)
    assert "a processor" in time.conditions


@pytest.mark.slow
def test_without_commits_the_runs_are_in_order(runs: Any) -> None:  # noqa: ANN401
    """One version whose commit is not known, and all are in the order of their runs."""
    folders = [
        version(runs, "a", 2, 31.0, commit=SECOND, committed=1),
        version(runs, "b", 1, 30.0),
    ]
    timeline = next(each for each in past(folders).timelines if each.method == "mine")
    assert [event.run for event in timeline.events] == ["b", "a"]


@pytest.mark.slow
def test_times_alone_have_timelines(runs: Any) -> None:  # noqa: ANN401
    """Runs that timed and did not score are series of times, which no page of a board draws scores of."""
    for number, seconds in enumerate((0.1, 0.2), 1):
        rows = [replace(row, **INPUT) for row in runs.samples(TIMED, seconds=seconds)]
        runs.write(f"t{number}", TIMED, rows, started=f"2026-01-0{number}T00:00:00+00:00")
    (timeline,) = past([runs.folder / "t1", runs.folder / "t2"], ["mine"]).timelines
    (series,) = timeline.series
    assert timeline.history.name == "x2 of RGB uint8, times"
    assert series.change(1) == pytest.approx(2)


@pytest.mark.slow
def test_other_machines_are_other_series(runs: Any) -> None:  # noqa: ANN401
    """Times of two machines are never in one series; each says its machine."""
    for number, machine in enumerate(("one", "two"), 1):
        scores = [runs.keyed(row, **INPUT) for row in runs.scores(PLAN)]
        rows = [*scores, *(replace(row, **INPUT) for row in runs.samples(PLAN, machine=machine))]
        processor = {"environment": {"processor": machine, "cores": 2, "cuda_devices": []}}
        runs.write(f"m{number}", PLAN, rows, started=f"2026-01-0{number}T00:00:00+00:00", **processor)
    (timeline,) = past([runs.folder / "m1", runs.folder / "m2"], ["mine"]).timelines
    times = [each for each in timeline.series if each.conditions]
    assert [each.column.label for each in times] == ["CPU 1", "CPU 2"]
    assert [[math.isnan(value) for value in each.values] for each in times] == [[False, True], [True, False]]


@pytest.mark.slow
def test_a_method_that_is_not_there_is_refused(found: Past, runs: Any) -> None:  # noqa: ANN401
    """The line names those that are; without a run there is nothing to show."""
    assert {each.method for each in found.timelines} == {"mine", "bicubic"}
    with pytest.raises(UsageError, match="unknown method 'min' of these runs; did you mean 'mine'"):
        past([runs.folder / "one"], ["min"])
    with pytest.raises(RunFolderError, match="no run folder can be used"):
        past([runs.folder / "nothing"])


@pytest.mark.slow
def test_terminal_draws_bars_and_changes(found: Past) -> None:
    """A bar and a line of the table for each version, subjects below; what never changed has one line."""
    stream = io.StringIO()
    timeline_text.show(Console(file=stream, width=80, color_system=None), found)
    text = stream.getvalue()
    assert "PSNR dB     ▁█▅  first 30.00, last 31.00; lowest 30.00, highest 32.00" in text
    lines = [line.split() for line in text.splitlines() if line.startswith((" 11111111 ", " 22222222 ", " 33333333 "))]
    assert lines[0][:4] == ["11111111", "2025-12-31", "one", "30.00"]  # in UTC
    assert lines[1][3:7] == ["32.00", "+2.00", "0.9000", "="]
    assert lines[2][-2:] == ["750000?", "x3.00?"]  # of one process
    assert re.search(r"33333333 .*processes: 1, expected 3", text)
    assert "?: a noisy time" in text
    assert "  22222222  code: Score 32.0" in text
    assert "bicubic, set x2, p: unchanged in 3 runs: PSNR 30.50 dB" in text


@pytest.mark.slow
def test_terminal_leaves_out_what_has_no_value(runs: Any) -> None:  # noqa: ANN401
    """A method that was skipped on all images has no line."""
    rows = [
        replace(row, status="skipped", reason="no SR", psnr=None, ssim=None) if row.method == "mine" else row
        for row in runs.scores(PLAN)
    ]
    stream = io.StringIO()
    found = past([runs.write("one", PLAN, rows)])
    for whole in (False, True):
        timeline_text.show(Console(file=stream, width=80, color_system=None), found, whole=whole)
    assert "bicubic" in stream.getvalue()
    assert not [line for line in stream.getvalue().splitlines() if line.startswith("mine") and line.endswith(": ")]
    assert "mine, set x2, p: unchanged" not in stream.getvalue()


@pytest.mark.parametrize(
    ("values", "bars"),
    [([1, 2, 3], "▁▅█"), ([1, math.nan, 3], "▁ █"), ([2, 2], "██"), ([1, math.inf], "██"), ([math.nan], " ")],
)
def test_bars(values: list[float], bars: str) -> None:
    """The lowest value is the lowest bar, the highest the highest, an infinite one too; nothing is a gap."""
    assert timeline_text.bars(values) == bars


def test_bars_without_unicode() -> None:
    """A terminal that has no bars shows digits."""
    assert timeline_text.bars([1, 2, 3], "ascii") == "158"


@pytest.mark.slow
def test_table_and_facts_hold_everything(found: Past) -> None:
    """One line per method, setting and run for pandas; JSON has the events with commits and times."""
    mine = found.table[found.table["method"] == "mine"]
    assert mine["commit"].tolist() == [FIRST, SECOND, THIRD]
    assert mine["psnr"].tolist() == [30.0, 32.0, 31.0]
    assert mine["cpu_ms_per_mpx_noisy"].str.contains("processes: 1, expected 3").all()
    assert mine["cpu_ms_per_mpx_low"].isna().all()
    assert mine["cpu_ms_per_mpx"].tolist() == pytest.approx([250e3, 250e3, 750e3])
    history = next(each for each in found.facts["histories"] if each["method"] == "mine")
    assert history["events"][1]["checkout"] == {
        "commit": SECOND,
        "date": "2026-01-01T23:00:00+00:00",
        "subject": "Score 32.0",
    }


@pytest.mark.slow
def test_page_has_charts_and_runs_no_script(found: Past) -> None:
    """Each number has a chart with a point per version; the page loads nothing."""
    text = timeline_page.render(found)
    assert "<script" not in text
    assert "default-src &#39;none&#39;" in text
    first = text[text.index("<svg") : text.index("</svg>")]
    assert re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', first) == [
        ("119.3", "134.0"),
        ("242.0", "14.0"),
        ("364.7", "74.0"),
    ]
    assert '<g class="better"><title>22222222 2026-01-01 two: 32.00 dB +2.00 Score 32.0</title>' in first


def steady(times: list[float], doubts: tuple[str, ...] = ("", "", ""), *, wide: float = 1.1) -> Series:
    """Return a series of times whose intervals are as wide."""
    ends = tuple(each / wide for each in times), tuple(each * wide for each in times)
    return Series(TIMES["cpu_ms_per_mpx"], tuple(times), *ends, "a machine", "", doubts)


def test_noisy_times_prove_nothing() -> None:
    """A steady time is better where the intervals are apart; a noisy one has a ?, and is neither better nor worse."""
    series = steady([10.0, math.nan, 5.0])
    assert (series.text(2), series.changed(2), series.verdict(2)) == ("5.00", "x0.50", "better")
    assert steady([10.0, 9.0, 9.0]).verdict(1) == ""
    noisy = steady([10.0, math.nan, 5.0], ("processes differ by 41%", "", ""))
    assert (noisy.text(0), noisy.changed(2), noisy.verdict(2)) == ("10.0?", "x0.50?", "")


def test_axes() -> None:
    """What hardly varies is drawn as flat; times that are far apart are in logarithms, and the chart says so."""
    flat = timeline_page.axis_of(steady([0.884, 0.885, 0.886], wide=1))
    assert flat.high / flat.low == pytest.approx(1.25)
    far = timeline_page.axis_of(steady([1.0, 2.0, 100.0]))
    assert [far.low, far.high] == pytest.approx([1 / 1.1, 110])
    assert far.logarithmic


def test_what_became_worse_is_named_first() -> None:
    """Where names do not fit below a chart, those of changes for the worse come first, then the ends."""
    marks = [timeline_page.Mark(12.0 * x, 0, 0, 0, "worse" * (x == 4), f"{x}" * 8, "") for x in range(10)]
    named = [mark.label[:1] for mark in timeline_page.labelled([*marks, None]) if mark and mark.label]
    assert named == ["4", "9"]


@pytest.mark.slow
def test_uncommitted_changes_are_said(runs: Any) -> None:  # noqa: ANN401
    """A commit with changes that were not committed has a +, also where it is told from the one before."""
    folders = [
        version(runs, "a", 1, 30.0, commit=FIRST, committed=1),
        version(runs, "b", 2, 31.0, commit=f"{FIRST}+", committed=1),
    ]
    found = past(folders, ["mine"])
    (timeline,) = found.timelines
    assert "(its commit 11111111+, not 11111111)" in timeline.events[1].details[0]
    assert found.table["subject"].tolist() == ["Score 30.0", "Score 31.0 (and uncommitted changes)"]


@pytest.mark.slow
def test_an_unchanged_method_shows_its_newest_time(runs: Any) -> None:  # noqa: ANN401
    """Not that of the last run where that has none; of several conditions, what tells them apart."""
    for number, machine in enumerate(("one", "two"), 1):
        scores = [runs.keyed(row, **INPUT) for row in runs.scores(PLAN)]
        rows = [*scores, *(replace(row, **INPUT) for row in runs.samples(PLAN, machine=machine))]
        processor = {"environment": {"processor": machine, "cores": 2, "cuda_devices": []}}
        runs.write(f"m{number}", PLAN, rows, started=f"2026-01-0{number}T00:00:00+00:00", **processor)
    stream = io.StringIO()
    timeline_text.show(Console(file=stream, width=80), past([runs.folder / "m1", runs.folder / "m2"]))
    assert "CPU 1 250000? ms/Mpx (one, 2 cores; in m1), CPU 2 250000? ms/Mpx (two, 2 cores)" in stream.getvalue()


@pytest.mark.slow
def test_page_escapes_what_git_says(runs: Any) -> None:  # noqa: ANN401
    """A commit's subject is text."""
    rows = runs.scores(PLAN)
    facts = {"commit": FIRST, "date": "2026-01-01T00:00:00+00:00", "subject": "<script>alert(1)</script>"}
    text = timeline_page.render(past([runs.write("a", PLAN, rows, checkouts={"mine": facts})]))
    assert "<script" not in text


def test_gaps_are_stepped_over() -> None:
    """A time is compared with the last one before it, also where a version between them has none."""
    nothing = math.nan
    column = next(iter(TIMES.values()))
    series = Series(column, (2.0, nothing, 1.0), (1.9, nothing, 0.9), (2.1, nothing, 1.1), "one machine")
    assert (series.change(2), series.verdict(2)) == (0.5, "better")
    assert math.isnan(series.change(0))
    assert series.verdict(0) == ""

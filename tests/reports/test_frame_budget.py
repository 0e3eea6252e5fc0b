"""Answers to a frame budget: the best method within it, how sure that is, and where its quality is known from."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from srbench.errors import RunFolderError, UsageError
from srbench.maintain import merge
from srbench.plan import Plan
from srbench.reports import findings, formats, terminal
from srbench.reports.frame_budget import budgeted
from srbench.reports.html import page
from srbench.store.rows import TimingRow

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.reports.frame_budget import Answer

METHODS = ("slow", "good", "bicubic")
PLAN = Plan(METHODS, (3,), ("set",), ("basicsr",), device="cpu", timing=False)
TIMES = replace(PLAN, timing=True, scoring=False)
PSNR = {"slow": 34.0, "good": 32.0, "bicubic": 30.0}


def times(seconds: dict[str, float], **fields: Any) -> list[TimingRow]:  # noqa: ANN401 - any field
    """Return the samples of methods at 640x360: fifteen in each of three processes, which differ by little."""
    common: dict[str, Any] = {"factor": 3, "device": "cpu", "height": 360, "width": 640, "channels": 3}
    common |= {"dtype": "uint8", "phase": "call", "machine": "one"}
    return [
        TimingRow(
            **(common | {"method": name, "code": f"{name} x3", "process": process, "round": number} | fields),
            seconds=each * (1 + 0.001 * number),
        )
        for name, each in seconds.items()
        for process in range(3)
        for number in range(15)
    ]


@pytest.fixture
def scores(runs: Any) -> Path:  # noqa: ANN401 - see conftest
    """Return a run that scored all methods: the slower, the better."""
    rows = [runs.keyed(row, psnr=row.psnr - 30 + PSNR[row.method]) for row in runs.scores(PLAN)]
    folder: Path = runs.write("scores", PLAN, rows)
    return folder


@pytest.fixture
def timed(runs: Any) -> Path:  # noqa: ANN401 - as above
    """Return a run that timed them: 200, 20 and 2 ms."""
    folder: Path = runs.write("times", TIMES, times({"slow": 0.2, "good": 0.02, "bicubic": 0.002}))
    return folder


def answer(folder: Path, budget: str, scores: Path | None = None) -> Answer:
    """Return the one answer to a budget."""
    found = budgeted(findings.load(folder).against(budget, scores))
    assert found is not None
    (only,) = found.answers
    return only


@pytest.mark.slow
@pytest.mark.parametrize(
    ("budget", "best", "sure"),
    [("1s", "slow", True), ("33ms", "good", True), ("30fps", "good", True), ("20.15ms", "bicubic", False)],
)
def test_best_within(timed: Path, scores: Path, budget: str, best: str, sure: bool) -> None:
    """The best score among those wholly within; not sure where a better method straddles the budget."""
    found = answer(timed, budget, scores)
    assert (found.best, found.value, found.sure) == (best, PSNR[best] + 0.5, sure)
    assert found.headline.startswith(f"{best} is the best within ")
    assert "set x3, basicsr" in found.headline
    assert any(note.startswith("good (32.50 dB) may be within: ") for note in found.notes) == (not sure)
    assert any("2 images are too few for a test" in note for note in found.notes) == (best != "bicubic")


@pytest.mark.slow
def test_nothing_within(timed: Path, scores: Path) -> None:
    """The fastest is named, with its time, and nothing is called the best."""
    found = answer(timed, "1ms", scores)
    assert (found.best, found.sure) == ("", False)
    assert found.headline.startswith("no method is within 1.00 ms; the fastest is bicubic: 2.01 ms, 99 % interval")
    assert math.isnan(found.value)


@pytest.mark.sampled
@pytest.mark.parametrize(("fields", "said"), [({"other_load": 0.5}, "noisy: other load: 50%"), ({}, "")])
def test_noise_makes_it_unsure(runs: Any, scores: Path, fields: dict[str, Any], said: str) -> None:  # noqa: ANN401
    """A time on a busy machine may lie within the budget, but that is not sure, and the reason stands beside it."""
    folder = runs.write("times", TIMES, times({"good": 0.02, "bicubic": 0.002}, **fields))
    found = answer(folder, "33ms", scores)
    assert (found.best, found.sure) == ("good", not said)
    assert any(said in note for note in found.notes)


@pytest.mark.slow
def test_few_late_calls_are_told(runs: Any, scores: Path) -> None:  # noqa: ANN401 - see conftest
    """One late call of 45 is no reason to doubt the answer, and stands beside it."""
    rows = times({"good": 0.02, "bicubic": 0.002})
    late = [
        replace(row, seconds=0.05) if (row.method, row.process, row.round) == ("good", 0, 9) else row for row in rows
    ]
    found = answer(runs.write("times", TIMES, late), "33ms", scores)
    assert found.sure
    assert "2.2% of the calls of good took longer than 33.0 ms" in found.notes
    assert found.notes[-1].startswith("sure: ")


@pytest.mark.slow
def test_late_calls_make_it_unsure(runs: Any, scores: Path) -> None:  # noqa: ANN401 - see conftest
    """A median within the budget does not help a screen if one call of ten is late."""
    rows = times({"good": 0.02, "bicubic": 0.002})
    late = [replace(row, seconds=0.05) if row.method == "good" and row.round in (3, 9) else row for row in rows]
    found = answer(runs.write("times", TIMES, late), "33ms", scores)
    assert (found.best, found.sure) == ("good", False)
    assert "13.3% of the calls of good took longer than 33.0 ms" in found.notes


@pytest.mark.slow
def test_quality_is_not_known(timed: Path) -> None:
    """Without scores nothing is called the best: what is within is listed, and the command that helps."""
    found = answer(timed, "33ms")
    assert (found.best, found.setting) == ("", "")
    assert found.headline == (
        "bicubic (2.01 ms), good (20.1 ms) are within 33.0 ms; without scores no method can be called the best"
    )
    text = shown(timed, "33ms")
    assert "These methods have no scores. To compare quality: srbench run --methods slow,good,bicubic" in text
    assert "--budget 33ms --scores SCORES" in text


def test_command_for_quality_has_specs(runs: Any) -> None:  # noqa: ANN401 - see conftest
    """The command that is told can be typed: labels stand before their specs, in quotes where a shell needs them."""
    plan = replace(TIMES, methods=("good", "bicubic"))
    folder = runs.write("times", plan, times({"good": 0.02, "bicubic": 0.002}), labels={"good": "Mine (ours)"})
    assert "srbench run --methods 'Mine (ours)=good,bicubic' --factor 3" in shown(folder, "33ms")


@pytest.mark.slow
def test_scores_at_another_factor(runs: Any, timed: Path) -> None:  # noqa: ANN401 - as above
    """They are no quality of what was timed, and the factors are named, not the code."""
    plan = replace(PLAN, factors=(2,))
    text = shown(timed, "33ms", runs.write("other", plan, [runs.keyed(row) for row in runs.scores(plan)]))
    assert "scored at x2, timed at x3; score at x3" in text
    assert "other code" not in text


def shown(folder: Path, budget: str, scores: Path | None = None) -> str:
    """Return what is printed, in one line."""
    file = io.StringIO()
    terminal.show_run(Console(file=file, width=80, color_system=None), findings.load(folder).against(budget, scores))
    return " ".join(file.getvalue().split())


@pytest.mark.slow
def test_scores_of_other_code_do_not_count(runs: Any, timed: Path) -> None:  # noqa: ANN401 - see conftest
    """A method that was changed between scoring and timing has no quality, and the report says why."""
    rows = [runs.keyed(row, psnr=PSNR[row.method]) for row in runs.scores(PLAN)]
    other = [runs.keyed(row, code="older") if row.method == "slow" else row for row in rows]
    folder = runs.write("old", PLAN, other)
    found = answer(timed, "1s", folder)
    assert (found.best, found.sure) == ("good", False)
    assert found.headline.startswith("good is the best of those with scores within 1000 ms")
    assert any(note.startswith("also within the budget, without scores: slow") for note in found.notes)
    assert "slow x3: other code, weights or versions were scored" in shown(timed, "1s", folder)


@pytest.mark.slow
def test_what_papers_report(runs: Any) -> None:  # noqa: ANN401 - see conftest
    """Without scores, papers' numbers of a method are its quality, said as such and without a test."""
    plan = replace(TIMES, methods=("bicubic-matlab", "nearest"))
    folder = runs.write("papers", plan, times({"bicubic-matlab": 0.02, "nearest": 0.002}))
    found = budgeted(findings.load(folder).against("33ms"))
    assert found is not None
    assert found.quality.source.startswith("what papers report (")
    (answer,) = (each for each in found.answers if each.setting == "set5 x3, srcnn")
    assert (answer.best, answer.value, answer.sure) == (
        "bicubic-matlab",
        30.39,
        False,
    )  # as results/published.csv has it
    assert "is the best of those with scores within" in answer.headline


@pytest.mark.slow
def test_scores_that_are_gone(timed: Path, scores: Path) -> None:
    """A run that named scores which were deleted since is reported without them, with the reason."""
    found = findings.load(timed).against("33ms", scores)
    for file in scores.iterdir():
        file.unlink()
    text = formats.render("markdown", found)
    assert "cannot be read" in text
    assert "without scores no method can be called the best" in text


@pytest.mark.slow
def test_merged_scores(timed: Path, scores: Path, tmp_path: Path) -> None:
    """A merged run has both, and its report answers with its own scores."""
    merge.merge([timed, scores], tmp_path / "both")
    found = answer(tmp_path / "both", "33ms")
    assert (found.best, found.sure) == ("good", True)


@pytest.mark.sampled
@pytest.mark.parametrize(("text", "budget"), [("33", ""), ("x", ""), ("0ms", ""), ("33ms", "times")])
def test_bad_requests(timed: Path, text: str, budget: str) -> None:
    """A budget without a unit, and a run without scores, are refused in one line."""
    with pytest.raises((UsageError, RunFolderError), match="expected"):
        findings.load(timed).against(text, timed if budget else None)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["rich", "markdown", "latex", "csv", "json"])
def test_every_format_has_the_verdicts(timed: Path, scores: Path, form: str) -> None:
    """What is within, and what is over, stands in each format; JSON has the answer as values."""
    text = formats.render(form, findings.load(timed).against("33ms", scores))
    assert "within" in text
    if form != "json":
        assert "over" in text
    if form not in {"csv", "json"}:
        assert "good is the best within 33.0 ms by PSNR" in text
    if form == "json":
        found = json.loads(text)["budget"]
        assert (found["seconds"], [line["fit"] for line in found["verdicts"]]) == (0.033, ["over", "within", "within"])
        (only,) = found["answers"]
        assert (only["best"], only["sure"], only["factor"]) == ("good", True, 3)


@pytest.mark.slow
def test_reasons_follow_what_they_explain(timed: Path, scores: Path) -> None:
    """Where the answer is not sure, the reasons come last, below one line that says so."""
    notes = answer(timed, "20.15ms", scores).notes
    assert notes[-2] == "not sure, for this reason:"
    assert notes[-1].startswith("good (32.50 dB) may be within: 20.1 ms, 99 % interval ")
    assert "which includes the budget" in notes[-1]


@pytest.mark.slow
def test_computed_once(timed: Path, scores: Path) -> None:
    """All that speaks of a budget reads the same; the same run against another budget has its own."""
    found = findings.load(timed).against("33ms", scores)
    assert budgeted(found) is budgeted(found)
    other = budgeted(found.against("1s"))
    assert other is not None
    assert other.seconds == 1


@pytest.mark.slow
def test_scores_without_a_budget(timed: Path, scores: Path) -> None:
    """Quality stands beside times, and there is no verdict."""
    text = shown(timed, "", scores)
    assert "quality and time: x3 on cpu, 640x360 to 1920x1080, RGB uint8" in text
    assert "32.50" in text
    assert "within" not in text


@pytest.mark.slow
def test_page(timed: Path, scores: Path) -> None:
    """The page has the answer in its summary, the budget in its table, and the chart of quality against time."""
    text = page.render(findings.load(timed).against("33ms", scores))
    assert "is the best within 33.0 ms by PSNR (32.50 dB on set x3, basicsr)" in text
    assert "Budget 33.0 ms" in text
    assert 'data-chart="frames"' in text
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    assert data["budget"] == 33
    assert {each["method"]: each["psnr"] for each in data["frames"]} == {name: PSNR[name] + 0.5 for name in METHODS}
    assert [each["front"]["psnr"] for each in data["frames"]] == [True] * 3


@pytest.mark.slow
def test_page_of_times_alone(timed: Path) -> None:
    """It says nothing of how images are scored, names the fastest, and how to have quality beside the times."""
    text = page.render(findings.load(timed))
    assert "Times of 3 image upscalers" in text
    assert "is the fastest: 2.01 ms" in text
    assert f"srbench results merge {timed} SCORES --out BOTH" in text
    assert 'data-chart="frames"' not in text
    for word in ("Trained methods", "shave", "Protocol basicsr", "peak signal-to-noise"):
        assert word not in text.partition("<body>")[2].partition("<script")[0]


@pytest.mark.slow
def test_absent_device_is_one_note(runs: Any) -> None:  # noqa: ANN401 - see conftest
    """The table of the page has no line for each method on a device that is not there; a note says that."""
    skipped: dict[str, Any] = {"device": "cuda", "phase": "load", "height": 0, "width": 0, "channels": 0, "dtype": ""}
    rows = [
        replace(row, **skipped, seconds=math.nan, status="skipped", reason="no CUDA device")
        for row in times({"good": 0.02, "bicubic": 0.002})
        if (row.process, row.round) == (0, 0)
    ]
    text = page.render(findings.load(runs.write("times", TIMES, [*times({"good": 0.02, "bicubic": 0.002}), *rows])))
    assert "all methods (on cuda): skipped: no CUDA device" in text
    assert text.count("on cuda") == 1


@pytest.mark.slow
def test_several_numbers_of_threads(runs: Any) -> None:  # noqa: ANN401 - see conftest
    """Each number has tables of its own, and one table says how many times as fast more threads are."""
    one, two = (times({"good": 0.04 / each, "bicubic": 0.002}, thread_limit=each) for each in (1, 2))
    two = [replace(row, process=row.process + 3) for row in two]
    folder = runs.write("times", replace(TIMES, threads=(1, 2)), [*one, *two])
    found = budgeted(findings.load(folder).against("33ms"))
    assert found is not None
    assert [(each.case["thread_limit"], each.where.partition(", ")[2][:9]) for each in found.answers] == [
        (1, "1 thread,"),
        (2, "2 threads"),
    ]
    text = shown(folder, "33ms")
    assert "good 40.3 (1.00x) 20.1 (2.00x)" in text
    said = "good: 2 threads, 20.1 ms (with 1: 40.3 ms); bicubic: 1 thread, 2.01 ms (2 threads are not faster)"
    assert f"threads, x3 on cpu, 640x360: {said}" in text
    data = page.render(findings.load(folder))
    assert "against threads: x3 on cpu, LR 640x360" in data
    assert said in data

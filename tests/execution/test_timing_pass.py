"""What a run times, group by group, and what it does when it was interrupted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench.execution import runner, worker_group
from srbench.isolation.limits import Limits
from srbench.plan import Execution, Plan
from srbench.quality.files import write_image
from srbench.speed import environment
from srbench.speed.frames import FRAMES
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.analysis.tables import Tables

pytestmark = pytest.mark.usefixtures("brief")


def timed(pictures: Path, out: Path, *methods: str, **fields: object) -> Tables:
    """Time methods at x2 without scoring them."""
    plan = Plan(methods, (2,), (f"{pictures}/",), device="cpu", scoring=False, **fields)  # type: ignore[arg-type]
    return runner.run(plan, out)


@pytest.mark.slow
def test_baseline_is_in_every_group(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more methods than may be resident at a time, each is still compared with bicubic in its own rounds."""
    monkeypatch.setattr(worker_group, "RESIDENT", 2)
    speeds = timed(pictures, tmp_path / "run", "nearest", "bilinear", "bicubic", "lanczos").speeds
    assert list(speeds["method"]) == ["nearest", "bilinear", "bicubic", "lanczos"]
    assert (speeds["baseline"] == "bicubic").all()
    assert speeds["ratio"].notna().all()
    assert list(speeds["processes"]) == [1, 1, 3, 1]


@pytest.mark.slow
def test_interrupted_attempt_does_not_count(pictures: Path, tmp_path: Path) -> None:
    """Samples of a group that was interrupted stay in the journal, and out of the tables, once it is timed again."""
    plan = Plan(("nearest", "bicubic"), (2,), (f"{pictures}/",), device="cpu", scoring=False)
    ticks = []

    def stop(*tick: object) -> None:
        ticks.append(tick)
        if len(ticks) > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(plan, tmp_path / "run", tick=stop)
    rows = (tmp_path / "run" / "rows.jsonl").read_text(encoding="utf-8")
    assert "call" in rows
    timings = runner.run(plan, tmp_path / "run").timings
    assert set(timings["process"]) == {1}
    assert read_info(tmp_path / "run")["timed"]["x2 on cpu"]["first"] == 1
    assert (tmp_path / "run" / "rows.jsonl").read_text(encoding="utf-8").startswith(rows)


def test_progress(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is being timed has the name that tables will have; the total is known at once, without absent devices."""
    monkeypatch.setattr(environment, "cuda_devices", list)
    ticks: list[tuple[str, int, int]] = []
    plan = Plan(("Mine=nearest",), (2,), (f"{pictures}/",), scoring=False, sizes=("8x8",), threads=(1, 2))
    runner.run(plan, tmp_path / "run", tick=lambda *tick: ticks.append(tick))
    timing = [tick for tick in ticks if tick[0].startswith("timing")]
    assert ("timing x2 on cpu, 1 thread: Mine", 0, 2) in timing
    assert {total for _, _, total in timing} == {2}
    assert [done for _, done, _ in timing] == sorted(done for _, done, _ in timing)
    assert not [what for what, _, _ in ticks if "nearest" in what]


@pytest.mark.slow
def test_sizes_are_made_of_the_first_image(pictures: Path, tmp_path: Path) -> None:
    """LR is repeated or cut to each size asked for, from small to large."""
    timings = timed(pictures, tmp_path / "run", "nearest", sizes=("100x30", "7x5")).timings
    seen = timings.loc[timings["phase"] == "call", ["height", "width"]].drop_duplicates().to_numpy().tolist()
    assert seen == [[5, 7], [30, 100]]


@pytest.mark.slow
def test_one_size_is_timed_once(pictures: Path, tmp_path: Path) -> None:
    """Sizes that are one at the factor, and protocols whose LR is alike, are no reason to time it twice."""
    sizes = {"sizes": ("8x6", "8X6"), "protocols": ("basicsr", "selfexsr")}
    timings = timed(pictures, tmp_path / "run", "nearest", **sizes).timings
    firsts = timings[timings["phase"] == "first"]
    assert firsts[["height", "width"]].to_numpy().tolist() == [[6, 8]]


@pytest.mark.slow
def test_output_sizes_and_threads(pictures: Path, tmp_path: Path) -> None:
    """A size of SR is just covered; each number of threads is timed, once, in rows and a line of its own."""
    asked: dict[str, Any] = {"output_sizes": ("17x11",), "threads": (1, 2)}
    tables = timed(pictures, tmp_path / "run", "nearest", **asked)
    calls = tables.timings[tables.timings["phase"] == "call"]
    assert set(zip(calls["height"], calls["width"], strict=True)) == {(6, 9)}
    assert tables.speeds[["thread_limit", "height"]].to_numpy().tolist() == [[1, 6], [2, 6]]
    assert not set(calls.loc[calls["thread_limit"] == 1, "process"]) & set(
        calls.loc[calls["thread_limit"] == 2, "process"]
    )
    assert timed(pictures, tmp_path / "run", "nearest", **asked).timings.equals(tables.timings)
    info = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert list(info["timed"]) == ["x2 on cpu, 1 thread", "x2 on cpu, 2 threads"]
    assert [each["how"]["threads"] for each in info["timed"].values()] == [1, 2]


@pytest.mark.slow
def test_sizes_of_sr(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame's name is SR's size, whatever the factor; LR has colours if any image of the dataset has."""
    monkeypatch.setitem(FRAMES, "1080p", (18, 32))
    write_image(pictures / "0.png", np.zeros((60, 60), np.uint8))
    timings = timed(pictures, tmp_path / "run", "nearest", sizes=("1080p",)).timings
    seen = (
        timings.loc[timings["phase"] == "call", ["height", "width", "channels"]].drop_duplicates().to_numpy().tolist()
    )
    assert seen == [[9, 16, 3]]


@pytest.mark.slow
@pytest.mark.parametrize("frames", [True, False])
def test_frames_are_timed_besides(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: bool
) -> None:
    """After the datasets' sizes those of LR of 720p, 1080p and 4K, in colour; neither with --sizes, nor in a run."""
    monkeypatch.setitem(FRAMES, "720p", (12, 20))
    monkeypatch.setitem(FRAMES, "1080p", (18, 32))
    monkeypatch.setitem(FRAMES, "4k", (36, 64))
    write_image(pictures / "0.png", np.zeros((60, 60), np.uint8))
    how = Execution()
    how = replace(how, budget=replace(how.budget, frames=frames))
    given = Plan(("nearest",), (2,), (f"{pictures}/",), device="cpu", scoring=False)
    tables = runner.run(given, tmp_path / "run", how)
    calls = tables.timings[tables.timings["phase"] == "call"]
    seen = calls[["process", "height", "width", "channels"]].drop_duplicates().to_numpy().tolist()
    assert [each for each in seen if each[0]] == ([[1, 6, 10, 3], [1, 9, 16, 3], [1, 18, 32, 3]] if frames else [])
    rgb = tables.speeds[tables.speeds["channels"] == 3]
    assert set(rgb["fps_4k_source"]) == {"measured" if frames else "none"}
    assert runner.run(given, tmp_path / "run", how).timings.equals(tables.timings)  # nothing is timed twice
    asked = runner.run(replace(given, sizes=("8x6",)), tmp_path / "asked", how).speeds
    assert asked[["height", "width"]].to_numpy().tolist() == [[6, 8]]


@pytest.mark.slow
def test_dtype_of_sr_is_no_other_lr(pictures: Path, tmp_path: Path) -> None:
    """Under `srcnn` LR is float64 for all methods; one that returns float32 is timed with the others, once."""
    (tmp_path / "single.py").write_text(
        "def load(factor, device):\n"
        "    return lambda image: image.repeat(factor, 0).repeat(factor, 1).astype('float32')\n",
        encoding="utf-8",
    )
    plugins = (str(tmp_path / "single.py"),)
    given = Plan(("bicubic", "single"), (2,), (f"{pictures}/",), ("srcnn",), device="cpu", plugins=plugins)
    tables = runner.run(given, tmp_path / "run")
    assert set(tables.scores["dtype"]) == {"float64", "float32"}
    firsts = tables.timings[tables.timings["phase"] == "first"]
    assert not firsts.duplicated(["method", "height", "width", "process"]).any()
    assert set(firsts["dtype"]) == {"float64"}
    assert tables.summary["cpu_ms_per_mpx"].notna().all()


@pytest.mark.slow
def test_what_cannot_be_scored_can_be_timed(pictures: Path, tmp_path: Path) -> None:
    """Without scoring, every method is timed; one that cannot be loaded has a line that says why."""
    (tmp_path / "shy.py").write_text(
        "from srbench import Unsupported\ndef load(factor, device):\n    raise Unsupported('not today')\n",
        encoding="utf-8",
    )
    speeds = timed(pictures, tmp_path / "run", "nearest", "shy", plugins=(str(tmp_path / "shy.py"),)).speeds
    lines = speeds[["method", "verdict", "reason"]].to_numpy().tolist()
    assert lines[-1] == ["shy", "skipped", "not today"]
    assert lines[0][0] == "nearest"


@pytest.mark.slow
def test_what_was_skipped_is_timed_once_it_can_be(pictures: Path, tmp_path: Path) -> None:
    """What a method lacked may be there now; as long as it is not, nothing is timed again."""
    (tmp_path / "shy.py").write_text(
        "from pathlib import Path\nfrom srbench import Unsupported\n"
        "def load(factor, device):\n"
        f"    if not Path({str(tmp_path / 'ready')!r}).exists():\n        raise Unsupported('not today')\n"
        "    return lambda image: image.repeat(factor, 0).repeat(factor, 1)\n",
        encoding="utf-8",
    )
    seen = []
    for ready in (False, False, True):
        if ready:
            (tmp_path / "ready").touch()
        timings = timed(pictures, tmp_path / "run", "shy", plugins=(str(tmp_path / "shy.py"),)).timings
        seen.append((set(timings["process"]), set(timings["status"])))
    assert seen == [({0}, {"skipped"}), ({0}, {"skipped"}), ({1}, {"ok"})]


@pytest.mark.slow
def test_attempt_under_other_options_takes_what_was_there(pictures: Path, tmp_path: Path) -> None:
    """Interrupted, it leaves half of what it was asked for: the first command times anew."""
    plan = Plan(("nearest",), (2,), (f"{pictures}/",), device="cpu", scoring=False)

    def stop(what: str, *_: int) -> None:
        if what.endswith("nearest"):
            raise KeyboardInterrupt

    first = runner.run(plan, tmp_path / "run").timings
    with pytest.raises(KeyboardInterrupt):
        runner.run(plan, tmp_path / "run", Execution(limits=Limits(threads=1)), tick=stop)
    again = runner.run(plan, tmp_path / "run").timings
    assert len(again) == len(first)
    assert set(again["process"]) == {2}


@pytest.mark.slow
def test_another_protocol_or_image_is_timed_again(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples belong to the LR that they were taken on; on the same one there are no new ones."""
    processes = []
    for version, name in ((1, "a.png"), (2, "a.png"), (2, "d.png"), (2, "d.png")):
        monkeypatch.setattr("srbench.quality.protocol.VERSION", version)
        write_image(pictures / name, np.zeros((60, 60, 3), np.uint8))
        processes.append(set(timed(pictures, tmp_path / "run", "nearest").timings["process"]))
    assert processes == [{0}, {1}, {2}, {2}]

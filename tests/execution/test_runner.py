"""Whole runs on small folders: what is written, what is continued, and that nothing done is done again."""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import srbench
from srbench.cli import main
from srbench.errors import DatasetError, RunFolderError, UsageError
from srbench.execution import runner
from srbench.plan import Execution, Plan
from srbench.quality import protocols
from srbench.quality.files import write_image
from srbench.speed import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from srbench.analysis.tables import Tables

SCORES = ["method", "dataset", "image", "factor", "protocol", "psnr", "ssim", "status", "reason"]
SUMMARY = [
    *("method", "dataset", "factor", "protocol", "images", "psnr", "ssim"),
    *("cpu_ms_per_mpx", "cuda_ms_per_mpx", "status"),
]
TIMINGS = ["method", "factor", "device", "phase", "height", "width", "process", "round", "seconds"]
SLOW = """
import time
from pathlib import Path
def load(factor, device):
    def upscale(image):
        time.sleep(0.15)
        with Path(__file__).with_name("calls.txt").open("a") as calls:
            print(image.mean(), file=calls)
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""

THREADS = """
import os
from pathlib import Path
def load(factor, device):
    with Path(__file__).with_name("loads.txt").open("a") as loads:
        print(os.environ["OMP_NUM_THREADS"], file=loads)
    return lambda image: image.repeat(factor, 0).repeat(factor, 1)
"""


def scored(folder: Path, out: Path, *methods: str, jobs: int = 1, plugins: Sequence[Path] = ()) -> Tables:
    """Score the images of `folder` under two protocols at x2."""
    plan = Plan(
        methods,
        (2,),
        (f"{folder}/",),
        ("basicsr", "ntire2017"),
        timing=False,
        plugins=tuple(str(each) for each in plugins),
    )
    return runner.run(plan, out, Execution(jobs=jobs))


def lines(file: Path) -> list[str]:
    """Return the lines of a file, which may not be there yet."""
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@pytest.fixture(scope="module")
def finished(module_pictures: Path, briefly: Callable[[], AbstractContextManager[None]]) -> Path:
    """Return the folder of a run with timings, which tests leave as it is."""
    out = module_pictures.parent / "run"
    with briefly():
        srbench.run("nearest,bicubic", factors=(2, 3), datasets=f"{module_pictures}/", device="cpu", out=out)
    return out


def test_folder_holds_what_was_promised(finished: Path) -> None:
    """Four tables as CSV and as Parquet, with the promised columns, the journal and run.json; nothing temporary."""
    names = {f"{table}.{kind}" for table in ("scores", "timings", "summary", "speeds") for kind in ("csv", "parquet")}
    assert {path.name for path in finished.iterdir()} == names | {
        "rows.jsonl",
        "run.json",
        "run.lock",
        "crops",
        "report.html",
        "derived.json",
    }
    for table, columns in (("scores", SCORES), ("summary", SUMMARY), ("timings", TIMINGS)):
        frame = pd.read_csv(finished / f"{table}.csv")
        assert set(columns) <= set(frame.columns)
        assert len(frame) > 0


def test_csv_is_unrounded(finished: Path) -> None:
    """CSV and Parquet hold the same numbers to the last bit, those of the journal."""
    with (finished / "scores.csv").open(encoding="utf-8") as file:
        texts = [line["psnr"] for line in csv.DictReader(file)]
    tables = srbench.load(finished)
    assert [float(text) for text in texts] == tables.scores["psnr"].tolist()
    rows = [json.loads(line) for line in lines(finished / "rows.jsonl")]
    assert sorted(row["psnr"] for row in rows if row["row"] == "score") == sorted(tables.scores["psnr"])


def test_summary_is_the_mean(finished: Path) -> None:
    """The summary is derived from the rows: the mean over all images, and a time for each method."""
    tables = srbench.load(finished)
    means = tables.scores.groupby(["method", "factor"])["psnr"].mean()
    assert len(tables.summary) == 4
    for _, line in tables.summary.iterrows():
        assert (line["images"], line["of"], line["status"]) == (3, 3, "ok")
        assert line["psnr"] == pytest.approx(means[line["method"], line["factor"]], abs=1e-12)
        assert line["cpu_ms_per_mpx"] > 0


def test_order_is_as_asked(finished: Path) -> None:
    """Tables list methods and factors in the order of the command, not of the alphabet."""
    summary = srbench.load(finished).summary
    assert list(zip(summary["factor"], summary["method"], strict=True)) == [
        (2, "nearest"),
        (2, "bicubic"),
        (3, "nearest"),
        (3, "bicubic"),
    ]


def test_info_tells_where_numbers_come_from(finished: Path, module_pictures: Path) -> None:
    """run.json names plan, versions, machine, fingerprints and weights."""
    info = json.loads((finished / "run.json").read_bytes())
    assert info["status"] == "finished"
    assert info["command"][1:] == sys.argv[1:]
    assert info["plan"]["datasets"] == [str(module_pictures.resolve())]
    assert info["protocols"] == {"basicsr": protocols.get("basicsr").fingerprint}
    assert info["datasets"]["pictures"]["images"] == 3
    assert len(info["datasets"]["pictures"]["fingerprint"]) == 64
    assert info["environment"]["versions"]["numpy"] == np.__version__
    assert {name: facts["files"] for name, facts in info["methods"].items()} == {"nearest": {}, "bicubic": {}}
    assert all(len(facts["codes"]["x3 on cpu"]) == 64 for facts in info["methods"].values())


def test_weights_are_hashed(pictures: Path, tmp_path: Path) -> None:
    """The sha256 of every weight file that was used is in run.json."""
    scored(pictures, tmp_path / "run", "espcn:engine=torch")
    info = json.loads((tmp_path / "run" / "run.json").read_bytes())
    (name,) = info["methods"]["espcn:engine=torch"]["files"]
    assert name == "espcn-tanh-x2.safetensors"
    assert len(info["methods"]["espcn:engine=torch"]["files"][name]) == 64


def test_finished_run_computes_nothing(pictures: Path, counting: Path, tmp_path: Path) -> None:
    """The same command again calls no method, changes no row and returns the same tables."""
    first = scored(pictures, tmp_path / "run", "counting", plugins=[counting])
    rows = (tmp_path / "run" / "rows.jsonl").read_bytes()
    again = scored(pictures, tmp_path / "run", "counting", plugins=[counting])
    assert len(lines(tmp_path / "calls.txt")) == 6
    assert (tmp_path / "run" / "rows.jsonl").read_bytes() == rows
    pd.testing.assert_frame_equal(first.scores, again.scores)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill -9"])
def test_stopped_run_is_continued(pictures: Path, tmp_path: Path, number: int) -> None:
    """A run that was stopped is completed by the same command, which upscales only what has no row yet."""
    plugin, out, calls = tmp_path / "slow.py", tmp_path / "run", tmp_path / "calls.txt"
    plugin.write_text(SLOW, encoding="utf-8")
    for source, name in ((source, name) for source in list(pictures.iterdir()) for name in "123"):
        shutil.copy(source, source.with_name(f"{source.stem}{name}.png"))
    options = [
        "--methods",
        "slow",
        "--plugin",
        str(plugin),
        "--factor",
        "2",
        "--datasets",
        f"{pictures}/",
        "--no-timing",
    ]
    command = [sys.executable, "-m", "srbench", "run", *options, "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while len(lines(out / "rows.jsonl")) < 2:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, number)
        errors = process.communicate(timeout=100)[1]
    before = (out / "rows.jsonl").read_bytes()
    done = before.count(b"\n")
    assert 2 <= done < 12
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "Traceback" not in errors
        assert f"--out {out}" in " ".join(errors.split())
        assert len(srbench.load(out).scores) == done
    else:
        assert process.returncode == -signal.SIGKILL
    calls.unlink()
    with pytest.raises(SystemExit) as caught:
        main([*command[3:]])
    assert not caught.value.code
    assert len(lines(calls)) == 12 - done
    assert (out / "rows.jsonl").read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    assert len(srbench.load(out).scores) == 12


@pytest.mark.usefixtures("brief")
def test_timing_is_continued(pictures: Path, tmp_path: Path) -> None:
    """An interrupt between two groups of timings keeps the first; the next process times the second alone."""
    plan = Plan(("nearest",), (2, 3), (f"{pictures}/",), device="cpu")

    def stop(what: str, *_: int) -> None:
        if what == "timing x3 on cpu":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(plan, tmp_path / "run", tick=stop)
    first = srbench.load(tmp_path / "run").timings
    assert set(first["factor"]) == {2}
    timings = runner.run(plan, tmp_path / "run").timings
    assert dict(timings.groupby("factor")["process"].max()) == {2: 0, 3: 1}
    assert len(timings) == 2 * len(first)


@pytest.mark.slow
@pytest.mark.processes
def test_two_processes_score_the_same(pictures: Path, tmp_path: Path) -> None:
    """`jobs` changes how long it takes and nothing else."""
    one = scored(pictures, tmp_path / "one", "nearest", "bicubic-matlab")
    two = scored(pictures, tmp_path / "two", "nearest", "bicubic-matlab", jobs=2)
    pd.testing.assert_frame_equal(one.scores, two.scores, check_exact=True)
    pd.testing.assert_frame_equal(one.summary, two.summary, check_exact=True)


@pytest.mark.sampled
@pytest.mark.processes
@pytest.mark.parametrize(
    ("jobs", "threads", "scoring", "timing"),
    [(1, 0, "7", "cores"), (2, 0, "share", "cores"), (1, 3, "3", "3"), (2, 3, "3", "3")],
)
@pytest.mark.usefixtures("brief")
def test_threads(  # noqa: PLR0913 - fixtures and parameters
    jobs: int, threads: int, scoring: str, timing: str, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several worker groups share the cores, and what is timed has them all, unless a number is given for both."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    (tmp_path / "threads.py").write_text(THREADS, encoding="utf-8")
    options: dict[str, Any] = {"plugins": [tmp_path / "threads.py"], "device": "cpu", "out": tmp_path / "run"}
    srbench.run("threads", factors=2, datasets=f"{pictures}/", jobs=jobs, threads=threads, **options)
    share = str(max(1, environment.cores() // 2))
    *scored, timed = lines(tmp_path / "loads.txt")
    assert set(scored) == {share if scoring == "share" else scoring}
    assert timed == (str(environment.cores()) if timing == "cores" else timing)


def test_identical_images_keep_their_rows(pictures: Path, tmp_path: Path) -> None:
    """Two byte-identical images, as T91 has them, share a key and count twice, at first and when continued."""
    shutil.copy(pictures / "a.png", pictures / "z.png")
    for _ in range(2):
        scores = scored(pictures, tmp_path / "run", "nearest").scores
        assert scores.groupby("protocol")["image"].count().tolist() == [4, 4]
        twins = scores[(scores["protocol"] == "ntire2017") & scores["image"].isin(["a.png", "z.png"])]
        assert len(set(twins["key"])) == 1


def test_unreadable_image_among_good_ones(pictures: Path, tmp_path: Path) -> None:
    """The mean is over the others, and says over how many."""
    (pictures / "b.png").write_bytes(b"")
    summary = scored(pictures, tmp_path / "run", "nearest").summary
    assert summary[["images", "of", "status"]].to_numpy().tolist() == [[2, 3, "failed"]] * 2
    assert np.isfinite(summary["psnr"]).all()
    assert "b.png" in summary["reason"][0]


def test_empty_mean(pictures: Path, tmp_path: Path) -> None:
    """A method that scored nothing has no mean, zero images and its reason; no warning is raised on the way."""
    file = tmp_path / "shy.py"
    file.write_text(
        "from srbench.errors import Unsupported\ndef load(factor, device):\n    raise Unsupported('not today')\n",
        encoding="utf-8",
    )
    summary = scored(pictures, tmp_path / "run", "shy", "nearest", plugins=[file]).summary
    line = summary.iloc[0]
    assert (line["images"], line["of"], line["status"], line["reason"]) == (0, 3, "skipped", "not today")
    assert math.isnan(line["psnr"])
    assert math.isnan(line["ssim"])


def test_perfect_score(tmp_path: Path) -> None:
    """Images that are reproduced exactly have an infinite PSNR, in the journal and in the tables."""
    (tmp_path / "flat").mkdir()
    write_image(tmp_path / "flat" / "grey.png", np.full((40, 48), 128, np.uint8))
    tables = scored(tmp_path / "flat", tmp_path / "run", "nearest")
    assert tables.summary["psnr"].tolist() == [math.inf, math.inf]
    assert tables.summary["ssim"].tolist() == [1, 1]
    assert scored(tmp_path / "flat", tmp_path / "run", "nearest").scores["psnr"].tolist() == [math.inf, math.inf]


def test_edited_plugin_is_loaded_again(pictures: Path, counting: Path, tmp_path: Path) -> None:
    """In a notebook, the next run takes the plug-in as it is then."""
    first = scored(pictures, tmp_path / "one", "counting", plugins=[counting]).scores
    counting.write_text(counting.read_text(encoding="utf-8").replace("repeat(factor, 1)", "repeat(factor, 1) // 2"))
    second = scored(pictures, tmp_path / "two", "counting", plugins=[counting]).scores
    assert (first["psnr"] != second["psnr"]).all()
    assert (first["key"] != second["key"]).all()


@pytest.mark.slow
def test_specs_are_one_however_spelt(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Defaults are left out, a folder is its absolute path: another spelling continues the run."""
    scored(pictures, tmp_path / "run", "espcn", "espcn:activation=tanh")
    monkeypatch.chdir(tmp_path)
    plan = Plan(("espcn",), (2,), ("./pictures",), ("basicsr", "ntire2017"), timing=False)
    assert set(runner.run(plan, tmp_path / "run").scores["method"]) == {"espcn:engine=onnxruntime"}


def test_other_command_is_refused(pictures: Path, tmp_path: Path) -> None:
    """A run folder takes no rows of another command."""
    scored(pictures, tmp_path / "run", "nearest")
    with pytest.raises(RunFolderError, match="methods: nearest, not bicubic"):
        scored(pictures, tmp_path / "run", "bicubic")


@pytest.mark.slow
def test_folders_of_one_name(pictures: Path, tmp_path: Path) -> None:
    """Rows carry the folder's name; folders of one name are told apart by those above them, in whatever order."""
    for parent in ("more/x", "other/x"):
        shutil.copytree(pictures, tmp_path / parent / "pictures")
    one, two, three = f"{pictures}/", f"{tmp_path}/more/x/pictures", f"{tmp_path}/other/x/pictures"
    tables = srbench.run("nearest", datasets=[one, two, three], out=tmp_path / "run", timing=False, report=False)
    names = [f"{tmp_path.name}/pictures", "more/x/pictures", "other/x/pictures"]
    assert tables.summary["dataset"].tolist() == names
    tables = srbench.run("nearest", datasets=[three, two, one], out=tmp_path / "again", timing=False, report=False)
    assert tables.summary["dataset"].tolist() == names[::-1]


@pytest.mark.parametrize("option", [{"methods": "nope"}, {"datasets": "nope"}, {"protocols": "nope"}])
def test_nothing_is_written_for_bad_arguments(option: dict[str, str], tmp_path: Path) -> None:
    """What cannot be run leaves no folder behind."""
    with pytest.raises(UsageError, match=r"unknown .* 'nope'"):
        srbench.run(**{"methods": "nearest", "out": tmp_path / "run", **option})  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_failed_fetch_leaves_no_folder(tmp_path: Path) -> None:
    """A dataset file that is not the published one ends the run before its folder exists."""
    place = tmp_path / "data" / "Set5" / "HR"
    place.mkdir(parents=True)
    for name in ("baby", "bird", "butterfly", "head", "woman"):
        (place / f"{name}.bmp").write_bytes(b"not as published")
    with pytest.raises(DatasetError, match=r"baby\.bmp: got 16 bytes, expected 786486"):
        srbench.run("nearest", datasets="set5", out=tmp_path / "run", data=tmp_path / "data")
    assert not (tmp_path / "run").exists()


PLUGIN = """
import cv2

def load(factor, device):
    return lambda image: cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.{})
"""


def _stopped(pictures: Path, out: Path, plugin: Path, after: int) -> None:
    """Run the plug-in and interrupt it after so many rows."""

    def stop(what: str, done: int, _: int) -> None:
        if what == "scoring" and done == after:
            raise KeyboardInterrupt

    plan = Plan(("mine",), (2,), (f"{pictures}/",), device="cpu", timing=False, plugins=(str(plugin),))
    with pytest.raises(KeyboardInterrupt):
        runner.run(plan, out, tick=stop)


@pytest.mark.slow
def test_edited_method_never_shares_a_table(pictures: Path, tmp_path: Path) -> None:
    """Rows of code that has changed since are left out of the tables, and count again when it is back."""
    plugin, out = tmp_path / "mine.py", tmp_path / "run"
    scores = []
    for flag, rows in (("INTER_NEAREST", 2), ("INTER_CUBIC", 1), ("INTER_NEAREST", 3)):
        plugin.write_text(PLUGIN.format(flag), encoding="utf-8")
        _stopped(pictures, out, plugin, rows)
        scores.append(srbench.load(out).scores.set_index("image")["psnr"])
    nearest, cubic, again = scores
    assert (len(nearest), len(cubic), len(again)) == (2, 1, 3)
    assert again.loc[nearest.index].equals(nearest)
    assert cubic.iloc[0] != nearest.loc[cubic.index[0]]


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_edited_method_is_timed_anew(pictures: Path, tmp_path: Path) -> None:
    """Times of code that has changed since do not stand beside the new code's scores."""
    plugin, out = tmp_path / "mine.py", tmp_path / "run"
    plan = Plan(("mine",), (2, 3), (f"{pictures}/",), device="cpu", plugins=(str(plugin),))

    def stop(what: str, *_: int) -> None:
        if what == "timing x3 on cpu":
            raise KeyboardInterrupt

    plugin.write_text(PLUGIN.format("INTER_NEAREST"), encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        runner.run(plan, out, tick=stop)
    plugin.write_text(PLUGIN.format("INTER_CUBIC"), encoding="utf-8")
    timings = runner.run(plan, out).timings
    assert dict(timings.groupby("factor")["process"].max()) == {2: 1, 3: 2}
    assert set(timings["process"]) == {1, 2}


def test_what_was_skipped_is_tried_again(pictures: Path, tmp_path: Path) -> None:
    """A method that lacked something is scored by the same command once it is there."""
    plugin, out, switch = tmp_path / "mine.py", tmp_path / "run", tmp_path / "there"
    plugin.write_text(
        "import pathlib, srbench\n"
        "def load(factor, device):\n"
        f"    if not pathlib.Path({str(switch)!r}).exists():\n"
        "        raise srbench.Unsupported('not there yet')\n"
        "    return lambda image: image.repeat(factor, 0).repeat(factor, 1)\n",
        encoding="utf-8",
    )
    _stopped(pictures, out, plugin, 3)
    assert set(srbench.load(out).scores["status"]) == {"skipped"}
    switch.touch()
    plan = Plan(("mine",), (2,), (f"{pictures}/",), device="cpu", timing=False, plugins=(str(plugin),))
    assert set(runner.run(plan, out).scores["status"]) == {"ok"}


def test_removed_image_leaves_the_tables(pictures: Path, tmp_path: Path) -> None:
    """An image that is no longer in the folder is counted no more, and timing does not look for it."""
    plugin, out = tmp_path / "mine.py", tmp_path / "run"
    plugin.write_text(PLUGIN.format("INTER_CUBIC"), encoding="utf-8")
    _stopped(pictures, out, plugin, 2)
    (pictures / "a.png").unlink()
    plan = Plan(("mine",), (2,), (f"{pictures}/",), device="cpu", timing=False, plugins=(str(plugin),))
    tables = runner.run(plan, out)
    assert "a.png" not in set(tables.scores["image"])
    assert (tables.summary["images"] == tables.summary["of"]).all()


@pytest.mark.parametrize("jobs", [0, -1])
def test_no_jobs(jobs: int, pictures: Path, tmp_path: Path) -> None:
    """A number of processes that cannot be is refused."""
    with pytest.raises(UsageError, match="expected an integer of at least 1"):
        srbench.run("nearest", datasets=f"{pictures}/", out=tmp_path / "run", jobs=jobs)


@pytest.mark.slow
def test_repeated_factors_count_once(pictures: Path, tmp_path: Path) -> None:
    """`3,03` is one factor."""
    tables = srbench.run(
        "nearest", factors="3,03", datasets=f"{pictures}/", out=tmp_path / "run", timing=False, report=False
    )
    assert len(tables.scores) == len(list(pictures.glob("*.png")))


# What an earlier run knows already


def with_reuse(pictures: Path, out: Path, methods: str, plugins: Sequence[Path], *reuse: Path) -> Tables:
    """Score methods at x2, with the rows of earlier runs at hand."""
    return srbench.run(
        methods,
        factors=2,
        datasets=f"{pictures}/",
        device="cpu",
        out=out,
        plugins=[str(each) for each in plugins],
        timing=False,
        reuse=reuse,
    )


@pytest.mark.slow
def test_rows_of_an_earlier_run_are_taken_over(pictures: Path, counting: Path, tmp_path: Path) -> None:
    """No method whose rows match is called; the tables are equal row for row, to the last bit."""
    first = with_reuse(pictures, tmp_path / "one", "counting,nearest", [counting])
    calls = lines(tmp_path / "calls.txt")
    again = with_reuse(pictures, tmp_path / "two", "counting,nearest", [counting], tmp_path / "one")
    assert lines(tmp_path / "calls.txt") == calls
    pd.testing.assert_frame_equal(again.scores, first.scores)
    pd.testing.assert_frame_equal(again.summary, first.summary)
    assert sorted(lines(tmp_path / "one" / "rows.jsonl")) == sorted(lines(tmp_path / "two" / "rows.jsonl"))


def test_only_what_is_new_is_computed(pictures: Path, counting: Path, tmp_path: Path) -> None:
    """A method that the earlier run had not is scored beside those that are taken over, in the order asked for."""
    with_reuse(pictures, tmp_path / "one", "nearest", [])
    both = with_reuse(pictures, tmp_path / "two", "counting,nearest", [counting], tmp_path / "one")
    assert len(lines(tmp_path / "calls.txt")) == 3
    assert both.summary["method"].tolist() == ["counting", "nearest"]
    fresh = with_reuse(pictures, tmp_path / "three", "counting,nearest", [counting])
    pd.testing.assert_frame_equal(both.scores, fresh.scores)


def test_edited_method_is_scored_again_alone(pictures: Path, counting: Path, tmp_path: Path) -> None:
    """The rows of one that was edited are not taken over, those of the others are."""
    other = counting.with_name("other.py")
    shutil.copy(counting, other)
    with_reuse(pictures, tmp_path / "one", "counting,other", [counting, other])
    (tmp_path / "calls.txt").unlink()
    other.write_text(
        other.read_text(encoding="utf-8").replace("return image.repeat", "return 255 - image.repeat"), encoding="utf-8"
    )
    again = with_reuse(pictures, tmp_path / "two", "counting,other", [counting, other], tmp_path / "one")
    assert len(lines(tmp_path / "calls.txt")) == 3
    pd.testing.assert_frame_equal(
        again.scores, with_reuse(pictures, tmp_path / "three", "counting,other", [counting, other]).scores
    )


@pytest.mark.slow
def test_changed_image_is_scored_again(pictures: Path, counting: Path, tmp_path: Path) -> None:
    """Other pixels under the name of an image make a row of their own."""
    first = with_reuse(pictures, tmp_path / "one", "counting", [counting])
    write_image(pictures / "b.png", np.zeros((40, 48, 3), np.uint8))
    again = with_reuse(pictures, tmp_path / "two", "counting", [counting], tmp_path / "one")
    assert len(lines(tmp_path / "calls.txt")) == 4
    changed = first.scores["key"] != again.scores["key"]
    assert again.scores["image"][changed].tolist() == ["b.png"]
    assert again.scores["psnr"][changed].tolist() == [math.inf]


@pytest.mark.slow
def test_bad_rows_are_not_taken_over(pictures: Path, tmp_path: Path) -> None:
    """What went wrong is tried again: the reason may be gone without any file of the method being another."""
    plugin, switch = tmp_path / "mine.py", tmp_path / "switch"
    plugin.write_text(
        "import pathlib\n"
        "def load(factor, device):\n"
        "    def upscale(image):\n"
        f"        if not pathlib.Path({str(switch)!r}).exists():\n"
        "            raise RuntimeError('no licence')\n"
        "        return image.repeat(factor, 0).repeat(factor, 1)\n"
        "    return upscale\n",
        encoding="utf-8",
    )
    first = with_reuse(pictures, tmp_path / "one", "mine", [plugin])
    assert set(first.scores["status"]) == {"failed"}
    switch.touch()
    again = with_reuse(pictures, tmp_path / "two", "mine", [plugin], tmp_path / "one")
    assert set(again.scores["status"]) == {"ok"}
    assert again.scores["key"].tolist() == first.scores["key"].tolist()


@pytest.mark.slow
def test_several_runs_and_none(pictures: Path, counting: Path, tmp_path: Path) -> None:
    """Rows come from all the runs that are named; a folder that holds none is refused before anything is written."""
    with_reuse(pictures, tmp_path / "one", "counting", [counting])
    with_reuse(pictures, tmp_path / "two", "nearest", [])
    calls = lines(tmp_path / "calls.txt")
    earlier = tmp_path / "one", tmp_path / "two"
    with_reuse(pictures, tmp_path / "three", "counting,nearest", [counting], *earlier)
    assert lines(tmp_path / "calls.txt") == calls
    expected = sorted(line for each in earlier for line in lines(each / "rows.jsonl"))
    assert sorted(lines(tmp_path / "three" / "rows.jsonl")) == expected
    with pytest.raises(RunFolderError, match="is not a run folder"):
        with_reuse(pictures, tmp_path / "four", "nearest", [], tmp_path)
    assert not (tmp_path / "four").exists()

"""The same command on a folder that is complete: what has changed since is computed again, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import srbench
from srbench.errors import DatasetError, UsageError
from srbench.execution import passes, runner
from srbench.execution.worker_group import WorkerGroup
from srbench.isolation.limits import Limits
from srbench.maintain import verify
from srbench.plan import Execution, Keep, Plan
from srbench.quality.files import read_image, write_image
from srbench.speed.timing import Budget
from srbench.store import pictures
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = """
from pathlib import Path
def load(factor, device, tag="none"):
    def upscale(image):
        with Path(__file__).with_name("calls.txt").open("a") as calls:
            print(image.shape, file=calls)
        return image.repeat(factor, 0).repeat(factor, 1) // DIVISOR
    return upscale
"""


def written(folder: Path, divisor: int, more: str = "") -> Path:
    """Write a plug-in, `blocks`, that repeats pixels and dims them."""
    file = folder / "blocks.py"
    file.write_text(BLOCKS.replace("DIVISOR", str(divisor)) + more, encoding="utf-8")
    return file


def calls(folder: Path) -> int:
    """Return how often the plug-in has upscaled since the last time."""
    file = folder / "calls.txt"
    count = len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0
    file.unlink(missing_ok=True)
    return count


def run(photos: Path, out: Path, plugin: Path, method: str = "blocks", **options: Any) -> Any:  # noqa: ANN401
    """Score at x2 without timing, and return the scores."""
    given: dict[str, Any] = {
        "factors": 2,
        "datasets": f"{photos}/",
        "timing": False,
        "report": False,
        "plugins": [plugin],
    } | options
    return srbench.run(method, out=out, **given).scores


def sound(folder: Path) -> bool:
    """Tell whether `verify` finds nothing wrong."""
    return all(check.verdict != "wrong" for check in verify.verify(folder))


def test_edited_code_is_computed_again(photos: Path, tmp_path: Path) -> None:
    """Tables hold today's rows, the journal all; once more, nothing is computed."""
    first = run(photos, tmp_path / "run", written(tmp_path, 1))
    assert calls(tmp_path) == 4
    second = run(photos, tmp_path / "run", written(tmp_path, 2))
    assert calls(tmp_path) == 4
    assert (second["psnr"] < first["psnr"]).all()
    pd.testing.assert_frame_equal(srbench.load(tmp_path / "run").scores, second)
    assert pd.read_csv(tmp_path / "run" / "scores.csv")["psnr"].tolist() == second["psnr"].tolist()
    assert (tmp_path / "run" / "rows.jsonl").read_bytes().count(b"\n") == 8
    assert sound(tmp_path / "run")
    run(photos, tmp_path / "run", tmp_path / "blocks.py")
    assert calls(tmp_path) == 0


@pytest.mark.slow
def test_finished_run_stays_as_it_is(photos: Path, tmp_path: Path) -> None:
    """The same command writes nothing: all it says of itself is of the command that computed."""
    out, plugin = tmp_path / "run", written(tmp_path, 1)
    run(photos, out, plugin, report=True, save_images=True)

    def files() -> dict[Path, tuple[int, int]]:
        found = {path: path.lstat() for path in out.rglob("*") if path.name != "run.lock"}
        return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}

    before = files()
    run(photos, out, plugin, report=True, save_images=True)
    assert files() == before


@pytest.mark.slow
@pytest.mark.parametrize("damage", [b"0.1", b"", None], ids=["other", "empty", "gone"])
def test_damaged_tables_and_pages_are_written_again(photos: Path, tmp_path: Path, damage: bytes | None) -> None:
    """Whatever happened to one of them; the rows are what counts."""
    out, plugin = tmp_path / "run", written(tmp_path, 1)
    run(photos, out, plugin, report=True)
    for name in ("scores.csv", "summary.parquet", "speeds.csv", "report.html", "derived.json"):
        before = (out / name).read_bytes()
        if damage is None:
            (out / name).unlink()
        else:
            (out / name).write_bytes(damage)
        run(photos, out, plugin, report=True)
        assert (out / name).read_bytes() == before, name


@pytest.mark.slow
def test_page_follows_rows_crops_and_baseline(photos: Path, tmp_path: Path) -> None:
    """A crop that was lost is made again; where rows or the baseline are others, the page is written again."""
    out, plugin = tmp_path / "run", written(tmp_path, 1)

    def page_after(**options: Any) -> bytes:  # noqa: ANN401
        run(photos, out, plugin, "blocks,nearest", report=True, **options)
        return (out / "report.html").read_bytes()

    pages = [page_after()]
    lost = next((out / "crops").glob("*-lr.png"))
    lost.unlink()
    page_after()
    assert lost.exists()
    written(tmp_path, 2)
    pages.append(page_after())
    pages.append(page_after(baseline="nearest"))
    assert len(set(pages)) == len(pages)


@pytest.mark.slow
@pytest.mark.parametrize("value", ["x" * 300, "a/" * 200, "no such file"])
def test_option_text_never_hides_code(photos: Path, tmp_path: Path, value: str) -> None:
    """However an option is spelt, an edit of the code is another key: reused runs are not answered with old scores."""
    method = f'blocks:tag="{value}"'
    first = run(photos, tmp_path / "one", written(tmp_path, 1), method)
    second = run(photos, tmp_path / "two", written(tmp_path, 2), method, reuse=[tmp_path / "one"])
    assert (second["status"] == "ok").all()
    assert set(first["code"]).isdisjoint(second["code"])
    assert (second["psnr"] < first["psnr"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("error", ["ValueError('no')", "OSError('no')", "SystemExit(3)", "KeyError('weights')"])
def test_method_whose_files_cannot_be_told_has_no_score(photos: Path, tmp_path: Path, error: str) -> None:
    """Nothing would notice that its weights were edited; the row says so, and the others are scored."""
    plugin = written(tmp_path, 1, f"\ndef files(factor, tag=''):\n    raise {error}\n")
    scores = run(photos, tmp_path / "run", plugin, "blocks,nearest").set_index("method")
    assert set(scores.loc["blocks", "status"]) == {"failed"}
    assert "its files(2) failed with" in scores.loc["blocks", "reason"].iloc[0]
    assert set(scores.loc["nearest", "status"]) == {"ok"}


@pytest.mark.slow
def test_files_that_refuse_a_factor_skip_it(photos: Path, tmp_path: Path) -> None:
    """`Unsupported` from `files` is the reason of a skipped row."""
    more = "\nfrom srbench.errors import Unsupported\ndef files(factor, tag=''):\n    raise Unsupported('no weights')\n"
    scores = run(photos, tmp_path / "run", written(tmp_path, 1, more))
    assert set(zip(scores["status"], scores["reason"], strict=True)) == {("skipped", "no weights")}


@pytest.mark.slow
def test_skipped_rows_are_tried_again(photos: Path, tmp_path: Path) -> None:
    """What a method lacked may be there now; what is skipped once more is no new row."""
    more = (
        "\nimport os\nfrom srbench.errors import Unsupported\nbuild = load\ndef load(factor, device, tag='none'):\n"
        "    if 'SRBENCH_TEST_READY' not in os.environ:\n        raise Unsupported('not ready')\n"
        "    return build(factor, device)\n"
    )
    plugin = written(tmp_path, 1, more)
    for _ in range(2):
        assert set(run(photos, tmp_path / "run", plugin)["status"]) == {"skipped"}
    assert (tmp_path / "run" / "rows.jsonl").read_bytes().count(b"\n") == 4
    os.environ["SRBENCH_TEST_READY"] = "1"
    try:
        assert set(run(photos, tmp_path / "run", plugin)["status"]) == {"ok"}
    finally:
        del os.environ["SRBENCH_TEST_READY"]


@pytest.mark.slow
def test_edited_added_and_deleted_images(photos: Path, tmp_path: Path) -> None:
    """Only what is new is upscaled; a file of the same pixels is not, and keeps its score."""
    out, plugin = tmp_path / "run", written(tmp_path, 1)
    first = run(photos, out, plugin).set_index("image")
    calls(tmp_path)
    image = read_image(photos / "a.bmp")
    times = (photos / "a.bmp").stat()
    write_image(photos / "a.bmp", 255 - image)
    os.utime(photos / "a.bmp", ns=(times.st_atime_ns, times.st_mtime_ns))  # the same size and time
    (photos / "b.bmp").unlink()
    shutil.copy(photos / "c.bmp", photos / "e.bmp")
    with (photos / "d.bmp").open("ab") as file:
        file.write(b"trailing bytes")  # the same pixels
    second = run(photos, out, plugin).set_index("image")
    assert calls(tmp_path) == 2
    assert list(second.index) == ["a.bmp", "c.bmp", "d.bmp", "e.bmp"]
    assert second.loc["a.bmp", "hr_sha256"] != first.loc["a.bmp", "hr_sha256"]
    assert second.loc["d.bmp", "psnr"] == first.loc["d.bmp", "psnr"]
    assert sound(out)
    run(photos, out, plugin)
    assert calls(tmp_path) == 0


@pytest.mark.slow
def test_pictures_that_were_not_kept_are_made(photos: Path, tmp_path: Path) -> None:
    """A complete run that is asked for whole images upscales again, and keeps its rows."""
    out, plugin = tmp_path / "run", written(tmp_path, 1)
    run(photos, out, plugin)
    rows = (out / "rows.jsonl").read_bytes()
    calls(tmp_path)
    scores = run(photos, out, plugin, save_images=True)
    assert calls(tmp_path) == 4
    assert (out / "rows.jsonl").read_bytes() == rows
    assert all((out / pictures.Links([row]).of(row)).is_file() for row in scores.itertuples())
    run(photos, out, plugin, save_images=True)
    assert calls(tmp_path) == 0


@pytest.mark.slow
def test_whole_images_are_never_those_of_old_code(photos: Path, tmp_path: Path) -> None:
    """Continued without `--save-images` after an edit, no readable name leads to the old picture."""
    out = tmp_path / "run"
    before = next(run(photos, out, written(tmp_path, 1), save_images=True).itertuples())
    assert np.array_equal(
        read_image(out / pictures.Links([before]).of(before)), read_image(out / pictures.images_of(before).sr)
    )
    after = next(run(photos, out, written(tmp_path, 2)).itertuples())
    assert not (out / pictures.Links([after]).of(after)).exists()
    assert not (out / pictures.images_of(after).sr).exists()
    assert sound(out)
    again = next(run(photos, out, written(tmp_path, 2), save_images=True).itertuples())
    assert read_image(out / pictures.Links([again]).of(again)).max() <= 127
    (out / pictures.Links([again]).of(again)).unlink()
    (out / pictures.Links([again]).of(again)).symlink_to(out / pictures.images_of(before).sr)
    wrong = [check.detail for check in verify.verify(out) if check.verdict == "wrong"]
    assert wrong == [f"{pictures.Links([again]).of(again)} is not the image of a current score"]


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"processes": 2}, {"limit": 5.0}, {"threads": 1}, {"memory": 10**12}], ids=str)
def test_timing_under_other_options_is_taken_again(photos: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    """The same plan with other processes or limits has other samples; the same has none."""
    brief = {"processes": 1, "rounds": 2, "seconds": 0, "warm_up": 0, "patience": 0}
    plan = Plan(("nearest",), (2,), (f"{photos}/",), device="cpu", scoring=False, sizes=("8x8",))

    def processes(**others: Any) -> set[int]:  # noqa: ANN401 - fields of a budget
        limits = {name: others.pop(name) for name in ("threads", "memory") if name in others}
        how = Execution(budget=Budget(**brief | others), limits=Limits(**limits))
        return set(runner.run(plan, tmp_path / "run", how).timings["process"])

    assert processes() == processes() == {0}
    assert min(processes(**change)) == 1


@pytest.mark.slow
def test_image_that_could_not_be_opened_is_tried_again(photos: Path, tmp_path: Path) -> None:
    """Once its file is there, it has a score; a row without pixels settles nothing."""
    plugin = written(tmp_path, 1)
    (photos / "e.bmp").symlink_to(tmp_path / "later.bmp")
    first = run(photos, tmp_path / "run", plugin).set_index("image")
    assert first["status"].to_dict() == dict.fromkeys(("a.bmp", "b.bmp", "c.bmp", "d.bmp"), "ok") | {"e.bmp": "failed"}
    shutil.copy(photos / "a.bmp", tmp_path / "later.bmp")
    assert set(run(photos, tmp_path / "run", plugin)["status"]) == {"ok"}
    assert calls(tmp_path) == 5


@pytest.mark.slow
@pytest.mark.processes
def test_complete_run_needs_no_judge(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its methods are described and nothing more starts, also where an image is broken and stays so."""
    (photos / "e.bmp").write_bytes(b"nonsense")
    plugin = written(tmp_path, 1)
    first = run(photos, tmp_path / "run", plugin)
    started = []
    start = WorkerGroup.start

    def watched(self: WorkerGroup, methods: list[str], *, judge: bool = True) -> None:
        started.append(judge)
        start(self, methods, judge=judge)

    monkeypatch.setattr(WorkerGroup, "start", watched)
    pd.testing.assert_frame_equal(run(photos, tmp_path / "run", plugin), first)
    assert not any(started)


@pytest.mark.slow
def test_run_json_tells_when_it_began_first(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Continued, it keeps that time, and counts the processes that worked on it."""
    times = iter(("first", "its end", "second"))
    monkeypatch.setattr(passes, "_now", lambda: next(times))
    for divisor in (1, 2):
        run(photos, tmp_path / "run", written(tmp_path, divisor))
        times = iter(("later", "its end", "last"))
    info = read_info(tmp_path / "run")
    assert (info["started"], info["processes"]) == ("first", 2)


@pytest.mark.usefixtures("brief")
def test_first_bad_row_ends_the_run(photos: Path, tmp_path: Path) -> None:
    """With `fail_fast` nothing is timed after it, the run is not finished, and its tables are there."""
    plugin = written(tmp_path, 1)
    plugin.write_text(BLOCKS.replace("DIVISOR", "'one'"), encoding="utf-8")
    plan = Plan(("blocks",), (2,), (f"{photos}/",), device="cpu", plugins=(str(plugin),))
    made = runner.run(plan, tmp_path / "run", Execution(fail_fast=True))
    assert set(made.scores["status"]) == {"failed"}
    assert len(made.timings) == 0
    assert read_info(tmp_path / "run")["status"] == "running"
    assert len(pd.read_csv(tmp_path / "run" / "scores.csv")) == len(made.scores)


@pytest.mark.slow
def test_interrupted_run_has_tables(photos: Path, tmp_path: Path) -> None:
    """The files hold the rows so far."""
    plan = Plan(("nearest",), (2,), (f"{photos}/",), device="cpu", timing=False)

    def stop(what: str, done: int, _: int) -> None:
        if what == "scoring" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runner.run(plan, tmp_path / "run", tick=stop)
    assert len(pd.read_csv(tmp_path / "run" / "scores.csv")) == 2


@pytest.mark.slow
def test_reused_row_bears_todays_spec(photos: Path, tmp_path: Path) -> None:
    """A key has no path in it: a file of options that was moved is another spec with the same scores."""
    plugin = tmp_path / "filed.py"
    code = BLOCKS.replace("DIVISOR", "1").replace('tag="none"', "table: Path")
    plugin.write_text(code, encoding="utf-8")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "table.txt").write_text("the same", encoding="utf-8")
    specs = [f"filed:table={tmp_path / name / 'table.txt'}" for name in ("one", "two")]
    run(photos, tmp_path / "run 1", plugin, specs[0])
    scores = run(photos, tmp_path / "run 2", plugin, specs[1], reuse=[tmp_path / "run 1"])
    assert calls(tmp_path) == 4
    assert scores["spec"].tolist() == specs[1:] * 4


@pytest.mark.slow
def test_baseline_in_another_spelling(photos: Path, tmp_path: Path) -> None:
    """It is known before anything is computed, and run.json has its canonical spec; a stranger is refused."""
    plugin = written(tmp_path, 1)
    with pytest.raises(UsageError, match="--baseline is 'bicubic', expected one of --methods: blocks"):
        run(photos, tmp_path / "none", plugin, baseline="bicubic")
    with pytest.raises(UsageError, match="--baseline is 'blocks:tag=a', expected one of --methods: blocks"):
        run(photos, tmp_path / "none", plugin, baseline="blocks:tag=a")
    assert not (tmp_path / "none").exists()
    run(photos, tmp_path / "run", plugin, "nearest,blocks", baseline="blocks:tag=none")
    assert read_info(tmp_path / "run")["baseline"] == "blocks"


@pytest.mark.slow
def test_reuse_takes_only_what_stands(photos: Path, tmp_path: Path) -> None:
    """A row that its own run no longer stands behind is not taken over, even if somebody gave it a fitting key."""
    plugin = written(tmp_path, 1)
    run(photos, tmp_path / "one", plugin)
    calls(tmp_path)
    info = read_info(tmp_path / "one")
    info["methods"]["blocks"]["codes"] = dict.fromkeys(info["methods"]["blocks"]["codes"], "0" * 64)
    (tmp_path / "one" / "run.json").write_text(json.dumps(info), encoding="utf-8")
    run(photos, tmp_path / "two", plugin, reuse=[tmp_path / "one"])
    assert calls(tmp_path) == 4


@pytest.mark.slow
def test_reused_score_needs_its_image_where_images_are_kept(photos: Path, tmp_path: Path) -> None:
    """With `save_images`, a run that kept none is not enough."""
    plugin = written(tmp_path, 1)
    run(photos, tmp_path / "one", plugin)
    run(photos, tmp_path / "two", plugin, reuse=[tmp_path / "one"])
    assert calls(tmp_path) == 4
    scores = run(photos, tmp_path / "three", plugin, reuse=[tmp_path / "one"], save_images=True)
    assert calls(tmp_path) == 4
    assert not any(pictures.lacks(tmp_path / "three", row, Keep(images=True)) for row in scores.itertuples())


@pytest.mark.slow
def test_methods_of_equal_content_have_rows_of_their_own(photos: Path, tmp_path: Path) -> None:
    """Two files of equal weights are two methods: cut short after the first, the run computes the second."""
    more = "\nbuild = load\ndef load(factor, device, weights: Path = Path('none')):\n    return build(factor, device)\n"
    plugin, out = written(tmp_path, 1, more), tmp_path / "run"
    for name in "ab":
        (tmp_path / name).write_bytes(b"equal")
    methods = f'blocks:weights="{tmp_path}/a",blocks:weights="{tmp_path}/b"'
    first = run(photos, out, plugin, methods)
    assert len(set(first["key"])) == 4
    lines = (out / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (out / "rows.jsonl").write_bytes(lines[0])
    pd.testing.assert_frame_equal(run(photos, out, plugin, methods), first)
    assert sound(out)


@pytest.mark.slow
@pytest.mark.processes
def test_higher_limits_are_another_try(photos: Path, tmp_path: Path) -> None:
    """What exceeded `--timeout` is computed again once the limit is another, and not again with the same."""
    slow = (
        "\nimport time\nbuild = load\ndef load(factor, device):\n    time.sleep(3)\n    return build(factor, device)\n"
    )
    plugin, out = written(tmp_path, 1, slow), tmp_path / "run"
    options: dict[str, Any] = {"retries": 0, "timeout": 1.5}
    assert set(run(photos, out, plugin, **options)["status"]) == {"timeout"}
    rows = (out / "rows.jsonl").read_bytes()
    assert set(run(photos, out, plugin, **options)["status"]) == {"timeout"}
    assert (out / "rows.jsonl").read_bytes() == rows
    assert set(run(photos, out, plugin, **options | {"timeout": 60})["status"]) == {"ok"}


@pytest.mark.slow
def test_image_that_is_edited_during_the_run(photos: Path, tmp_path: Path) -> None:
    """The run does not end as complete with an image less: it says so, and the same command mends it."""
    more = (
        "\nbuild = load\ndef load(factor, device):\n    photo = Path(__file__).with_name('photos') / 'd.bmp'\n"
        "    if not Path(__file__).with_name('calls.txt').exists():\n"
        "        photo.write_bytes(photo.read_bytes() + b'edited')\n    return build(factor, device)\n"
    )
    plugin, out = written(tmp_path, 1, more), tmp_path / "run"
    with pytest.raises(DatasetError, match=r"an image was edited while it was scored .*repeat the same command"):
        run(photos, out, plugin)
    assert read_info(out)["status"] == "running"
    assert len(run(photos, out, plugin)) == 4

"""Metrics in runs: each value is a row of its own, computed where it is missing, and nothing else is computed again."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest

import srbench
from srbench.errors import RunFolderError, UsageError
from srbench.execution import runner
from srbench.maintain import verify
from srbench.metrics.registry import MetricPlugin
from srbench.plan import Execution, Plan
from srbench.quality import protocols
from srbench.quality.files import read_image, write_image
from srbench.quality.pairs import seen
from srbench.store import journal_reader
from srbench.store.journal import read_info
from srbench.store.pictures import images_of
from srbench.store.rows import MetricRow, ScoreRow

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

METHOD = """
from pathlib import Path
def load(factor, device):
    def upscale(image):
        with Path(__file__).with_name("calls.txt").open("a") as calls:
            print("upscale", file=calls)
        return image.repeat(factor, 0).repeat(factor, 1) DIM
    return upscale
"""
METRIC = '''
"""MAE: mean absolute error."""
from pathlib import Path
import numpy as np
from srbench.errors import Unsupported
from srbench.metrics import Metric
METRIC = Metric(label="MAE", better="lower", low=0, sees="SEES")
def load(scale: float = 1.0):
    def score(reference, image):
        with Path(__file__).with_name("calls.txt").open("a") as calls:
            print("measure", file=calls)
        return scale * float(np.abs(reference.astype(float) - image).mean())
    return score
'''


class Bench:
    """A method, `blocks`, and a metric, `mae`, that write down their calls, and runs of them on four photographs."""

    def __init__(self, folder: Path, photos: Path) -> None:
        """Write both plug-ins into `folder`."""
        self.folder = folder
        self.photos = photos
        self.out = folder / "run"
        self.method = folder / "blocks.py"
        self.metric = folder / "mae.py"
        self.write_method()
        self.write_metric()

    def write_method(self, dim: str = "") -> None:
        """Write the method, which repeats pixels."""
        self.method.write_text(METHOD.replace("DIM", dim), encoding="utf-8")

    def write_metric(self, sees: str = "scored", more: str = "") -> None:
        """Write the metric."""
        self.metric.write_text(METRIC.replace("SEES", sees) + more, encoding="utf-8")

    def run(self, metrics: str = "psnr,ssim,mae", methods: str = "blocks", **options: Any) -> pd.DataFrame:  # noqa: ANN401
        """Return the scores of a run at x2 without timing."""
        given: dict[str, Any] = {
            "factors": 2,
            "datasets": f"{self.photos}/",
            "timing": False,
            "report": False,
            "plugins": [self.method, self.metric],
            "out": self.out,
        } | options
        return srbench.run(methods, metrics=metrics, **given).scores

    def calls(self) -> dict[str, int]:
        """Return how often the plug-ins were called since the last time."""
        file = self.folder / "calls.txt"
        count = Counter(file.read_text(encoding="utf-8").split()) if file.exists() else Counter()
        file.unlink(missing_ok=True)
        return dict(count)

    def rows(self, out: Path | None = None) -> list[Any]:
        """Return all rows of the journal."""
        return journal_reader.sound((out or self.out) / "rows.jsonl").rows

    def values(self) -> list[MetricRow]:
        """Return those of metrics."""
        return [row for row in self.rows() if isinstance(row, MetricRow)]


@pytest.fixture
def bench(tmp_path: Path, photos: Path) -> Bench:
    """Return a method, a metric, and photographs to run them on."""
    return Bench(tmp_path, photos)


def wrong(folder: Path) -> list[str]:
    """Return what `verify` finds wrong."""
    return [check.detail for check in verify.verify(folder) if check.verdict == "wrong"]


def test_each_value_is_a_row(bench: Bench) -> None:
    """It follows its score, whose key it has, and is what the metric gives to what the protocol scores."""
    scores = bench.run()
    assert bench.calls() == {"upscale": 4, "measure": 4}
    rows = bench.rows()
    assert [type(row) for row in rows] == [ScoreRow, MetricRow] * 4
    assert all(value.score == score.key for score, value in zip(rows[::2], rows[1::2], strict=True))
    hr = read_image(bench.photos / "a.bmp")
    protocol = protocols.get("basicsr")
    sr = protocol.degrade(hr, 2).repeat(2, 0).repeat(2, 1)
    reference, image = seen(protocol, protocol.truth(hr, 2), sr, 2, "scored")
    assert rows[1].value == np.abs(reference - image).mean() == scores["mae"][0]
    assert not wrong(bench.out)


@pytest.mark.slow
def test_no_metric_is_called_as_another_column(bench: Bench) -> None:
    """All columns of scores and summary beside those of metrics are reserved: a plug-in cannot take their place."""
    bench.run()
    found = srbench.load(bench.out)
    others = {*found.scores, *found.summary} - found.metrics.keys()
    assert [name for name in others if not MetricPlugin.is_reserved(name)] == []


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize("sees", ["scored", "rgb"])
def test_values_of_processes(bench: Bench, sees: Literal["scored", "rgb"]) -> None:
    """HR and SR reach the metric as they are, through the windows of three processes, in each of two groups."""
    bench.write_metric(sees)
    scores = bench.run(jobs=2).set_index("image")
    protocol = protocols.get("basicsr")
    for path in bench.photos.iterdir():
        hr = read_image(path)
        sr = protocol.degrade(hr, 2).repeat(2, 0).repeat(2, 1)
        reference, image = seen(protocol, protocol.truth(hr, 2), sr, 2, sees)
        assert scores.loc[path.name, "mae"] == np.abs(reference.astype(float) - image).mean()


@pytest.mark.slow
def test_scores_do_not_depend_on_metrics(bench: Bench) -> None:
    """The rows of scores are those of a run of PSNR and SSIM, bit for bit."""
    bench.run()
    bench.run("psnr,ssim", out=bench.folder / "plain")
    assert bench.rows(bench.folder / "plain") == [row for row in bench.rows() if isinstance(row, ScoreRow)]


@pytest.mark.slow
@pytest.mark.parametrize(("keep", "upscaled"), [(True, {}), (False, {"upscale": 4})], ids=["kept", "not kept"])
def test_added_metric_is_computed_alone(bench: Bench, keep: bool, upscaled: dict[str, int]) -> None:
    """Nothing is upscaled where whole images were kept, and else SR is made again; what is there stays as it is."""
    bench.run("psnr,ssim", save_images=keep)
    before = (bench.out / "rows.jsonl").read_bytes()
    bench.calls()
    added = bench.run(save_images=keep)
    assert bench.calls() == {"measure": 4} | upscaled
    after = (bench.out / "rows.jsonl").read_bytes()
    assert after.startswith(before)
    assert after[len(before) :].count(b"\n") == 4
    assert not wrong(bench.out)
    assert read_info(bench.out)["plan"]["metrics"] == ["psnr", "ssim", "mae"]
    at_once = bench.run(out=bench.folder / "at once")
    assert added["mae"].tolist() == at_once["mae"].tolist()


@pytest.mark.slow
def test_metric_that_was_left_out_comes_back(bench: Bench) -> None:
    """Its values are kept, and not computed again; the tables have what was asked for, and the first leads."""
    bench.run()
    bench.calls()
    assert "mae" not in bench.run("psnr,ssim")
    assert list(read_info(bench.out)["metrics"]) == ["psnr", "ssim"]
    assert list(bench.run("mae,psnr")["mae"]) == [row.value for row in bench.values()]
    assert list(read_info(bench.out)["metrics"]) == ["mae", "psnr"]
    assert bench.calls() == {}
    bench.run("psnr,mae")
    assert list(read_info(bench.out)["metrics"]) == read_info(bench.out)["plan"]["metrics"] == ["psnr", "mae"]


@pytest.mark.slow
def test_finished_run_stays_as_it_is(bench: Bench) -> None:
    """The same metrics, in whatever spelling, compute and write nothing."""
    bench.run("psnr,mae:scale=2")
    times = {path: path.stat().st_mtime_ns for path in bench.out.iterdir() if path.name != "run.lock"}
    bench.calls()
    bench.run("psnr,mae:scale=2.00")
    assert bench.calls() == {}
    assert {path: path.stat().st_mtime_ns for path in times} == times


@pytest.mark.slow
def test_edited_metric_is_measured_again(bench: Bench) -> None:
    """Its code, not the method's, decides; scores stay, and older values are in the journal alone."""
    first = bench.run()
    bench.calls()
    bench.write_metric(more="\nplain = load\ndef load(scale: float = 1.0):\n    return plain(10)\n")
    second = bench.run()
    assert bench.calls() == {"upscale": 4, "measure": 4}
    assert second["mae"].tolist() == [10 * value for value in first["mae"]]
    assert len(bench.values()) == 8
    assert not wrong(bench.out)


@pytest.mark.slow
def test_edited_method_is_measured_again(bench: Bench) -> None:
    """A value is of one SR: that of other code has none."""
    first = bench.run()
    bench.calls()
    bench.write_method("// 2")
    second = bench.run()
    assert bench.calls() == {"upscale": 4, "measure": 4}
    assert (second["mae"] > first["mae"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["srcnn", "selfexsr", "basicsr", "ntire", "article"])
def test_saved_image_is_as_good_as_sr(bench: Bench, protocol: str) -> None:
    """Protocols round before they score: 8-bit PNG gives the value of SR itself, also of float SR (`srcnn`)."""
    bench.run("psnr", "bicubic-matlab", protocols=protocol, save_images=True)
    later = bench.run("mae", "bicubic-matlab", protocols=protocol, save_images=True)
    at_once = bench.run("mae", "bicubic-matlab", protocols=protocol, out=bench.folder / "at once")
    assert later["mae"].tolist() == at_once["mae"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["other pixels", "no image", "gone"])
def test_saved_image_that_is_not_sr(bench: Bench, damage: str) -> None:
    """One that was edited, damaged or deleted is not measured: SR is made again."""
    bench.run("psnr,ssim", save_images=True)
    bench.calls()
    for picture in [bench.out / images_of(row).sr for row in bench.rows()]:
        if damage == "other pixels":
            write_image(picture, read_image(picture) ^ 1)
        elif damage == "no image":
            picture.write_bytes(b"nonsense")
        else:
            picture.unlink()
    added = bench.run()
    assert bench.calls() == {"upscale": 4, "measure": 4}
    assert added["mae"].tolist() == bench.run(out=bench.folder / "at once")["mae"].tolist()


@pytest.mark.slow
def test_saved_image_without_hr(bench: Bench) -> None:
    """No score vouches for it, but its size: metrics that need no reference see it, or SR that is made again."""
    text = METRIC.replace("SEES", "rgb").replace('label="MAE"', 'label="M", reference=False')
    text = text.replace("score(reference, image)", "score(image)").replace("reference.astype(float) - image", "image")
    bench.metric.write_text(text, encoding="utf-8")
    first = bench.run("mae", reference=False, save_images=True)
    assert bench.calls() == {"upscale": 4, "measure": 4}
    row = next(each for each in bench.rows() if each.image == "b.bmp")
    write_image(bench.out / images_of(row).sr, np.zeros((8, 8, 3), np.uint8))
    second = bench.run("mae,mae:scale=2", reference=False, save_images=True)
    assert bench.calls() == {"upscale": 1, "measure": 4}
    assert second["mae:scale=2.0"].tolist() == [2 * value for value in first["mae"]]


@pytest.mark.slow
def test_reused_values_are_taken_over(bench: Bench) -> None:
    """With `reuse`, scores and values whose keys match are not computed; a further metric sees the images there."""
    first = bench.run("psnr,ssim,mae", save_images=True)
    bench.calls()
    second = bench.run("psnr,mae,mae:scale=2", out=bench.folder / "second", reuse=[bench.out])
    assert bench.calls() == {"measure": 4}
    assert second["mae"].tolist() == first["mae"].tolist()
    assert second["mae:scale=2.0"].tolist() == [2 * value for value in first["mae"]]
    assert not wrong(bench.folder / "second")


@pytest.mark.slow
def test_image_that_was_saved_again(bench: Bench) -> None:
    """A file of the same pixels keeps its value, and no row is written twice."""
    first = bench.run()
    bench.calls()
    with (bench.photos / "a.bmp").open("ab") as file:
        file.write(b"trailing bytes")
    assert bench.run()["mae"].tolist() == first["mae"].tolist()
    assert bench.calls() == {}
    assert len(bench.values()) == 4


READY = """
import os
plain = load
def load(scale: float = 1.0):
    if "SRBENCH_TEST_READY" not in os.environ:
        raise Unsupported("not ready")
    return plain(scale)
"""


@pytest.mark.slow
def test_skipped_values_are_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A metric that cannot be loaded upscales nothing, and is no new row; once it can be, its values are there."""
    bench.write_metric(more=READY)
    scores = bench.run()
    assert set(scores["mae_status"]) == {"skipped"}
    assert set(scores["mae_reason"]) == {"not ready"}
    assert set(scores["status"]) == {"ok"}
    bench.calls()
    bench.run()
    assert bench.calls() == {}
    assert len(bench.values()) == 4
    monkeypatch.setenv("SRBENCH_TEST_READY", "1")
    assert set(bench.run()["mae_status"]) == {"ok"}


BROKEN = {
    "return float('nan')": ("failed", "returned NaN, expected a number"),
    "return 'good'": ("failed", "returned a str, expected a number"),
    "return None": ("failed", "returned None, expected a number"),
    "raise KeyError('layer 3')": ("failed", "KeyError in broken.py, line 17: 'layer 3'"),
    "raise SystemExit(3)": ("failed", "SystemExit: 3"),
    "raise Unsupported('too small')": ("skipped", "too small"),
    "import package_that_is_absent": ("failed", "ModuleNotFoundError in broken.py, line 17: No module named 'package"),
    "np.zeros(3).reshape(2)": ("failed", "ValueError in broken.py, line 17: cannot reshape array of size 3"),
}


@pytest.mark.slow
@pytest.mark.parametrize("code", BROKEN)
def test_broken_metric_costs_its_own_values(bench: Bench, code: str) -> None:
    """Its row says in one line what was wrong; scores and other metrics are there."""
    status, reason = BROKEN[code]
    bad = f"\ndef load(scale: float = 1.0):\n    def score(reference, image):\n        {code}\n    return score\n"
    broken = bench.folder / "broken.py"
    broken.write_text(METRIC.replace("SEES", "rgb") + bad, encoding="utf-8")
    scores = bench.run("broken,psnr,mae", plugins=[bench.method, bench.metric, broken])
    assert set(scores["broken_status"]) == {status}
    assert all(each.startswith(reason) for each in scores["broken_reason"])
    assert scores["broken"].isna().all()
    assert set(scores["status"]) == set(scores["mae_status"]) == {"ok"}
    assert np.isfinite(scores[["psnr", "mae"]]).all(axis=None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("top", "status", "reason"),
    [
        (
            "import package_that_is_absent",
            "skipped",
            "needs the package package_that_is_absent, which is not installed",
        ),
        ("raise ValueError('no')", "failed", "cannot be imported: ValueError: no"),
    ],
)
def test_metric_that_cannot_be_imported(bench: Bench, top: str, status: str, reason: str) -> None:
    """It has rows that say so, and the same command tries no method again."""
    bench.write_metric(more=f"\n{top}\n")
    scores = bench.run()
    assert set(scores["mae_status"]) == {status}
    assert all(reason in each for each in scores["mae_reason"])
    bench.calls()
    bench.run()
    assert bench.calls() == {}


@pytest.mark.parametrize("top", ["METRIC = 3", "METRIC = Metric(label='MAE', better='bigger')"])
def test_metric_that_declares_nonsense(bench: Bench, top: str) -> None:
    """It is refused before anything is computed, as `srbench metrics show` refuses it."""
    bench.write_metric(more=f"\n{top}\n")
    with pytest.raises(
        UsageError, match=r"metric 'mae' \(.*mae\.py\) (has METRIC = |declares better='bigger', expected)"
    ):
        bench.run()
    assert bench.calls() == {}
    assert not bench.out.exists()


@pytest.mark.slow
def test_bad_scores_have_no_values(bench: Bench) -> None:
    """Where there is no SR there is nothing to measure; the run is complete all the same."""
    bench.write_method("[1:]")
    scores = bench.run()
    assert set(scores["status"]) == {"failed"}
    assert bench.values() == []
    assert read_info(bench.out)["status"] == "finished"
    bench.calls()
    bench.run()
    assert bench.calls() == {}


@pytest.mark.slow
def test_luma_is_no_rgb(bench: Bench) -> None:
    """Under a protocol of luma, SR of an RGB image has no colours to see: skipped, with what to do."""
    bench.write_metric("rgb")
    scores = bench.run(protocols="srcnn,basicsr")
    luma = scores["protocol"] == "srcnn"
    assert set(scores[luma]["mae_status"]) == {"skipped"}
    assert all("use a protocol whose LR is RGB, such as basicsr" in each for each in scores[luma]["mae_reason"])
    assert set(scores[~luma]["mae_status"]) == {"ok"}
    bench.calls()
    bench.run(protocols="srcnn,basicsr")
    assert bench.calls() == {}


@pytest.mark.slow
def test_metric_edited_during_the_run(bench: Bench) -> None:
    """A worker that finds other code than the run began with refuses: values would bear the old code's key."""
    once = (
        "\nimport os\ndef load(scale: float = 1.0):\n    def score(reference, image):\n        own = Path(__file__)\n"
        "        own.write_text(own.read_text() + '# edited\\n')\n        os._exit(1)\n    return score\n"
    )
    bench.write_metric(more=once)
    rows = _in_processes(bench)
    assert {row.status for row in rows} == {"skipped"}
    assert all(row.reason.startswith("its code or weights were edited during the run") for row in rows)


def _in_processes(bench: Bench) -> list[MetricRow]:
    """Run with workers that are processes, and return the rows of values."""
    from srbench.isolation import worker  # noqa: PLC0415
    from srbench.isolation.guard import Guard  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(worker, "new", Guard)
        bench.run()
    return bench.values()


@pytest.mark.slow
def test_method_that_does_not_repeat(bench: Bench) -> None:
    """SR that is made again and differs from the SR that was scored: the value says so."""
    bench.write_method("+ __import__('os').environ.get('SRBENCH_TEST_READY', '').count('x')")
    bench.run("psnr")
    os.environ["SRBENCH_TEST_READY"] = "x"
    try:
        scores = bench.run()
    finally:
        del os.environ["SRBENCH_TEST_READY"]
    assert set(scores["mae_status"]) == {"ok"}
    assert all("made again, SR has a PSNR of" in each for each in scores["mae_reason"])


@pytest.mark.parametrize(
    ("metrics", "text"),
    [("psnr,maee", "unknown metric 'maee'; did you mean 'mae'?"), ("mae:size=3", "unknown option 'size' of mae")],
)
def test_unknown_metric(bench: Bench, metrics: str, text: str) -> None:
    """It is known before anything is computed, and no folder is left."""
    with pytest.raises(UsageError, match=text.replace("?", r"\?")):
        bench.run(metrics)
    assert not bench.out.exists()
    assert bench.calls() == {}


@pytest.mark.slow
def test_first_bad_value_ends_the_run(bench: Bench) -> None:
    """With `fail_fast`, a metric that fails stops the run as a method does; continued, the run goes on."""
    bench.write_metric(more="\ndef load(scale: float = 1.0):\n    return lambda reference, image: float('nan')\n")
    bench.run(fail_fast=True)
    assert read_info(bench.out)["status"] == "running"
    bench.run()
    assert len(bench.rows()) == 8
    assert read_info(bench.out)["status"] == "finished"


@pytest.mark.slow
def test_interrupted_between_score_and_value(bench: Bench) -> None:
    """The run is continued with what is missing: SR is made again for its value, and the score stays."""
    bench.run()
    lines = (bench.out / "rows.jsonl").read_bytes().splitlines(keepends=True)
    (bench.out / "rows.jsonl").write_bytes(b"".join(lines[:5]))
    bench.calls()
    bench.run()
    assert bench.calls() == {"upscale": 2, "measure": 2}
    assert sorted((bench.out / "rows.jsonl").read_bytes().splitlines(keepends=True)) == sorted(lines)


@pytest.mark.slow
def test_what_was_computed_is_told(bench: Bench) -> None:
    """Where there were results; a first run, and one without such metrics, have nothing to tell."""
    told: list[str] = []

    def run(*metrics: str) -> None:
        plan = Plan(
            ("blocks",),
            (2,),
            (f"{bench.photos}/",),
            timing=False,
            plugins=(str(bench.method), str(bench.metric)),
            metrics=metrics,
        )
        runner.run(plan, bench.out, Execution(), tell=told.append)

    for metrics in (("psnr",), ("psnr", "ssim"), ("psnr", "mae"), ("psnr", "mae")):
        run(*metrics)
    assert told == ["scores: 0 new; metrics: mae 4 new", "scores: 0 new; metrics: 0 new"]


@pytest.mark.slow
def test_progress_counts_scores_and_values(bench: Bench) -> None:
    """A score that fails settles the values that it would have had."""
    seen_by: list[tuple[Any, ...]] = []
    plan = Plan(
        ("blocks", "nearest"),
        (2,),
        (f"{bench.photos}/",),
        timing=False,
        plugins=(str(bench.method), str(bench.metric)),
        metrics=("mae",),
    )
    bench.write_method("[1:]")
    runner.run(plan, bench.out, tick=lambda *step: seen_by.append(step[1:]))
    assert seen_by[0] == (0, 16)
    assert max(seen_by) == (16, 16)


@pytest.mark.slow
def test_progress_says_that_weights_are_fetched(bench: Bench) -> None:
    """It says so before the first row, once: where they are here, it does not."""
    weights = bench.folder / "weights.bin"
    bench.write_metric(more=f"\ndef weights(scale=1.0):\n    return [Path({str(weights)!r})]\n")
    plan = Plan(("blocks",), (2,), (f"{bench.photos}/",), timing=False, metrics=("mae",))
    plan = replace(plan, plugins=(str(bench.method), str(bench.metric)))
    for first in ("fetching the weights of mae, scoring", "scoring"):
        steps: list[str] = []
        runner.run(plan, bench.folder / first, tick=lambda step, *_: steps.append(step))  # noqa: B023 - called at once
        assert next(step for step in steps if "scoring" in step) == first
        weights.touch()


@pytest.mark.slow
def test_folder_of_an_older_version_is_continued(bench: Bench) -> None:
    """Schema 4 had no metrics: its rows are read, and a metric is added."""
    bench.run("psnr,ssim")
    file = bench.out / "run.json"
    info = json.loads(file.read_bytes())
    del info["metrics"], info["plan"]["metrics"]
    file.write_text(json.dumps(info | {"schema": 4}), encoding="utf-8")
    bench.calls()
    assert list(srbench.load(bench.out).scores["psnr"]) == [row.psnr for row in bench.rows()]
    scores = bench.run()
    assert bench.calls() == {"upscale": 4, "measure": 4}
    assert np.isfinite(scores["mae"]).all()
    assert read_info(bench.out)["schema"] == 5


@pytest.mark.slow
def test_other_settings_are_still_refused(bench: Bench) -> None:
    """Metrics alone may differ."""
    bench.run()
    with pytest.raises(RunFolderError, match=r"different settings \(factors: 2, not 3\)"):
        bench.run("mae", factors=3)

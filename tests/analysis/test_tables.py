"""The tables derived from rows: means that mean what they say, in the order that was asked for."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of, of_metric
from srbench.analysis.tables import NAMES, Order, Tables, alone, tables, write
from srbench.metrics.declaration import Metric
from srbench.quality.protocols import PROTOCOLS, get
from srbench.store.rows import MetricRow, Row, ScoreRow, Status, TimingRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

METRICS = metrics_of({})
LPIPS = {"lpips": of_metric("lpips", Metric(label="LPIPS", better="lower", low=0))}

ORDER = Order(methods=["b", "a"], datasets={"set": 2}, factors=[3, 2], protocols=["p"], metrics=METRICS)


def score(image: str, psnr: float = 30.0, ssim: float = 0.9, **fields: Any) -> ScoreRow:  # noqa: ANN401 - any field
    """Return a score row of method `a`."""
    given: dict[str, Any] = {
        "method": "a",
        "dataset": "set",
        "factor": 3,
        "protocol": "p",
        "device": "cpu",
        "channels": 3,
    } | fields
    return ScoreRow(image=image, psnr=psnr, ssim=ssim, **given)


def bad(image: str, status: Status, reason: str) -> ScoreRow:
    """Return a row without a score."""
    return score(image, math.nan, math.nan, status=status, reason=reason, channels=0)


def call(seconds: float, **fields: Any) -> TimingRow:  # noqa: ANN401 - any field
    """Return one warm call of method `a` from 100x100 to 300x300."""
    given: dict[str, Any] = {
        "method": "a",
        "factor": 3,
        "device": "cpu",
        "phase": "call",
        "height": 100,
        "width": 100,
        "channels": 3,
    }
    return TimingRow(**(given | {"seconds": seconds} | fields))


def line(rows: Sequence[Row], order: Order = ORDER) -> dict[str, Any]:
    """Return the only line of the summary of `rows`."""
    summary = tables(rows, order).summary
    assert len(summary) == 1
    return {str(key): value for key, value in summary.iloc[0].items()}


def test_psnr_is_the_mean_over_images_not_that_of_the_pooled_error() -> None:
    """20 and 40 dB are 30 dB; pooling the errors would give 23 dB."""
    found = line([score("x", 20.0, 0.5), score("y", 40.0, 1.0)])
    assert (found["psnr"], found["ssim"], found["images"], found["of"]) == (30.0, 0.75, 2, 2)


def test_infinity_does_not_poison_a_mean() -> None:
    """An image that all methods reproduce exactly has no finite PSNR: it is left out, and the count says so."""
    found = line([score("x", 20.0, 0.5), score("y", math.inf, 1.0)])
    assert (found["psnr"], found["ssim"], found["images"], found["of"]) == (20.0, 0.5, 1, 2)
    assert (found["own_psnr"], found["own_ssim"], found["scored"], found["exact"]) == (math.inf, 0.75, 2, 0)


def test_one_exact_image_is_infinite_beside_others() -> None:
    """What is exact for one method and not for another counts: its mean is infinite, and how many are exact is said."""
    rows = [score(image, psnr, method=method) for method, psnr in (("a", 20.0), ("b", math.inf)) for image in "xy"]
    rows[3] = score("y", 10.0, method="b")
    found = tables(rows, ORDER).summary.set_index("method")
    assert found[["psnr", "images", "exact"]].to_numpy().tolist() == [[math.inf, 2, 1], [20.0, 2, 0]]


def test_means_are_over_the_same_images() -> None:
    """An image that one method lacks counts for none; `own_*` are over all that a method has."""
    rows = [score("x", 20.0), score("y", 40.0), score("x", 30.0, method="b"), bad("y", "failed", "boom")]
    rows[3] = replace(rows[3], method="b")
    found = tables(rows, ORDER).summary.set_index("method").loc[["a", "b"]]
    assert found[["psnr", "images", "own_psnr", "scored"]].to_numpy().tolist() == [[20, 1, 30, 2], [30, 1, 30, 1]]
    assert found["judged"].all()
    assert alone(tables(rows, ORDER).summary, METRICS)["psnr"].tolist() == [30, 30]


def test_all_images_exact_is_infinite() -> None:
    """Where every image is exact, the mean is infinite, neither NaN nor capped."""
    found = line([score("x", math.inf, 1.0), score("y", math.inf, 1.0)])
    assert (found["psnr"], found["ssim"], found["images"]) == (math.inf, 1.0, 2)


def test_missing_images_are_counted() -> None:
    """A mean over some of the images says how many of how many, also where rows are absent."""
    order = replace(ORDER, datasets={"set": 5})
    found = line([score("x", 20.0), bad("y", "failed", "boom")], order)
    assert (found["psnr"], found["images"], found["of"]) == (20.0, 1, 5)


@pytest.mark.slow
def test_the_worst_status_counts_with_its_reason() -> None:
    """One bad image is enough, and the reason shown is that of the status shown."""
    rows = [score("w"), bad("x", "skipped", "no RGB"), bad("y", "timeout", "60 s"), bad("z", "failed", "boom")]
    for count, status, reason in (
        (1, "ok", ""),
        (2, "skipped", "no RGB"),
        (3, "timeout", "60 s"),
        (4, "timeout", "60 s"),
    ):
        found = line(rows[:count])
        assert (found["status"], found["reason"]) == (status, reason)


def test_scored_training_images_are_counted() -> None:
    """Every scored image that the method was trained on counts, also one that it reproduces exactly."""
    rows = [score("w", trained_on=True), score("x", math.inf, 1.0, trained_on=True), score("y")]
    found = line([*rows, bad("z", "failed", "boom")], replace(ORDER, datasets={"set": 4}))
    assert (found["trained_on"], found["images"], found["scored"], found["of"]) == (2, 1, 3, 4)
    assert line(rows[2:])["trained_on"] == 0


def test_a_method_without_any_score_has_a_line_without_numbers() -> None:
    """What was skipped everywhere is in the table, with its reason."""
    found = line([bad("x", "skipped", "no CUDA"), bad("y", "skipped", "no CUDA")])
    assert (found["images"], found["of"], found["status"], found["reason"]) == (0, 2, "skipped", "no CUDA")
    assert math.isnan(found["psnr"])
    assert math.isnan(found["ssim"])
    assert found["parameters"] is pd.NA


@pytest.mark.slow
def test_milliseconds_per_output_megapixel() -> None:
    """The median call of each size, per output megapixel, then the median over sizes (by hand)."""
    rows: list[Row] = [
        score("x"),
        *(call(seconds) for seconds in (0.9, 0.009, 0.018)),  # 300x300: median 18 ms per 0.09 megapixels: 200
        *(call(seconds, height=200) for seconds in (0.072, 0.072)),  # 600x300: 72 ms per 0.18 megapixels: 400
        *(call(seconds, height=50) for seconds in (0.9, 0.9, 0.9, 0.9)),  # 150x300: 20000
    ]
    assert line(rows)["cpu_ms_per_mpx"] == pytest.approx(400)
    assert line(rows[:4])["cpu_ms_per_mpx"] == pytest.approx(200)
    assert line(rows[:6])["cpu_ms_per_mpx"] == pytest.approx(300)


@pytest.mark.slow
def test_only_warm_good_calls_are_timed() -> None:
    """Loading, first calls, other channels, dtypes, factors, devices and methods leave the number alone."""
    others = [
        call(9.0, phase="load"),
        call(9.0, phase="first"),
        call(9.0, channels=1),
        call(9.0, dtype="float64"),
        call(9.0, factor=2),
        call(9.0, device="cuda"),
        call(9.0, method="b"),
    ]
    assert line([score("x"), call(0.018), *others])["cpu_ms_per_mpx"] == pytest.approx(200)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "dtype"),
    [*((name, "uint8") for name in PROTOCOLS), *(("srcnn", name) for name in ("float16", "float32", "float64"))],
)
def test_times_are_found_by_the_dtype_of_lr(protocol: str, dtype: str) -> None:
    """Whatever dtype SR has, a score has the time on LR as its protocol makes it, and no other."""
    hr = np.zeros((24, 24, 3), np.uint8)
    lr = get(protocol).degrade(hr, 3)
    channels = lr.shape[2] if lr.ndim == 3 else 1
    order = replace(ORDER, protocols=[protocol])
    scored = score("x", protocol=protocol, dtype=dtype, channels=channels)
    others = [call(9.0, dtype=each, channels=channels) for each in ("float32", "float64", "uint8") if each != lr.dtype]
    rows: list[Row] = [scored, call(0.018, dtype=lr.dtype.name, channels=channels), *others]
    assert line(rows, order)["cpu_ms_per_mpx"] == pytest.approx(200)
    untimed = line([scored, *others], order)
    assert math.isnan(untimed["cpu_ms_per_mpx"])
    kinds = "float32, {0} {1}" if lr.dtype == np.float64 else "float32, {0} float64"
    names = kinds.format("RGB" if channels == 3 else "luma", "uint8")
    assert untimed["cpu_note"].startswith("timed on ")
    assert untimed["cpu_note"].endswith(f"{names} only, not {'RGB' if channels == 3 else 'luma'} {lr.dtype}")


def test_a_note_says_that_a_method_was_not_timed() -> None:
    """Where others were timed on a device and a method was not, that is said; on a device of no timing nothing is."""
    found = tables([score("x"), score("x", method="b"), call(0.018)], ORDER).summary.set_index("method")
    assert found["cpu_note"].to_dict() == {"b": "not timed", "a": found.loc["a", "cpu_note"]}
    assert found["cuda_note"].isna().all()
    assert str(found.loc["a", "cpu_note"]) == "nan"


@pytest.mark.slow
def test_a_size_that_had_no_turn_takes_no_time_away() -> None:
    """A slow method is not called on its largest size: its time is that of the others, and there is nothing to note."""
    skipped = call(math.nan, status="skipped", reason="the time limit was reached", phase="first", height=200)
    found = line([score("x"), call(0.018), skipped])
    assert (found["cpu_ms_per_mpx"], str(found["cpu_note"])) == (pytest.approx(200), "nan")
    none = line([score("x"), skipped])
    assert (str(none["cpu_ms_per_mpx"]), none["cpu_note"]) == ("nan", "the time limit was reached")


def test_a_method_that_failed_once_has_no_time() -> None:
    """What it did before it failed may not have been its work; the reason stands instead."""
    found = line([score("x"), call(0.018), call(math.nan, status="failed", reason="tired")])
    assert math.isnan(found["cpu_ms_per_mpx"])
    assert found["cpu_note"] == "tired"


@pytest.mark.slow
def test_cpu_and_cuda_have_their_own_columns() -> None:
    """The device of the score does not decide which timings are shown."""
    found = line([score("x"), call(0.018), call(0.009, device="cuda")])
    assert (found["cpu_ms_per_mpx"], found["cuda_ms_per_mpx"]) == pytest.approx((200, 100))
    assert math.isnan(line([score("x"), call(0.018)])["cuda_ms_per_mpx"])


def test_a_note_says_why_there_is_no_time() -> None:
    """The reason of a missing time stands beside it."""
    found = line([score("x"), call(math.nan, device="cuda", status="skipped", reason="no CUDA device")])
    assert found["cuda_note"] == "no CUDA device"
    assert pd.isna(found["cpu_note"])


def test_the_order_is_the_one_asked_for() -> None:
    """Datasets, protocols, factors, then methods, each as they were typed; images by name."""
    order = Order(
        methods=["b", "a"], datasets={"z": 2, "set": 2}, factors=[3, 2], protocols=["q", "p"], metrics=METRICS
    )
    keys = [(d, p, f, m) for d in order.datasets for p in order.protocols for f in order.factors for m in order.methods]
    rows = [
        score(image, dataset=dataset, protocol=protocol, factor=factor, method=method)
        for image in "yx"
        for dataset, protocol, factor, method in sorted(keys)
    ]
    found = tables(rows, order)
    columns = ["dataset", "protocol", "factor", "method"]
    assert list(found.summary[columns].itertuples(index=False, name=None)) == keys
    assert list(found.scores[columns].itertuples(index=False, name=None)) == [key for key in keys for _ in "xy"]
    assert list(found.scores["image"]) == list("xy") * len(keys)


def test_of_rows_about_the_same_thing_the_newest_counts() -> None:
    """A method changed during a continued run: the later row replaces the earlier, whatever its key."""
    rows = [score("x", 20.0, key="old"), score("y", 40.0), score("x", 30.0, key="new")]
    found = tables(rows, ORDER)
    assert found.scores["psnr"].tolist() == [30.0, 40.0]
    assert found.summary["psnr"].tolist() == [35.0]


@pytest.mark.parametrize("field", ["method", "factor", "protocol", "device"])
def test_what_differs_never_shares_a_line(field: str) -> None:
    """Two methods, factors, protocols or devices are two lines."""
    order = replace(ORDER, protocols=["p", "q"])
    other: dict[str, Any] = {"method": "b", "factor": 2, "protocol": "q", "device": "cuda"}
    found = tables([score("x", 20.0), score("x", 40.0, **{field: other[field]})], order)
    assert sorted(found.summary["psnr"]) == [20.0, 40.0]
    assert len(found.scores) == 2


def test_parameters_are_whole_numbers_or_absent() -> None:
    """22729 weights are not 22729.0, and a method without has none."""
    found = tables([score("x", parameters=22729), score("x", method="b")], ORDER).summary
    assert found["method"].tolist() == ["b", "a"]
    assert str(found["parameters"].dtype) == "Int64"
    assert found["parameters"].tolist() == [pd.NA, 22729]


def test_no_rows_make_empty_tables() -> None:
    """A run that was interrupted before its first row has tables with their columns."""
    found = tables([], ORDER)
    assert (len(found.scores), len(found.timings), len(found.summary)) == (0, 0, 0)
    assert {"psnr", "image"} <= set(found.scores)
    assert found.scores["trained_on"].dtype == bool
    assert {"method", "psnr", "images", "of", "cpu_ms_per_mpx", "cuda_note"} <= set(found.summary)


def test_scores_without_timings_have_a_summary() -> None:
    """`--no-timing` leaves the times empty, not the table."""
    found = line([score("x")])
    assert found["psnr"] == 30.0
    assert math.isnan(found["cpu_ms_per_mpx"])


def load(folder: Path) -> Tables:
    """Return the tables in a folder as their Parquet files hold them."""
    scores, timings, summary, speeds = (pd.read_parquet(folder / f"{name}.parquet") for name in NAMES)
    return Tables(scores, timings, summary, speeds)


ROWS: list[Row] = [
    score("x", 1 / 3, 0.1 + 0.2, parameters=22729),
    score("y", math.inf, 1.0, parameters=22729, trained_on=True),
    score("x", method="b", reason='comma, "quote"\nline'),
    bad("z", "crashed", "signal 9"),
    call(1 / 7),
    call(math.nan, device="cuda", status="skipped", reason="no CUDA device"),
]


@pytest.mark.slow
@pytest.mark.parametrize("rows", [ROWS, ROWS[:2], ROWS[2:3], ROWS[3:4], []], ids=len)
def test_written_tables_load_equal(tmp_path: Path, rows: Sequence[Row]) -> None:
    """Parquet keeps every value and type; nothing else is left in the folder."""
    written = tables(rows, ORDER)
    write(tmp_path, written)
    loaded = load(tmp_path)
    for name in ("scores", "timings", "summary"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(written, name))
    assert len(list(tmp_path.iterdir())) == 8


def test_csv_holds_unrounded_numbers(tmp_path: Path) -> None:
    """Any reader gets the very same floats from the CSV; infinity is spelt inf, NaN is empty."""
    write(tmp_path, tables(ROWS, ORDER))
    with (tmp_path / "scores.csv").open(encoding="utf-8", newline="") as file:
        found = {(row["method"], row["image"]): row for row in csv.DictReader(file)}
    assert float(found["a", "x"]["psnr"]) == 1 / 3
    assert float(found["a", "x"]["ssim"]) == 0.1 + 0.2
    assert found["a", "y"]["psnr"] == "inf"
    assert found["a", "z"]["psnr"] == ""
    assert found["b", "x"]["reason"] == 'comma, "quote"\nline'
    with (tmp_path / "timings.csv").open(encoding="utf-8", newline="") as file:
        assert 1 / 7 in [float(row["seconds"] or "nan") for row in csv.DictReader(file)]


@pytest.mark.slow
def test_writing_again_replaces_the_tables(tmp_path: Path) -> None:
    """A continued run leaves the tables of all its rows."""
    write(tmp_path, tables(ROWS[:1], ORDER))
    write(tmp_path, tables(ROWS, ORDER))
    assert len(load(tmp_path).scores) == 4


FULL = """
import resource, sys
from pathlib import Path
from srbench.analysis.columns import metrics_of
from srbench.errors import RunFolderError
from srbench.store.rows import ScoreRow
from srbench.analysis.tables import Order, tables, write
rows = [ScoreRow(method="a", dataset="set", image="x", factor=3, protocol="p", device="cpu", psnr=30.0)]
found = tables(rows, Order(["a"], {"set": 1}, [3], ["p"], metrics_of({})))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    write(Path(sys.argv[1]), found)
except RunFolderError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    """The table that has no room is named, the old one is untouched, and no half-written file is left."""
    (tmp_path / "scores.parquet").write_text("the old one", encoding="utf-8")
    command = [sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    assert "scores.parquet: " in line
    assert "File too large; the rows are kept in rows.jsonl: free some space" in line
    assert {path.name for path in tmp_path.iterdir()} == {"scores.csv", "scores.parquet"}
    assert (tmp_path / "scores.parquet").read_text(encoding="utf-8") == "the old one"


def test_tables_hold_the_rows_as_they_are() -> None:
    """Scores and timings are the rows themselves: raw samples, each with its status and reason."""
    found = tables(ROWS, ORDER)
    assert isinstance(found, Tables)
    assert found.timings["seconds"].tolist()[0] == 1 / 7
    assert found.scores["status"].tolist() == ["ok", "ok", "ok", "crashed"]
    assert np.isinf(found.scores["psnr"]).sum() == 1


def lpips(of: ScoreRow, value: float, **fields: Any) -> MetricRow:  # noqa: ANN401 - any field
    """Return the LPIPS of the SR of a score."""
    names = ("method", "dataset", "image", "factor", "protocol", "device")
    return MetricRow(metric="lpips", value=value, **{name: getattr(of, name) for name in names} | fields)


def means(rows: Sequence[Row], order: Order) -> dict[str, list[Any]]:
    """Return by method LPIPS with its own mean, and the numbers of images that both are over."""
    summary = tables(rows, order).summary.set_index("method").astype(object)
    named = summary[["lpips", "lpips_images", "own_lpips", "lpips_scored"]]
    return {str(name): [None if pd.isna(each) else each for each in line] for name, *line in named.itertuples()}


def test_means_of_a_metric_are_over_the_images_that_all_have_a_value_of() -> None:
    """One missing value leaves out its image for all methods, and it is said how many count; own means stay."""
    order = replace(ORDER, metrics=METRICS | LPIPS)
    scores = [score(image, method=method) for method in "ab" for image in "wxyz"]
    rows: list[Row] = [*scores, *(lpips(each, 0.125 * (number + 1)) for number, each in enumerate(scores))]
    assert means(rows, order) == {"b": [0.8125, 4, 0.8125, 4], "a": [0.3125, 4, 0.3125, 4]}
    del rows[-1]
    assert means(rows, order) == {"b": [0.75, 3, 0.75, 3], "a": [0.25, 3, 0.3125, 4]}
    found = tables(rows, order).summary
    assert found["images"].tolist() == [4, 4]  # PSNR and SSIM do not depend on it
    whole = alone(found, order.metrics).set_index("method")
    assert whole[["lpips", "lpips_images"]].to_numpy().tolist() == [[0.75, 3], [0.3125, 4]]


def test_a_method_without_a_metric_takes_it_from_nobody() -> None:
    """Where a metric could not be computed for one method, the others have their means over all images."""
    order = replace(ORDER, metrics=METRICS | LPIPS)
    scores = [score(image, method=method) for method in "ab" for image in "xy"]
    rows: list[Row] = [*scores, *(lpips(each, 0.25) for each in scores[:2])]
    rows += [lpips(each, math.nan, status="skipped", reason="SR is luma only") for each in scores[2:]]
    assert means(rows, order) == {"b": [None, 0, None, 0], "a": [0.25, 2, 0.25, 2]}


def test_ranked_by_another_metric() -> None:
    """If LPIPS comes first, methods are judged by it: an image without it does not count, for PSNR neither."""
    order = replace(ORDER, metrics=LPIPS | {"psnr": METRICS["psnr"]})
    scores = [score("x", 20.0), score("y", 40.0)]
    found = tables([*scores, lpips(scores[0], 0.5)], order)
    assert found.scores["judged"].tolist() == [True, False]
    (line,) = found.summary.to_dict("records")
    assert (line["lpips"], line["psnr"], line["own_psnr"], line["images"], line["scored"]) == (0.5, 20, 30, 1, 2)
    assert "ssim" not in found.summary
    assert "own_ssim" not in found.summary


def test_columns_of_runs_by_psnr_and_ssim() -> None:
    """Scripts read these columns in this order, as they were before there were other metrics."""
    found = tables([score("x")], ORDER)
    assert " ".join(map(str, found.scores)) == (
        "method dataset image factor protocol device psnr ssim status reason height width channels dtype parameters "
        "trained_on judged protocol_fingerprint hr_sha256 hr_file_sha256 code key output"
    )
    assert " ".join(map(str, found.summary)) == (
        "method dataset factor protocol device judged images of scored exact trained_on psnr ssim own_psnr own_ssim "
        "parameters status reason cpu_ms_per_mpx cpu_note cuda_ms_per_mpx cuda_note"
    )

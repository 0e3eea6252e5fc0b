"""The table of speeds, derived from made-up samples whose right answer is known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.speeds import COLUMNS, baseline_of
from srbench.analysis.tables import Order, tables
from srbench.store.rows import TimingRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

METRICS = metrics_of({})


def row(**fields: Any) -> TimingRow:  # noqa: ANN401 - any field
    """Return a warm call of `bicubic` from 640x360 RGB."""
    given: dict[str, Any] = {"method": "bicubic", "factor": 3, "device": "cpu", "phase": "call", "dtype": "uint8"}
    given |= {"height": 360, "width": 640, "channels": 3, "seconds": 0.002, "other_load": 0.0, "clock": "wall"}
    return TimingRow(**(given | fields))


def calls(seconds: float = 0.002, processes: int = 3, **fields: Any) -> list[TimingRow]:  # noqa: ANN401 - any field
    """Return five rounds of one method in each process, all alike."""
    return [
        row(seconds=seconds, process=process, round=number, **fields)
        for process in range(processes)
        for number in range(1, 6)
    ]


def loads(method: str = "bicubic", **fields: Any) -> list[TimingRow]:  # noqa: ANN401 - any field
    """Return what loading took."""
    return [row(method=method, phase="load", height=0, width=0, channels=0, dtype="", **fields)]


def speeds(rows: Sequence[TimingRow], *methods: str) -> pd.DataFrame:
    """Return the table of speeds of a run of `methods`."""
    return tables(rows, Order(methods or ("bicubic",), {}, (3,), ("basicsr",), METRICS)).speeds


def line(rows: Sequence[TimingRow], *methods: str) -> dict[str, Any]:
    """Return the last line."""
    return dict(speeds(rows, *methods).iloc[-1])


def test_medians_and_what_follows_from_them() -> None:
    """2 ms for 1920x1080 are 0.96 ms per megapixel and 500 frames per second; of 4K one size says nothing."""
    found = line([*loads(seconds=0.5), row(phase="first", seconds=0.03), *calls(memory=100), *calls(0.002, memory=90)])
    assert found["call"] == found["call_p95"] == 0.002
    assert (found["call_low"], found["call_high"]) == pytest.approx((0.002, 0.002))
    assert (found["load"], found["first"], found["processes"], found["samples"]) == (0.5, 0.03, 3, 30)
    assert found["ms_per_mpx"] == pytest.approx(2 / 2.0736)
    assert (found["fps"], found["fps_1080p"], found["fps_1080p_source"]) == (*[pytest.approx(500)] * 2, "measured")
    assert math.isnan(found["fps_4k"])
    assert (found["memory"], found["verdict"], found["reason"]) == (100, "steady", "")
    assert math.isnan(found["compute"])
    assert math.isnan(found["limit"])


def test_ratio_is_paired_by_round() -> None:
    """Five times as long in each round, whatever the round took, is a ratio of 5 with no width."""
    drifting = [
        row(method=method, seconds=times * (1 + number) * (1 + process), process=process, round=number)
        for process in range(3)
        for number in range(5)
        for method, times in (("bicubic", 1.0), ("slow", 5.0))
    ]
    found = line(drifting, "bicubic", "slow")
    assert (found["baseline"], found["ratio"], found["ratio_low"], found["ratio_high"]) == (
        "bicubic",
        *(pytest.approx(5.0) for _ in range(3)),
    )


@pytest.mark.slow
def test_ratio_that_proves_nothing() -> None:
    """One process each, or two that differ widely, give no `same`: the ratio stands, and its verdict is `unsure`."""
    for seconds in ((0.3,), (0.06, 0.6)):
        rows = [*calls(0.001, processes=len(seconds))]
        rows += [
            row(method="slow", seconds=each, process=process, round=number)
            for process, each in enumerate(seconds)
            for number in range(1, 6)
        ]
        first, found = speeds(rows, "bicubic", "slow").to_dict("records")
        assert found["ratio"] > 100
        assert (found["ratio_verdict"], first["ratio_verdict"]) == ("unsure", "")


def test_baseline_is_bicubic_else_the_first() -> None:
    """It needs not be named."""
    assert baseline_of(["espcn", "bicubic"]) == "bicubic"
    assert baseline_of(["espcn", "nearest"]) == "espcn"
    assert baseline_of([]) == "bicubic"


def test_compute_is_the_inner_call() -> None:
    """What a paper would quote stands beside what a user waits for."""
    found = line([*loads(), *calls(0.004), *calls(0.002, phase="compute"), *calls(0.001, phase="start")])
    assert (found["call"], found["compute"], found["start"]) == (0.004, 0.002, 0.001)


def machine(sgemm: float = 0.01, copy: float = 0.02) -> list[TimingRow]:
    """Return what the machine does: 1000 x 1000 matrices, and a copy of 10 MB."""
    own = {"method": "", "channels": 1, "dtype": "float32", "code": ""}
    return [
        row(phase="sgemm", seconds=sgemm, **(own | {"height": 1000, "width": 1000})),
        row(phase="copy", seconds=copy, **(own | {"height": 1000, "width": 2500})),
    ]


def test_limit_by_work() -> None:
    """1000 multiply-adds for each of 2.07 million pixels at 200 GFLOP/s take 20.7 ms: half of 41.5 ms."""
    found = line([*loads(), *calls(0.041472, multiply_adds=1000.0), *machine()])
    assert found["limit"] == pytest.approx(2 * 1000 * 2.0736e6 / 2e11)
    assert found["limit_share"] == pytest.approx(0.5)


def test_limit_by_traffic() -> None:
    """Without multiply-adds, reading LR and writing SR once at 1 GB/s is the least: 6.9 MB in 6.9 ms."""
    found = line([*loads(), *calls(0.013824), *machine()])
    assert found["limit"] == pytest.approx(2.0736e6 * 3 * (1 + 1 / 9) / 1e9)
    assert found["limit_share"] == pytest.approx(0.5)


def test_limit_share_is_of_what_computes() -> None:
    """Conversions are not the network's: where `compute` is known, the share is of it."""
    both = calls(0.08, multiply_adds=1000.0), calls(0.041472, phase="compute", multiply_adds=1000.0)
    found = line([*loads(), *both[0], *both[1], *machine()])
    assert found["limit_share"] == pytest.approx(0.5)


def test_curve() -> None:
    """Time that grows with the power 1.5 of size has that exponent, and 4K frames do not follow it."""
    rows = loads()
    for height, width in ((90, 160), (180, 320), (360, 640)):
        rows += calls(0.001 * (height * width / 14400) ** 1.5, height=height, width=width)
    found = speeds(rows)
    assert list(found["exponent"]) == pytest.approx([1.5] * 3)
    assert list(found["fps_1080p"]) == pytest.approx([1 / 0.064] * 3)
    assert list(found["fps_4k_source"]) == ["none"] * 3


def test_a_failure_takes_the_time_of_its_size() -> None:
    """What a method did before it failed may not have been its work; other sizes keep theirs."""
    rows = [*loads(), *calls(), *calls(0.1, height=720, width=1280)]
    rows.append(row(height=720, width=1280, status="crashed", reason="out of memory", seconds=math.nan))
    small, large = speeds(rows).to_dict("records")
    assert (small["verdict"], small["call"]) == ("steady", 0.002)
    assert (large["verdict"], large["reason"]) == ("crashed", "out of memory")
    assert math.isnan(large["call"])


def test_method_that_cannot_be_loaded_has_one_line() -> None:
    """Where no size was timed, the line says why."""
    rows = [*loads(), *calls()]
    rows += loads("espcn", status="skipped", reason="no CUDA device", seconds=math.nan)
    found = speeds(rows, "bicubic", "espcn")
    assert list(found["method"]) == ["bicubic", "espcn"]
    assert (found["verdict"].iloc[1], found["reason"].iloc[1]) == ("skipped", "no CUDA device")


@pytest.mark.slow
def test_time_that_ran_out() -> None:
    """A size for which a method had no time left has a line that says so."""
    rows = [*loads(), *loads("slow"), *calls(), *calls(1.0, method="slow"), *calls(height=720, width=1280)]
    found = speeds(rows, "bicubic", "slow")
    lines = found[["method", "height", "verdict", "reason"]].to_numpy().tolist()
    assert lines[-1] == ["slow", 720, "skipped", "the time limit was reached before its turn (--limit)"]
    assert [line[2] for line in lines] == ["steady", "steady", "steady", "skipped"]


def test_load_that_fails_later() -> None:
    """A method that could not be loaded in one of the processes has no time at any size, and the reason."""
    rows = [*loads(), *loads(process=2, status="crashed", reason="SIGKILL", seconds=math.nan), *calls(processes=2)]
    found = line(rows)
    assert (found["verdict"], found["reason"]) == ("crashed", "SIGKILL")


@pytest.mark.slow
def test_baseline_is_one_that_has_a_time() -> None:
    """Where bicubic cannot run, as on CUDA, the first method that has a time at that size stands in."""
    rows = [*loads(status="skipped", reason="no", device="cuda"), *loads("a", device="cuda")]
    rows += calls(method="a", device="cuda", temperature=60.0)
    assert line(rows, "bicubic", "a")["verdict"] == "skipped"
    first = speeds(rows, "bicubic", "a").iloc[0]
    assert (first["method"], first["baseline"], first["ratio"]) == ("a", "a", 1.0)
    assert first["verdict"] == "steady"


def test_blind_gpu_is_noisy() -> None:
    """Without NVML, nobody knows what the GPU's clocks did."""
    found = line([*loads(device="cuda"), *calls(device="cuda")])
    assert found["reason"] == "the GPU's clocks are unknown: pip install nvidia-ml-py"


@pytest.mark.slow
def test_doubts_and_remarks_are_reasons() -> None:
    """A noisy measurement says why, and what an upscaler says about itself is kept."""
    found = line([*loads(), *calls(other_load=0.5, reason="tiled by 256")])
    assert found["verdict"] == "noisy"
    assert found["reason"] == "other load: 50% of all cores' time; tiled by 256"
    found = line([*loads(), *calls(foreign=2)])
    assert (found["verdict"], found["reason"]) == ("noisy", "2 other processes on the GPU")


def test_no_samples_no_lines() -> None:
    """A run without timing has the columns and nothing in them."""
    found = speeds([])
    assert len(found) == 0
    assert list(found.columns) == list(COLUMNS)


@pytest.mark.slow
def test_order() -> None:
    """Lines are by size, then in the order in which methods were asked for."""
    rows = [*loads(), *loads("a")]
    for name in ("a", "bicubic"):
        rows += [*calls(method=name, height=720, width=1280), *calls(method=name)]
    found = speeds(rows, "bicubic", "a")
    assert list(zip(found["height"], found["method"], strict=True)) == [
        (360, "bicubic"),
        (360, "a"),
        (720, "bicubic"),
        (720, "a"),
    ]

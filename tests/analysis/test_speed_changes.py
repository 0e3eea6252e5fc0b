"""Changes of speed: found where they are sure, and not where the machine or one run alone explains them."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.gate import offenders, parse
from srbench.analysis.speed_changes import changes
from srbench.analysis.speeds import speeds
from srbench.analysis.tables import Order, tables
from srbench.store.rows import TimingRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srbench.analysis.tables import Tables

METRICS = metrics_of({})


def timed(
    seed: int,
    processes: int = 5,
    between: float = 0.01,
    loaded: int = 0,
    failed: Sequence[str] = (),
    **seconds: float,
) -> Tables:
    """Return a run that took so long for each method, with noise between processes, `loaded` of them beside others.

    The methods `failed` could not be loaded.
    """
    random = np.random.default_rng(seed)
    rows = []
    for method, process in product(seconds, range(processes)):
        own = seconds[method] * math.exp(random.normal(0, between))
        rows += [
            TimingRow(
                method=method,
                factor=3,
                device="cpu",
                phase="call",
                height=9,
                width=16,
                channels=3,
                dtype="uint8",
                process=process,
                round=number,
                other_load=0.5 if process < loaded else 0.0,
                seconds=own * math.exp(random.normal(0, 0.005)),
            )
            for number in range(5)
        ]
    lost = {
        "factor": 3,
        "device": "cpu",
        "phase": "load",
        "height": 0,
        "width": 0,
        "channels": 0,
        "status": "failed",
        "reason": "gone",
    }
    rows += [TimingRow(method=method, **lost) for method in failed]  # type: ignore[arg-type]
    return tables(rows, Order([*seconds, *failed], {}, [3], [], METRICS))


def compared(a: Tables, b: Tables, *, across: bool = False) -> pd.DataFrame:
    """Return the changes by method."""
    return changes(a.timings, b.timings, [a.speeds, b.speeds], across=across).set_index("method")


A = timed(0, bicubic=1e-3, mine=2e-3)


@pytest.mark.slow
def test_same_program_again() -> None:
    """Runs of one program are the same, or nothing is sure where processes differ much."""
    for seed in range(1, 4):
        quiet = [timed(each, between=0.003, bicubic=1e-3, mine=2e-3) for each in (seed, seed + 100)]
        assert set(compared(*quiet)["verdict"]) == {"same"}
        noisy = [timed(each, between=0.1, bicubic=1e-3, mine=2e-3) for each in (seed, seed + 100)]
        found = compared(*noisy)
        assert set(found["verdict"]) == {"unsure"}
        assert found["reason"].str.startswith("neither a change nor a difference within 5% is significant").all()


@pytest.mark.slow
def test_slower_and_faster() -> None:
    """A method that takes 25 % longer is found, with what it took; bicubic, which did not change, is not."""
    b = timed(1, bicubic=1e-3, mine=2.5e-3)
    found = compared(A, b)
    assert found.loc["mine", "verdict"] == "slower"
    assert found.loc["bicubic", "verdict"] in {"same", "unsure"}
    assert found.loc["mine", "ratio"] == pytest.approx(1.25, rel=0.03)
    assert found.loc["mine", "yardstick"] == "bicubic"
    assert compared(b, A).loc["mine", "verdict"] == "faster"


@pytest.mark.slow
def test_drift_of_the_machine() -> None:
    """An hour in which everything takes 25 % longer is no change of any method, and no proof that there is none."""
    quiet = timed(0, between=0.003, bicubic=1e-3, mine=2e-3)
    found = compared(quiet, timed(1, between=0.003, bicubic=1.25e-3, mine=2.5e-3))
    assert set(found["verdict"]) == {"unsure"}
    assert found.loc["mine", "reason"] == (
        "B / A and B / A relative to bicubic disagree: the machine or bicubic changed"
    )


@pytest.mark.slow
def test_yardstick_alone_changed() -> None:
    """If bicubic alone is slower, that is said of bicubic, by the other method; the other did not change."""
    quiet = timed(0, between=0.003, bicubic=1e-3, mine=2e-3)
    found = compared(quiet, timed(1, between=0.003, bicubic=1.25e-3, mine=2e-3))
    assert list(found["verdict"]) == ["slower", "same"]


@pytest.mark.slow
def test_a_sure_change_must_be_five_per_cent() -> None:
    """Three per cent may be an accident of two runs, however narrow their intervals: that counts as the same."""
    narrow = [timed(0, between=1e-4, bicubic=1e-3, mine=2e-3), timed(1, between=1e-4, bicubic=1e-3, mine=2.06e-3)]
    found = compared(*narrow).loc["mine"]
    assert found["ratio_low"] > 1
    assert found["verdict"] == "same"
    assert found["ratio_high"] < 1.05


@pytest.mark.slow
def test_other_load() -> None:
    """A run beside another program all the time judges nothing; beside one that came and went it does, and says so."""
    always = compared(A, timed(1, loaded=3, bicubic=1e-3, mine=3e-3)).loc["mine"]
    assert (always["verdict"], always["reason"]) == ("unsure", "B is noisy: other load: 50% of all cores' time")
    passing = compared(A, timed(1, loaded=2, bicubic=1e-3, mine=3e-3)).loc["mine"]
    assert (passing["verdict"], passing["reason"]) == ("slower", always["reason"])


@pytest.mark.slow
@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(1000, "slower"), (3, "unsure"), (1 / 3, "unsure"), (0.3, "faster")],
)
def test_a_change_that_no_load_explains(factor: float, verdict: str, across: bool) -> None:
    """Beyond a factor of three in the whole interval a change is one, also beside other programs, which are named."""
    loaded = timed(1, loaded=5, bicubic=1e-3, mine=2e-3 * factor)
    found = compared(A, loaded, across=across)
    reason = "B is noisy: other load: 50% of all cores' time"
    assert tuple(found.loc["mine", ["verdict", "reason"]]) == (verdict, reason)
    failed = offenders(parse("time:+10%"), pd.DataFrame(), pd.DataFrame(), found.reset_index(), METRICS)
    assert [each.where.split()[0] for each in failed] == ["mine"] * (verdict == "slower")


@pytest.mark.sampled
@pytest.mark.parametrize(("between", "bicubic", "mine"), [(0.01, 1.0, 2.0), (0.5, 1e-3, 1e-2)])
def test_load_counts_where_ratios_or_processes_disagree(between: float, bicubic: float, mine: float) -> None:
    """If the machine was as much slower, or processes differ so much that the interval holds less, nothing is told."""
    b = timed(1, loaded=5, between=between, bicubic=bicubic, mine=mine)
    found = compared(A, b).loc["mine"]
    assert found["ratio"] > 3
    assert (found["verdict"], found["reason"].split(":")[0]) == ("unsure", "B is noisy")


def test_one_process_has_no_verdict() -> None:
    """One process in a run tells no interval, so no change, however large, is sure."""
    found = compared(A, timed(1, processes=1, bicubic=1e-3, mine=9e-3)).loc["mine"]
    assert found["verdict"] == "unsure"
    assert "2 processes" in found["reason"]
    assert np.isnan(found[["ratio_low", "ratio_high"]].to_numpy(float)).all()


def test_one_method_has_no_verdict() -> None:
    """Where nothing else was timed in both, a drift of the machine looks the same."""
    found = compared(A, timed(1, mine=9e-3)).loc["mine"]
    assert (found["verdict"], found["yardstick"]) == ("unsure", "")
    assert "add bicubic" in found["reason"]


@pytest.mark.slow
def test_across_machines() -> None:
    """On a machine twice as fast only what is relative to bicubic counts, and bicubic has no line."""
    quiet = [timed(seed, between=0.003, bicubic=1e-3 / 2**seed, mine=2e-3 / 2**seed) for seed in (0, 1)]
    same = compared(*quiet, across=True)
    assert list(same.index) == ["mine"]
    assert same.loc["mine", "verdict"] == "same"
    slower = compared(A, timed(1, bicubic=0.5e-3, mine=1.25e-3), across=True).loc["mine"]
    assert slower["verdict"] == "slower"
    assert slower["change"] == pytest.approx(1.25, rel=0.03)


def lost(a: Tables, b: Tables) -> list[str]:
    """Return what a limit on times, however wide, says of lost times, after what they were."""
    limit, nothing = parse("time:+1000%"), pd.DataFrame()
    found = offenders(limit, nothing, nothing, compared(a, b).reset_index(), METRICS)
    return [f"{each.where}: {each.after}" for each in found if each.what == "time"]


@pytest.mark.slow
def test_a_method_that_cannot_be_timed_any_more() -> None:
    """A method that B was to time and could not is lost, with B's reason: beyond any limit."""
    b = timed(1, failed=["mine"], bicubic=1e-3)
    assert lost(A, b) == ["mine x3 on cpu, 16x9x3 uint8: failed: gone"]
    assert compared(A, b).loc["mine", "verdict"] == "lost"


@pytest.mark.slow
def test_a_method_whose_times_are_gone() -> None:
    """A method without any row in B is lost, be it one of several, the baseline, or all of them."""
    assert lost(A, timed(1, bicubic=1e-3)) == ["mine x3 on cpu, 16x9x3 uint8: not timed"]
    assert lost(A, timed(1, mine=1e-3)) == ["bicubic x3 on cpu, 16x9x3 uint8: not timed"]
    assert len(lost(A, timed(1, other=1e-3))) == len(lost(A, timed(1))) == 2


@pytest.mark.slow
@pytest.mark.parametrize("status", ["absent", "failed"])
def test_a_size_that_is_lost(status: str) -> None:
    """One size of several that B has no time of is lost, and the others are compared."""
    sizes = [timed(seed, between=0.003, bicubic=1e-3, mine=2e-3, other=1e-3).timings for seed in (0, 1)]
    both = [pd.concat([each, each.assign(height=18)], ignore_index=True) for each in sizes]
    gone = (both[1]["height"] == 18) & (both[1]["method"] == "mine")
    if status == "absent":
        both[1] = both[1][~gone]
    else:
        both[1].loc[gone, ["status", "reason"]] = status, "no memory"
    a, b = (replace(A, timings=each, speeds=speeds(each, ["bicubic", "mine", "other"])) for each in both)
    why = "skipped: the time limit was reached before its turn (--limit)" if status == "absent" else "failed: no memory"
    assert lost(a, b) == [f"mine x3 on cpu, 16x18x3 uint8: {why}"]
    assert list(compared(a, b)["verdict"]) == [*["same"] * 5, "lost"]


@pytest.mark.slow
def test_what_was_not_timed_before_is_not_lost() -> None:
    """More methods and sizes in B are no loss, and neither is a time that A had not."""
    more = timed(1, bicubic=1e-3, mine=2e-3, other=1e-3)
    assert lost(A, more) == []
    assert lost(timed(0, failed=["mine"], bicubic=1e-3), timed(1, bicubic=1e-3)) == []


def test_nothing_timed() -> None:
    """Without times in A there are no lines."""
    assert compared(timed(1), A).empty
    assert compared(timed(1), timed(1)).empty

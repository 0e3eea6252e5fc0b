"""Frames per second: what was measured, a marked estimate from a size that is close, or a reason."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from srbench.analysis.frame_rates import fill_in

CASE = ["method", "factor", "device", "channels", "dtype"]
NEVER = math.nan


def filled(*sizes: tuple[int, int, float], factor: int = 3, **fields: Any) -> pd.DataFrame:  # noqa: ANN401 - any field
    """Return a table of one method, of (height, width of LR, seconds)."""
    fixed = {"method": "m", "factor": factor, "device": "cpu", "channels": 3, "dtype": "uint8"}
    lines = [
        {**fixed, "height": height, "width": width, "call": seconds, "megapixels": height * width * factor**2 / 1e6}
        | {"verdict": "steady" if seconds > 0 else "skipped", "reason": "" if seconds > 0 else "no time left", **fields}
        for height, width, seconds in sizes
    ]
    table = pd.DataFrame(lines)
    fill_in(table, CASE)
    return table


def rates(*sizes: tuple[int, int, float], factor: int = 3) -> list[tuple[str, str]]:
    """Return source and note at 1080p and at 4K."""
    line = filled(*sizes, factor=factor).iloc[0]
    return [(line[f"fps_{each}_source"], line[f"fps_{each}_note"]) for each in ("1080p", "4k")]


def test_measured() -> None:
    """A frame that was timed has the rate of its own time, whatever the curve through other sizes says."""
    line = filled((90, 160, 0.05), (360, 640, 0.1), (720, 1280, 0.2)).iloc[0]
    assert [line[f"fps_{each}"] for each in ("1080p", "4k")] == pytest.approx([10, 5])
    assert [line[f"fps_{each}_source"] for each in ("1080p", "4k")] == ["measured"] * 2
    assert line["fps"] == pytest.approx(20)
    assert line["exponent"] < 0.5


@pytest.mark.parametrize("factor", [2, 3, 4, 7])
def test_measured_at_any_factor(factor: int) -> None:
    """The size of LR that makes the frame depends on the factor; where it does not divide it, SR is just larger."""
    height, width = -(-1080 // factor), -(-1920 // factor)
    assert rates((height, width, 0.1), factor=factor)[0] == ("measured", "")


def test_estimate_is_marked() -> None:
    """Where time grows as the pixels do, a quarter and four times the pixels follow, and the source says how."""
    line = filled((180, 320, 0.25), (360, 640, 1.0)).iloc[0]
    assert line["fps_4k"] == pytest.approx(0.25)
    assert (line["fps_4k_source"], line["fps_4k_note"]) == ("estimated", "from LR 640x360, by size^1.00")
    down = filled((720, 1280, 4.0), (1440, 2560, 16.0)).iloc[0]
    assert (down["fps_1080p"], down["fps_1080p_source"]) == (pytest.approx(1.0), "estimated")


@pytest.mark.parametrize("power", [0.014, 0.51, 0.89, 1.11, 1.5, -0.2])
def test_no_estimate_by_another_power(power: float) -> None:
    """Time that does not grow as the pixels do, by noise or by nature, says nothing about another size."""
    sizes = [(height, width, 0.1 * (height * width) ** power) for height, width in ((180, 320), (360, 640))]
    (_, _), (source, note) = rates(*sizes)
    assert source == "none"
    assert note == f"not timed; no estimate: time grows with size^{power:.2f}, 0.9 to 1.1 is needed"


def test_no_estimate_from_afar() -> None:
    """Beyond four times the pixels, either way, there is none, nor from one size alone."""
    assert rates((90, 160, 1.0), (179, 320, 2.0))[0] == (
        "none",
        "not timed; no estimate: it is 4.02 times larger than LR 320x179, 4 times at most is allowed",
    )
    assert rates((2160, 3840, 9.0), (1440, 2560, 4.0))[0][1].startswith(
        "not timed; no estimate: it is 16 times smaller than LR 2560x1440"
    )
    assert rates((180, 320, 1.0))[0] == ("none", "not timed; no estimate: sizes that span a factor of 2 are needed")


@pytest.mark.parametrize(
    ("power", "shown"),
    [(0.8999, "0.8999"), (0.896, "0.896"), (0.89, "0.89"), (1.1004, "1.1004"), (1.100000001, "1.100000001")],
)
def test_a_power_just_beyond_the_limits_is_seen_to_be(power: float, shown: str) -> None:
    """As many digits are shown as it takes to tell it from the limit."""
    sizes = [(height, width, 0.1 * (height * width) ** power) for height, width in ((180, 320), (360, 640))]
    assert rates(*sizes)[1][1].endswith(f"time grows with size^{shown}, 0.9 to 1.1 is needed")


@pytest.mark.parametrize(
    ("timed", "shown"),
    [
        ((239, 241), "4.0001 times larger"),
        ((237, 243), "4.001 times larger"),
        ((514, 1793), "4.00001 times smaller"),
        ((480, 1921), "4.002 times smaller"),
    ],
)
def test_a_size_just_too_far_is_seen_to_be(timed: tuple[int, int], shown: str) -> None:
    """Likewise for how much larger or smaller it is."""
    note = rates((*timed, 1.0))[0][1]
    assert note.endswith(f"it is {shown} than LR {timed[1]}x{timed[0]}, 4 times at most is allowed")


def test_frame_that_could_not_be_timed() -> None:
    """What kept it from being timed is the note, and no estimate takes its place."""
    assert rates((180, 320, 0.25), (360, 640, 1.0), (720, 1280, NEVER)) == [
        ("measured", ""),
        ("none", "skipped: no time left"),
    ]


def test_other_lines_have_nothing() -> None:
    """A size without a time has no rate and no note: its own reason says why."""
    table = filled((360, 640, NEVER))
    assert table[["fps", "fps_1080p", "exponent"]].isna().all(axis=None)
    assert table["fps_1080p_source"].tolist() == [""]

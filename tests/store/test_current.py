"""`current`: which rows stand by run.json, fact by fact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from srbench.store.current import case_of, current
from srbench.store.rows import GIVEN, UNREADABLE, MetricRow, ScoreRow, TimingRow

SCORE = ScoreRow(
    method="m",
    dataset="set",
    image="a",
    factor=2,
    protocol="p",
    device="cpu",
    psnr=30.0,
    ssim=0.9,
    protocol_fingerprint="print",
    hr_sha256="pixels",
    hr_file_sha256="file",
    code="code",
    key="key",
)
TIMING = TimingRow(
    method="m", factor=2, device="cpu", phase="call", height=8, width=8, channels=3, code="code", process=3
)
INFO: dict[str, Any] = {
    "methods": {"m": {"devices": ["cpu"], "codes": {"x2 on cpu": "code", "x2 on cuda": "code"}}},
    "protocols": {"p": "print"},
    "datasets": {"set": {"files": {"a": "file"}}},
    "timed": {"x2 on cpu": {"first": 3}},
}


def test_rows_of_today_stand() -> None:
    """A score and a sample of the described code, protocol and file are current."""
    assert current([SCORE, TIMING], INFO) == [SCORE, TIMING]


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "older"},
        {"code": ""},
        {"method": "gone"},
        {"factor": 3},
        {"device": "cuda"},
        {"protocol": "q"},
        {"protocol_fingerprint": "older"},
        {"dataset": "another"},
        {"image": "deleted"},
        {"hr_file_sha256": "edited"},
        {"hr_file_sha256": ""},
        {"device": GIVEN},
    ],
    ids=str,
)
def test_score_of_anything_else_does_not_stand(changes: dict[str, Any]) -> None:
    """Other code, another method, factor, device, protocol, image or file: the row stays in the journal only."""
    assert current([replace(SCORE, **changes)], INFO) == []


@pytest.mark.parametrize("changes", [{"code": "older"}, {"method": "gone"}, {"process": 2}, {"factor": 3}], ids=str)
def test_sample_of_anything_else_does_not_stand(changes: dict[str, Any]) -> None:
    """Other code, or an attempt that was interrupted."""
    assert current([replace(TIMING, **changes)], INFO) == []


def test_samples_of_the_machine_need_no_method() -> None:
    """They have no code; those of an interrupted attempt do not stand either."""
    machine = replace(TIMING, method="", code="", phase="sgemm")
    assert current([machine, replace(machine, process=2)], INFO) == [machine]


def test_newest_score_stands() -> None:
    """Of two rows about one cell the later one counts, each image on its own."""
    other = replace(SCORE, psnr=31.0)
    assert current([SCORE, other], INFO) == [other]


def test_image_out_of_reach_refutes_nothing() -> None:
    """A file that nobody can read now leaves its score; a worker that could not read it takes none away."""
    hidden = INFO | {"datasets": {"set": {"files": {"a": ""}}}}
    assert current([SCORE], hidden) == [SCORE]
    unread = replace(SCORE, status="failed", hr_sha256=UNREADABLE, hr_file_sha256="")
    assert current([SCORE, unread], INFO) == [SCORE]
    assert current([unread], INFO) == [unread]


def test_given_images_have_codes_of_their_own() -> None:
    """An SR image that somebody made stands as long as its pixels are those of the last scoring."""
    row = replace(SCORE, device=GIVEN, code="sr pixels")
    info = INFO | {"methods": {"m": {"devices": [GIVEN], "codes": {"set/a": "sr pixels"}}}}
    assert current([row, replace(row, image="b")], info) == [row]
    assert current([replace(row, code="older")], info) == []


@pytest.mark.parametrize("absent", ["methods", "protocols", "datasets"])
def test_nothing_stands_that_is_not_described(absent: str) -> None:
    """A run that has not said what its methods, protocols or images are has no results yet."""
    assert current([SCORE], {name: value for name, value in INFO.items() if name != absent}) == []


def test_values_stand_with_the_score_of_their_sr() -> None:
    """A value needs the metric as it is described, and a good score under the key that it names; the newest counts."""
    info = INFO | {"metrics": {"n": {"code": "metric"}}}
    value = MetricRow(
        metric="n",
        method="m",
        dataset="set",
        image="a",
        factor=2,
        protocol="p",
        device="cpu",
        value=0.5,
        code="metric",
        score="key",
    )
    assert current([SCORE, value], info) == [SCORE, value]
    newer = replace(value, value=0.6)
    assert current([SCORE, value, newer], info) == [SCORE, newer]
    for changes in ({"code": "older"}, {"score": "another"}, {"metric": "left out"}, {"image": "b"}):
        assert current([SCORE, replace(value, **changes)], info) == [SCORE]  # type: ignore[arg-type]
    failed = replace(SCORE, status="failed")
    assert current([failed, value], info) == [failed]
    assert current([SCORE, value], INFO) == [SCORE]


def test_cases_are_named_by_factor_and_device() -> None:
    """As run.json spells them."""
    assert case_of(3, "cuda") == "x3 on cuda"


def test_scores_of_another_device_are_not_current() -> None:
    """A method scores on one device: what an earlier command computed on another is not mixed in."""
    other = replace(SCORE, device="cuda")
    assert current([other], INFO) == []
    both = INFO | {"methods": {"m": {"devices": ["cpu", "cuda"], "codes": INFO["methods"]["m"]["codes"]}}}
    assert current([SCORE, other], both) == [SCORE, other]  # of runs that were merged

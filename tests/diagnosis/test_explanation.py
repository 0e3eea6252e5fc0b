"""An explanation as JSON: what run.json holds is read again, and nothing else is taken for one."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from srbench.diagnosis.explanation import KEY, Candidate, Explanation, decibels, read, to_json
from srbench.formats import strict_json
from srbench.reports import explanation as reported

CANDIDATE = Candidate(
    name="BasicSR default (test_y_channel false)",
    psnr=32.7296,
    ssim=0.90628,
    is_group=False,
    group=1,
    differences=("RGB instead of luma",),
    psnr_difference=-2.0126,
    repository="XPixelGroup/BasicSR",
    commit="8d56e3a",
    where="basicsr/metrics/psnr_ssim.py:12,38",
    summary="",
)
FOUND = Explanation(
    claimed="32.73",
    claimed_ssim="",
    factor=3,
    images=5,
    base_psnr=34.7422,
    base_ssim=0.92989,
    fitting=(CANDIDATE,),
    nearest=(replace(CANDIDATE, name="other", ssim=None, psnr=math.inf, group=2, differences=()),),
    lr={},
    offsets={"sentences": ["nothing to undo"], "psnr": None},
    advice=("SSIM would tell more",),
)
INFO = {
    "plan": {"factors": [3]},
    "methods": {"SR": {"codes": {"a.png": "hash of SR"}}},
    "datasets": {"set": {"files": {"a.png": "hash of HR"}}},
}


def test_words() -> None:
    """A convention is told in one short sentence, with dB, and with repository, commit, file and line."""
    assert CANDIDATE.sentence == "BasicSR default (test_y_channel false): RGB instead of luma, -2.0 dB"
    assert CANDIDATE.source == "XPixelGroup/BasicSR@8d56e3a basicsr/metrics/psnr_ssim.py:12,38"
    assert FOUND.nearest[0].sentence == "other: the same as protocol basicsr"
    assert FOUND.claim == "PSNR 32.73 dB"


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (-2.0126, "-2.0 dB"),
        (0.041, "+0.04 dB"),
        (0.0057, "+0.006 dB"),
        (-0.00018, "-0.0002 dB"),
        (0.00001, "the same PSNR"),
        (0.0, "the same PSNR"),
    ],
)
def test_decibels(difference: float, text: str) -> None:
    """A difference has as many digits as it needs, and none where it is that of rounding."""
    assert decibels(difference) == text


def test_read_again() -> None:
    """What run.json holds is read as it was written, infinity and what there is none of included."""
    written = json.loads(strict_json.dumps(INFO | to_json(FOUND, INFO)))
    assert read(written) == FOUND


@pytest.mark.parametrize(
    "change",
    [
        {"plan": {"factors": [2]}},
        {"methods": {"SR": {"codes": {"a.png": "another"}}}},
        {"datasets": {"set": {"files": {"a.png": "another"}}}},
    ],
)
def test_never_stale(change: dict[str, Any]) -> None:
    """Of other SR, other HR or another factor nothing is said."""
    info = json.loads(json.dumps(INFO | to_json(FOUND, INFO)))
    assert read(info) == FOUND
    assert read(info | change) is None


@pytest.mark.parametrize(
    "change",
    [
        {"images": "5"},
        {"images": True},
        {"claimed": None},
        {"claimed": "much"},
        {"fitting": {}},
        {"fitting": [{"name": "x"}]},
        {"fitting": ["x"]},
        {"advice": [1]},
        {"lr": {"sentences": "text"}},
        {"offsets": []},
        {"base_psnr": "34"},
    ],
)
def test_edited(change: dict[str, Any]) -> None:
    """What an edited file may hold instead is no explanation, and no failure."""
    info = json.loads(json.dumps(INFO | to_json(FOUND, INFO)))
    info[KEY] |= change
    assert read(info) is None


@pytest.mark.parametrize("value", [None, [], "text", {}])
def test_none(value: Any) -> None:  # noqa: ANN401 - JSON
    """Nothing was explained, or could be."""
    assert read(INFO | {KEY: value}) is None
    assert read(INFO) is None
    assert to_json(None, INFO) == {KEY: None}


def test_count_and_list_agree() -> None:
    """A way to score is not counted beside the code bases that do so; the title of a group names what is cited."""
    base = [replace(CANDIDATE, name=name) for name in ("mmagic", "BasicSR")]
    way = replace(CANDIDATE, name="mmagic, CARN (RGB)", is_group=True)
    plain = replace(way, name="RGB, 4 bits", group=2, repository="", commit="", where="")
    found = replace(FOUND, fitting=(way, *base, plain), nearest=())
    assert reported.headline(found).endswith(": 3 known conventions give this, in 2 groups")
    assert [group.name for group in reported.groups(found)] == ["mmagic; BasicSR", "RGB, 4 bits"]
    assert reported.headline(replace(found, fitting=(plain,))).endswith(": 1 known convention gives this")

"""Checking whole methods in processes: what ends a process is a finding, and reports say what was checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import srbench
from srbench import methods
from srbench.checking import battery, checker
from srbench.errors import Unsupported, UsageError
from srbench.formats import strict_json
from tests.checking.broken import ALONE, BASE, METHODS, SOUND, Broken, of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only two checks be made."""
    few = {name: battery.CHECKS[name] for name in ("contract", "shift")}
    monkeypatch.setattr(battery, "CHECKS", few)
    monkeypatch.setattr(checker, "CHECKS", few)


def plugin(folder: Path, broken: Broken) -> Path:
    """Write the plug-in `mine`."""
    file = folder / "mine.py"
    file.write_text(BASE + broken.code, encoding="utf-8")
    return file


def found_in(folder: Path, broken: Broken) -> set[str]:
    """Return which of all checks, at x2, find something."""
    (report,) = checker.check(["mine"], [plugin(folder, broken)], factors=[2], timeout=60)
    return {each.check for each in report.findings}


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
def test_a_sound_method(tmp_path: Path) -> None:
    """Nothing is found at the factors that it has, and the report says what was checked, as JSON too."""
    (report,) = checker.check(["mine"], [plugin(tmp_path, SOUND)], factors=[2, 3])
    assert (report.method, report.device, report.factors) == ("mine", "cpu", (2, 3))
    assert report.checked == ("contract", "shift", "processes")
    assert report.remarks == ()
    assert json.loads(strict_json.dumps(report.facts)) == report.facts


@pytest.mark.slow
def test_usual_factors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without factors it is checked at those of x2, x3 and x4 that it has, and at others where it has none."""
    monkeypatch.setattr(checker, "CHECKS", {"contract": battery.CHECKS["contract"]})
    only = "from srbench import Unsupported\nif factor != {}: raise Unsupported('the model is x{}')"
    for factor in (4, 8):
        broken = of("return like(larger(image, factor), image)", before=only.format(factor, factor))
        (report,) = checker.check(["mine"], [plugin(tmp_path, broken)])
        assert (report.factors, report.findings) == ((factor,), [])
    with pytest.raises(Unsupported, match="the model is x8"):
        checker.check(["mine"], [plugin(tmp_path, broken)], factors=[2])


@pytest.mark.usefixtures("_few")
def test_what_is_said_once(tmp_path: Path) -> None:
    """What is the same at several factors, or in several checks, is one finding; all of them are in the facts."""
    (report,) = checker.check(["mine"], [plugin(tmp_path, METHODS["raises"])], factors=[2, 3])
    (finding,) = report.findings
    assert (finding.check, finding.factors) == ("contract", (2, 3))
    assert (finding.image, finding.seen) == ("grey uint8 17x12", "RuntimeError: no kernel image")
    assert report.facts["findings"] == [
        {
            "check": "contract",
            "factors": [2, 3],
            "image": "grey uint8 17x12",
            "seen": "RuntimeError: no kernel image",
            "advice": finding.advice,
        }
    ]


def test_a_method_that_cannot_be_loaded(tmp_path: Path) -> None:
    """That is the finding, and nothing else is checked."""
    (report,) = checker.check(["mine"], [plugin(tmp_path, METHODS["fails-to-load"])])
    (finding,) = report.findings
    assert (finding.check, finding.seen) == ("load", "OSError: no weights")
    assert finding.advice.startswith("mend what load does")
    assert report.checked == ()


def test_what_there_is_not(tmp_path: Path) -> None:
    """Methods, options and files that there are not are refused before anything is checked."""
    for spec, message in (("absent", "unknown method"), ("./absent.onnx", "does not exist"), ("nearest:x=1", "option")):
        with pytest.raises(UsageError, match=message):
            checker.check([spec])
    with pytest.raises(UsageError, match="does not exist"):
        checker.check(["mine"], [tmp_path / "mine.py"])


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
def test_from_python(tmp_path: Path) -> None:
    """`srbench.check` takes one method or several, and returns a report of each."""
    file = plugin(tmp_path, METHODS["half-pixel"])
    reports = srbench.check("mine,nearest", plugins=[file], factors="2")
    assert [report.method for report in reports] == ["mine", "nearest"]
    assert [len(report.findings) for report in reports] == [1, 0]
    assert srbench.check("nearest", factors=2)[0].findings == []


@pytest.mark.processes
@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("crashes", "the worker was killed by SIGABRT"),
        pytest.param("hangs", "no answer within 20 s (--timeout)", marks=pytest.mark.slow),
    ],
)
def test_what_ends_a_process(tmp_path: Path, name: str, seen: str) -> None:
    """A crash and a hang are findings, with the image; after a hang the other checks are left out, and that is said."""
    (report,) = checker.check(["mine"], [plugin(tmp_path, METHODS[name])], factors=[2], timeout=20)
    finding = report.findings[0]
    assert (finding.check, finding.seen) == ("contract", seen)
    assert finding.advice
    assert report.checked == (("contract",) if name == "hangs" else ("contract", "shift", "processes"))
    assert [each.seen for each in report.not_checked] == (
        ["left out after that: shift, processes"] if name == "hangs" else []
    )


@pytest.mark.slow
@pytest.mark.processes
def test_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What depends on the process, or on what it did before, is found by a second one."""
    few = {"shift": battery.CHECKS["shift"]}
    monkeypatch.setattr(battery, "CHECKS", few)
    monkeypatch.setattr(checker, "CHECKS", few)
    (report,) = checker.check(["mine"], [plugin(tmp_path, METHODS["first-call-differs"])], factors=[2])
    assert [each.check for each in report.findings] == ["processes"]
    assert "another process, with the images in opposite order, made another SR" in report.findings[0].seen


SEEN = {"crashes", "fails-to-load", "first-call-differs", "hangs"}
"""What is found in the tests above."""


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize("name", sorted(ALONE - SEEN))
def test_what_needs_a_process(tmp_path: Path, name: str) -> None:
    """It is found by the checks that should find it; where one mistake shows once, no other check finds anything."""
    found = found_in(tmp_path, METHODS[name])
    assert set(METHODS[name].checks) <= found
    assert not METHODS[name].only or found == set(METHODS[name].checks)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, broken in METHODS.items() if broken.only and name not in ALONE])
def test_what_shows_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """One mistake is found by the checks that should find it, and by no other."""
    monkeypatch.chdir(tmp_path)
    assert found_in(tmp_path, METHODS[name]) == set(METHODS[name].checks)


OTHERS = (
    "espcn:tile=64",
    "pillow:filter=nearest",
    "skimage:order=0",
    "torch:interpolate=nearest",
    "torch:interpolate=bicubic",
    "torch:interpolate=bicubic:align_corners=true",
    "imagemagick:format=ppm",
    "imagemagick:filter=point",
    "ffmpeg:flags=neighbor",
    "vips:interpolate=bicubic",
)
"""Options that round, place pixels or make tiles otherwise; `test_contract` holds all methods to the contract."""

FILES = ("onnx-span-x2/2xLiveActionV1_SPAN_490000.onnx",)


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.timeout(600)
@pytest.mark.parametrize("spec", [*sorted(set(methods.built_in()) - {"command", "onnx", "torch"}), *OTHERS])
def test_built_in_methods(spec: str) -> None:
    """Nothing is found in any built-in method, here at x2; what they do by design is a note."""
    try:
        (report,) = checker.check([spec], factors=(2,))
    except Unsupported as error:
        pytest.skip(str(error))
    assert report.findings == []


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", FILES)
def test_model_files(models_folder: Path, name: str) -> None:
    """Nothing is found in networks that others trained."""
    (report,) = checker.check([str(models_folder / name)], timeout=600)
    assert report.findings == []

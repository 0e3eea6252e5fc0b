"""`srbench check`: what it prints, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from srbench.checking import battery, checker
from tests.checking.broken import BASE, METHODS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


ALL = battery.CHECKS


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only two checks be made."""
    few = {name: battery.CHECKS[name] for name in ("contract", "shift")}
    monkeypatch.setattr(battery, "CHECKS", few)
    monkeypatch.setattr(checker, "CHECKS", few)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return a plug-in that shifts SR by half a pixel."""
    file = tmp_path / "mine.py"
    file.write_text(BASE + METHODS["half-pixel"].code, encoding="utf-8")
    return file


@pytest.mark.slow
def test_nothing_found(srbench: Command) -> None:
    """One line says so, another what was checked; the exit code is 0."""
    result = srbench("check", "nearest", "--factor", "2,3")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines == ["nearest on cpu at x2, x3: nothing found", "checked: contract, shift, processes"]


@pytest.mark.slow
def test_findings(srbench: Command, mine: Path) -> None:
    """Each says what was seen, on which input, and what to do; the exit code is 1, also if another method is sound."""
    result = srbench("check", "mine", "nearest", "--plugin", mine, "--factor", "2")
    assert result.code == 1
    title, finding, image, advice, *_ = result.out.splitlines()
    assert title == "mine on cpu at x2: 1 finding"
    assert finding == "FINDING x2 shift: SR is shifted down by 0.50 and right by 0.50 (px of SR)"
    assert image == "    seen on 4 photographs, the first astronaut, 48x48 RGB uint8"
    assert advice.startswith("    to do: ")
    assert "Mend this first" not in result.out
    assert "nearest on cpu at x2: nothing found" in result.out


def test_json(srbench: Command, mine: Path) -> None:
    """JSON has a report of each method; the exit code stays."""
    result = srbench("check", "mine", "--plugin", mine, "--factor", "2", "--json")
    assert result.code == 1
    (report,) = json.loads(result.out)
    assert report["method"] == "mine"
    (finding,) = report["findings"]
    assert sorted(finding) == ["advice", "check", "factors", "image", "seen"]
    assert (report["notes"], report["not_checked"]) == ([], [])
    assert report["checked"] == ["contract", "shift", "processes"]


def test_causes_first(srbench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that keeps results makes many findings: the cause stands first, and that the others may come of it."""
    few = {name: ALL[name] for name in ("kinds", "history")}
    monkeypatch.setattr(battery, "CHECKS", few)
    monkeypatch.setattr(checker, "CHECKS", few)
    (tmp_path / "mine.py").write_text(BASE + METHODS["cached-by-shape"].code, encoding="utf-8")
    lines = srbench("check", "mine", "--plugin", tmp_path / "mine.py", "--factor", "2").out.splitlines()
    first = lines.index("Mend this first: what follows may come of it.")
    findings = [(number, line.split()[2]) for number, line in enumerate(lines) if line.startswith("FINDING")]
    assert {check for number, check in findings if number < first} == {"history:"}
    assert "history:" not in {check for number, check in findings if number > first}
    assert findings[-1][0] > first


def test_by_design(srbench: Command, mine: Path) -> None:
    """What a method declares to do on purpose is a note, and the exit code is 0."""
    text = mine.read_text("utf-8").replace(
        "    return upscale\n", "    upscale.by_design = {'shift': 'as ours'}\n    return upscale\n"
    )
    mine.write_text(text, "utf-8")
    result = srbench("check", "mine", "--plugin", mine, "--factor", "2")
    assert result.code == 0
    assert "note x2 shift: SR is shifted" in result.out
    assert "by design: as ours" in result.out


@pytest.mark.slow
def test_one_of_several_that_is_unsupported(srbench: Command) -> None:
    """The others are checked, that one is named with the reason, and the exit code is 2; alone it is one line."""
    result = srbench("check", "espcn,nearest", "--factor", "8")
    assert result.code == 2
    assert "espcn on cpu: not checked" in result.out
    assert "not checked: load: espcn: espcn has no tanh weights for x8" in result.out
    assert "nearest on cpu at x8: nothing found" in result.out
    alone = srbench("check", "espcn", "--factor", "8")
    assert (alone.code, alone.out) == (2, "")
    assert "espcn has no tanh weights for x8" in alone.err


@pytest.mark.slow
def test_bad_input(srbench: Command) -> None:
    """One line and exit code 2 for a method, a factor or a device that there is not."""
    for given, words in (
        (["absent"], "unknown method 'absent'"),
        (["nearest", "--factor", "1"], "factor"),
        (["nearest", "--device", "tpu"], "--device is 'tpu', expected cpu or cuda"),
        (["./absent.onnx"], "does not exist"),
        (["./mine.py"], "mine.py is a plug-in: give it with --plugin mine.py"),
    ):
        result = srbench("check", *given)
        assert (result.code, result.out) == (2, ""), given
        assert words in result.err
        assert result.err.count("\n") == 1

"""What a method decided about its files: in run.json, in the key of its rows, and in the reason where it fails."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from srbench.errors import Unsupported, UsageError
from srbench.execution import loading, method_worker, runner
from srbench.execution.method_info import Asked
from srbench.plan import Execution, Plan

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.execution.method_info import MethodInfo

METHOD = """
from pathlib import Path
from srbench import Unsupported
HERE = Path(__file__).parent
def load(factor, device):
    return lambda image: image.repeat(factor, 0).repeat(factor, 1)
def decided(factor):
    with (HERE / "asked.txt").open("a") as asked:
        print(factor, file=asked)
    if factor != 2:
        raise Unsupported("the model is x2")
    return {"range": int((HERE / "range.txt").read_text()), "measured": {"0..1": 30.25}}
"""


def run(folder: Path, pictures: Path) -> dict[str, Any]:
    """Score a method at x2 and x3 and return what run.json says of it; its rows, by factor, are under `rows`."""
    (folder / "mine.py").write_text(METHOD, encoding="utf-8")
    plan = Plan(("mine",), (2, 3), (f"{pictures}/",), timing=False, plugins=(str(folder / "mine.py"),))
    scores = runner.run(plan, folder / "run", Execution()).scores
    facts: dict[str, Any] = json.loads((folder / "run" / "run.json").read_bytes())["methods"]["mine"]
    return facts | {"rows": dict(iter(scores.groupby("factor")))}


@pytest.mark.slow
def test_decisions_of_a_run(pictures: Path, tmp_path: Path) -> None:
    """They are in run.json by factor; a factor that is refused is skipped for that reason, and decides nothing."""
    (tmp_path / "range.txt").write_text("1", encoding="utf-8")
    found = run(tmp_path, pictures)
    assert found["decided"] == {"x2": {"range": 1, "measured": {"0..1": 30.25}}}
    assert set(found["rows"][2]["status"]) == {"ok"}
    assert set(zip(found["rows"][3]["status"], found["rows"][3]["reason"], strict=True)) == {
        ("skipped", "the model is x2")
    }


@pytest.mark.slow
def test_asked_once_per_factor(pictures: Path, tmp_path: Path) -> None:
    """However many images there are, a process asks a method once."""
    (tmp_path / "range.txt").write_text("1", encoding="utf-8")
    run(tmp_path, pictures)
    assert sorted((tmp_path / "asked.txt").read_text(encoding="utf-8").split()) == ["2", "3"]


MEASURING = """
from pathlib import Path
HERE = Path(__file__).parent
def files(factor):
    return [HERE / "range.txt"]
def decided(factor):
    with (HERE / "asked.txt").open("a") as asked:
        print(factor, file=asked)
    return {"range": int((HERE / "range.txt").read_text())}
def load(factor, device, decided=None):
    def upscale(image):
        return image.repeat(factor, 0).repeat(factor, 1)
    upscale.decided = decided
    return upscale
"""


def measuring(folder: Path) -> MethodInfo:
    """Return a description of a method that measures its file, as another process has made it."""
    (folder / "mine.py").write_text(MEASURING, encoding="utf-8")
    (folder / "range.txt").write_text("255", encoding="utf-8")
    info = method_worker.describe(Asked("mine", (str(folder / "mine.py"),), (2,), "cpu"))
    loading.forget()
    return info


def test_what_was_decided_is_loaded(tmp_path: Path) -> None:
    """A worker that loads a method goes by what the one that described it found, and measures nothing."""
    info = measuring(tmp_path)
    for _ in range(2):
        assert method_worker.ready(info, 2, "cpu").decided == {"range": 255}  # type: ignore[attr-defined]
    assert (tmp_path / "asked.txt").read_text(encoding="utf-8").split() == ["2"]


def test_a_file_that_was_edited_since(tmp_path: Path) -> None:
    """What was decided about it is of no use: nothing is loaded."""
    info = measuring(tmp_path)
    (tmp_path / "range.txt").write_text("1", encoding="utf-8")
    with pytest.raises(Unsupported, match="its code or weights were edited during the run"):
        method_worker.ready(info, 2, "cpu")


def test_a_decision_that_is_not_of_the_run(tmp_path: Path) -> None:
    """Another one than that in the keys of rows is refused as well."""
    info = replace(measuring(tmp_path), decided={"x2": {"range": 1}})
    with pytest.raises(Unsupported, match="edited during the run"):
        method_worker.ready(info, 2, "cpu")


def test_decided_is_no_option(tmp_path: Path) -> None:
    """A user cannot type what was decided."""
    measuring(tmp_path)
    with pytest.raises(UsageError, match="decided"):
        loading.chosen("mine:decided=1", (str(tmp_path / "mine.py"),))


@pytest.mark.slow
def test_another_decision_is_another_method(pictures: Path, tmp_path: Path) -> None:
    """Rows of before are not taken for those of a method that decides otherwise."""
    codes = []
    for text in ("1", "1", "255"):
        (tmp_path / "range.txt").write_text(text, encoding="utf-8")
        codes.append(run(tmp_path, pictures)["codes"]["x2 on cpu"])
    assert codes[0] == codes[1] != codes[2]


@pytest.mark.slow
def test_most_methods_decide_nothing(pictures: Path, tmp_path: Path) -> None:
    """run.json says nothing of decisions then, as before there were any."""
    runner.run(Plan(("nearest",), (2,), (f"{pictures}/",), timing=False), tmp_path / "run", Execution())
    facts = json.loads((tmp_path / "run" / "run.json").read_bytes())["methods"]["nearest"]
    assert "decided" not in facts

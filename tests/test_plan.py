"""A plan refuses what can never give a row, and says how two plans differ."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from srbench import plan
from srbench.errors import RunFolderError, UsageError
from srbench.plan import Plan


@pytest.mark.parametrize("name", ["methods", "factors", "datasets", "protocols"])
def test_empty_lists_are_refused(name: str) -> None:
    """A plan without methods, factors, datasets or protocols has no rows; the line names an option that exists."""
    real = {"methods": "--methods", "factors": "--factor", "datasets": "--datasets", "protocols": "--protocol"}
    fields = {"methods": ("bicubic",), name: ()}
    with pytest.raises(UsageError, match=rf"^no {name} given; name at least one \({real[name]}\)"):
        Plan(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("factors", [(1,), (0,), (3, -2)])
def test_factors_below_two_are_refused(factors: tuple[int, ...]) -> None:
    """The line says which factor it was."""
    with pytest.raises(UsageError, match=f"^factor is {min(factors)}, expected an integer of at least 2"):
        Plan(("bicubic",), factors=factors)


@pytest.mark.parametrize("text", ["x", "2.5", "-3", "1", "0", "²", "9" * 5000])
def test_factors_are_integers_of_at_least_two(text: str) -> None:
    """Whatever else is typed as a factor is named in the line."""
    with pytest.raises(UsageError, match=f"^factor is '{text}', expected an integer"):
        plan.factors([f"2,{text}"])


def test_comma_lists_may_be_repeated() -> None:
    """Lists and repeated options give the same items, once each, in order."""
    assert plan.factors(["2,3", "4", "3"]) == (2, 3, 4)
    assert plan.items("bicubic, espcn") == plan.items(["bicubic", "espcn,bicubic"]) == ("bicubic", "espcn")


def test_sizes_are_width_times_height() -> None:
    """As screens are named: 640x360 has 360 rows, 1080p is of SR; anything else is one line that shows how."""
    assert plan.sizes("640x360,1280X720,4K") == ("640x360", "1280X720", "4K")
    assert [plan.size_of("640x360", factor) for factor in (2, 3)] == [(360, 640)] * 2
    assert [plan.size_of("1080p", factor) for factor in (2, 3, 4)] == [(540, 960), (360, 640), (270, 480)]
    assert [plan.size_of(each, 3) for each in ("720p", "4K")] == [(240, 427), (720, 1280)]
    for text in ("640", "x", "0x5", "5x-1", "640x360x3", "1234567x2"):
        with pytest.raises(UsageError, match=r"expected WIDTHxHEIGHT of LR in pixels, such as 640x360"):
            plan.sizes(text)


def test_output_sizes_are_of_sr() -> None:
    """As `--sizes`, but of what is shown."""
    assert plan.output_sizes("1280x720,4k") == ("1280x720", "4k")
    with pytest.raises(UsageError, match=r"^output size is '1280', expected WIDTHxHEIGHT of SR in pixels"):
        plan.output_sizes("1280")


@pytest.mark.parametrize(
    ("given", "counts"), [("1,2,4", (1, 2, 4)), (2, (2,)), (0, ()), ("0", ()), ([], ()), ("2,2", (2,))]
)
def test_threads_are_a_list(given: Any, counts: tuple[int, ...]) -> None:  # noqa: ANN401 - what people pass
    """Numbers of threads, each once; 0 leaves them to the cores."""
    assert plan.threads(given) == counts


@pytest.mark.parametrize("text", ["0,1", "-1", "x", "1.5"])
def test_threads_are_at_least_one(text: str) -> None:
    """Anything else is one line."""
    with pytest.raises(UsageError, match="expected integers of at least 1, such as 2 or 1,2,4"):
        plan.threads(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("33ms", 0.033), ("0.5s", 0.5), (".5 s", 0.5), ("30fps", 1 / 30), ("30 FPS", 1 / 30)]
)
def test_frame_budgets(text: str, seconds: float) -> None:
    """A time has a unit, or is said by the frames of a second."""
    assert plan.frame_budget(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["33", "0ms", "0fps", "-1ms", "nan ms", "1h", "", "9" * 400 + "s"])
def test_frame_budgets_without_a_meaning(text: str) -> None:
    """No unit, or no time, is one line that shows how."""
    with pytest.raises(UsageError, match=r"expected a time for each image with its unit: 33ms, 0.5s or 30fps"):
        plan.frame_budget(text)


@pytest.mark.parametrize(("kept", "read"), [(0, ()), (2, (2,)), ([1, 2], (1, 2))])
def test_plans_of_one_number_of_threads(kept: Any, read: tuple[int, ...]) -> None:  # noqa: ANN401 - JSON
    """Earlier versions kept one number, 0 for one thread for each core."""
    assert Plan.from_json({"methods": ["a"], "threads": kept}).threads == read


def test_unknown_device() -> None:
    """A device that there is not is answered with those there are."""
    assert plan.device("cuda") == "cuda"
    with pytest.raises(UsageError, match=r"unknown device 'gpu'.*cpu, cuda, auto"):
        plan.device("gpu")


def test_survives_json() -> None:
    """What run.json holds is the plan again, and equals it."""
    mine = Plan(("bicubic", "espcn"), (2, 3), ("set5",), ("srcnn",), "cpu", timing=False, plugins=("p.py",))
    assert Plan.from_json(json.loads(json.dumps(mine.to_json()))) == mine


ODD: list[dict[str, object]] = [
    {"methods": []},
    {"methods": ["a"], "factors": [1]},
    {"methods": ["a"], "factors": [2.5]},
    {"methods": ["a"], "timing": "yes"},
    {"methods": ["\ud800"]},
    {"methods": ["a"], "new\nline": 1},
]


@pytest.mark.parametrize("values", [{"methods": ["a"], "colour": 1}, {}, [], "text", None, *ODD])
def test_foreign_json_is_refused(values: object) -> None:
    """A plan of another version is an error of the run folder, not of Python."""
    with pytest.raises(RunFolderError, match="plan that this version cannot read") as caught:
        Plan.from_json(values)
    assert str(caught.value).isprintable()


def test_differences_name_fields() -> None:
    """Every field that differs is named once, with what the folder holds first."""
    mine = Plan(("bicubic",), (2, 3))
    assert mine.differences(mine) == []
    assert mine.differences(Plan(("bicubic",), (4,))) == ["factors: 4, not 2,3"]
    assert mine.differences(Plan(("bicubic",), (2, 3), device="cpu", timing=False)) == [
        "device: cpu, not auto",
        "timing: False, not True",
    ]


def test_differences_are_of_plug_ins_that_are_methods(tmp_path: Path) -> None:
    """Metrics may differ, and so may the files of theirs, be they still there or not."""
    (tmp_path / "mae.py").write_text("METRIC = 1", encoding="utf-8")
    files = [str(tmp_path / name) for name in ("mine.py", "mae.py", "gone.py")]
    mine = Plan(("mine:size=2",), plugins=(files[0],))
    assert mine.differences(replace(mine, metrics=("mae", "gone"), plugins=tuple(files))) == []
    assert mine.differences(replace(mine, plugins=())) == [f"plugins: none, not {files[0]}"]


def test_plugin_paths_mean_the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative plug-in path is resolved when the plan is made."""
    monkeypatch.chdir(tmp_path)
    assert plan.absolute([Path("mine.py")]) == (str(tmp_path.resolve() / "mine.py"),)

"""`srbench methods`: the list, one method, and the start of a new one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srbench.extras import INSTALL
from srbench.methods import RESERVED

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]

BUILT_IN = {path.stem for path in (Path(__file__).parents[2] / "methods").glob("[!_]*.py")}


def test_list(srbench: Command) -> None:
    """Every built-in method has a line that says what it is; `methods list` is the same."""
    result = srbench("methods")
    assert result.code == 0
    assert {line.split()[0] for line in result.out.splitlines() if "built in" in line} == BUILT_IN
    assert srbench("methods", "list") == result


def test_list_as_json(srbench: Command, tmp_path: Path) -> None:
    """JSON holds name, origin and summary; a broken plug-in is listed, for listing imports nothing."""
    (tmp_path / "broken.py").write_text('"""Falls over."""\nraise SystemExit(9)\n', encoding="utf-8")
    for command in (["methods", "--json", "--plugin", "broken.py"], ["methods", "list", "--json"]):
        listed = json.loads(srbench(*command).out)
        found = {each["name"]: each for each in listed if not each["origin"].startswith("installed")}
        assert set(found) - {"broken"} == BUILT_IN
        assert all(each["summary"] for each in found.values())
        assert ("broken" in found) == ("--plugin" in command)


@pytest.mark.slow
def test_show(srbench: Command) -> None:
    """One method: options with their defaults, devices, and what it is."""
    result = srbench("methods", "show", "espcn")
    assert result.code == 0
    assert "activation=tanh (tanh | relu)" in result.out
    assert srbench("methods", "show", "espcn:activation=relu") == result
    assert "run=None (CommandLine)" in srbench("methods", "show", "command").out
    assert "cpu, cuda" in result.out
    assert "Real-Time Single Image" in result.out
    assert json.loads(srbench("methods", "show", "nearest", "--json").out)["options"] == {}


@pytest.mark.slow
def test_show_what_is_taken(srbench: Command, tmp_path: Path) -> None:
    """What a method declares to take is printed, in words and as JSON; nothing declared is any image."""
    (tmp_path / "rgb.py").write_text(
        "from srbench.pytorch import image_method\n"
        "def network(factor): ...\n"
        "load, files = image_method(network, range=255, minimum=15)\n",
        encoding="utf-8",
    )
    takes = {
        "espcn": "luma in 0..1",
        "nearest": "any image",
        "onnx": "what its file takes: srbench methods probe",
        "rgb": "RGB in 0..255, uint8 alone, at least 15 pixels",
    }
    for name, words in takes.items():
        assert f"\ntakes        {words}" in srbench("methods", "show", name, "--plugin", "rgb.py").out
    declared = json.loads(srbench("methods", "show", "rgb", "--plugin", "rgb.py", "--json").out)["takes"]
    rgb = {"channels": "rgb", "range": 255, "luma": "limited", "minimum": 15, "multiple": 1, "dtypes": ["uint8"]}
    assert declared == rgb
    assert json.loads(srbench("methods", "show", "nearest", "--json").out)["takes"] is None


@pytest.mark.slow
def test_new_plugin_runs(srbench: Command, pictures: Path) -> None:
    """What `new` writes runs as it stands, by the command that `new` prints."""
    result = srbench("methods", "new", "mine", "--dir", "plug")
    assert result.code == 0
    (line,) = (line for line in result.out.splitlines() if line.startswith("try it:"))
    command = line.split()[3:]
    run = srbench(*command, "-d", f"{pictures}/", "--no-timing", "--json")
    assert run.code == 0
    bicubic, mine = json.loads(run.out)["summary"]
    assert mine["method"] == "mine"
    assert mine["psnr"] == bicubic["psnr"]


@pytest.mark.parametrize(
    ("kind", "default"), [("methods", "the current one."), ("metrics", "one of its name in the current one.")]
)
def test_help_of_new(kind: str, default: str, srbench: Command) -> None:
    """It says which folder is written to by default: a metric alone becomes a package of its own."""
    words = srbench(kind, "new", "--help").out.replace("│", " ").split()
    assert f"by default {default}" in " ".join(words)


@pytest.mark.slow
def test_new_test_passes(srbench: Command, tmp_path: Path) -> None:
    """The test that `new` writes passes under pytest, and fails once the method is broken."""
    srbench("methods", "new", "mine")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"]
    good = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout
    assert "3 passed" in good.stdout
    plugin = tmp_path / "mine.py"
    plugin.write_text(plugin.read_text(encoding="utf-8").replace("fx=factor", "fx=1"), encoding="utf-8")
    broken = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert broken.returncode == 1
    assert "mine: x2, grey uint8 17x12: returned shape (24, 17), expected (24, 34)" in broken.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", RESERVED)
def test_reserved_names(srbench: Command, tmp_path: Path, name: str) -> None:
    """No door lets in a method with the name of HR or LR: neither `new` nor a plug-in, nor a spec."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / f"{name}.py").write_text("def load(factor, device): ...", encoding="utf-8")
    for command in (
        ["methods", "new", name],
        ["methods", "--plugin", f"p/{name}.py"],
        ["run", "-m", f"bicubic,{name}"],
    ):
        result = srbench(*command)
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert result.err.startswith(f"srbench: {name!r} is a reserved method name; ")
    assert not list(tmp_path.glob(f"*{name}.py"))


def test_new_overwrites_nothing(srbench: Command, tmp_path: Path) -> None:
    """Neither file is written where one of them exists."""
    (tmp_path / "test_mine.py").write_text("precious", encoding="utf-8")
    result = srbench("methods", "new", "mine")
    assert result.code == 2
    assert "test_mine.py exists and was left untouched" in result.err
    assert (tmp_path / "test_mine.py").read_text(encoding="utf-8") == "precious"
    assert not (tmp_path / "mine.py").exists()


def test_new_says_what_is_missing_for_its_test(srbench: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain install brings no pytest: the advice to use it comes with the command that installs it."""
    assert INSTALL["test"] not in srbench("methods", "new", "one").out
    monkeypatch.setattr("srbench.cli.plugin_commands.find_spec", lambda name: None if name == "pytest" else name)
    assert f"not installed yet: {INSTALL['test']}\n" in srbench("methods", "new", "two").out

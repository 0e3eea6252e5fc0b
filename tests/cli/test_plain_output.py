"""What the user named is printed as it is, and JSON stays alone on standard output."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]

NOISY = '''"""Talks [/oops] all the time."""
import os
print("imported")
def load(factor, device):
    print("loaded")
    os.write(1, b"native")
    return lambda image: image.repeat(factor, 0).repeat(factor, 1)
'''


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    """Return a plug-in that prints, and has a bracket in its docstring."""
    (tmp_path / "noisy.py").write_text(NOISY, encoding="utf-8")
    return tmp_path / "noisy.py"


@pytest.mark.slow
def test_brackets_are_text(srbench: Command, pictures: Path, noisy: Path) -> None:
    """`[/x]` in a docstring or a folder's name is neither markup nor an error."""
    assert "Talks [/oops] all" in srbench("methods", "--plugin", noisy).out
    assert (
        "run folder: [/x]" in srbench("run", "-m", "nearest", "-d", f"{pictures}/", "--no-timing", "--out", "[/x]").out
    )
    assert "wrote [/y]/mine.py" in srbench("methods", "new", "mine", "--dir", "[/y]").out


@pytest.mark.slow
@pytest.mark.parametrize("form", ["rich", "markdown", "latex", "csv", "json"])
def test_emoji_codes_are_text(srbench: Command, pictures: Path, tmp_path: Path, form: str) -> None:
    """`:heart:` in names of images, folders and options stays what was typed, wherever it is printed."""
    (pictures / "a.png").rename(pictures / ":heart:.png")
    folder = pictures.rename(pictures.with_name(":heart:"))
    scored = srbench("score", "--hr", folder, "--sr", folder, "-f", 2, "--name", "heart", "--out", ":star:")
    assert ":heart:.png" in scored.out
    assert ":heart:" in srbench("report", ":star:", "--format", form).out
    assert "written: :star:" in srbench("report", ":star:", "--format", "html").out
    assert "wrote :x:/mine.py" in srbench("methods", "new", "mine", "--dir", ":x:").out
    plugin = tmp_path / ":x:" / "mine.py"
    plugin.write_text(f'"""Loves :heart:."""\n{plugin.read_text(encoding="utf-8")}', encoding="utf-8")
    assert "Loves :heart:." in srbench("methods", "--plugin", plugin).out
    assert all("\N{HEAVY BLACK HEART}" not in text and "\N{WHITE MEDIUM STAR}" not in text for text in scored[1:])


@pytest.mark.slow
def test_json_is_alone(pictures: Path, noisy: Path) -> None:
    """Whatever a plug-in prints, by Python or below it, stays with its worker in a run, else goes to standard error."""
    options = ["-m", "noisy", "--plugin", noisy.name, "-d", f"{pictures}/", "--no-timing", "--json"]
    for command in (["run", *options], ["methods", "--plugin", noisy.name, "show", "noisy", "--json"]):
        result = subprocess.run(
            [sys.executable, "-m", "srbench", *command], cwd=noisy.parent, capture_output=True, text=True, check=True
        )
        assert json.loads(result.stdout)
        assert ("imported" in result.stderr) == (command[0] != "run")


def test_options_before_the_subcommand(srbench: Command, noisy: Path, tmp_path: Path) -> None:
    """They count as if given after it; one that the subcommand lacks is refused."""
    assert json.loads(srbench("datasets", "--json", "list").out)
    assert srbench("methods", "--plugin", noisy, "show", "noisy").code == 0
    assert str(tmp_path / "here") in srbench("datasets", "--data", "here", "show", "set5").out
    assert "has no option --json" in srbench("datasets", "--json", "verify", "sample").err


@pytest.mark.slow
def test_variable_is_one_list(srbench: Command, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A space in a variable, or a comma in quotes, is part of a path; ignored files are named."""
    folder = pictures.rename(pictures.with_name("my, photos"))
    (folder / "note.txt").touch()
    monkeypatch.setenv("SRBENCH_DATASETS", '"./my, photos/"')
    result = srbench("run", "-m", "nearest", "--no-timing")
    assert result.code == 0, result.err
    assert "ignored in" in result.err


@pytest.mark.slow
def test_upscale_overwrites_nothing(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """Neither an original nor another result; and a method that raises is one line."""
    before = (pictures / "a.png").read_bytes()
    assert "is read by this command" in srbench("upscale", pictures, pictures, "-m", "nearest").err
    itself = srbench("upscale", pictures / "a.png", pictures / "a.png", "-m", "nearest")
    assert "a.png is read by this command and would be overwritten" in itself.err
    assert (pictures / "a.png").read_bytes() == before
    (pictures / "a.jpg").write_bytes(before)
    assert "out/a.png is written from" in srbench("upscale", pictures, "out", "-m", "nearest").err
    (pictures / "a.jpg").unlink()
    text = "def load(factor, device):\n    def up(image):\n        raise SystemExit('bye')\n    return up\n"
    (tmp_path / "bad.py").write_text(text, encoding="utf-8")
    one = srbench("upscale", pictures / "a.png", "o.png", "-m", "bad", "--plugin", "bad.py")
    assert (one.code, one.err.count("\n")) == (2, 1)
    assert "bad: SystemExit: bye" in one.err
    many = srbench("upscale", pictures, "out", "-m", "bad", "--plugin", "bad.py")
    assert (many.code, many.err.count("\n")) == (1, 2)

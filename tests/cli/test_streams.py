"""Any terminal shows any name, and none ends a command."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from srbench.cli import main
from srbench.quality.files import read_image, write_image

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    Command = Callable[..., Any]

NAMES = [b"caf\xc3\xa9", "\u65e5\u672c".encode(), b"a\nb", b"\x1b[31mred", "a\u202eb".encode(), b"bad\xff", b"-x y"]

TERMINALS: dict[str, dict[str, str]] = {
    "utf-8": {"TERM": "xterm-256color", "FORCE_COLOR": "1"},
    "ascii": {"TERM": "dumb"},
    "latin-1": {"NO_COLOR": "1"},
    "cp1252": {"COLUMNS": "20"},
}


@pytest.fixture
def odd(pictures: Path) -> Path:
    """Return a folder of images with names that not every terminal can show."""
    image = read_image(pictures / "a.png")
    for name in NAMES:
        write_image(pictures / "new.png", image)
        (pictures / "new.png").rename(os.fsdecode(os.fsencode(pictures) + b"/" + name + b".png"))
    return pictures


class Printed(io.TextIOWrapper):
    """A stream of an encoding, which keeps what was written."""

    def __init__(self, encoding: str) -> None:
        """Start empty; what cannot be encoded is an error, as Python has it on a terminal."""
        super().__init__(io.BytesIO(), encoding=encoding, errors="strict", write_through=True)

    @property
    def text(self) -> str:
        """Return what was written, without the colours and movements of a terminal."""
        content: Any = self.buffer
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", content.getvalue().decode(self.encoding))


def call(monkeypatch: pytest.MonkeyPatch, arguments: Sequence[object], out: Any, err: Any) -> int:  # noqa: ANN401 - streams
    """Return the exit code of a command that writes to `out` and `err`."""
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as caught:
            main(list(map(str, arguments)))
    return int(caught.value.code or 0)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", TERMINALS)
@pytest.mark.usefixtures("srbench")
def test_any_terminal(odd: Path, monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """A run, scores, reports and help are printed, with escapes where they must be; JSON stays JSON."""
    for name, value in TERMINALS[encoding].items():
        monkeypatch.setenv(name, value)
    scoring = ["score", "--hr", odd, "--sr", odd, "-f", 2]
    commands: list[list[object]] = [
        [*scoring, "--out", "run"],
        [*scoring, "--json"],
        ["report", "run"],
        ["report", "run", "--format", "json"],
        ["score", "--help"],
    ]
    forms = ("csv", "markdown", "latex") if encoding == "ascii" else ()
    commands += [["report", "run", "--format", form] for form in forms]
    for command in commands:
        out, err = Printed(encoding), Printed(encoding)
        assert call(monkeypatch, command, out, err) == 0, err.text
        assert {each for each in out.text + err.text if not each.isprintable()} <= {"\n"}
        if "json" in str(command[-1]):
            json.loads(out.text)
        if command[-2:] == ["--out", "run"]:
            text = "".join(out.text.split())
    assert all(name in text for name in (r"a\nb.png", r"\x1b[31mred.png", r"a\u202eb.png", r"bad\xff.png"))
    assert ("caf\u00e9.png" if encoding != "ascii" else r"caf\xe9.png") in text


@pytest.mark.slow
@pytest.mark.usefixtures("srbench")
def test_nobody_reads(odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that leaves ends no command: the run folder is written, and the exit code is the command's."""
    commands: list[list[object]] = [
        ["score", "--hr", odd, "--sr", odd, "-f", 2, "--out", "run"],
        ["report", "run", "--format", "csv"],
    ]
    for command in commands:
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "w", encoding="utf-8") as out:
            assert call(monkeypatch, command, out, Printed("utf-8")) == 0


def test_an_error_names_any_file(srbench: Command, tmp_path: Path) -> None:
    """The one line holds an escape, not what the escape stands for."""
    result = srbench("datasets", "show", f"{tmp_path}/\x1b[31m\u202e/")
    assert result.code == 2
    assert r"\x1b[31m\u202e" in result.err
    assert result.err.removesuffix("\n").isprintable()


@pytest.mark.slow
def test_more_reasons_than_are_printed(srbench: Command, pictures: Path) -> None:
    """Where no run folder has the others, the line says how to get one."""
    for number in range(11):
        (pictures / f"{number}.png").write_bytes(b"no image")
    scoring = ["score", "--hr", pictures, "--sr", pictures, "-f", 2]
    assert "and 1 more (--out DIR saves all)" in srbench(*scoring).out
    assert "and 1 more (scores.csv has all)" in srbench(*scoring, "--out", "run").out

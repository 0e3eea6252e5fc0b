"""A method of a program: its options, what identifies it, and its end in a worker."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench import code_files, methods
from srbench.errors import TimedOut, Unsupported
from srbench.execution import method_worker
from srbench.execution.method_info import Asked
from srbench.isolation.guard import Guard
from srbench.isolation.limits import Limits
from srbench.programs import identity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Script = Callable[[str], tuple[str, ...]]

PLUGIN = '''"""Copies."""

from srbench.programs import program_method


def command(factor, size: int = 2):
    return [{program!r}, f"--size={{size}}", "{{input}}", "{{output}}"]


load, files, decided = program_method(command)
'''


def spec(words: tuple[str, ...], **options: str) -> str:
    """Return the spec of `command` that runs words."""
    more = "".join(f":{key}={value}" for key, value in options.items())
    return f'command:run="{shlex.join(words)}"{more}'


def choice(text: str, *plugins: Path) -> methods.Choice:
    """Return the method of a spec."""
    return methods.choose(text, methods.registry(plugins))


def test_a_plug_in(script: Script, tmp_path: Path) -> None:
    """A function that returns words is a method, whose options are the function's."""
    plugin = tmp_path / "copies.py"
    plugin.write_text(PLUGIN.format(program=script('echo "$1" >&2; cp "$2" "$3"')[0]), encoding="utf-8")
    image = np.zeros((3, 4, 3), np.uint8)
    upscaler = choice("copies:size=3", plugin).load(1, "cpu")
    assert np.array_equal(upscaler(image), image)
    assert choice("copies:size=2", plugin).spec == "copies"
    (program, *_) = choice("copies", plugin).files(1)
    assert program == (tmp_path / "program").resolve()


@pytest.mark.slow
def test_key(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key follows from the program's file, through PATH and links, and from arguments that are files."""
    table = tmp_path / "table.bin"
    table.write_bytes(b"1")
    words = script("exit 1")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "linked").symlink_to(tmp_path / "program")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    text = spec(("linked", f"--table={table}", *words[1:]))
    keys = [choice(text).fingerprint(2)]
    assert {path.name for path in choice(text).files(2)} == {"program", "table.bin"}
    table.write_bytes(b"2")
    keys.append(choice(text).fingerprint(2))
    script("exit 2")
    keys.append(choice(text).fingerprint(2))
    keys.append(choice(spec(("linked", "-x", f"--table={table}", *words[1:]))).fingerprint(2))
    assert len(set(keys)) == 4
    script("exit 1")
    table.write_bytes(b"1")
    assert choice(text).fingerprint(2) == keys[0]


def test_files_of_a_factor(script: Script, tmp_path: Path) -> None:
    """A file whose path has the factor in it, or braces, counts where the program is given it."""
    for name in ("net-x2.bin", "net-x3.bin", "{a}.bin"):
        (tmp_path / name).touch()
    (tmp_path / "program-x3").symlink_to(tmp_path / "program")
    path, *words = script("exit 1")
    text = spec((f"{path}-x{{factor}}", f"{tmp_path}/net-x{{factor}}.bin", f"-c={tmp_path}/{{{{a}}}}.bin", *words))
    assert [each.name for each in choice(text).files(3)] == ["program", "net-x3.bin", "{a}.bin"]
    assert choice(text).decided(3)["program"] == f"{path}-x3"
    with pytest.raises(Unsupported, match=r"needs the program .*program-x2, which does not exist"):
        choice(text).files(2)


@pytest.mark.parametrize(
    ("body", "version", "expected"),
    [
        ('[ "$1" = --version ] && printf "\\nup 1.2\\nmore\\n"', "", "up 1.2"),
        ('[ "$1 $2" = "-v all" ] && echo up 1.3 >&2', "'-v all'", "up 1.3"),
        ("echo usage 1; exit 1", "", ""),
        ("echo no number", "", ""),
        ("echo up 1.2", "none", ""),
    ],
)
def test_version(script: Script, body: str, version: str, expected: str) -> None:
    """Its first line with a digit in it is what was decided; none where it fails or is not asked."""
    module = choice("command").plugin.module()
    options = dict(choice(spec(script(body), **({"version": version.strip("'")} if version else {}))).options)
    assert module.decided(2, **options) == {"program": options["run"].words[0], "version": expected}


@pytest.mark.slow
def test_version_is_in_the_key(script: Script, tmp_path: Path) -> None:
    """A program whose libraries were upgraded prints another version, and its results are computed again."""
    library = tmp_path / "library"
    text = spec(script(f"cat '{library}'"))
    keys = []
    for line in ("up 1.2", "up 1.3", "up 1.2"):
        library.write_text(line, encoding="ascii")
        identity._version.cache_clear()  # each process asks once
        keys.append(choice(text).fingerprint(2))
    assert keys[0] == keys[2] != keys[1]


def test_code_of_srbench_counts() -> None:
    """What calls a program and reads its picture decides a result, and is part of the method's code."""
    plugin = choice("vips").plugin
    names = {path.name for path in code_files.shared_files(plugin.code_files()) if path.parent.name == "programs"}
    assert {"__init__.py", "command.py", "running.py", "upscaler.py"} <= names


def test_absent() -> None:
    """A program that is not there, or one of two, is a reason to skip."""
    with pytest.raises(Unsupported, match="needs the program no-such-upscaler, which is not on PATH"):
        choice('command:run="no-such-upscaler {input} {output}"').load(2, "cpu")
    with pytest.raises(Unsupported, match="needs a command line"):
        choice("command").load(2, "cpu")


def test_path_that_leads_to_no_program(tmp_path: Path) -> None:
    """A path is not looked for on PATH: there is no such file, or it may not be executed."""
    script = tmp_path / "up.sh"
    for why in ("does not exist", f"may not be executed; chmod +x {script}"):
        with pytest.raises(Unsupported, match=re.escape(f"needs the program {script}, which {why}")):
            choice(f'command:run="{script} {{input}} {{output}}"').load(2, "cpu")
        script.touch()


@pytest.mark.slow
@pytest.mark.processes
def test_hangs_in_a_worker(script: Script, tmp_path: Path, temporary: Path, ended: Callable[[int], bool]) -> None:
    """A program that hangs is ended with its children when time is out, and its files are gone."""
    hangs = spec(script(f"sleep 600 & echo $$ $! > '{tmp_path}/pids'; wait"), version="none")
    with Guard(Limits(timeout=60), "srbench.execution.method_worker") as guard:
        info = guard.call(method_worker.describe, Asked(hangs, (), (2,), "cpu"))
        guard.call(method_worker.prepare, info, 2, "cpu")
        guard._limits = Limits(timeout=1)
        with pytest.raises(TimedOut):
            guard.call(method_worker.upscale, info, 2, "cpu", np.zeros((4, 4, 3), np.uint8), "")
        pids = [int(each) for each in (tmp_path / "pids").read_text(encoding="ascii").split()]
        assert all(ended(pid) for pid in pids)
        assert not list(temporary.iterdir())

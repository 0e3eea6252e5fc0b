"""How a run ends before its time: Ctrl-C on a real terminal, signals, kill -9, the first bad row; and attempts."""

from __future__ import annotations

import errno
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.conftest import Bench, OnTerminal, Run

PLUGIN = """
import ctypes, os, subprocess, sys, time
from pathlib import Path
BEGUN = Path(__file__).with_name("begun")
def begin():
    with BEGUN.open("a") as file:
        file.write("again\\n")
{module}
def load(factor, device):
    def upscale(image):
        if image.shape[0] == 15:  # half of image b
            {call}
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""
HANG = "begin(); time.sleep(600)"
HANG_IN_NATIVE_CODE = "begin(); ctypes.PyDLL(None).sleep(600)"
HANG_WITH_DAEMON = "os.fork() or (os.setsid(), os.fork(), time.sleep(600)); begin(); time.sleep(600)"
HANG_WITH_PROGRAM = (
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', os.environ['SRBENCH_TEST_RUN']], env={}); "
    "begin(); time.sleep(600)"
)
HANGS = {
    "python": HANG,
    "native code": HANG_IN_NATIVE_CODE,
    "daemon": HANG_WITH_DAEMON,
    "program": HANG_WITH_PROGRAM,
}
SLOW = "begin(); time.sleep(1.5)"
DIE = "begin(); os._exit(3)"

METHODS = ("--methods", "nearest,odd,bicubic", "--no-timing")


def odd(bench: Bench, call: str = "pass", module: str = "") -> tuple[str]:
    """Return the plug-in `odd`, which does `call` with image b."""
    return (bench.plugin("odd", PLUGIN.format(call=call, module=module)),)


def begun(plugins: tuple[str]) -> int:
    """Return how often it began to."""
    file = Path(plugins[0]).with_name("begun")
    return len(file.read_text(encoding="utf-8").splitlines()) if file.exists() else 0


def cells(run: Run) -> list[tuple[str, str, str]]:
    """Return image, method and status of each row."""
    return [(row["image"][0], row["method"], row["status"]) for row in run.rows()]


def check_terminal(run: OnTerminal) -> None:
    """Assert that the cursor was hidden and is visible again, and that the terminal is set as it was."""
    assert run.screen.count(b"\x1b[?25l") > 0
    assert run.screen.rindex(b"\x1b[?25h") > run.screen.rindex(b"\x1b[?25l")
    assert run.attributes() == run.before


ONE_MORE = [(image, method, "ok") for image in "ab" for method in ("nearest", "odd", "bicubic")][:-1]
"""The rows up to the one that is in flight when `odd` is at image b."""

ASK: dict[str, Callable[[OnTerminal], None]] = {
    "ctrl-c": lambda run: run.press(b"\x03"),
    "sigterm": lambda run: run.process.send_signal(signal.SIGTERM),
}


@pytest.mark.parametrize("how", ["ctrl-c", pytest.param("sigterm", marks=pytest.mark.slow)])
def test_asked_once(bench: Bench, how: str) -> None:
    """The row in flight is finished and kept, the note says how to go on, and the terminal is as it was."""
    plugins = odd(bench, SLOW)
    with bench.on_terminal(*METHODS, plugins=plugins) as run:
        run.wait_for(lambda: begun(plugins))
        ASK[how](run)
        ended = run.end()
        assert cells(run) == ONE_MORE
        assert ended.code == 130
        assert "finishing the results in progress; Ctrl-C again stops at once" in ended.out
        assert "interrupted; the results so far are in" in ended.out
        assert "Traceback" not in ended.out
        check_terminal(run)
        assert ended.left == []


@pytest.mark.slow
@pytest.mark.parametrize("how", ["python", "native code"])
def test_asked_twice(bench: Bench, how: str) -> None:
    """It ends, whatever a method is at; the rows before are kept."""
    plugins = odd(bench, HANGS[how])
    with bench.on_terminal(*METHODS, plugins=plugins) as run:
        run.wait_for(lambda: begun(plugins))
        run.press(b"\x03")
        run.wait_for(lambda: b"Ctrl-C again" in run.screen)
        run.press(b"\x03")
        ended = run.end()
        assert cells(run) == ONE_MORE[:-1]
        assert ended.code == 130
        assert "Traceback" not in ended.out
        check_terminal(run)
        assert ended.left == []


@pytest.mark.slow
def test_asked_twice_at_the_start(bench: Bench) -> None:
    """A method that hangs while it is imported does not hold it up either, when no row exists yet."""
    plugins = odd(bench, module=HANG)
    with bench.on_terminal(*METHODS, plugins=plugins) as run:
        run.wait_for(lambda: begun(plugins))
        run.press(b"\x03")
        time.sleep(0.5)
        run.press(b"\x03")
        ended = run.end()
        assert ended.code == 130
        assert run.attributes() == run.before
        assert ended.left == []


@pytest.mark.parametrize(
    "how", [how if how == "daemon" else pytest.param(how, marks=pytest.mark.slow) for how in HANGS]
)
def test_killed(bench: Bench, how: str) -> None:
    """A run that is killed takes its workers with it within three seconds, and whatever they started."""
    plugins = odd(bench, HANGS[how])
    run = bench.start(*METHODS, plugins=plugins)
    run.wait_for(lambda: begun(plugins))
    assert run.processes()
    run.process.kill()
    run.wait_for(lambda: not run.processes(), seconds=3)
    run.close()
    assert cells(run) == ONE_MORE[:-1]


@pytest.mark.slow
def test_terminal_closed(bench: Bench) -> None:
    """A run whose terminal is closed ends, and leaves no process within three seconds."""
    plugins = odd(bench, HANG_IN_NATIVE_CODE)
    with bench.on_terminal(*METHODS, plugins=plugins) as run:
        run.wait_for(lambda: begun(plugins))
        run.hang_up()
        run.wait_for(lambda: not run.processes(), seconds=3)
        assert run.process.wait() != 0
        assert cells(run) == ONE_MORE[:-1]


@pytest.mark.slow
def test_terminal_is_out_of_reach(bench: Bench) -> None:
    """A method cannot write to the terminal of its run, or read keys from there."""
    plugins = odd(bench, "open('/dev/tty', 'w').write('hello from a method')")
    with bench.on_terminal(*METHODS, plugins=plugins) as run:
        ended = run.end()
        assert ended.code == 1
        (bad,) = (row for row in run.rows() if row.get("status", "ok") != "ok")
        assert bad["reason"].startswith(f"OSError: [Errno {errno.ENXIO}]")
        assert "hello" not in ended.out
        check_terminal(run)


@pytest.mark.slow
def test_first_bad_row(bench: Bench) -> None:
    """With --fail-fast the run ends there with 1; the same command goes on after it and does nothing again."""
    plugins = (*odd(bench, DIE), bench.plugin("slow", PLUGIN.format(call="time.sleep(1)", module="")))
    options = ("--methods", "nearest,odd,slow", "--no-timing", "--fail-fast")
    folder = bench.folder()
    first = bench.run(*options, plugins=plugins, folder=folder)
    assert first.code == 1
    assert "stopped at the first failed result (--fail-fast); to continue: the same command with --out" in first.err
    assert {row["image"] for row in first.rows} == {"a.png", "b.png"}
    assert first.left == []
    second = bench.run(*options, plugins=plugins, folder=folder)
    assert second.code == 1
    assert second.rows[: len(first.rows)] == first.rows
    assert len(second.rows) == 9
    assert [row["image"] for row in second.rows if row["status"] == "crashed"] == ["b.png"]
    assert begun(plugins[:1]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("retries", [0, 2])
def test_attempts(bench: Bench, retries: int) -> None:
    """An image that a method died of is tried as often again as --retries says."""
    plugins = odd(bench, DIE)
    ended = bench.run(*METHODS, "--retries", str(retries), plugins=plugins)
    assert begun(plugins) == 1 + retries
    assert [row["status"] for row in ended.of("odd")] == ["ok", "crashed", "ok"]


@pytest.mark.slow
@pytest.mark.parametrize(("what", "status"), [("os._exit(5)", "crashed"), ("time.sleep(600)", "timeout")])
def test_broken_while_timing(bench: Bench, what: str, status: str) -> None:
    """A method that breaks once it is timed says so in a timing row; its scores and all other timings stay."""
    plugins = odd(bench, f"begin(); BEGUN.read_text() != 'again\\n' and {what}")  # from the second call on
    ended = bench.run("--methods", "nearest,odd,bicubic", "--timing", "--timeout", "3", plugins=plugins)
    assert ended.code == 1
    assert [row["status"] for row in ended.rows if row["row"] == "score"] == ["ok"] * 9
    (bad,) = (row for row in ended.rows if row.get("status", "ok") != "ok")
    assert (bad["method"], bad["row"], bad["status"], bad["height"]) == ("odd", "timing", status, 15)
    for method in ("nearest", "bicubic"):
        assert {row["height"] for row in ended.of(method, "timing")} == {0, 12, 15, 18}
    assert {row["height"] for row in ended.of("odd", "timing")} == {0, 12, 15, 18}
    assert ended.left == []

"""A worker under guard: whatever it does is one error here, and the next call finds a fresh one."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

from srbench.errors import Crashed, MethodError, SrbenchError, TimedOut, Unsupported
from srbench.isolation import guard as guards
from srbench.isolation import janitor
from srbench.isolation.guard import Guard
from srbench.isolation.limits import Limits

sys.path.insert(0, str(Path(__file__).parent))
import mischief  # type: ignore[import-not-found] # the workers import it as well

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Calls = partial(Guard, module="mischief")


@pytest.fixture
def guard() -> Iterator[Guard]:
    """Return a guard whose calls may take a minute and 400 MB, and see that nothing outlives it."""
    with Calls(Limits(timeout=60, memory=400 * 2**20)) as each:
        yield each
    assert left_over() == []


def left_over() -> list[int]:
    """Return the processes that bear this process's mark."""
    return [each.pid for each in psutil.process_iter() if janitor._mark(each).startswith(janitor.token())]


def descriptors() -> list[int]:
    """Return the files that this process has open, but the folder in which the system lists them."""
    return sorted(int(path.name) for path in Path("/dev/fd").iterdir())[:-1]


DEATHS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], str]] = {
    "segfault": (mischief.segfault, (), "killed by SIGSEGV"),
    "exit 0": (mischief.leave, (0,), "ended with exit code 0 before it had a result"),
    "exit 3": (mischief.leave, (3,), "ended with exit code 3 before it had a result"),
    "kill -9": (mischief.kill, (9,), "killed by SIGKILL; often that means out of memory"),
    "abort": (mischief.kill, (6,), "killed by SIGABRT"),
    "closed files": (mischief.close_everything, (), "before it had a result"),
    "daemon and death": (mischief.leave_a_daemon, (7,), "ended with exit code 7"),
    "memory": (mischief.eat, (800, 30.0), r"took more than 419 MB of memory \(--memory\)"),
    "memory of a child": (mischief.eat_in_a_child, (800,), r"took more than 419 MB of memory \(--memory\)"),
}


@pytest.mark.slow
@pytest.mark.parametrize("how", DEATHS)
def test_death(guard: Guard, how: str) -> None:
    """A worker that dies is a `Crashed` that says of what; the next call is answered by a fresh one."""
    function, arguments, reason = DEATHS[how]
    with pytest.raises(Crashed, match=reason):
        guard.call(function, *arguments)
    assert guard.call(mischief.echo, 1) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "function",
    [mischief.hang, mischief.hang_in_native_code, partial(mischief.kill, signal.SIGSTOP), mischief.shout_for_ever],
    ids=["Python", "native code", "stopped", "printing"],
)
def test_hang(guard: Guard, function: Callable[[], None]) -> None:
    """A worker that does not answer in time is ended, native code and stopped processes too."""
    guard.call(mischief.echo, 1)
    guard._limits = replace(guard._limits, timeout=2)
    with pytest.raises(TimedOut, match=r"no answer within 2 s \(--timeout\)"):
        guard.call(function)
    guard._limits = replace(guard._limits, timeout=60)  # a busy machine takes its time to start another
    assert guard.call(mischief.echo, 1) == 1


def test_hanging_worker_is_killed_at_once(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The patience that an idle worker meets is not for one that was too slow: it computes no further."""
    monkeypatch.setattr(guards, "_PATIENCE", 60)
    guard.call(mischief.echo, 1)
    process = guard._running()
    guard._limits = replace(guard._limits, timeout=0.2)
    with pytest.raises(TimedOut):
        guard.call(time.sleep, 2)
    assert process.returncode == -signal.SIGKILL


def test_no_limits() -> None:
    """With 0 for time and memory, a call may take what it likes."""
    with Calls(Limits(timeout=0, memory=0)) as guard:
        assert guard.call(time.sleep, 0.3) is None


@pytest.mark.slow
def test_worker_that_takes_nothing(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped worker that does not even read its call is not waited for without end."""
    monkeypatch.setattr(guards, "_STALLS", dict.fromkeys(guards._STALLS, 1))
    os.kill(guard.call(os.getpid), signal.SIGSTOP)
    with pytest.raises(Crashed, match="closed its connection without a result"):
        guard.call(mischief.echo, bytes(10**7))
    assert guard.call(mischief.echo, 1) == 1


@pytest.mark.sampled
@pytest.mark.parametrize("kind", ["KeyError", "SystemExit", "KeyboardInterrupt"])
def test_exception(guard: Guard, kind: str) -> None:
    """Whatever is raised comes out as a `MethodError` with its type, and the traceback as output; the worker lives."""
    pid = guard.call(os.getpid)
    with pytest.raises(MethodError, match=f"{kind}: '?oh") as caught:
        guard.call(mischief.throw, kind)
    assert "in throw" in caught.value.output
    assert guard.call(os.getpid) == pid


def test_own_error(guard: Guard) -> None:
    """The errors of srbench come out as themselves, without a traceback."""
    with pytest.raises(Unsupported, match=r"^not today$") as caught:
        guard.call(mischief.refuse)
    assert caught.value.output == ""


def test_errors_are_what_they_are_not_what_they_are_called(guard: Guard) -> None:
    """A subclass counts as the error of srbench that it is; a foreign exception of the same name as none."""
    with pytest.raises(Unsupported, match="none for x3"):
        guard.call(mischief.refuse_in_own_words)
    with pytest.raises(MethodError, match="UsageError: mine"):
        guard.call(mischief.borrow_a_name)


def test_closed_streams_cost_nothing(guard: Guard) -> None:
    """Waiting for a worker that has closed its output is waiting, and takes no CPU here."""
    begun = time.thread_time()
    guard.call(mischief.be_silent, 1.0)
    assert time.thread_time() - begun < 0.5


def test_result_that_cannot_be_sent(guard: Guard) -> None:
    """It is an error of the method, and the worker lives."""
    with pytest.raises(MethodError, match="its result cannot be sent: AttributeError"):
        guard.call(mischief.send_what_cannot_be_sent)
    assert guard.call(mischief.echo, 1) == 1


@pytest.mark.slow
def test_result_that_cannot_be_read(guard: Guard) -> None:
    """An answer that breaks where it arrives is a crash of its worker."""
    with pytest.raises(Crashed, match=r"the worker's answer cannot be read \(ValueError: .*'x'\)"):
        guard.call(mischief.send_what_cannot_be_read)
    assert guard.call(mischief.echo, 1) == 1


@pytest.mark.slow
def test_noise_in_the_socket(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that writes into the socket announces bytes that never come: one does not wait for them for ever."""
    monkeypatch.setattr(guards, "_STALLS", dict.fromkeys(guards._STALLS, 1))
    with pytest.raises(Crashed, match="the worker stopped in the middle of its answer"):
        guard.call(mischief.scribble)
    assert guard.call(mischief.echo, 1) == 1


def test_exception_without_text(guard: Guard) -> None:
    """An exception whose text raises another is an error like others, and the worker lives."""
    pid = guard.call(os.getpid)
    with pytest.raises(MethodError, match="Unprintable: its message cannot be formatted"):
        guard.call(mischief.throw_unprintable)
    assert guard.call(os.getpid) == pid


def test_output_is_drained(guard: Guard, capfd: pytest.CaptureFixture[str]) -> None:
    """Twenty megabytes of output neither block the worker nor reach the terminal, nor are they kept."""
    assert guard.call(mischief.shout, 200) == "done"
    assert capfd.readouterr() == ("", "")
    assert guard._output.endswith(b"the end\n")
    assert len(guard._output) < 10_000


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file without end")
def test_output_without_end(guard: Guard) -> None:
    """One that prints faster than it is read is left printing after a while: its time is looked at as well."""
    guard.start()
    process = guard._running()
    own = process.stdout
    with Path("/dev/zero").open("rb") as endless:
        process.stdout = endless
        guard._read_output()
        process.stdout = own
    assert guard._output == bytes(4 * guards.TAIL)


@pytest.mark.slow
def test_last_words(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tail of what a worker printed comes with the error, and where in Python it was when it crashed."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    with pytest.raises(Crashed) as caught:
        guard.call(mischief.whisper_and_die)
    assert caught.value.output.startswith("last words\nFatal Python error: Segmentation fault")
    assert "in whisper_and_die" in caught.value.output
    with pytest.raises(Crashed) as caught:
        guard.call(mischief.leave, 1)
    assert caught.value.output == ""


def test_half_a_line_is_output(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a method printed without ending the line comes with the error of that call."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    with pytest.raises(MethodError) as caught:
        guard.call(mischief.break_off)
    assert "half a line" in caught.value.output


def test_output_is_that_of_the_call(guard: Guard) -> None:
    """What a worker printed in an earlier call, which went well, is not told with the error of this one."""
    guard.call(mischief.shout, 1)
    with pytest.raises(MethodError) as caught:
        guard.call(mischief.throw, "KeyError")
    assert caught.value.output.startswith("Traceback")


def test_fork(guard: Guard) -> None:
    """A worker that forked answers once, and its copy is gone."""
    pid = guard.call(os.getpid)
    assert guard.call(mischief.fork_and_return) == pid
    assert [guard.call(mischief.echo, number) for number in range(20)] == list(range(20))
    time.sleep(0.2)
    assert [each for each in psutil.Process(pid).children() if each.status() != psutil.STATUS_ZOMBIE] == []


def test_daemon_ends_with_its_worker(guard: Guard) -> None:
    """A process that a worker left in a session of its own does not outlive it."""
    guard.call(mischief.leave_a_daemon)
    assert len(left_over()) == 2
    guard.rest()
    assert left_over() == []


@pytest.mark.slow
def test_worker_that_died_between_two_calls(guard: Guard) -> None:
    """It is replaced; what it had started ends, and its descriptors here are closed."""
    guard.call(mischief.leave_a_daemon)
    before = descriptors()
    process = guard._running()
    process.kill()
    process.wait()
    assert guard.call(mischief.echo, 1) == 1
    assert len(left_over()) == 1
    assert descriptors() == before


@pytest.mark.slow
def test_end_of_one_is_not_the_end_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker 1 has a mark that is not the beginning of worker 10's."""
    monkeypatch.setattr(guards, "_numbers", iter((1, 10)))
    with Calls(Limits()) as first, Calls(Limits()) as tenth:
        first.start()
        pid = tenth.call(os.getpid)
        first.rest()
        assert tenth.call(os.getpid) == pid


def test_too_few_descriptors() -> None:
    """Wherever on its way to a worker the system refuses a file, that is a `Crashed`, and nothing stays open."""
    before = descriptors()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    refused, reasons = 0, set()
    with Calls(Limits()) as guard:
        while True:
            resource.setrlimit(resource.RLIMIT_NOFILE, (before[-1] + 1 + refused, hard))
            try:
                guard.start()
                break
            except Crashed as error:
                reasons.add(str(error))
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert descriptors() == before
            refused += 1
        assert refused > 3
        assert reasons == {"no worker could be started: Too many open files"}
        assert guard.call(mischief.echo, 1) == 1


def test_program_ends_with_its_worker(guard: Guard) -> None:
    """So does a program that bears no mark, as it was given an environment of its own."""
    pid = guard.call(mischief.leave_a_program)
    assert psutil.Process(pid).name() == "sleep"
    guard.rest()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_thread_does_not_hold_up_the_end(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with a thread that never ends leaves by itself when it is told to."""
    monkeypatch.setattr(guards, "_PATIENCE", 60)
    guard.call(mischief.leave_a_thread)
    process = guard._running()
    guard.rest()
    assert process.returncode == 0


@pytest.mark.slow
def test_leak(guard: Guard) -> None:
    """A worker that has grown too large between two calls is replaced, and its result counts."""
    guard.call(mischief.eat_later, 500)
    pid = guard.call(os.getpid)
    while psutil.Process(pid).memory_info().rss < 500e6:
        time.sleep(0.1)
    assert guard.call(mischief.echo, 1) == 1
    assert guard.call(os.getpid) != pid
    assert guard.call(mischief.eat, 10) == 1


@pytest.mark.slow
def test_retries() -> None:
    """A call is made again in a fresh worker as often as the limits say: after a death or a timeout, no exception."""
    calls = []

    class Counting(Guard):
        def call(self, function: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - as Guard's
            calls.append(function)
            return super().call(function, *args)

    with Counting(Limits(retries=2), "mischief") as guard:
        with pytest.raises(Crashed):
            guard.call_with_retries(mischief.segfault)
        assert len(calls) == 3
        with pytest.raises(MethodError):
            guard.call_with_retries(mischief.throw, "KeyError")
        assert len(calls) == 4
        guard._limits = Limits(retries=1, timeout=0.2)
        with pytest.raises(TimedOut):
            guard.call_with_retries(mischief.hang)
        assert len(calls) == 6


@pytest.mark.sampled
@pytest.mark.parametrize("size", [0, 1, 10, 5000])
def test_arrays_travel_whole(guard: Guard, size: int) -> None:
    """Arrays come back equal and writable, whatever their size, beside other values, however often."""
    array = np.random.default_rng(0).integers(0, 256, (size, 700, 3), dtype=np.uint8)
    for _ in range(2):
        back, text, turned = guard.call(mischief.echo, (array, "text", array.transpose(1, 0, 2)))
        assert np.array_equal(back, array)
        assert np.array_equal(turned, array.transpose(1, 0, 2))
        assert text == "text"
        back[:] = 0


def test_worker_is_apart(guard: Guard) -> None:
    """It has a session of its own (no Ctrl-C, no terminal), an empty input, and our import path."""
    seen = guard.call(mischief.process)
    assert seen["session"] == seen["pid"] != os.getpid()
    assert seen["input"] == ""
    assert seen["interrupt"]
    assert seen["path"] == sys.path


def test_input_is_empty(guard: Guard) -> None:
    """A method that reads its input finds its end, whatever is typed or piped into the run."""
    reader, writer = os.pipe()
    os.write(writer, b"yes")
    os.close(writer)
    own = os.dup(0)
    os.dup2(reader, 0)
    try:
        assert guard.call(mischief.process)["input"] == ""
    finally:
        os.dup2(own, 0)
        os.close(own)
        os.close(reader)


@pytest.mark.sampled
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_to_all_processes_of_a_job(guard: Guard, number: signal.Signals) -> None:
    """They are for the coordinator, which asks for what has begun: the worker goes on."""
    pid = guard.call(os.getpid)
    guard.call(signal.raise_signal, number)
    assert guard.call(os.getpid) == pid


@pytest.mark.sampled
@pytest.mark.parametrize("start", ["fork", "spawn", "forkserver"])
def test_what_a_method_starts_can_be_ended(guard: Guard, start: str) -> None:
    """A pool ends its processes by SIGTERM and waits for them: they do not ignore signals as the worker does."""
    assert guard.call(mischief.end_child, start) == -signal.SIGTERM


def test_results_are_let_go(guard: Guard) -> None:
    """What a call returned is not held by the worker until the next has its own."""
    guard.call(mischief.lend)
    assert not guard.call(mischief.is_held)


def test_current_directory_is_not_imported(guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that bears the name of a module a worker needs is not run because a user stands beside it."""
    for name in ("pickle", "mmap", "socket", "numpy", "srbench", "faulthandler"):
        (tmp_path / f"{name}.py").write_text("import os; os._exit(9)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert guard.call(mischief.echo, np.arange(3)).tolist() == [0, 1, 2]
    assert guard.call(mischief.spawn) == 0


def test_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has our environment, and the variables that it is given."""
    monkeypatch.setenv("OURS", "1")
    with Guard(Limits(), mischief.__name__, {"GIVEN": "2"}) as guard:
        assert guard.call(os.getenv, "OURS") == "1"
        assert guard.call(os.getenv, "GIVEN") == "2"


@pytest.mark.sampled
@pytest.mark.parametrize("threads", [0, 1])
def test_threads(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries and OpenCV get as many threads as the limits say; with 0 the user's own setting stays."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with Calls(Limits(threads=threads)) as guard:
        assert guard.call(mischief.process)["threads"] == ("1" if threads else "7")
        assert guard.call(mischief.opencv_threads) == 1 or not threads


def test_stop_from_another_thread(guard: Guard) -> None:
    """A call that is under way ends at once when the guard is stopped, and no fresh worker is started."""
    threading.Timer(0.3, guard.stop).start()
    with pytest.raises(Crashed):
        guard.call_with_retries(mischief.hang)
    with pytest.raises(Crashed, match="the run was stopped"):
        guard.call(mischief.echo, 1)


def test_stop_while_it_starts(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that came to be just as another thread stopped the guard is ended by whoever started it."""

    class Interrupted(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as Popen's
            super().__init__(*args, **options)
            guard.stop()

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    guard.start()
    assert guard._running().wait(20) == -signal.SIGKILL


def test_module_that_cannot_be_imported() -> None:
    """A worker that cannot even begin is a crash, with the traceback as its output."""
    with Guard(Limits(), "module_that_is_absent") as guard, pytest.raises(SrbenchError) as caught:
        guard.call(mischief.echo, 1)
    assert "No module named 'module_that_is_absent'" in caught.value.output


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="Linux only")
def test_out_of_memory_hits_the_worker_first(guard: Guard) -> None:
    """The kernel is told to end workers before the coordinator."""
    pid = guard.call(os.getpid)
    assert int(Path(f"/proc/{pid}/oom_score_adj").read_text(encoding="ascii")) == 500

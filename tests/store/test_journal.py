"""The journal: rows on disk at once, one writer at a time, and every broken folder continued or refused."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import tracemalloc
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from srbench.errors import RunFolderError
from srbench.plan import Plan
from srbench.store.journal import SCHEMA, Journal, read_info
from srbench.store.rows import ScoreRow, TimingRow, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from srbench.store.rows import Row

    Mounted = Callable[..., subprocess.CompletedProcess[str]]

PLAN = Plan(("bicubic",))
ROW = ScoreRow(method="bicubic", dataset="d", image="a.png", factor=3, protocol="basicsr", device="cpu", psnr=1 / 3)
SAMPLE = TimingRow(
    method="bicubic", factor=3, device="cpu", phase="call", height=2, width=3, channels=3, round=1, seconds=0.1
)
HOLDER = """
import sys, time
from pathlib import Path
from srbench.store.journal import Journal
from srbench.plan import Plan
with Journal(Path(sys.argv[1]), Plan(("bicubic",))):
    print("locked", flush=True)
    time.sleep(60)
"""


def begun(folder: Path) -> Path:
    """Leave a run with one row and no end."""
    with Journal(folder, PLAN) as journal:
        journal.describe()
        journal.append(ROW)
    return folder


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock of `folder`."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, folder], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "locked\n"
            yield process
        finally:
            process.kill()


def test_row_is_on_disk_at_once(tmp_path: Path) -> None:
    """Another reader sees a row while the journal is still open."""
    with Journal(tmp_path / "run", PLAN) as journal:
        rows: list[Row] = [ROW, SAMPLE]
        for number, row in enumerate(rows, 1):
            journal.append(row)
            lines = (tmp_path / "run" / "rows.jsonl").read_text(encoding="utf-8").splitlines()
            assert len(lines) == number
        assert json.loads(lines[0])["psnr"] == 1 / 3


def test_rows_come_back(tmp_path: Path) -> None:
    """A continued journal holds the rows of the earlier process, unrounded, and appends to them."""
    begun(tmp_path)
    with Journal(tmp_path, PLAN) as journal:
        assert journal.rows == [ROW]
        assert journal.info["status"] != "finished"
        journal.append(SAMPLE)
        journal.describe(status="finished")
    with Journal(tmp_path, PLAN) as journal:
        assert journal.rows == [ROW, SAMPLE]
        assert journal.info["status"] == "finished"


def test_torn_last_line_is_cut(tmp_path: Path) -> None:
    """Half a row, left by a crash, is removed from the file; the next row starts on a line of its own."""
    file = begun(tmp_path) / "rows.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"row": "score", "meth')
    with Journal(tmp_path, PLAN) as journal:
        assert journal.rows == [ROW]
        assert file.read_bytes() == whole
        journal.append(replace(ROW, image="b.png"))
    assert len(file.read_bytes().splitlines()) == 2


TAILS = {
    "half a row": b'{"row": "score", "meth',
    "two torn rows": b'{"row": "score"\n{"row": "ti',
    "zeros": b"\0" * 4096,
    "zeros with an end": b"\0" * 100 + b"\n",
    "half a row, then zeros": b'{"row": "score", "meth' + b"\0" * 100,
    "a flipped bit": to_json(ROW).replace("0.33", "0.23").encode() + b"\n",
    "no end": to_json(SAMPLE).encode(),
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS.keys())
def test_torn_tail_is_cut(tmp_path: Path, tail: bytes) -> None:
    """Whatever a kill, a full disk or a power cut can leave at the end is cut off, and the run is not finished."""
    file = begun(tmp_path) / "rows.jsonl"
    with Journal(tmp_path, PLAN) as journal:
        journal.describe(status="finished")
    whole = file.read_bytes()
    file.write_bytes(whole + tail)
    with Journal(tmp_path, PLAN) as journal:
        assert journal.rows == [ROW]
        assert file.read_bytes() == whole
        assert journal.info["status"] != "finished"
        journal.append(SAMPLE)
    with Journal(tmp_path, PLAN) as journal:
        assert journal.rows == [ROW, SAMPLE]


@pytest.mark.parametrize("line", ["{}", '{"row": "score", "surprise": 1}', "[]"])
def test_foreign_line_is_named(tmp_path: Path, line: str) -> None:
    """A whole line that is no row was not torn by a crash: the error says where it is, and nothing is cut."""
    file = begun(tmp_path) / "rows.jsonl"
    content = file.read_bytes() + f"{line}\n".encode()
    file.write_bytes(content)
    with pytest.raises(RunFolderError, match=r"rows\.jsonl, line 2: not a row"):
        Journal(tmp_path, PLAN)
    assert file.read_bytes() == content


def test_damage_in_the_middle_is_named(tmp_path: Path) -> None:
    """A flipped bit with good rows after it is no crash: the error names line and command, and nothing is changed."""
    file = begun(tmp_path) / "rows.jsonl"
    with Journal(tmp_path, PLAN) as journal:
        journal.append(SAMPLE)
    content = file.read_bytes().replace(b"0.33", b"0.23")
    file.write_bytes(content)
    with pytest.raises(RunFolderError, match=r"rows\.jsonl, line 1: .* checksum .* srbench results verify") as caught:
        Journal(tmp_path, PLAN)
    assert "\n" not in str(caught.value)
    assert file.read_bytes() == content


FULL = """
import resource, sys
from pathlib import Path
from srbench.errors import RunFolderError
from srbench.store.rows import from_json
from srbench.store.journal import Journal
from srbench.plan import Plan
folder, row, size = Path(sys.argv[1]), from_json(sys.argv[2]), int(sys.argv[3])
with Journal(folder, Plan(("bicubic",))) as journal:
    if size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    try:
        while True:
            journal.append(row)
    except RunFolderError as error:
        print(error)
        print(len(journal.rows), (folder / "rows.jsonl").read_bytes().endswith(b"\\n"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    (folder.parent / "ballast").unlink(missing_ok=True)
    journal.append(row)
with Journal(folder, Plan(("bicubic",))) as journal:
    print(len(journal.rows))
"""


def full(printed: str, error: str) -> None:
    """Check what `FULL` printed: one line, whole rows, and one more row when there is room again."""
    line, kept, continued = printed.splitlines()
    rows, whole = kept.split()
    assert error in line
    assert f"the {rows} results so far are kept; free some space and repeat the command with --out" in line
    assert int(rows) >= 1
    assert whole == "True"
    assert int(continued) == int(rows) + 1


@pytest.mark.slow
def test_file_that_may_not_grow(tmp_path: Path) -> None:
    """A row that is written in part is taken back: the journal ends with a whole row, and goes on later."""
    command = [sys.executable, "-c", FULL, str(tmp_path / "run"), to_json(ROW), "3000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    full(done.stdout, "rows.jsonl: File too large")


@pytest.mark.slow
def test_full_disk(tmp_path: Path, mounted: Mounted) -> None:
    """On a disk that gets full the results so far are kept, in one line, and once there is room the run goes on."""
    mount = f'mount -t tmpfs -o size=64k none "{tmp_path}"; head -c 32000 /dev/zero > "{tmp_path}/ballast"'
    done = mounted(mount, FULL, tmp_path / "run", to_json(ROW), 0)
    assert done.returncode == 0, done.stderr
    full(done.stdout, "rows.jsonl: No space left on device")


def test_disk_full_from_the_start(tmp_path: Path, mounted: Mounted) -> None:
    """Without room for run.json the error is one line, and no half-written file stays."""
    mount = f'mount -t tmpfs -o size=4k none "{tmp_path}"; head -c 4096 /dev/zero > "{tmp_path}/ballast" || true'
    script = """
import sys
from pathlib import Path
from srbench.errors import RunFolderError
from srbench.store.journal import Journal
from srbench.plan import Plan
folder = Path(sys.argv[1])
try:
    Journal(folder, Plan(("bicubic",)))
except RunFolderError as error:
    print(error)
print([path.name for path in folder.iterdir() if path.stat().st_size])
"""
    done = mounted(mount, script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    line, left = done.stdout.splitlines()
    assert line.startswith("cannot ")
    assert "No space left on device" in line
    assert left == "[]"


def test_error_inside_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk fails while an interrupt or an error ends the run, that error is the one that is raised."""

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    def interrupted() -> None:
        with Journal(tmp_path, PLAN) as journal:
            journal.append(ROW)
            monkeypatch.setattr(os, "fsync", fail)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    monkeypatch.undo()
    with Journal(tmp_path, PLAN) as journal:  # the lock is free
        assert journal.rows == [ROW]


def test_failing_sync_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails when the last rows are synced is one line."""

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    journal = Journal(tmp_path, PLAN)
    journal.append(ROW)
    monkeypatch.setattr(os, "fsync", fail)
    with (
        pytest.raises(RunFolderError, match=r"rows\.jsonl: Input/output error; the 1 results so far are kept"),
        journal,
    ):
        pass
    monkeypatch.undo()
    with Journal(tmp_path, PLAN) as journal:  # the lock is free
        assert journal.rows == [ROW]


class Synced:
    """What was synced while this stands for os.fsync: the inodes, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Replace os.fsync."""
        self.inodes: list[int] = []
        self.real = os.fsync
        monkeypatch.setattr(os, "fsync", self)

    def __call__(self, descriptor: int) -> None:
        """Sync, and write down what."""
        self.inodes.append(os.fstat(descriptor).st_ino)
        self.real(descriptor)

    def count(self, path: Path) -> int:
        """Return how often `path` was synced."""
        return self.inodes.count(path.stat().st_ino)


def test_names_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut takes neither the folder nor a file in it: every folder with a new name is synced."""
    synced = Synced(monkeypatch)
    folder = tmp_path / "results" / "run"
    with Journal(folder, PLAN) as journal:
        assert synced.count(tmp_path) == 1
        assert synced.count(folder.parent) == 1
        before = synced.count(folder)
        assert before >= 2  # run.json, then rows.jsonl
        journal.describe(one=1)
        assert synced.count(folder) == before + 1


def test_rows_are_synced_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the monotonic clock, whatever the time of day does; `sync` does what is left, once."""
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr("time.time", lambda: -clock[0])
    with Journal(tmp_path, PLAN) as journal:
        synced, file = Synced(monkeypatch), tmp_path / "rows.jsonl"
        for seconds, expected in ((0.5, 0), (0.4, 0), (0.2, 1), (0.9, 1), (0.2, 2)):
            clock[0] += seconds
            journal.append(ROW)
            assert synced.count(file) == expected
        journal.sync()
        assert synced.count(file) == 2  # nothing was written since
        journal.append(ROW)
        journal.sync()
        assert synced.count(file) == 3
    assert synced.count(file) == 3


@pytest.mark.slow
def test_ten_thousand_rows_cost_little_memory(tmp_path: Path) -> None:
    """Well under a kilobyte each, text that they share counted; the file is never in memory as a whole."""
    long = replace(ROW, hr_sha256="0" * 64, code="1" * 64, protocol_fingerprint="2" * 64, reason="x" * 200)
    with Journal(tmp_path, PLAN) as journal:
        for number in range(2000):
            journal.append(pickle.loads(pickle.dumps(replace(long, key=f"{number:064}"))))  # noqa: S301 - our own
        assert len({id(row.code) for row in journal.rows}) == 1
    tracemalloc.start()
    with Journal(tmp_path, PLAN) as journal:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(journal.rows) == 2000
    assert peak / 2000 < 600
    assert len({id(row.code) for row in journal.rows}) == 1


def test_second_process_is_refused(tmp_path: Path) -> None:
    """While one process writes, another is told its pid."""
    with held(tmp_path / "run") as process, pytest.raises(RunFolderError, match=f"in use by process {process.pid};"):
        Journal(tmp_path / "run", PLAN)


def test_lock_dies_with_its_process(tmp_path: Path) -> None:
    """After kill -9 the folder is free, with no lock file to remove by hand."""
    with held(tmp_path / "run") as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with Journal(tmp_path / "run", PLAN) as journal:
            assert journal.rows == []


def test_lock_is_dropped_on_close(tmp_path: Path) -> None:
    """A closed journal, and one whose opening failed, leave the folder free."""
    begun(tmp_path)
    with pytest.raises(RunFolderError, match="different settings"):
        Journal(tmp_path, Plan(("espcn",)))
    with Journal(tmp_path, PLAN) as journal:
        assert journal.rows == [ROW]


@pytest.mark.parametrize("left", [[], ["run.lock"], ["run.lock", ".run.json.tmp"], ["run.lock", "rows.jsonl"]])
def test_half_made_folder_is_continued(tmp_path: Path, left: list[str]) -> None:
    """Whatever a kill can leave behind before the first run.json is no obstacle."""
    for name in left:
        (tmp_path / name).write_text('{"sch' if name.endswith("tmp") else "", encoding="utf-8")
    begun(tmp_path)
    assert read_info(tmp_path)["schema"] == SCHEMA


def test_foreign_folder_is_refused(tmp_path: Path) -> None:
    """A folder with other files is left exactly as it was."""
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunFolderError, match="is not empty and contains no run; choose another --out"):
        Journal(tmp_path, PLAN)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_other_plan_is_refused(tmp_path: Path) -> None:
    """The line names the fields that differ, and only those."""
    begun(tmp_path)
    with pytest.raises(
        RunFolderError, match=r"contains a run with different settings \(factors: 3, not 2,4; device: auto, not cpu\)"
    ):
        Journal(tmp_path, Plan(("bicubic",), (2, 4), device="cpu"))


def test_refusal_names_the_command(tmp_path: Path) -> None:
    """A command of srbench is spelled as it can be pasted; one name of SR images for another is said to be no label."""
    there, asked = (Plan(("bicubic", name), sr=(f"{name}=/sr",)) for name in ("RCAN", "RCAN (authors)"))
    with Journal(tmp_path, there) as journal:
        journal.describe(command=["__main__.py", "run", "--sr", "RCAN=my sr"])
    with pytest.raises(RunFolderError) as caught:
        Journal(tmp_path, asked)
    assert "SR images are called RCAN, not RCAN (authors): their scores have this name" in str(caught.value)
    assert str(caught.value).endswith(f"or repeat its command: srbench run --sr 'RCAN=my sr' --out {tmp_path}")


@pytest.mark.parametrize("schema", [SCHEMA + 1, None, "\x1b"])
def test_other_schema_is_refused(tmp_path: Path, schema: int | str | None) -> None:
    """The folder of another version is named with both versions, and not touched."""
    file = begun(tmp_path) / "run.json"
    text = json.dumps(json.loads(file.read_bytes()) | {"schema": schema})
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RunFolderError, match=f"has schema {re.escape(repr(schema))}, expected {SCHEMA}"):
        Journal(tmp_path, PLAN)
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"'])
def test_damaged_info_is_refused(tmp_path: Path, text: str) -> None:
    """A run.json that is no JSON object is an error that names it."""
    (begun(tmp_path) / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"run\.json"):
        Journal(tmp_path, PLAN)


@pytest.mark.parametrize(
    "facts",
    [
        *({name: 3} for name in ("methods", "datasets", "timed")),
        *({name: {"a": []}} for name in ("methods", "datasets", "timed")),
        {"methods": {"a": {"codes": 3}}},
        {"methods": {"a": {"files": []}}},
        {"methods": {"a": {"models": "x"}}},
        {"methods": {"a": {"decided": ["x"]}}},
        {"datasets": {"a": {"images": 1, "files": ["b"]}}},
        {"labels": ["a"]},
        {"labels": {"a": 3}},
        {"labels": {"a": "x", "b": "x"}},
        {"labels": {"a": "b"}, "methods": {"b": {}}},
    ],
    ids=str,
)
def test_edited_facts_are_refused(tmp_path: Path, facts: dict[str, object]) -> None:
    """What decides which rows stand is an object of objects, or run.json is refused by name."""
    path = begun(tmp_path) / "run.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | facts), encoding="utf-8")
    with pytest.raises(RunFolderError, match=rf"run\.json holds {next(iter(facts))} that this version cannot read"):
        read_info(tmp_path)


READ_ONLY = """
import sys
from pathlib import Path
from srbench.errors import RunFolderError
from srbench.store.journal import Journal
from srbench.plan import Plan
for folder in map(Path, sys.argv[1:]):
    try:
        Journal(folder, Plan(("bicubic",)))
    except RunFolderError as error:
        print(error)
"""


@pytest.mark.slow
def test_read_only_folder_is_refused(tmp_path: Path, mounted: Mounted) -> None:
    """On a disk that is mounted read-only a new run and an old one are refused in one line each."""
    old = begun(tmp_path / "old")
    mount = f'mount --bind "{tmp_path}" "{tmp_path}"; mount -o remount,bind,ro "{tmp_path}"'
    done = mounted(mount, READ_ONLY, old, tmp_path / "new")
    assert done.stdout.splitlines() == [
        f"cannot write {old}: Read-only file system; choose another --out",
        f"cannot write run folder {tmp_path}/new: Read-only file system; choose another --out",
    ], done.stderr


def test_file_instead_of_folder_is_refused(tmp_path: Path) -> None:
    """`out` may not be a file."""
    (tmp_path / "out").touch()
    with pytest.raises(RunFolderError, match="cannot write run folder"):
        Journal(tmp_path / "out", PLAN)


def test_info_is_replaced_in_one_step(tmp_path: Path) -> None:
    """Facts add up over calls, and no temporary file stays."""
    with Journal(tmp_path, PLAN) as journal:
        journal.describe(one=1)
        journal.describe(two="zwei", one=3)
    info = read_info(tmp_path)
    assert (info["one"], info["two"], info["status"]) == (3, "zwei", "running")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl", "run.json", "run.lock"]

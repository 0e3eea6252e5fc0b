"""The journal: rows on disk at once, one writer at a time, and every broken folder continued or refused."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from srbench.errors import RunFolderError
from srbench.results.rows import ScoreRow, TimingRow
from srbench.runs.journal import SCHEMA, Journal, read_info
from srbench.runs.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from srbench.results.rows import Row

PLAN = Plan(("bicubic",))
ROW = ScoreRow(method="bicubic", dataset="d", image="a.png", factor=3, protocol="basicsr", device="cpu", psnr=1 / 3)
SAMPLE = TimingRow(
    method="bicubic", factor=3, device="cpu", phase="call", height=2, width=3, channels=3, round=1, seconds=0.1
)
HOLDER = """
import sys, time
from pathlib import Path
from srbench.runs.journal import Journal
from srbench.runs.plan import Plan
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
        assert not journal.finished
        journal.append(SAMPLE)
        journal.describe(status="finished")
    with Journal(tmp_path, PLAN) as journal:
        assert journal.rows == [ROW, SAMPLE]
        assert journal.finished


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


@pytest.mark.parametrize("line", ["{}", "nonsense", '{"row": "score", "surprise": 1}', "[]"])
def test_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    """A whole line that is no row is not guessed at: the error says where it is."""
    with (begun(tmp_path) / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(RunFolderError, match=r"rows\.jsonl, line 2: not a row"):
        Journal(tmp_path, PLAN)


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
    with pytest.raises(RunFolderError, match="another run"):
        Journal(tmp_path, Plan(("espcn",)))
    with Journal(tmp_path, PLAN) as journal:
        assert journal.rows == [ROW]


@pytest.mark.parametrize("left", [[], ["run.lock"], ["run.lock", "run.json.tmp"], ["run.lock", "rows.jsonl"]])
def test_half_made_folder_is_continued(tmp_path: Path, left: list[str]) -> None:
    """Whatever a kill can leave behind before the first run.json is no obstacle."""
    for name in left:
        (tmp_path / name).write_text('{"sch' if name.endswith("tmp") else "", encoding="utf-8")
    begun(tmp_path)
    assert read_info(tmp_path)["schema"] == SCHEMA


def test_foreign_folder_is_refused(tmp_path: Path) -> None:
    """A folder with other files is left exactly as it was."""
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunFolderError, match="is not empty and holds no run; choose another --out"):
        Journal(tmp_path, PLAN)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_other_plan_is_refused(tmp_path: Path) -> None:
    """The line names the fields that differ, and only those."""
    begun(tmp_path)
    with pytest.raises(RunFolderError, match=r"holds another run \(factors: 3, not 2,4; device: auto, not cpu\)"):
        Journal(tmp_path, Plan(("bicubic",), (2, 4), device="cpu"))


@pytest.mark.parametrize("schema", [SCHEMA + 1, None, "\x1b"])
def test_other_schema_is_refused(tmp_path: Path, schema: int | str | None) -> None:
    """The folder of another version is named with both versions, and not touched."""
    file = begun(tmp_path) / "run.json"
    text = json.dumps(json.loads(file.read_bytes()) | {"schema": schema})
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RunFolderError, match=f"has schema {re.escape(repr(schema))}, expected {SCHEMA}"):
        Journal(tmp_path, PLAN)
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', "[" * 2000])
def test_damaged_info_is_refused(tmp_path: Path, text: str) -> None:
    """A run.json that is no JSON object is an error that names it."""
    (begun(tmp_path) / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"run\.json"):
        Journal(tmp_path, PLAN)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_refused(tmp_path: Path) -> None:
    """A folder that cannot be written is one line, not a traceback."""
    tmp_path.chmod(0o500)
    with pytest.raises(RunFolderError, match="cannot write run folder"):
        Journal(tmp_path / "run", PLAN)


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

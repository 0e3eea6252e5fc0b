"""`verify`: a sound folder passes, and each kind of damage is found, without writing anything."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import srbench
from srbench import datasets
from srbench.errors import RunFolderError
from srbench.execution import precomputed
from srbench.maintain import verify
from srbench.plan import Plan
from srbench.quality.files import write_image
from srbench.store.journal import Journal
from srbench.store.lock import hold
from srbench.store.rows import to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAN = Plan(("a", "b"), (2,), ("set",), ("p",))


def wrong(folder: Path) -> dict[str, str]:
    """Return what `verify` finds wrong, by what it looked at."""
    return {check.what: check.detail for check in verify.verify(folder) if check.verdict == "wrong"}


def content(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return what every file holds, and when it was last changed."""
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_whole_run_is_sound(pictures: Path, tmp_path: Path) -> None:
    """A run with timings, skipped devices and failures passes every check, and not a byte is written."""
    (pictures / "bad.png").touch()
    srbench.run("nearest,bicubic", factors=(2, 3), datasets=f"{pictures}/", out=tmp_path / "run")
    before = content(tmp_path / "run")
    checks = verify.verify(tmp_path / "run")
    assert {check.what for check in checks} == {"run.json", "rows.jsonl", "keys", "scores", "tables", "plan"}
    assert {check.verdict for check in checks} == {"ok"}
    assert content(tmp_path / "run") == before


@pytest.mark.slow
def test_given_images_are_sound(pictures: Path, tmp_path: Path) -> None:
    """A folder of `srbench score` has keys of its own kind, also where a row failed or an image changed."""
    made = tmp_path / "made"
    made.mkdir()
    for path in pictures.iterdir():
        write_image(made / path.name, np.zeros((40, 48, 3), np.uint8))
    (made / "a.png").write_bytes(b"junk")
    plan, hr, out = Plan(("mine",), (2,), ("hr",), timing=False), datasets.open_folder(pictures), tmp_path / "run"
    for value in (1, 2, 1, 3):
        write_image(made / "b.png", np.full((40, 48, 3), value, np.uint8))
        precomputed.score(plan, hr, datasets.open_folder(made), out)
        assert wrong(out) == {}
    rows = (out / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    (out / "rows.jsonl").write_text("\n".join([*(row for row in rows if row != rows[-1]), ""]), encoding="utf-8")
    found = wrong(out)
    assert found.keys() == {"tables", "plan"}
    assert found["tables"].startswith("line 2 of scores matches no current row; ")


def edited(folder: Path, old: str, new: str) -> None:
    """Replace text in the journal, which must be there."""
    file = folder / "rows.jsonl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def replaced(folder: Path, number: int, line: str) -> None:
    """Put another line into the journal in the place of one."""
    file = folder / "rows.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[number - 1 : number] = [line] if line else []
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")


def unsigned(row: Any) -> str:  # noqa: ANN401 - a row
    """Return the line of a row without its checksum."""
    return json.dumps({name: value for name, value in json.loads(to_json(row)).items() if name != "crc"})


def frame_changed(folder: Path, name: str, change: Callable[[pd.DataFrame], Any]) -> None:
    """Change a table, in both of its files."""
    frame = change(pd.read_parquet(folder / f"{name}.parquet"))
    frame.to_parquet(folder / f"{name}.parquet", index=False)
    frame.to_csv(folder / f"{name}.csv", index=False)


@pytest.mark.slow
def test_values_of_metrics_are_checked(runs: Any) -> None:  # noqa: ANN401 - of conftest
    """They are counted, their keys follow from code and score, and one key has one value; one that lacks is named."""
    plan = replace(PLAN, metrics=("psnr", "ssim", "lpips"))
    scores = runs.scores(plan)
    values = runs.values(scores)
    folder = runs.write("run", plan, [*scores, *values], metrics=runs.metrics("lpips"))
    assert wrong(folder) == {}
    detail = {check.what: check.detail for check in verify.verify(folder)}["rows.jsonl"]
    assert detail == f"{len(scores)} scores, {len(values)} values of other metrics and 0 timings"
    twice = [*scores, *values, replace(values[0], value=0.5)]
    assert "lpips of a" in wrong(runs.write("two", plan, twice, metrics=runs.metrics("lpips")))["scores"]
    odd = [*scores, replace(values[0], key="odd"), *values[1:]]
    found = wrong(runs.write("odd", plan, odd, metrics=runs.metrics("lpips")))["keys"]
    assert found.startswith("the key of lpips of a x2 on set, 0.png, protocol p does not match its code and score")
    lacking = wrong(runs.write("lacking", plan, [*scores, *values[1:]], metrics=runs.metrics("lpips")))["plan"]
    assert lacking == "a x2 lacks lpips of 1 image of set (0.png), protocol p"


@pytest.mark.slow
def test_flipped_bit(runs: Any) -> None:  # noqa: ANN401 - of conftest
    """A number that changed is found by its checksum, and its line named."""
    folder = runs.write("run", PLAN)
    edited(folder, '"psnr": 30.0', '"psnr": 31.0')
    assert wrong(folder)["rows.jsonl"].startswith("line 1: not a row of a run")
    assert "checksum" in wrong(folder)["rows.jsonl"]


@pytest.mark.slow
def test_torn_tail(runs: Any) -> None:  # noqa: ANN401
    """Half a line at the end is named, with what mends it; while a run writes, it is no fault."""
    folder = runs.write("run", PLAN)
    with (folder / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"row": "sc')
    assert wrong(folder) == {"last line": "line 5 is incomplete; the same command removes it and continues"}
    with hold(folder / "run.lock"):
        assert wrong(folder) == {}


@pytest.mark.slow
def test_missing_row(runs: Any) -> None:  # noqa: ANN401
    """A line that was taken out leaves a table without its row, and a plan that is not complete."""
    folder = runs.write("run", PLAN)
    replaced(folder, 4, "")
    found = wrong(folder)
    assert "matches no current row" in found["tables"]
    assert found["plan"] == "b x2 lacks 1 image of set (1.png), protocol p"


@pytest.mark.slow
def test_edited_row_with_checksum_taken_off(runs: Any) -> None:  # noqa: ANN401
    """A row without its checksum was edited."""
    folder = runs.write("run", PLAN)
    replaced(folder, 3, unsigned(runs.scores(PLAN)[2]))
    assert "line 3: not a row of a run" in wrong(folder)["rows.jsonl"]
    assert "it has no checksum: it was edited" in wrong(folder)["rows.jsonl"]


@pytest.mark.slow
def test_wrong_key(runs: Any) -> None:  # noqa: ANN401
    """A key that is not that of code, pixels and protocol is named with its row."""
    rows = runs.scores(PLAN)
    folder = runs.write("run", PLAN, [*rows[:-1], replace(rows[-1], key="0" * 64)])
    assert wrong(folder) == {
        "keys": "the key of b x2 on set, 1.png, protocol p does not match its code, pixels and protocol"
    }


@pytest.mark.slow
def test_two_scores_under_one_key(runs: Any) -> None:  # noqa: ANN401
    """What is computed twice from the same must be the same; a failure beside a score is no contradiction."""
    rows = runs.scores(PLAN)
    failed = replace(rows[0], status="failed", psnr=float("nan"))
    assert wrong(runs.write("run", PLAN, [failed, *rows])) == {}
    for number, other in enumerate(({"psnr": 12.5}, {"ssim": 0.8})):
        folder = runs.write(f"twice {number}", PLAN, [*rows, replace(rows[0], **other)])
        assert wrong(folder) == {"scores": "a x2 on set, 0.png, protocol p has two scores under one key"}


TABLES: dict[str, tuple[str, Callable[[pd.DataFrame], Any], str]] = {
    "changed score": (
        "scores",
        lambda frame: frame.assign(psnr=frame["psnr"] + 1),
        "line 1 of scores matches no current row, nor do",
    ),
    "changed sample": ("timings", lambda frame: frame.assign(seconds=0.01), "line 1 of timings matches no current row"),
    "changed mean": ("summary", lambda frame: frame.assign(psnr=99.0), "psnr of summary does not match scores"),
    "rounded mean": ("summary", lambda frame: frame.assign(psnr=frame["psnr"] + 1e-5), "psnr of summary does"),
    "changed time": ("summary", lambda frame: frame.assign(cpu_ms_per_mpx=1.0), "cpu_ms_per_mpx of summary does"),
    "missing score": ("scores", lambda frame: frame.iloc[1:], "the newest row of a on set, 0.png is not in scores"),
    "doubled score": ("scores", lambda frame: pd.concat([frame, frame.iloc[:1]]), "scores holds a line twice"),
    "missing line": ("summary", lambda frame: frame.iloc[1:], "summary has 1 lines, expected 2"),
    "other method": (
        "scores",
        lambda frame: frame.assign(method="z"),
        "line 1 of scores matches no current row, nor do 3 more",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "change", "expected"), TABLES.values(), ids=TABLES.keys())
def test_changed_table(runs: Any, name: str, change: Callable[[pd.DataFrame], Any], expected: str) -> None:  # noqa: ANN401
    """Tables that are not what the rows say are found, whichever of them it is."""
    folder = runs.write("run", PLAN, [*runs.scores(PLAN), *runs.samples(PLAN)])
    assert wrong(folder) == {}
    frame_changed(folder, name, change)
    found = wrong(folder)
    assert set(found) == {"tables"}
    assert expected in found["tables"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "column"), [("scores", "judged"), ("timings", "round"), ("summary", "psnr"), ("speeds", "fps")]
)
def test_tables_of_an_older_version(runs: Any, name: str, column: str) -> None:  # noqa: ANN401
    """A column that is absent makes no row bad: a note says how to get it, and derived numbers may be others."""
    folder = runs.write("run", PLAN, [*runs.scores(PLAN), *runs.samples(PLAN)])
    frame_changed(folder, name, lambda frame: frame.drop(columns=column))
    frame_changed(folder, "summary", lambda frame: frame.assign(ssim=0.5))
    assert wrong(folder) == {}
    assert [check.detail for check in verify.verify(folder) if check.verdict == "note"] == [
        f"of an older version ({name} lacks {column}): the same command writes them anew"
    ]
    frame_changed(folder, "scores", lambda frame: frame.drop(columns="method").assign(ssim=0.5))
    assert wrong(folder) == {
        "tables": "line 1 of scores matches no current row, nor do 3 more; "
        "the newest row of a on set, 0.png is not in scores, nor are 3 more"
    }


def test_edited_csv(runs: Any) -> None:  # noqa: ANN401
    """The CSV files are the Parquet files, to the last digit."""
    folder = runs.write("run", PLAN)
    file = folder / "scores.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("30.0", "30.5"), encoding="utf-8")
    assert wrong(folder) == {"tables": "scores.csv is not scores.parquet"}


@pytest.mark.slow
def test_damaged_and_absent_tables(runs: Any) -> None:  # noqa: ANN401
    """A table that cannot be read, and one that is not there."""
    folder = runs.write("run", PLAN)
    (folder / "scores.parquet").write_bytes(b"PAR1 and no more")
    assert "scores cannot be read" in wrong(folder)["tables"]
    (folder / "scores.parquet").unlink()
    assert wrong(folder) == {"tables": "scores.parquet absent; the same command writes them again"}


@pytest.mark.slow
def test_rows_of_changed_code_may_be_left_out(runs: Any) -> None:  # noqa: ANN401
    """A method that changed while a run was interrupted has rows that no table shows: that is no fault."""
    rows = runs.scores(PLAN)
    old = runs.keyed(rows[0], code="older", psnr=1.0)
    assert wrong(runs.write("run", PLAN, [old, *rows])) == {}


@pytest.mark.slow
def test_interrupted_run(runs: Any) -> None:  # noqa: ANN401
    """Absent tables and missing scores of a run that was killed are said, and no fault."""
    folder = runs.write("run", PLAN, runs.scores(PLAN)[:3], status="running")
    for path in [*folder.glob("*.csv"), *folder.glob("*.parquet")]:
        path.unlink()
    notes = {check.what: check.detail for check in verify.verify(folder) if check.verdict == "note"}
    assert notes == {
        "tables": "incomplete, as the run is not finished",
        "plan": "not finished: 1 scores are missing",
    }
    assert wrong(folder) == {}


@pytest.mark.slow
@pytest.mark.parametrize("status", ["running", "finished"])
def test_run_in_progress(runs: Any, status: str) -> None:  # noqa: ANN401
    """A folder that a process writes is checked as far as it goes, and the process named; tables come last."""
    folder = runs.write("run", PLAN, status=status)
    with Journal(folder, PLAN) as journal:
        journal.append(runs.samples(PLAN)[0])
        (first, *_) = verify.verify(folder)
        assert first.detail == f"process {os.getpid()} is writing this run"
        assert wrong(folder) == {}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "is not a run folder"),
        (
            '{"schema": 3, "plan": {}, "status": "finished"}',
            "has schema 3, expected 5; read it",
        ),
        ('{"schema": 4, "status": "finished"}', "lacks plan or status"),
        ('{"schema": 4, "status": "finished", "plan": {"surprise": 1}}', "cannot read"),
        ('{"schema": 4, "status": "finished", "plan": {"methods": []}}', "no methods given"),
        ('{"schema": 4, "status": "finished", "plan": {"methods": ["a"]}, "datasets": 3}', "cannot read"),
    ],
)
def test_damaged_info(runs: Any, text: str, expected: str) -> None:  # noqa: ANN401
    """A run.json that cannot be read is wrong, and the rows are checked all the same."""
    folder = runs.write("run", PLAN)
    (folder / "run.json").write_text(text, encoding="utf-8")
    assert expected in wrong(folder)["run.json"]
    edited(folder, '"psnr": 30.0', '"psnr": 31.0')
    assert set(wrong(folder)) == {"run.json", "rows.jsonl"}


def test_no_run_folder(tmp_path: Path) -> None:
    """A folder of something else, and none at all, are refused."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(RunFolderError, match="is not a run folder: it contains neither"):
            verify.verify(folder)


@pytest.mark.slow
def test_read_only_folder(runs: Any, mounted: Any) -> None:  # noqa: ANN401
    """Nothing needs to be written for a check: a folder on a read-only disk is verified."""
    folder = runs.write("run", PLAN)
    script = """
import sys
from pathlib import Path
from srbench.maintain import verify as integrity
folder = Path(sys.argv[1])
try:
    (folder / "new").touch()
except OSError as error:
    print(error.strerror)
print({check.verdict for check in integrity.verify(folder)})
"""
    done = mounted(f'mount --bind "{folder}" "{folder}"; mount -o remount,bind,ro "{folder}"', script, folder)
    assert done.stdout.splitlines() == ["Read-only file system", "{'ok'}"], done.stderr

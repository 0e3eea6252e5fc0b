"""`srbench results`: what is printed, and the exit codes."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


@pytest.fixture
def one(srbench: Command, pictures: Path, tmp_path: Path) -> Path:
    """Return the folder of a small run, `one`."""
    srbench("run", "-m", "nearest", "-f", "2", "-d", f"{pictures}/", "--no-timing", "--out", "one")
    return tmp_path / "one"


@pytest.fixture
def two(srbench: Command, pictures: Path, tmp_path: Path) -> Path:
    """Return the folder of another method and factor, `two`."""
    srbench("run", "-m", "bilinear", "-f", "3", "-d", f"{pictures}/", "--no-timing", "--out", "two")
    return tmp_path / "two"


@pytest.mark.slow
def test_verify(srbench: Command, one: Path, tmp_path: Path) -> None:
    """One line per check: 0 where all is sound, 1 where something is wrong, 2 where there is no run."""
    sound = srbench("results", "verify", one)
    assert sound.code == 0
    assert [line.split()[0] for line in sound.out.splitlines()] == ["ok"] * 6 + [f"{one}:"]
    assert sound.out.endswith("one: sound\n")
    (one / "scores.csv").unlink()
    damaged = srbench("results", "verify", one)
    assert damaged.code == 1
    assert "WRONG tables: scores.csv absent; the same command writes them again\n" in damaged.out
    assert damaged.out.endswith("one: 1 of 6 checks failed\n")
    nothing = srbench("results", "verify", tmp_path)
    assert (nothing.code, nothing.out, nothing.err.count("\n")) == (2, "", 1)


@pytest.mark.slow
def test_verify_json(srbench: Command, one: Path) -> None:
    """Each check has its verdict and what was found."""
    found = json.loads(srbench("results", "verify", one, "--json").out)
    assert found["sound"] is True
    assert [check["verdict"] for check in found["checks"]] == ["ok"] * 6
    (one / "rows.jsonl").unlink()
    result = srbench("results", "verify", one, "--json")
    assert result.code == 1
    assert json.loads(result.out)["sound"] is False


@pytest.mark.slow
def test_merge_and_continue(srbench: Command, one: Path, two: Path, tmp_path: Path) -> None:
    """The tables of all are printed, what is missing is counted, and the command that is named computes it."""
    result = srbench("results", "merge", one, two, "--out", "all")
    assert result.code == 0, result.err
    assert "pictures x2, protocol basicsr" in result.out
    assert "pictures x3, protocol basicsr" in result.out
    assert "run folder: all" in result.out
    *_, nothing, lack, first, second, last = result.out.splitlines()
    assert nothing.startswith("nothing pairs: no image has scores of two methods; ")
    assert nothing.endswith("one has pictures x2 basicsr; " + f"{two} has pictures x3 basicsr")
    assert lack == "4 scores of its plan are missing:"
    assert first == "  bilinear x2 lacks 2 images of pictures (a.png, b.png), protocol basicsr"
    assert second == "  nearest x3 lacks 2 images of pictures (a.png, b.png), protocol basicsr"
    command = shlex.split(last.partition("to continue: ")[2])
    assert command[0] == "srbench"
    assert srbench(*command[1:]).code == 0
    assert (tmp_path / "all" / "rows.jsonl").read_bytes().count(b"\n") == 8
    assert srbench("results", "verify", "all").code == 0


@pytest.mark.slow
def test_merge_and_continue_with_metrics_and_protocols(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """The command that is named asks for the metrics of all, and finds protocols of files by their paths."""
    (tmp_path / "mine.toml").write_text(
        srbench("protocols", "show", "basicsr", "--toml").out.replace("basicsr", "mine")
    )
    asked = ["-f", "2", "-d", f"{pictures}/", "--protocol", "mine.toml", "--no-timing"]
    for name, method, metrics in (("one", "nearest", "ssim,psnr"), ("two", "bilinear", "psnr,gmsd")):
        srbench("run", "-m", method, *asked, "--metrics", metrics, "--out", name)
    *_, first, line = srbench("results", "merge", "one", "two", "--out", "all").out.splitlines()
    assert first.startswith("  nearest x2 lacks gmsd of 2 images")
    done = srbench(*shlex.split(line.partition("to continue: ")[2])[1:])
    assert done.code == 0, done.err
    assert list(json.loads((tmp_path / "all" / "run.json").read_text("utf-8"))["metrics"]) == ["ssim", "psnr", "gmsd"]
    assert srbench("results", "verify", "all").code == 0


@pytest.mark.slow
def test_merge_and_continue_with_labels(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """The command that is named has the labels that were given, and not those that follow from what was typed."""
    asked = ["-d", f"{pictures}/", "--no-timing", "--no-report"]
    srbench("run", "-m", 'bicubic,"Net, ours"=nearest', "-f", "2", *asked, "--out", "one")
    srbench("run", "-m", "Linear=bilinear", "-f", "3", *asked, "--out", "two")
    result = srbench("results", "merge", "one", "two", "--out", "all")
    line = result.out.splitlines()[-1]
    assert "\n  Linear x2 lacks 2 images" in result.out
    assert """--methods 'bicubic,"Net, ours"=nearest,Linear=bilinear'""" in line
    assert srbench(*shlex.split(line.partition("to continue: ")[2])[1:]).code == 0
    labels = {"nearest": "Net, ours", "bilinear": "Linear"}
    assert json.loads((tmp_path / "all" / "run.json").read_text("utf-8"))["labels"] == labels


@pytest.mark.slow
def test_merge_json(srbench: Command, one: Path, two: Path) -> None:
    """The summary of the whole, and what is missing."""
    found = json.loads(srbench("results", "merge", one, two, "--out", "all", "--json").out)
    assert [line["method"] for line in found["summary"]] == ["nearest", "bilinear"]
    assert len(found["missing"]) == 2


@pytest.mark.slow
def test_merge_of_a_folder_with_a_comma(srbench: Command, pictures: Path) -> None:
    """The command that is named quotes what the shell and the comma list would take apart."""
    folder = pictures.rename(pictures.with_name("my, photos"))
    for name, method, factor in (("one", "nearest", "2"), ("two", "bilinear", "3")):
        srbench("run", "-m", method, "-f", factor, "-d", f'"{folder}/"', "--no-timing", "--out", name)
    line = srbench("results", "merge", "one", "two", "--out", "all").out.splitlines()[-1]
    assert srbench(*shlex.split(line.partition("to continue: ")[2])[1:]).code == 0


@pytest.mark.slow
def test_merge_refusals(srbench: Command, one: Path, tmp_path: Path) -> None:
    """One folder alone, none at all, no --out and a contradiction are one line each, and exit code 2."""
    assert "expected at least two to merge" in srbench("results", "merge", one, "--out", "all").err
    assert "Missing argument" in srbench("results", "merge", "--out", "all").err
    assert "Missing option '--out'" in srbench("results", "merge", one, one).err
    assert "nowhere is not a run folder" in srbench("results", "merge", one, "nowhere", "--out", "all").err
    info = json.loads((one / "run.json").read_bytes())
    other = tmp_path / "other"
    other.mkdir()
    (other / "rows.jsonl").write_bytes((one / "rows.jsonl").read_bytes())
    info["protocols"]["basicsr"] = "changed"
    (other / "run.json").write_text(json.dumps(info), encoding="utf-8")
    result = srbench("results", "merge", one, other, "--out", "all")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert f"{one} and {other} contradict each other: fingerprint of protocol basicsr" in result.err
    assert not (tmp_path / "all").exists()


@pytest.mark.slow
def test_out_by_variable(
    srbench: Command, one: Path, two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SRBENCH_OUT names the folder to write."""
    monkeypatch.setenv("SRBENCH_OUT", "all")
    assert srbench("results", "merge", one, two).code == 0
    assert (tmp_path / "all" / "run.json").exists()


@pytest.mark.parametrize("command", ["verify", "merge"])
def test_help_has_an_example(srbench: Command, command: str) -> None:
    """Each command shows how it is used."""
    assert f"srbench results {command}" in " ".join(srbench("results", command, "--help").out.split())


@pytest.mark.slow
def test_list(srbench: Command, one: Path, tmp_path: Path) -> None:
    """Each run is a line: its folder, size, whether it is complete, methods, datasets; a damaged one says why."""
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "run.json").write_text("{", encoding="utf-8")
    result = srbench("results", "list", ".")
    assert result.code == 0
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert any(re.match(r"one 20\d\d-.* kB finished nearest on pictures x2", line) for line in lines)
    assert any(re.match(r"deep/er - 1 B damaged", line) for line in lines)
    found = json.loads(srbench("results", "list", "--json", tmp_path).out)
    assert [(each["run"], each["status"]) for each in found] == [
        (str(one), "finished"),
        (str(tmp_path / "deep" / "er"), "damaged"),
    ]
    assert srbench("results", "list", "pictures").out == "no run in pictures; srbench run makes one\n"
    assert srbench("results", "list").code == 2  # there is no ./results


@pytest.mark.slow
def test_sr_images_are_merged(srbench: Command, one: Path, pictures: Path, tmp_path: Path) -> None:
    """`srbench score` on the run's dataset makes one table with it, and merging says what has no partner."""
    (tmp_path / "sr").mkdir()
    for name in ("a", "b"):
        (tmp_path / "sr" / f"{name}_x2.png").write_bytes((pictures / f"{name}.png").read_bytes())
    assert srbench("score", "--hr", f"{pictures}/", "--sr", "RCAN=sr", "-f", 2, "--out", "scored").code == 0
    result = srbench("results", "merge", one, "scored", "--out", "all")
    assert "nothing pairs" not in result.out
    assert "missing" not in result.out
    assert [line.split()[0] for line in result.out.splitlines() if "inf" in line or "nearest" in line][:2]
    assert json.loads(srbench("results", "list", "all", "--json").out)[0]["methods"] == ["nearest", "RCAN"]


def test_list_of_other_versions(srbench: Command, tmp_path: Path) -> None:
    """Results to check against are no run; a run of another layout is told in plain words, and no name is cut."""
    for name, schema, rows in (("reference", 1, False), ("old", 3, True)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps({"schema": schema, "plan": {}}), encoding="utf-8")
        if rows:
            (tmp_path / name / "rows.jsonl").touch()
    told = srbench("results", "list", ".").out
    assert "reference" not in told
    assert "a run of another version of srbench (layout 3," in " ".join(told.split())
    assert "damaged" not in told
    assert "\u2026" not in told


@pytest.mark.slow
def test_merge_does_not_compute_sr(srbench: Command, one: Path, pictures: Path, tmp_path: Path) -> None:
    """Where SR images are missing, it is said where to put them: no command computes them."""
    (tmp_path / "sr").mkdir()
    (tmp_path / "sr" / "a_x4.png").write_bytes((pictures / "a.png").read_bytes())
    (tmp_path / "sr" / "b_x4.png").write_bytes((pictures / "b.png").read_bytes())
    assert srbench("score", "--hr", f"{pictures}/", "--sr", "RCAN=sr", "-f", 4, "--out", "scored").code == 0
    told = srbench("results", "merge", one, "scored", "--out", "all").out
    assert f"put SR images of pictures x2 into {tmp_path / 'sr'}, or score them from another folder and" in told

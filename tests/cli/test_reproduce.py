"""`srbench reproduce`: this installation against the literature."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from srbench import api
from srbench.analysis import claims

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., Any]

ROOT = Path(__file__).parents[2]

WEIGHTS = ROOT / "methods" / "weights" / "espcn-tanh-x3.safetensors"


@pytest.mark.slow
def test_set5_agrees(srbench: Command, data_folder: Path, tmp_path: Path) -> None:
    """Every published bicubic number of Set5 is met to its digits; absent sets are named and left out."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Set5").symlink_to(data_folder / "Set5")
    result = srbench("reproduce", "--data", "data", "--json")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert {(each["dataset"], each["factor"]) for each in found} >= {("set5", factor) for factor in (2, 3, 4)}
    assert {each["dataset"] for each in found} == {"set5"}
    assert {each["metric"] for each in found} == {"psnr", "ssim"}
    assert {each["verdict"] for each in found} == {"equal"}
    assert all(each["difference"] == each["measured"] - each["reported"] for each in found)
    assert "left out: set14, bsd100" in result.err


HEAD = "method,name,dataset,factor,protocol,degradation,metric,reported,source,params,weights,note"


def write_claims(file: Path, *lines: str, dataset: str = "./pictures/") -> None:
    """Write a table of claims; of each line the method, what is reported and the weights are given."""
    cells = [line.split(",") for line in lines]
    text = [f"{method},,{dataset},3,basicsr,,psnr,{printed},nobody,,{weights}," for method, printed, weights in cells]
    file.write_text("\n".join([HEAD, *text]), encoding="utf-8")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("line", "verdict", "code"), [("nearest,0.00,", "off", 1), ("nearest,0.00,other", "trained", 0)]
)
@pytest.mark.usefixtures("pictures")
def test_verdicts(srbench: Command, tmp_path: Path, line: str, verdict: str, code: int) -> None:
    """A claim that is not met gives exit code 1; one of weights that nobody has is shown without a verdict."""
    write_claims(tmp_path / "mine.csv", line)
    result = srbench("reproduce", "--table", "mine.csv")
    assert result.code == code, result.err
    assert "pictures x3" in result.out
    assert re.search(rf"^1 claim: 1 .+\n{verdict}: ", result.out, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.usefixtures("pictures")
def test_the_published_table_is_one_of_several(
    srbench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked for by its name; of a file all methods are run, of that table those that are named."""
    write_claims(tmp_path / "published.csv", "nearest,20.0,", "bicubic,20.0,", dataset="sample")
    write_claims(tmp_path / "mine.csv", "lanczos,20.0,")
    monkeypatch.setattr(claims, "folder", lambda _: tmp_path)
    for chosen, expected in (
        (["--table", "mine.csv"], ["lanczos"]),
        (["--table", "mine.csv", "--table", "published", "--methods", "nearest,lanczos"], ["lanczos", "nearest"]),
    ):
        result = srbench("reproduce", *chosen, "--json")
        assert sorted(each["method"] for each in json.loads(result.out)) == expected, result.err


@pytest.mark.slow
def test_the_authors_weights_of_a_plug_in(srbench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in with the weights that a claim names is held to it, which a report of a run has beside its own mean."""
    (tmp_path / "mine.py").write_text((ROOT / "methods" / "espcn.py").read_text(encoding="utf-8"), encoding="utf-8")
    write_claims(
        tmp_path / "published.csv", f",40.00,{hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()}", dataset="sample"
    )
    text = (tmp_path / "published.csv").read_text(encoding="utf-8").replace(",,sample", ",ESPCN,sample")
    (tmp_path / "published.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr(claims, "folder", lambda _: tmp_path)
    chosen = ("--plugin", "mine.py", "--methods", f"mine:weights={WEIGHTS}")
    result = srbench("reproduce", *chosen)
    assert (result.code, "1 claim: 1 off by more" in result.out) == (1, True), result.err
    shown = srbench("run", *chosen, "--no-timing", "--factor", "3")
    assert "reported" in shown.out
    assert "40.00" in shown.out
    assert "PSNR is reported as 40.00, measured" in " ".join(shown.out.split())


@pytest.mark.slow
def test_a_table_of_anybody(srbench: Command, tmp_path: Path, pictures: Path) -> None:
    """Plug-ins, model files, other metrics, own folders and protocols are claims as any; what is not here says why.

    `--out` keeps the runs, computed where they are claimed and nowhere else, and the table with what was measured.
    """
    (tmp_path / "twice.py").write_text(
        "def load(factor, device):\n    return lambda image: image.repeat(factor, 0).repeat(factor, 1)\n", "utf-8"
    )
    lines = [
        f"nearest,Near,{pictures}/,2,basicsr,,gmsd,0.00,me,,,",
        f"twice,,{pictures}/,2,article,,psnr,9.9,me,,,",
        f"nearest,,{pictures}/,3,basicsr,area,ssim,0.5,me,,,",
        f"bicubic,,{pictures}/,3,basicsr,area,,9.9,me,,,",
        f"bicubic,,{pictures}/,2,basicsr,area,,9.9,me,,,",
        f"absent,,{pictures}/,2,basicsr,,,9.9,me,,,",
        f"./absent.onnx,,{pictures}/,2,basicsr,,,9.9,me,,,",
        "nearest,,manga109,2,basicsr,,,9.9,me,,,",
        "nearest,,./nowhere/,2,basicsr,,,9.9,me,,,",
        "nearest,,set5,2,basicsr,,,9.9,me,,,",
        f"nearest,,{pictures}/,2,selfexsr,bd,,9.9,me,,,",
        f",RCAN,{pictures}/,2,basicsr,,,9.9,me,,,",
    ]
    (tmp_path / "mine.csv").write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    asked = ("--table", "mine.csv", "--plugin", "twice.py", "--data", "empty", "--out", "runs")
    result = srbench("reproduce", *asked, "--json")
    assert result.code == 1
    assert "left out: 1 claim whose column method is empty" in result.err
    found = json.loads(result.out)
    assert [each["reason"].split(";")[0].split("(")[0].strip() for each in found] == [
        *[""] * 5,
        "unknown method 'absent'",
        "model file absent.onnx does not exist",
        "unknown dataset 'manga109'",
        "nowhere: cannot be read as a folder",
        "5 images of set5 are not on this disk",
        "--factor is 2, but protocol selfexsr:lr=bd is defined for factor 3",
    ]
    assert [each["verdict"] == "not measured" for each in found] == [False] * 5 + [True] * 6
    assert {each["dataset"] for each in found[:5]} == {"pictures"}
    assert (found[2]["protocol"], found[2]["degradation"]) == ("basicsr:lr=area", "area")
    kept = sorted(each.name for each in Path("runs").iterdir())
    assert kept == ["article", "basicsr", "basicsr:lr=area", "basicsr:lr=area-2", "claims.csv"]
    rows = pd.concat([pd.read_csv(file) for file in Path("runs").glob("*/summary.csv")])
    assert len(rows) == 5  # one for each claim that was measured
    written = pd.read_csv("runs/claims.csv", dtype=str)
    assert written[["name", "reported", "verdict"]].to_numpy().tolist()[0] == ["Near", "0.00", "off"]
    journals = {file: file.read_bytes() for file in Path("runs").glob("*/rows.jsonl")}
    assert srbench("reproduce", *asked, "--json").out == result.out  # and nothing is computed again
    assert {file: file.read_bytes() for file in journals} == journals


def test_all_wrong_lines_are_told(srbench: Command, tmp_path: Path) -> None:
    """One line for each of them, with its number, and exit code 2; nothing is run."""
    write_claims(tmp_path / "mine.csv", "nearest,9.9,", "nearest,nine,", "nearest,9.9,abc")
    result = srbench("reproduce", "--table", "mine.csv")
    assert (result.code, result.out) == (2, "")
    first, second = result.err.splitlines()
    assert first.startswith("srbench: mine.csv, line 3: reported is 'nine', expected a number")
    assert second.startswith("srbench: mine.csv, line 4: weights is 'abc', expected the sha256")


@pytest.mark.slow
@pytest.mark.usefixtures("pictures")
def test_tables_in_a_variable(srbench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable holds a comma list of files, whose names may have spaces."""
    write_claims(tmp_path / "my claims.csv", "nearest,9.9,")
    write_claims(tmp_path / "other.csv", "bicubic,9.9,")
    monkeypatch.setenv("SRBENCH_TABLE", "my claims.csv,other.csv")
    result = srbench("reproduce", "--json")
    assert [each["method"] for each in json.loads(result.out)] == ["nearest", "bicubic"]


@pytest.mark.slow
@pytest.mark.usefixtures("pictures")
def test_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call returns the table, and whether all claims are met."""
    monkeypatch.chdir(tmp_path)
    write_claims(tmp_path / "mine.csv", "nearest,0.00,", "bicubic,0.00,other")
    found = api.reproduce(table=tmp_path / "mine.csv", methods="bicubic")
    assert found.claims["verdict"].tolist() == ["trained"]
    assert found.passed
    assert not api.reproduce(["nearest"], table=[tmp_path / "mine.csv"], factors=3).passed


@pytest.mark.slow
@pytest.mark.usefixtures("pictures")
def test_protocols_of_which_one_has_labels(srbench: Command, tmp_path: Path) -> None:
    """Whether the table of a protocol names methods by labels, as paths are shortened, changes nothing for another."""
    write_claims(tmp_path / "mine.csv", "nearest,20,", f"espcn:weights={WEIGHTS},20,other")
    text = (tmp_path / "mine.csv").read_text(encoding="utf-8").replace("basicsr", "article", 1)
    (tmp_path / "mine.csv").write_text(text, encoding="utf-8")
    result = srbench("reproduce", "--table", "mine.csv")
    assert "2 claims: 1 off by more, 1 measured with other weights" in result.out, result.err


@pytest.mark.slow
def test_method_that_fails(tmp_path: Path) -> None:
    """An installation whose bicubic cannot be measured does not pass: exit code 1, with the reason."""
    for name in ("srbench", "methods", "datasets"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "results").mkdir()
    write_claims(tmp_path / "results" / "published.csv", "nearest,20.0,", dataset="sample")
    code = "def load(factor, device):\n    raise OSError('no such kernel')\n"
    (tmp_path / "methods" / "nearest.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "srbench", "reproduce", "--methods", "nearest"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1, result.stderr
    assert "not measured" in result.stdout
    assert "no such kernel" in result.stdout + result.stderr


@pytest.mark.slow
def test_noisy_and_blurred_lr_agree(srbench: Command, data_folder: Path) -> None:
    """Bicubic on BD and DN of Set5 agrees with RDN's table (CVPR 2018) to its digits; only what is asked for is run."""
    asked = ("--protocol", "selfexsr:lr=bd,selfexsr:lr=dn:sigma=30", "--datasets", "set5", "--factor", "3")
    result = srbench("reproduce", *asked, "--data", data_folder, "--json", "--out", "runs")
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert [tuple(each[name] for name in ("protocol", "degradation", "metric", "printed")) for each in found] == [
        ("selfexsr:lr=bd", "bd", "psnr", "28.78"),
        ("selfexsr:lr=bd", "bd", "ssim", "0.8308"),
        ("selfexsr:lr=dn", "dn", "psnr", "24.01"),
        ("selfexsr:lr=dn", "dn", "ssim", "0.5369"),
    ]
    assert {each["verdict"] for each in found} == {"equal"}
    assert sorted(each.name for each in Path("runs").iterdir()) == ["claims.csv", "selfexsr:lr=bd", "selfexsr:lr=dn"]


@pytest.mark.slow
def test_nothing_published_of_what_is_asked_for(srbench: Command) -> None:
    """One line says so, with exit code 2."""
    result = srbench("reproduce", "--protocol", "article:lr=bd")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "without --datasets, --protocol and --factor" in result.err


@pytest.mark.processes
@pytest.mark.slow
def test_plug_ins_that_end_their_process(srbench: Command, tmp_path: Path, pictures: Path) -> None:
    """A plug-in that ends the process at import is a claim that was not measured, with the reason; others are."""
    (tmp_path / "gone.py").write_text("import os\nos._exit(7)\n", "utf-8")
    (tmp_path / "bye.py").write_text("raise SystemExit(3)\n", "utf-8")
    lines = [f"{name},,{pictures}/,2,basicsr,,,9.9,me,,," for name in ("gone", "bye", "nearest")]
    (tmp_path / "mine.csv").write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    plugins = ("--plugin", "gone.py", "--plugin", "bye.py")
    result = srbench("reproduce", "--table", "mine.csv", *plugins, "--data", "empty", "--out", "runs", "--json")
    gone, bye, nearest = json.loads(result.out)
    assert (gone["verdict"], gone["reason"]) == (
        "not measured",
        "the worker ended with exit code 7 before it had a result",
    )
    assert (bye["verdict"], "SystemExit: 3" in bye["reason"]) == ("not measured", True)
    assert nearest["measured"] is not None

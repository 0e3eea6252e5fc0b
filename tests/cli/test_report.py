"""`srbench report`: a run drawn again from its folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import FILES, Order, tables, write
from srbench.maintain import verify_tables
from srbench.plan import Plan
from srbench.store.journal import Journal
from srbench.store.lock import NAME, hold
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Result

METRICS = metrics_of({})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run folder with the scores of two methods on two images."""
    common: Any = {"dataset": "set", "factor": 3, "protocol": "basicsr", "device": "cpu", "ssim": 0.9}
    plan = Plan(("bicubic", "=mine"), (3,), ("set",), ("basicsr",), timing=False)
    rows = [
        ScoreRow(method=method, image=image, psnr=psnr, key=f"{method}{image}", **common)
        for method, psnr in zip(plan.methods, (30.0, 31.0), strict=True)
        for image in ("x", "y")
    ]
    folder = tmp_path / "run"
    with Journal(folder, plan) as journal:
        journal.describe(
            status="finished",
            protocols={"basicsr": ""},
            datasets={"set": {"images": 2, "fingerprint": "", "files": {"x": "", "y": ""}}},
            methods={method: {"devices": ["cpu"], "codes": {"x3 on cpu": ""}} for method in plan.methods},
        )
        for row in rows:
            journal.append(row)
    write(folder, tables(rows, Order(plan.methods, {"set": 2}, (3,), plan.protocols, METRICS)))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("form", ["rich", "markdown", "latex", "csv", "json"])
def test_each_format_prints_the_scores(srbench: Callable[..., Result], run: Path, form: str) -> None:
    """Whatever the format, the means are in it."""
    found = srbench("report", run, "--format", form)
    assert found.code == 0, found.err
    assert "31.0" in found.out


@pytest.mark.slow
def test_json_is_strict(srbench: Callable[..., Result], run: Path) -> None:
    """JSON holds the scoreboard with exact names, and null where there is no number."""
    found = json.loads(srbench("report", run, "--format", "json").out)
    assert [line["method"] for line in found["scoreboard"]] == ["bicubic", "=mine"]
    assert found["scoreboard"][0]["psnr_difference"] is None
    assert found["baseline"] == "bicubic"


@pytest.mark.slow
def test_out_holds_what_would_be_printed(srbench: Callable[..., Result], run: Path) -> None:
    """`--out` takes the same text, and an impossible one is one line."""
    printed = srbench("report", run, "--format", "markdown").out
    assert srbench("report", run, "--format", "markdown", "--out", "t.md").out == "written: t.md\n"
    assert (run.parent / "t.md").read_text() == printed
    bad = srbench("report", run, "--format", "markdown", "--out", "no/t.md")
    assert (bad.code, bad.err.count("\n")) == (2, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        ["--baseline", "typo"],
        ["--images", "full"],
        ["--format", "html", "--images", "full"],
        ["--format", "html", "--out", "no/x.html"],
    ],
)
def test_what_cannot_be_is_one_line(srbench: Callable[..., Result], run: Path, options: list[str]) -> None:
    """Unknown baselines, whole images that are not there or not asked for, and absent folders are refused."""
    found = srbench("report", run, *options)
    assert (found.code, found.err.count("\n")) == (2, 1)


def test_csv_of_a_run_folder_runs_in_no_spreadsheet(run: Path) -> None:
    """A method's name that is a formula has an apostrophe in summary.csv."""
    assert "\n'=mine," in (run / "summary.csv").read_text()


@pytest.mark.slow
def test_what_is_printed_is_for_programs(srbench: Callable[..., Result], run: Path) -> None:
    """What is printed are the bytes that `--out` writes: a terminal's niceties do not touch it."""
    info = json.loads((run / "run.json").read_bytes()) | {"environment": {":heart:": "[b]"}}
    (run / "run.json").write_text(json.dumps(info), encoding="utf-8")
    srbench("report", run, "--format", "json", "--out", "t.json")
    assert srbench("report", run, "--format", "json").out == (run.parent / "t.json").read_text(encoding="utf-8")
    assert ":heart:" in srbench("report", run, "--format", "json").out


@pytest.mark.slow
def test_page_lies_in_the_run_folder(srbench: Callable[..., Result], run: Path) -> None:
    """Html is written, not printed, and the line says where."""
    found = srbench("report", run, "--format", "html")
    assert found.out.startswith(f"written: {run / 'report.html'} (")
    assert "&#39;=mine" not in (run / "report.html").read_text(encoding="utf-8")
    assert srbench("report", run, "--format", "html", "--out", "page.html").code == 0
    assert (run.parent / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_results_verify_reads_both_files_of_a_table(run: Path) -> None:
    """Neutralised tables are those of the rows; a CSV that is not the Parquet file beside it is named."""
    assert "\n'=mine," in (run / "scores.csv").read_text()
    assert list(verify_tables.problems(run, None)) == []
    for kind in ("scores", "summary"):
        (run / f"{kind}.csv").write_text("something else", encoding="utf-8")
    assert list(verify_tables.problems(run, None)) == [
        f"{kind}.csv is not {kind}.parquet" for kind in ("scores", "summary")
    ]


@pytest.mark.slow
def test_files_of_the_run_are_not_written_over(srbench: Callable[..., Result], run: Path) -> None:
    """Its journal, its tables and run.json stay, also through a link; an older report is replaced."""
    (run.parent / "link.csv").symlink_to(run / "rows.jsonl")
    before = {path: path.read_bytes() for path in run.iterdir()}
    for out in (run / "rows.jsonl", run / "scores.csv", run / "run.json", run.parent / "link.csv"):
        result = srbench("report", run, "--format", "csv", "--out", out)
        assert (result.code, f"{out.name} is read by this command" in result.err) == (2, True)
    assert {path: path.read_bytes() for path in run.iterdir()} == before
    for _ in range(2):
        assert srbench("report", run, "--format", "csv", "--out", run.parent / "report.csv").code == 0


@pytest.mark.slow
def test_tables_of_another_version_are_written_anew(srbench: Callable[..., Result], run: Path) -> None:
    """Files that do not follow from the rows with this code are replaced, once, and a line says so."""
    expected = {name: (run / name).read_bytes() for name in FILES}
    (run / "scores.csv").write_text("method\nbicubic\n", encoding="utf-8")
    (run / "summary.parquet").unlink()
    first, second = (srbench("report", run, "--format", "json") for _ in range(2))
    assert "written anew" in first.err
    assert second.err == ""
    assert first.out == second.out
    assert {name: (run / name).read_bytes() for name in FILES} == expected


@pytest.mark.slow
def test_tables_that_cannot_be_written(srbench: Callable[..., Result], run: Path) -> None:
    """The report is there all the same; a line tells that the tables are others."""
    (run / "timings.csv").unlink()
    (run / "timings.csv").mkdir()
    found = srbench("report", run)
    assert found.code == 0
    assert "31.00" in found.out
    assert "are not those of this report: cannot write" in found.err


@pytest.mark.slow
def test_tables_of_a_run_at_work_stay(srbench: Callable[..., Result], run: Path) -> None:
    """Nothing is written while the run goes on."""
    (run / "scores.csv").write_text("method\n", encoding="utf-8")
    with hold(run / NAME):
        assert srbench("report", run).code == 0
    assert (run / "scores.csv").read_text(encoding="utf-8") == "method\n"


@pytest.mark.slow
def test_reported_says_why_nothing_matches(srbench: Callable[..., Result], run: Path) -> None:
    """`--reported` shows nothing for images that no paper has, and says so; JSON has an empty list."""
    found = srbench("report", run, "--reported")
    assert "nothing that papers report matches this run: papers report the datasets set5" in found.out
    assert json.loads(srbench("report", run, "--reported", "--format", "json").out)["reported"] == []


@pytest.mark.slow
def test_names_are_for_latex(srbench: Callable[..., Result], run: Path) -> None:
    """`--names` names methods and datasets in LaTeX; elsewhere, and for what the run has not, it is refused."""
    assert r"\multicolumn{2}{c}{My set}" in srbench("report", run, "--format", "latex", "--names", "set=My set").out
    found = srbench("report", run, "--names", "set=Set")
    assert (found.code, found.err) == (2, "srbench: --names requires --format latex, got --format rich\n")
    assert srbench("report", run, "--format", "latex", "--names", "sat=Set").err.startswith(
        "srbench: unknown dataset or method 'sat' of the report; did you mean 'set'?"
    )


@pytest.mark.slow
def test_chosen_rows_change_no_table_of_the_run(srbench: Callable[..., Result], run: Path) -> None:
    """`--methods` leaves the other methods out of what is printed, and in the run folder; a page has all."""
    before = (run / "scores.csv").read_bytes()
    found = srbench("report", run, "--methods", "bicubic", "--dataset", "set", "--factor", "3", "--format", "csv")
    assert found.code == 0, found.err
    assert [line.split(",")[0] for line in found.out.splitlines()] == ["method", "bicubic"]
    assert (run / "scores.csv").read_bytes() == before
    refused = srbench("report", run, "--methods", "bicubic", "--format", "html")
    assert (refused.code, "require another --format than html" in refused.err) == (2, True)

"""Gathering a board: which scores stand beside each other, which do not, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import srbench
from srbench.boards import data
from srbench.boards.gathering import gather
from srbench.errors import RunFolderError
from srbench.maintain.merge import merge
from srbench.metrics.declaration import Metric
from srbench.plan import Plan
from srbench.quality.files import write_image
from srbench.store.current import image_of
from srbench.store.rows import GIVEN, key_of

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.boards.content import Board, Line, Table
    from srbench.store.rows import ScoreRow

PLAN = Plan(("bicubic", "mine"), (2,), ("set",), ("p",), timing=False)
MACHINE = {"processor": "a processor", "cores": 2, "cuda_devices": [], "system": "Linux"}
FIRST, SECOND = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"


def better(runs: Any, by: float, **changes: Any) -> list[ScoreRow]:  # noqa: ANN401 - of conftest
    """Return scores of the plan in which `mine` is so much better."""
    rows = runs.scores(PLAN)
    return [runs.keyed(row, psnr=row.psnr + by * (row.method == "mine"), **changes) for row in rows]


def only(board: Board) -> Table:
    """Return the one table."""
    (table,) = board.tables
    return table


def named(board: Board, table: Table) -> dict[str, Line]:
    """Return the lines that stand in a table, by the names of methods."""
    names = {each.id: each.name for each in board.methods}
    return {names[line.method]: line for line in table.lines if line.standing == "current"}


@pytest.mark.slow
def test_one_run(runs: Any) -> None:  # noqa: ANN401
    """Lines stand best first, with means, positions, provenance, and the difference from the next."""
    versions = {"numpy": "2.4.6"}
    facts = {"environment": MACHINE | {"versions": versions, "commit": "abc", "srbench": "0.1.0"}, "started": FIRST}
    board = gather([runs.write("a", PLAN, better(runs, 1.5), **facts)])
    table = only(board)
    assert (table.id, table.name, table.judged) == ("set-x2-p", "set x2, p", 2)
    mine, bicubic = table.lines
    assert [line.id for line in (mine, bicubic)] == ["set-x2-p-mine-cpu", "set-x2-p-bicubic-cpu"]
    value = mine.values["psnr"]
    assert (value.mean, value.own, value.position, value.images) == (32.0, 32.0, 1, 2)
    assert value.below
    assert (value.below.line, value.below.difference, value.below.verdict) == (bicubic.id, 1.5, "too few images")
    assert bicubic.values["psnr"].below is None
    assert [line.values["ssim"].position for line in table.lines] == [1, 1]
    assert [line.values["ssim"].below for line in table.lines].count(None) == 1
    assert (mine.code, mine.runs, mine.of) == ("mine x2", ("a",), 2)
    (run,) = board.runs
    assert (run.folder, run.srbench, run.commit, run.libraries) == ("a", "0.1.0", "abc", versions)
    (machine,) = board.machines
    assert (machine.name, machine.system) == ("a processor, 2 cores", "Linux")
    assert table.verdict == (
        "mine leads: +1.500 dB against bicubic (too few images: with 2 images, p cannot be below 0.5)."
    )
    assert (board.refused, board.refusals) == ((), ())


@pytest.mark.slow
def test_too_few_images_for_several_comparisons(runs: Any) -> None:  # noqa: ANN401
    """What p cannot be below follows from the images and from how many neighbours are compared: both are said."""
    plan = replace(PLAN, methods=("bicubic", "mine", "other"))
    rank = {method: number for number, method in enumerate(plan.methods)}
    rows = [runs.keyed(row, psnr=row.psnr + rank[row.method]) for row in runs.scores(plan)]
    table = only(gather([runs.write("a", plan, rows)]))
    assert table.verdict.endswith("(too few images: with 2 images and 2 comparisons, p cannot be below 1).")


@pytest.mark.slow
def test_methods_of_several_runs(runs: Any) -> None:  # noqa: ANN401
    """Methods of two runs stand in one table where pixels, protocol and factor are the same."""
    alone = replace(PLAN, methods=("theirs",))
    rows = [runs.keyed(row, psnr=40.0) for row in runs.scores(alone)]
    folders = [runs.write("a", PLAN, better(runs, 1), started=FIRST), runs.write("b", alone, rows, started=SECOND)]
    board = gather(folders)
    assert list(named(board, only(board))) == ["theirs", "mine", "bicubic"]
    assert [each.folder for each in board.runs] == ["b", "a"]


@pytest.mark.sampled
@pytest.mark.parametrize(("second", "standings"), [(("", "b"), ["current"]), (("c", "b"), ["current", "older"])])
def test_given_sr_in_parts(runs: Any, second: tuple[str, str], standings: list[str]) -> None:  # noqa: ANN401
    """Runs with some of a method's SR images each are one version of it, unless an image is another."""
    plan = replace(PLAN, methods=("mine",))
    folders = []
    for name, codes in (("a", ("a", "")), ("b", second)):
        made = [
            replace(row, device=GIVEN, code=code, status="ok" if code else "skipped")
            for row, code in zip(runs.scores(plan), codes, strict=True)
        ]
        rows = [replace(row, key=key_of(row)) for row in made]
        facts = {"devices": [GIVEN], "codes": {image_of(row.dataset, row.image, row.factor): row.code for row in rows}}
        at = FIRST if name == "a" else SECOND
        folders.append(runs.write(name, plan, rows, started=at, methods={"mine": facts}))
    lines = only(gather(folders)).lines
    assert [line.standing for line in lines] == standings
    assert lines[0].of == 2


@pytest.mark.slow
def test_any_order(runs: Any) -> None:  # noqa: ANN401
    """The same runs give the same board, in whatever order they are named, and a folder named twice counts once."""
    folders = [
        runs.write(name, PLAN, better(runs, by), started=at) for name, by, at in (("a", 1, FIRST), ("b", 2, SECOND))
    ]
    one, two = gather(folders), gather([*reversed(folders), folders[0]])
    assert one == two
    assert data.json(one) == data.json(two)


@pytest.mark.slow
def test_a_copy_counts_once(runs: Any) -> None:  # noqa: ANN401
    """A folder with the rows of another is named, and left out."""
    folders = [runs.write(name, PLAN, better(runs, 1), started=FIRST) for name in "ab"]
    board = gather(folders)
    assert [each.folder for each in board.runs] == ["a"]
    assert [(each.folder, each.reason) for each in board.refused] == [
        ("b", "holds the same results as a: it counts once")
    ]


@pytest.mark.sampled
@pytest.mark.parametrize("kept", [True, False])
def test_another_protocol_under_one_name(runs: Any, kept: bool) -> None:  # noqa: ANN401
    """Scores by another protocol of one name are a table of their own, and a sentence says which choice differs."""
    fields = [{"protocol_fields": {"p": {"scored": each, "shave": 1}} if kept else {}} for each in ("y", "rgb")]
    a = runs.write("a", PLAN, better(runs, 1), started=FIRST, **fields[0])
    rows = better(runs, 2, protocol_fingerprint="other print")
    b = runs.write("b", PLAN, rows, protocols={"p": "other print"}, started=SECOND, **fields[1])
    board = gather([a, b])
    assert [table.name for table in board.tables] == [
        "set x2, p (protocol other pr)",
        "set x2, p (protocol print of)",
    ]
    assert len({table.id for table in board.tables}) == 2
    what = "scored: rgb, not y" if kept else "fingerprint: other print, not print of p"
    assert f"the protocols differ ({what}) under one name" in board.tables[1].refusals[0]
    assert board.tables[1].refusals[0].startswith("set x2, p: scores of b are not beside those of a, as ")
    assert [each.fingerprint for each in board.protocols] == ["other print", "print of p"]
    means = [line.values["psnr"].mean for table in board.tables for line in table.lines]
    assert means == [32.5, 30.5, 31.5, 30.5]


@pytest.mark.slow
def test_other_pixels_under_one_name(runs: Any) -> None:  # noqa: ANN401
    """Images of one name with other pixels are another dataset, whatever it is called."""
    rows = [runs.keyed(row, hr_sha256=f"other {row.hr_sha256}") for row in better(runs, 2)]
    folders = [runs.write("a", PLAN, better(runs, 1)), runs.write("b", PLAN, rows)]
    board = gather(folders)
    assert [len(table.lines) for table in board.tables] == [2, 2]
    assert len({table.dataset for table in board.tables}) == len({table.name for table in board.tables}) == 2
    assert "the pixels differ (0.png, 1.png) of set under one name" in board.refusals[0]
    assert len(board.images) == 4


@pytest.mark.slow
def test_the_same_images_under_another_name(runs: Any) -> None:  # noqa: ANN401
    """A folder that holds the images of a dataset stands in its tables, whatever its files are called."""
    names = {"0.png": "zero.png", "1.png": "one.png"}
    plan = replace(PLAN, methods=("theirs",), datasets=("Folder/HR",))
    rows = [
        replace(row, dataset="Folder/HR", image=names[row.image])
        for row in runs.scores(replace(plan, datasets=("set5",)))
    ]
    known = replace(PLAN, datasets=("set5",))
    facts = {"images": 2, "fingerprint": "other", "files": dict.fromkeys(names.values(), "")}
    board = gather([runs.write("a", known), runs.write("b", plan, rows, datasets={"Folder/HR": facts})])
    table = only(board)
    assert table.name == "set5 x2, p"
    assert set(named(board, table)) == {"bicubic", "mine", "theirs"}
    assert table.judged == 2
    assert [each.name for each in board.images] == ["0.png", "1.png"]
    assert ("Its images Folder/HR are those of set5, and stand there.",) in [each.remarks for each in board.runs]


@pytest.mark.slow
def test_other_images_under_one_name(runs: Any) -> None:  # noqa: ANN401
    """A dataset with one image more is another one."""
    files = {"0.png": "", "1.png": "", "2.png": ""}
    plan = replace(PLAN, methods=("mine",))
    b = runs.write("b", plan, runs.scores(plan, 3), datasets={"set": {"images": 3, "fingerprint": "", "files": files}})
    board = gather([runs.write("a", PLAN), b])
    assert sorted(each.images for each in board.datasets) == [2, 3]
    assert any("there are 3 and 2 images of set under one name" in each for each in board.refusals)


@pytest.mark.slow
def test_given_lr(runs: Any) -> None:  # noqa: ANN401
    """Given LR images with other pixels are not beside each other, though all else is equal."""
    given = [[runs.keyed(row, lr_sha256=lr) for row in better(runs, 1)] for lr in ("one", "two")]
    keyed = [[replace(row, key=srbench_key(row)) for row in rows] for rows in given]
    board = gather([runs.write(name, PLAN, rows, started=name) for name, rows in zip("ab", keyed, strict=True)])
    assert len(board.tables) == 2
    assert "the given LR images have other pixels under one name" in board.refusals[0]


def srbench_key(row: ScoreRow) -> str:
    """Return the key of a row, given LR included."""
    from srbench.store.rows import key_of  # noqa: PLC0415 - named apart from the fixture's

    return key_of(row)


@pytest.mark.slow
def test_a_metric_by_other_code(runs: Any) -> None:  # noqa: ANN401
    """Values of a metric by other code are a table of their own; PSNR is compared all the same."""
    other = replace(PLAN, methods=("bicubic", "theirs"))
    plans = {"a": PLAN, "b": other}
    folders = []
    for (name, plan), code, at in zip(plans.items(), ("old", "new"), (FIRST, SECOND), strict=True):
        scores = runs.scores(plan)
        rows = [*scores, *runs.values(scores, code=code)]
        metrics = runs.metrics("lpips", code=code)
        asked = replace(plan, metrics=("psnr", "ssim", "lpips"))
        folders.append(runs.write(name, asked, rows, metrics=metrics, started=at))
    board = gather(folders)
    main, apart = board.tables
    assert [each.name for each in main.metrics] == ["psnr", "ssim", "lpips"]
    assert [each.code for each in main.metrics] == ["", "", "new"]
    assert {name: line.values["lpips"].mean for name, line in named(board, main).items()} == {
        "bicubic": pytest.approx(0.305),
        "mine": None,
        "theirs": pytest.approx(0.305),
    }
    assert [(each.name, each.code) for each in apart.metrics] == [("lpips", "old")]
    assert apart.name == "set x2, p (LPIPS version 1, code old)"
    assert set(named(board, apart)) == {"bicubic", "mine"}
    assert board.refusals == (
        (
            "set x2, p: LPIPS is not one metric in all runs (b: version 1, code new; a: version 1, code old): "
            "each is a table of its own."
        ),
    )


@pytest.mark.slow
def test_a_method_by_other_code(runs: Any) -> None:  # noqa: ANN401
    """Of a method with other code or weights the newest stands, and the older one is a line of its history."""
    changed = [replace(row, code="mine, changed") if row.method == "mine" else row for row in better(runs, 2)]
    old = runs.write("a", PLAN, better(runs, 1), started=FIRST)
    new = runs.write("b", PLAN, [runs.keyed(row) for row in changed], started=SECOND)
    board = gather([old, new])
    table = only(board)
    assert [(line.standing, line.run, line.code) for line in table.lines] == [
        ("current", "b", "mine, changed"),
        ("current", "b", "bicubic x2"),
        ("older", "a", "mine x2"),
    ]
    older = table.lines[-1]
    assert (older.judged, older.values["psnr"].own, older.values["psnr"].position) == (False, 31.5, 0)
    assert table.lines[1].runs == ("b", "a")
    assert table.refusals == (
        "set x2, p: mine is not one version in all runs: that of b stands in the table, that of a is in its history.",
    )
    (history,) = next(each for each in board.methods if each.name == "mine").histories
    assert [(event.run, event.changed) for event in history.events] == [("a", ()), ("b", ("code",))]


@pytest.mark.slow
def test_an_unfinished_run_replaces_nothing(runs: Any) -> None:  # noqa: ANN401
    """A newer version that is not scored yet as far as asked leaves the older one in its place."""
    changed = [runs.keyed(row, code="changed") for row in better(runs, 2) if row.method == "mine"][:1]
    old = runs.write("a", PLAN, better(runs, 1), started=FIRST)
    new = runs.write("b", PLAN, changed, started=SECOND, status="running")
    board = gather([old, new])
    assert named(board, only(board))["mine"].run == "a"
    assert [each.remarks for each in board.runs] == [("It is not finished (running).",), ()]


@pytest.mark.slow
def test_one_code_with_other_scores(runs: Any) -> None:  # noqa: ANN401
    """Where one code gives other scores, as one that does not repeat, the newest counts and a remark says how far."""
    folders = [
        runs.write("a", PLAN, better(runs, 1), started=FIRST),
        runs.write("b", PLAN, better(runs, 1.25), started=SECOND),
    ]
    mine = named(board := gather(folders), only(board))["mine"]
    assert (mine.values["psnr"].mean, mine.runs) == (31.75, ("b", "a"))
    assert mine.remarks == ("b, a have one code and differ in PSNR by up to 0.25 dB on an image.",)


@pytest.mark.slow
def test_values_of_an_older_run_stay(runs: Any) -> None:  # noqa: ANN401
    """A metric that only the older run of one code has is in the line, beside the scores of the newer one."""
    scores = runs.scores(PLAN)
    facts = {"metrics": runs.metrics("lpips"), "started": FIRST}
    asked = replace(PLAN, metrics=("psnr", "ssim", "lpips"))
    a = runs.write("a", asked, [*scores, *runs.values(scores)], **facts)
    board = gather([a, runs.write("b", PLAN, scores, started=SECOND)])
    line = named(board, only(board))["mine"]
    assert line.run == "b"
    assert line.values["lpips"].mean == pytest.approx(0.305)


@pytest.mark.slow
def test_times_of_other_machines(runs: Any) -> None:  # noqa: ANN401
    """Times of each machine, and of each number of threads, have a chart of their own; scores are compared."""
    plan = replace(PLAN, timing=True)
    rows = [*better(runs, 1), *timed(runs, plan, "one", 0.1)]
    facts = {"environment": MACHINE, "started": FIRST}
    a = runs.write("a", plan, rows, **facts)
    other = MACHINE | {"processor": "another"}
    b = runs.write("b", plan, [*better(runs, 1), *timed(runs, plan, "two", 0.2)], environment=other, started=SECOND)
    four = replace(plan, threads=(4,))
    c = runs.write("c", four, [*better(runs, 1), *timed(runs, four, "one", 0.05)], **facts)
    table = only(board := gather([a, b, c]))
    names = {each.id: each.name for each in board.machines}
    assert [(names[chart.machine], dict(chart.conditions)["threads"]) for chart in table.charts] == [
        ("a processor, 2 cores", "4"),
        ("a processor, 2 cores", "the libraries' default"),
        ("another, 2 cores", "the libraries' default"),
    ]
    assert [len(chart.points) for chart in table.charts] == [2, 2, 2]
    assert len({speed.chart for speed in table.lines[0].speeds}) == 3
    assert table.refusals == (
        "Times are on several charts, each with an axis of its own, as machines and numbers of threads differ.",
    )
    assert [point.front for point in table.charts[0].points] == [True, False]  # as fast, and better


@pytest.mark.slow
def test_times_of_one_machine(runs: Any) -> None:  # noqa: ANN401
    """Times of two runs are on one axis where machine and conditions are the same; a run of times alone is used."""
    plan = replace(PLAN, timing=True)
    a = runs.write("a", PLAN, better(runs, 1), environment=MACHINE, started=FIRST)
    rest = replace(plan, scoring=False)
    rows = timed(runs, plan, "one", 0.1)
    b = runs.write("b", rest, rows[:3], environment=MACHINE, started=SECOND, methods=described(rows[:3]))
    c = runs.write("c", rest, rows[3:], environment=MACHINE, started=SECOND, methods=described(rows[3:]))
    board = gather([a, b, c])
    (chart,) = only(board).charts
    assert {point.line for point in chart.points} == {line.id for line in only(board).lines}
    assert [each.remarks for each in board.runs if each.id != "a"] == [("It has times alone, no scores.",)] * 2


def described(rows: Any) -> dict[str, Any]:  # noqa: ANN401 - rows of timings
    """Return what run.json says of timed methods."""
    codes = {row.method: {"x2 on cpu": row.code} for row in rows}
    return {name: {"devices": ["cpu"], "codes": each, "files": {}, "models": {}} for name, each in codes.items()}


def timed(runs: Any, plan: Plan, machine: str, seconds: float) -> list[Any]:  # noqa: ANN401
    """Return warm calls of three processes, of RGB images as scores have them not: without a size."""
    rows = [replace(row, channels=0) for row in runs.samples(plan, machine, seconds)]
    return [replace(row, process=number) for row in rows for number in range(3)]


@pytest.mark.slow
def test_an_edited_method(runs: Any) -> None:  # noqa: ANN401
    """A time by other code than that of the scores is not beside them."""
    plan = replace(PLAN, timing=True)
    a = runs.write("a", PLAN, better(runs, 1), started=FIRST)
    rows = [replace(row, code="other") for row in timed(runs, plan, "one", 0.1)]
    b = runs.write("b", replace(plan, scoring=False), rows, started=SECOND, methods=described(rows))
    assert only(gather([a, b])).charts == ()


@pytest.mark.slow
def test_failures(runs: Any) -> None:  # noqa: ANN401
    """Images without a score are counted with their reasons, and the run says how many failed."""
    rows = [
        runs.keyed(row, status="failed", reason="no memory", psnr=float("nan"), ssim=float("nan"))
        if row.method == "mine" and row.image == "0.png"
        else row
        for row in runs.scores(PLAN)
    ]
    board = gather([runs.write("a", PLAN, rows)])
    line = named(board, only(board))["mine"]
    assert line.failures == ("failed on 1 image: no memory",)
    assert (line.scored, line.of) == (1, 2)
    assert board.runs[0].remarks == ("1 score failed.",)


@pytest.mark.slow
def test_bad_folders(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """A damaged run, one without results and what is none are named with reasons; the others are on the board."""
    good = runs.write("good", PLAN)
    damaged = runs.write("damaged", PLAN, better(runs, 1))
    journal = damaged / "rows.jsonl"
    journal.write_text(journal.read_text().replace('"psnr": 31.0', '"psnr": 39.0', 1))
    empty = runs.write("empty", PLAN, [], status="running")
    cherry = runs.write("cherry", PLAN, better(runs, 1)[:3])
    (tmp_path / "nothing").mkdir()
    board = gather([good, damaged, empty, cherry, tmp_path / "nothing", tmp_path / "absent"])
    assert [each.folder for each in board.runs] == ["good"]
    reasons = {each.folder: each.reason for each in board.refused}
    assert list(reasons) == ["absent", "cherry", "damaged", "empty", "nothing"]
    assert reasons["damaged"].startswith("rows.jsonl: line 2: not a row of a run: ")
    assert reasons["damaged"].endswith("; srbench results verify says more")
    assert "mine x2 lacks 1 image of set" in reasons["cherry"]
    assert reasons["empty"] == "no results yet"
    assert reasons["nothing"].startswith("nothing is not a run folder")
    assert str(tmp_path) not in str(reasons)


def test_nothing_left(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """Without a single run there is an error that names each folder."""
    with pytest.raises(
        RunFolderError, match="no run folder can be used: empty: no results yet; nothing: nothing is not a run"
    ):
        gather([runs.write("empty", PLAN, [], status="running"), tmp_path / "nothing"])


@pytest.mark.slow
def test_labels_and_paths(runs: Any) -> None:  # noqa: ANN401
    """Methods are shown by their labels, and no folder of a file is there; two of one name are told apart."""
    specs = ("onnx:file=/home/jane/models/one/net.onnx", "onnx:file=/home/jane/models/two/net.onnx")
    plan = replace(PLAN, methods=(*specs, "torch:file=/home/jane/x/y.pth"))
    rows = [runs.keyed(row, reason=f"read from {row.method.partition('=')[2]}") for row in runs.scores(plan)]
    board = gather([runs.write("a", plan, rows, labels={specs[0]: "mine"})])
    assert {each.name: each.spec for each in board.methods} == {
        "mine": "onnx:file=one/net.onnx",
        "onnx:file=two/net.onnx": "onnx:file=two/net.onnx",
        "torch:file=y.pth": "torch:file=y.pth",
    }
    assert "jane" not in data.json(board)
    assert {score.reason for image in board.images for ground in image.grounds for score in ground.scores} == {
        "read from net.onnx",
        "read from y.pth",
    }


@pytest.mark.slow
def test_weights_of_one_name_elsewhere(runs: Any) -> None:  # noqa: ANN401
    """A file of one name in another folder is one method, wherever it lay; other content makes another version."""
    folders = []
    for name, at in (("a", FIRST), ("b", SECOND)):
        spec = f"onnx:file=/{name}/models/net.onnx"
        plan = replace(PLAN, methods=(spec,))
        rows = [runs.keyed(row, code=name) for row in runs.scores(plan)]
        facts = {
            "devices": ["cpu"],
            "codes": {"x2 on cpu": name},
            "files": {"net.onnx": f"sha of {name}"},
            "models": {},
        }
        folders.append(runs.write(name, plan, rows, methods={spec: facts}, started=at))
    board = gather(folders)
    (method,) = board.methods
    assert [event.changed for event in method.histories[0].events] == [(), ("weights",)]
    assert method.histories[0].events[1].details == ("net.onnx sha of b, not sha of a",)


@pytest.mark.slow
def test_two_devices(runs: Any) -> None:  # noqa: ANN401
    """A method with scores of both devices makes a table of each, as in reports."""
    both = [
        *better(runs, 1),
        *(runs.keyed(row, device="cuda", code="on cuda") for row in runs.scores(PLAN) if row.method == "mine"),
    ]
    board = gather([runs.write("a", PLAN, both)])
    assert [(table.name, len(table.lines)) for table in board.tables] == [
        ("set x2, p, on cpu", 2),
        ("set x2, p, on cuda", 2),
    ]


@pytest.mark.slow
def test_merged(runs: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """A merged run says from which folders, and has no machine where they are of several."""
    parts = []
    for method, processor in (("bicubic", "one"), ("mine", "two")):
        plan = replace(PLAN, methods=(method,))
        parts.append(runs.write(method, plan, environment=MACHINE | {"processor": processor}, started=FIRST))
    merge(parts, tmp_path / "all")
    (run,) = gather([tmp_path / "all"]).runs
    assert (run.merged, run.machine, run.started) == (("bicubic", "mine"), "", FIRST)
    assert run.remarks == ("It was merged from bicubic, mine, of several machines or versions.",)


@pytest.mark.slow
def test_metrics_in_another_order(runs: Any) -> None:  # noqa: ANN401
    """Methods are ranked by the metric that most of them have values of, not by the one of a single run."""
    scores = runs.scores(replace(PLAN, methods=("theirs",)))
    alone = replace(PLAN, methods=("theirs",), metrics=("lpips", "psnr"))
    metrics = runs.metrics("lpips")
    facts = {"metrics": {name: metrics[name] for name in ("lpips", "psnr")}, "started": SECOND}
    b = runs.write("b", alone, [*scores, *runs.values(scores)], **facts)
    table = only(gather([runs.write("a", PLAN, started=FIRST), b]))
    assert [each.name for each in table.metrics] == ["psnr", "ssim", "lpips"]
    assert all(line.judged for line in table.lines)


@pytest.mark.slow
def test_real_runs(tmp_path: Path) -> None:
    """Runs of srbench itself: pictures of run folders, words of protocols, and a plug-in that was edited."""
    random = np.random.default_rng(3)
    (tmp_path / "images").mkdir()
    for name in "ab":
        write_image(tmp_path / "images" / f"{name}.png", random.integers(0, 256, (36, 42, 3), dtype=np.uint8))
    plug_in = tmp_path / "mine.py"
    fixed: dict[str, Any] = {"factors": 3, "datasets": f"{tmp_path}/images", "timing": False, "device": "cpu"}
    for name, body in (("one", "image"), ("two", "255 - image")):
        plug_in.write_text(
            f"def load(factor, device):\n    return lambda image: ({body}).repeat(factor, 0).repeat(factor, 1)\n"
        )
        srbench.run("bicubic,mine", plugins=[plug_in], out=tmp_path / name, **fixed)
    srbench.run("bicubic", protocols="srcnn", out=tmp_path / "other", metrics="psnr,gmsd", **fixed)
    board = srbench.board([tmp_path / name for name in ("one", "two", "other")])
    folder = tmp_path.name  # a dataset is named with its folder
    assert [table.name for table in board.tables] == [f"{folder}/images x3, basicsr", f"{folder}/images x3, srcnn"]
    assert [line.standing for line in board.tables[0].lines] == ["current", "current", "older"]
    assert [each.words[-1] for each in board.protocols if each.name == "basicsr"] == [
        "The luma is scored (Y of BT.601), not rounded."
    ]
    assert {each.srbench for each in board.runs} == {srbench.__version__}
    (ground, other) = board.images[0].grounds
    assert ground.position == (0, 0, 42, 36)
    assert all(score.crop and score.crop.source.is_file() for score in ground.scores)
    assert ground.hr_crop
    assert (ground.hr_crop.source.parent.name, board.images[0].size) == ("crops", (42, 36))
    assert list(other.scores[0].values) == ["psnr", "gmsd"]
    assert str(tmp_path) not in data.json(board)
    assert srbench.board(tmp_path / "one", images=False).images[0].grounds[0].hr_crop is None


@pytest.mark.slow
def test_without_hr(runs: Any) -> None:  # noqa: ANN401
    """Images without HR have tables of the metrics that need none, and no picture of HR."""
    plan = replace(PLAN, protocols=("none",), metrics=("niqe",))
    scores = [runs.keyed(row, psnr=float("nan"), ssim=float("nan")) for row in runs.scores(plan)]
    values = [replace(row, value=4.0) for row in runs.values(scores, "niqe")]
    metrics = {"niqe": Metric(label="NIQE", better="lower", reference=False).facts | {"code": "code"}}
    board = gather([runs.write("a", plan, [*scores, *values], metrics=metrics)])
    table = only(board)
    assert [each.name for each in table.metrics] == ["niqe"]
    assert [line.values["niqe"].mean for line in table.lines] == [4.0, 4.0]
    assert board.images[0].grounds[0].hr_crop is None

"""Labels of methods: what readers see instead of specs, and what they do not decide."""

from __future__ import annotations

import html
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

import srbench
from srbench.errors import RunFolderError, UsageError
from srbench.execution.method_info import Asked, MethodInfo
from srbench.execution.method_labels import labels, short_paths
from srbench.maintain import verify
from srbench.maintain.merge import merge
from srbench.plan import Plan
from srbench.reports import findings, formats, terminal
from srbench.reports.figures import sources
from srbench.reports.html import page
from srbench.specs import parse_method
from srbench.store.journal import read_info

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from srbench.analysis.tables import Tables

GAIN = """
from pathlib import Path
def load(factor, device, file: Path, times: int = 1):
    def upscale(image):
        with Path(__file__).with_name("calls.txt").open("a") as calls:
            print(image.shape, file=calls)
        return image.repeat(factor, 0).repeat(factor, 1) // 2 * times
    return upscale
"""
SPAN = "SPAN+ (ours) <\u00d72>"
SHOWN = ["bicubic", SPAN, "gain:file=two/net.bin:times=1", "gain:file=three/net.bin"]


class Bench:
    """A folder with a plug-in that reads a file, three such files, and a run of all."""

    def __init__(self, folder: Path, pictures: Path) -> None:
        """Write the files."""
        self.folder, self.pictures = folder, pictures
        (folder / "gain.py").write_text(GAIN, encoding="utf-8")
        for number, name in enumerate(("one", "two", "three"), 1):
            (folder / "long" / name).mkdir(parents=True)
            (folder / "long" / name / "net.bin").write_bytes(bytes([number]))
        self.specs = [f"gain:file={folder}/long/{name}/net.bin" for name in ("one", "two", "three")]
        self.typed = ["bicubic", f"{SPAN}={self.specs[0]}", f"{self.specs[1]}:times=1", self.specs[2]]

    def run(self, out: str, *methods: str, **options: Any) -> Tables:  # noqa: ANN401 - of any type
        """Score methods, and keep the images."""
        wanted: dict[str, Any] = {
            "factors": 2,
            "datasets": [f"{self.pictures}/"],
            "save_images": True,
            "timing": False,
        } | options
        return srbench.run(methods, plugins=[self.folder / "gain.py"], out=self.folder / out, **wanted)

    @property
    def calls(self) -> int:
        """Return how often the plug-in upscaled."""
        return (self.folder / "calls.txt").read_bytes().count(b"\n")


@pytest.fixture(scope="module")
def bench(
    module_pictures: Path, tmp_path_factory: pytest.TempPathFactory, briefly: Callable[[], AbstractContextManager[None]]
) -> Bench:
    """Return a bench with a run in its folder `run`, which is timed, too."""
    found = Bench(tmp_path_factory.mktemp("bench"), module_pictures)
    with briefly():
        found.run("run", *found.typed, timing=True, baseline=SPAN)
    return found


@pytest.fixture
def other(bench: Bench) -> Bench:
    """Return a bench with a copy of the run, `copy`, that a test may change."""
    shutil.rmtree(bench.folder / "copy", ignore_errors=True)
    shutil.copytree(bench.folder / "run", bench.folder / "copy", symlinks=True)
    return bench


def sound(folder: Path) -> bool:
    """Tell whether `verify` finds nothing wrong."""
    return not [check for check in verify.verify(folder) if check.verdict == "wrong"]


@pytest.mark.slow
def test_tables_have_labels_and_rows_have_specs(bench: Bench) -> None:
    """Tables name methods by their labels, and by their specs in a column of their own; rows know specs alone."""
    tables, specs = srbench.load(bench.folder / "run"), ["bicubic", *bench.specs]
    assert list(tables.summary["method"]) == SHOWN
    for frame in tables.frames.values():
        pairs = dict(zip(frame["method"], frame["spec"], strict=True))
        assert {method: spec for method, spec in pairs.items() if method} == dict(zip(SHOWN, specs, strict=True))
    assert set(tables.speeds["baseline"].dropna()) == {"bicubic"}
    rows = [json.loads(line) for line in (bench.folder / "run" / "rows.jsonl").read_text("utf-8").splitlines()]
    assert {row["method"] for row in rows} - {""} == set(specs)
    info = read_info(bench.folder / "run")
    assert info["plan"]["methods"] == specs
    assert info["labels"] == dict(zip(specs[1:], SHOWN[1:], strict=True))
    assert info["baseline"] == specs[1]
    assert sorted(path.name for path in (bench.folder / "run" / "images").glob("*/*/*")) == sorted(
        ["HR", "LR", *(each.replace("/", "%2F") for each in SHOWN)]
    )
    assert sound(bench.folder / "run")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["markdown", "latex", "csv", "json", "terminal", "html"])
def test_every_report_shows_labels(bench: Bench, form: str) -> None:
    """In each format the label is there as that format spells it, and no path of a method but where it is asked for."""
    found = findings.load(bench.folder / "run")
    if form == "terminal":
        terminal.show_run(Console(width=120, file=(screen := io.StringIO())), found)
        text = screen.getvalue()
    else:
        text = page.render(found) if form == "html" else formats.render(form, found)
    spelled = {
        "markdown": "SPAN+ (ours) &lt;\u00d72&gt;",
        "latex": r"SPAN+ (ours) \textless{}$\times$2\textgreater{}",
        "html": html.escape(SPAN),
    }
    assert spelled.get(form, SPAN) in text
    assert ("long/one" in text) == (form in ("csv", "json", "html"))
    assert found.baseline == SPAN


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_another_label_computes_nothing(other: Bench) -> None:
    """The same command with other labels shows those; rows, images and scores stay, in folders of the new names."""
    folder, calls = other.folder / "copy", other.calls
    before = (folder / "rows.jsonl").read_bytes()
    tables = other.run("copy", "A=bicubic", *other.specs[:2], f"B={other.specs[2]}", timing=True)
    assert list(tables.summary["method"]) == ["A", "gain:file=one/net.bin", "gain:file=two/net.bin", "B"]
    assert set(tables.speeds["baseline"].dropna()) == {"A"}
    assert other.calls == calls
    assert (folder / "rows.jsonl").read_bytes() == before
    assert findings.load(folder).baseline == "A"
    names = {path.name for path in (folder / "images").glob("*/*/*")}
    assert names == {"HR", "LR", "A", "B", "gain:file=one%2Fnet.bin", "gain:file=two%2Fnet.bin"}
    assert sound(folder)
    assert "SPAN" not in (folder / "summary.csv").read_text("utf-8")


@pytest.mark.slow
def test_a_run_without_labels_has_no_column_of_specs(module_pictures: Path, tmp_path: Path) -> None:
    """Where all are shown by their specs, tables are what they were; a label that is left out leaves its run, too."""
    wanted: dict[str, Any] = {"factors": 2, "datasets": [f"{module_pictures}/"], "timing": False, "out": tmp_path}
    assert "spec" in srbench.run("A=bicubic", **wanted).summary
    assert not {"spec"} & {name for each in srbench.run("bicubic", **wanted).frames.values() for name in each}
    info = read_info(tmp_path)
    assert info.pop("labels") == {}
    (tmp_path / "run.json").write_text(json.dumps(info), encoding="utf-8")
    written = (tmp_path / "run.json").read_bytes()
    srbench.run("bicubic", **wanted)
    assert (tmp_path / "run.json").read_bytes() == written, "a finished run from before labels stays as it is"
    assert sound(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("brief")
def test_runs_are_compared_by_specs(other: Bench) -> None:
    """Runs whose labels differ are equal, and shown as in B; labels of either run name its methods in `map`."""
    other.run("copy", "bicubic", f"Two={other.specs[0]}", *other.specs[1:], timing=True)
    found = srbench.compare(other.folder / "run", other.folder / "copy")
    assert (found.cells["change"] == "").all()
    assert set(found.settings["method"]) == {
        "Two",
        "bicubic",
        "gain:file=three/net.bin",
        "gain:file=two/net.bin",
    }
    mapped = srbench.compare(
        other.folder / "run", other.folder / "copy", map={SPAN: other.specs[1], "gain:file=two/net.bin:times=1": "Two"}
    )
    assert mapped.renamed == {SPAN: "gain:file=two/net.bin", "gain:file=two/net.bin:times=1": "Two"}
    with pytest.raises(UsageError, match=rf"has no method 'Two', but bicubic, {SPAN[:4]}"):
        srbench.compare(other.folder / "run", other.folder / "copy", map={"Two": "Two"})


@pytest.mark.slow
def test_two_labels_that_are_alike_in_two_runs(bench: Bench) -> None:
    """One label of two methods tells nothing, so both are shown by their specs."""
    bench.run("x", "bicubic", f"Net={bench.specs[0]}", report=False)
    bench.run("y", "bicubic", f"Net={bench.specs[1]}", report=False)
    found = srbench.compare(bench.folder / "x", bench.folder / "y")
    assert set(found.cells["method"]) == {"bicubic", *bench.specs[:2]}
    rows = (bench.folder / "x" / "rows.jsonl").read_text("utf-8").splitlines(keepends=True)
    (bench.folder / "x" / "rows.jsonl").write_text("".join(rows[:-1]), encoding="utf-8")
    (plan,) = (each.detail for each in verify.verify(bench.folder / "x") if each.what == "plan")
    assert "Net x2 lacks 1 image of" in plan
    (bench.folder / "x" / "rows.jsonl").write_text("".join(rows), encoding="utf-8")
    merged = merge([bench.folder / "x", bench.folder / "y"], bench.folder / "xy")
    assert list(merged.tables.summary["method"]) == ["bicubic", "Net", bench.specs[1]]
    assert merged.labels == {bench.specs[0]: "Net"}
    assert sound(bench.folder / "xy")


@pytest.mark.slow
def test_runs_without_anything_in_common(bench: Bench) -> None:
    """What each of them has is said by labels, those of B where methods are renamed."""
    bench.run("m", f"Net={bench.specs[0]}", report=False, save_images=False)
    bench.run("n", f"Mine={bench.specs[1]}", report=False, save_images=False)
    with pytest.raises(RunFolderError, match=r"m has Net x2 on .*n has Mine x2 on .*; --map OLD=NEW compares"):
        srbench.compare(bench.folder / "m", bench.folder / "n")
    bench.run("o", f"Mine={bench.specs[1]}", factors=3, report=False, save_images=False)
    with pytest.raises(RunFolderError, match=r"m has Mine x2 on .*o has Mine x3 on "):
        srbench.compare(bench.folder / "m", bench.folder / "o", map={"Net": "Mine"})


@pytest.mark.slow
def test_reuse_goes_by_keys(bench: Bench) -> None:
    """A run takes over the scores of another one, whatever these call the method."""
    calls = bench.calls
    tables = bench.run("reused", f"Mine={bench.specs[0]}", reuse=[bench.folder / "run"])
    assert list(tables.summary["method"]) == ["Mine"]
    assert bench.calls == calls


@pytest.mark.slow
def test_figures_take_labels_and_specs(bench: Bench) -> None:
    """A strip names methods by label or spec; without saved images they run again and give the same pixels."""
    found, bare = findings.load(bench.folder / "run"), bench.folder / "bare"
    shutil.rmtree(bare, ignore_errors=True)
    shutil.copytree(bench.folder / "run", bare, ignore=shutil.ignore_patterns("whole", "images"))
    lines = sources.rows(found, "a.png", [SPAN, f"{bench.specs[1]}:times=1"])
    assert [line.method for line in lines] == SHOWN[1:3]
    saved, again = sources.images(found, lines), sources.images(findings.load(bare), lines)
    assert list(saved) == list(again) == ["HR", "LR", *SHOWN[1:3]]
    assert all(np.array_equal(saved[name], again[name]) for name in saved)
    with pytest.raises(UsageError, match=r"unknown method of the run 'SPAM'.*available: bicubic, SPAN\+ "):
        sources.rows(found, "a.png", ["SPAM"])


@pytest.mark.slow
def test_a_file_that_is_elsewhere_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Paths are as they were typed: in another folder a method cannot run again, and the line says which file."""
    monkeypatch.chdir(bench.folder)
    bench.run("relative", "Near=gain:file=long/one/net.bin", save_images=False, report=False)
    monkeypatch.chdir(tmp_path)
    found = findings.load(bench.folder / "relative")
    with pytest.raises(UsageError, match=r"^gain:file=long/one/net\.bin: there is no long/one/net\.bin here; repeat"):
        sources.images(found, sources.rows(found, "a.png"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("baseline", "shown"), [("A", "A"), ("A=bicubic", "A"), ("bicubic", "A"), ("nearest", "nearest")]
)
def test_baselines_are_labels_or_specs(baseline: str, shown: str, module_pictures: Path, tmp_path: Path) -> None:
    """A run and its report are given a baseline by either; bicubic is the usual one by its spec."""
    wanted: dict[str, Any] = {"factors": 2, "datasets": [f"{module_pictures}/"], "timing": False}
    srbench.run("nearest,A=bicubic", **wanted, out=tmp_path, baseline=baseline, report=False)
    assert findings.load(tmp_path).baseline == shown
    assert findings.load(tmp_path, baseline).baseline == shown
    with pytest.raises(UsageError, match=r"--baseline is 'B', expected a method of the run: nearest, A"):
        findings.load(tmp_path, "B")
    with pytest.raises(UsageError, match=r"--baseline is 'B', expected one of --methods: nearest, A"):
        srbench.run("nearest,A=bicubic", **wanted, out=tmp_path / "new", baseline="B")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("methods", "line"),
    [
        ("A=bicubic,B=bicubic", "bicubic has two labels, A and B; leave one out"),
        ("A=espcn,B=espcn:activation=tanh", "espcn:engine=onnxruntime has two labels, A and B; leave one out"),
        ("A=bicubic,A=nearest", "bicubic and nearest would both be shown as A; give each a label of its own"),
        ("pillow=pillow:filter=lanczos,pillow", "pillow:filter=lanczos and pillow would both be shown as pillow"),
        ("HR=bicubic", "label 'HR' of a method is a reserved name; give another one"),
        ("input=bicubic", "label 'input' of a method is a reserved name"),
        ("espcn=bicubic", "label 'espcn' of a method is the name of another method; give another one"),
        ("espcn:activation=a\nb", r"method 'espcn:activation=a\nb' has '\n' in it; leave out line breaks and other"),
    ],
)
def test_labels_that_would_mislead(methods: str, line: str, tmp_path: Path) -> None:
    """Two labels of one method, one of two, and names that mean something else are refused before there is a folder."""
    with pytest.raises(UsageError) as caught:
        srbench.run(methods, out=tmp_path / "run", timing=False)
    assert str(caught.value).startswith(line)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_one_method_in_two_spellings(bench: Bench) -> None:
    """It has the label that it was given in either; without one, it is shown as it was typed first."""
    spec = bench.specs[0]
    assert list(bench.run("given", spec, f"A={spec}:times=1", report=False).summary["method"]) == ["A"]
    typed = bench.run("typed", f"{spec}:times=01", spec, report=False).summary
    assert list(typed["method"]) == ["gain:file=net.bin:times=01"]
    assert list(typed["spec"]) == [spec]


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        (["/x/a.onnx", "b.onnx"], ["a.onnx", "b.onnx"]),
        (["/x/a.onnx", "/y/a.onnx"], ["x/a.onnx", "y/a.onnx"]),
        (["/x/a.onnx", "x/a.onnx", "a.onnx"], ["/x/a.onnx", "x/a.onnx", "a.onnx"]),
        (["/p/x/a.onnx", "/q/x/a.onnx"], ["p/x/a.onnx", "q/x/a.onnx"]),
        (["."], []),
    ],
)
def test_short_paths(paths: list[str], shown: list[str]) -> None:
    """The name of the file, and as many folders before it as tell it from the others."""
    assert list(short_paths(paths).values()) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (["./m/SPAN.onnx"], ["SPAN.onnx"]),
        (["m/SPAN.onnx:range=255"], ["SPAN.onnx:range=255"]),
        (["/x/a.pth", "/y/a.pth"], ["x/a.pth", "y/a.pth"]),
        (["./a.pth", "./a.pth:range=255", "torch:file=m/b.pth"], ["a.pth", "a.pth:range=255", "torch:file=b.pth"]),
        (["./m/a.pth", "torch:file=m/a.pth"], ["a.pth"]),
        (["torch:file=m/a.pth", "./m/a.pth"], ["torch:file=a.pth"]),
        (["Ours=m/a.pth", "n/a.pth"], ["Ours", "a.pth"]),
        (['"m/a,b.pth":range=1'], ['"a,b.pth":range=1']),
    ],
)
@pytest.mark.parametrize("asked", [True, False])
def test_model_files_that_were_typed_alone(typed: list[str], shown: list[str], asked: bool) -> None:
    """They are shown by the file's name, with the options behind it, also where their worker could say nothing."""
    described = {}
    for text in typed:
        spec = parse_method(text)
        paths = {"file": spec.options["file"]} if asked or not spec.is_file else {}
        described[text] = MethodInfo(Asked(text, (), (2,), "cpu"), str(spec), "cpu", {}, paths=paths)
    assert list(labels(typed, described).values()) == shown


def test_plans_compare_without_labels() -> None:
    """A label is part of what is typed and not of the method: the plan of a run has canonical specs."""
    assert Plan(("A=bicubic",)).differences(Plan(("bicubic",)))

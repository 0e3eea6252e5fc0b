"""Rows of a run are computed again by sample: forged ones are caught, and what cannot be computed is not verified."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import srbench
from srbench import datasets, model_files
from srbench.analysis import tables
from srbench.analysis.load_run import order_of
from srbench.cli.app import app
from srbench.errors import UsageError
from srbench.execution import precomputed, told_facts
from srbench.execution.method_info import Asked, MethodInfo
from srbench.hashing import file_hash
from srbench.maintain import merge, verify
from srbench.maintain.recompute import amount_of, drawn, recompute
from srbench.plan import Plan
from srbench.quality.files import read_image, write_image
from srbench.quality.protocols import get
from srbench.speed import environment
from srbench.store import journal_reader
from srbench.store.current import current
from srbench.store.journal import read_info
from srbench.store.rows import MetricRow, ScoreRow, key_of, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from srbench.maintain.recompute import Recomputed
    from srbench.store.rows import Row

METHODS = "nearest,bicubic"


def run(pictures: Path, **options: Any) -> Path:  # noqa: ANN401 - of `srbench.run`
    """Run `METHODS` at x2, without timing, and return the folder."""
    given: dict[str, Any] = {"methods": METHODS, "datasets": f"{pictures}/", "factors": 2, "timing": False}
    out: Path = pictures.parent / options.pop("name", "run")
    srbench.run(**given | {"report": False, "out": out} | options)
    return out


@pytest.fixture(scope="module")
def original(module_pictures: Path) -> Path:
    """Return the folder of a sound run of six scores, with the values of another metric."""
    return run(module_pictures, metrics=["psnr", "ssim", "gmsd"])


@pytest.fixture
def done(original: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return shutil.copytree(original, tmp_path / "done")


def forge(folder: Path, change: Callable[[Row], Row]) -> None:
    """Change rows as a forger would: checksums, keys and tables are consistent again."""
    info = read_info(folder)
    rows = [change(row) for row in journal_reader.read(folder / "rows.jsonl").rows]
    (folder / "rows.jsonl").write_text("".join(f"{to_json(row)}\n" for row in rows), encoding="utf-8")
    tables.write(folder, tables.tables(current(rows, info), order_of(info)))


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change run.json."""
    info = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    change(info)
    (folder / "run.json").write_text(json.dumps(info), encoding="utf-8")


def verdicts(found: Recomputed) -> dict[str, str]:
    """Return the verdict of each check."""
    return {check.what: check.verdict for check in found.checks}


def details(found: Recomputed) -> dict[str, str]:
    """Return what each check says."""
    return {check.what: check.detail for check in found.checks}


@pytest.mark.slow
def test_sound(done: Path) -> None:
    """Scores and values are equal to the bit where code, versions and machine are; nothing is written."""
    before = {path.name: file_hash(path) for path in done.iterdir()}
    found = recompute(done, amount_of("all"), seed=1)
    assert {path.name: file_hash(path) for path in done.iterdir()} == before
    assert verdicts(found) == {"code": "ok", "recomputed": "ok", "timings": "note"}
    assert details(found)["code"] == "2 of 2 methods as in this installation"
    all_equal = "6 of 6 scores, drawn with seed 1: 6 equal to the bit; with 6 values of other metrics"
    assert details(found)["recomputed"] == all_equal
    assert "not recomputed" in details(found)["timings"]


@pytest.mark.slow
def test_the_sample(done: Path) -> None:
    """Each method has a turn before one has another; a seed draws the same rows, and by default it is another one."""
    rows = [row for row in journal_reader.read(done / "rows.jsonl").rows if isinstance(row, ScoreRow)]
    for seed in range(5):
        assert {row.method for row in drawn(rows, seed)[:2]} == {"nearest", "bicubic"}
        assert drawn(rows[::-1], seed) == drawn(rows, seed)
    assert len({tuple(row.image for row in drawn(rows, seed)) for seed in range(5)}) > 1
    half = recompute(done, amount_of("50%"), seed=5)
    assert [(each.method, each.image) for each in half.outcomes] == [
        (row.method, row.image) for row in drawn(rows, 5)[:3]
    ]
    assert recompute(done, 0).seed != recompute(done, 0).seed


def raise_psnr(row: Row) -> Row:
    """Let one score be better by a little."""
    if isinstance(row, ScoreRow) and (row.method, row.image) == ("bicubic", "b.png"):
        return replace(row, psnr=row.psnr + 1e-6)
    return row


@pytest.mark.slow
def test_a_forged_score(done: Path) -> None:
    """A run whose files all agree is sound for `verify`, but a score that no code gives is not computed again."""
    forge(done, raise_psnr)
    assert {check.verdict for check in verify.verify(done)} == {"ok"}
    found = recompute(done, amount_of("all"))
    assert verdicts(found)["recomputed"] == "wrong"
    assert "1 of 6 scores" in details(found)["recomputed"]
    assert "bicubic x2 on pictures, b.png, protocol basicsr: psnr is " in details(found)["recomputed"]
    (bad,) = [each for each in found.outcomes if each.verdict == "differs"]
    assert (bad.method, bad.image) == ("bicubic", "b.png")


@pytest.mark.slow
def test_a_forged_value(done: Path) -> None:
    """Values of other metrics are computed again, too."""
    forge(done, lambda row: replace(row, value=row.value / 2) if isinstance(row, MetricRow) else row)
    found = recompute(done, amount_of("all"))
    assert [each.verdict for each in found.outcomes] == ["differs"] * 6
    assert all("gmsd is " in each.differing[0] for each in found.outcomes)


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "value"), [("parameters", 100), ("trained_on", True), ("hr_sha256", "e" * 64)])
def test_forged_facts_of_scores(done: Path, name: str, value: object) -> None:
    """What else a score says, and pixels that one file cannot have, are compared."""

    def change(row: Row) -> Row:
        if isinstance(row, ScoreRow) and row.method == "nearest":
            return _keyed(replace(row, **{name: value}))  # type: ignore[arg-type]
        return row

    forge(done, change)
    found = recompute(done, 2, seed=1)
    assert {each.method: each.verdict for each in found.outcomes} == {"nearest": "differs", "bicubic": "equal"}
    assert f"{name} is {value!r} in the run and " in details(found)["recomputed"]


CHANGES = [
    (lambda info: info["protocol_fields"]["basicsr"].update(scored="rgb"), "protocol basicsr: its choices"),
    (lambda info: info["metrics"]["gmsd"].update(better="higher"), "gmsd: lower values are better"),
    (lambda info: info["metrics"]["psnr"].update(better="lower"), "psnr: higher values are better"),
]


@pytest.mark.sampled
@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_forged_facts_of_run_json(done: Path, change: Callable[[dict[str, Any]], None], said: str) -> None:
    """What readers see of protocols and metrics is that of their fingerprints and code."""
    rewrite(done, change)
    found = recompute(done, 1)
    assert verdicts(found)["recomputed"] == "ok"
    assert verdicts(found)["facts in run.json"] == "wrong"
    assert said in details(found)["facts in run.json"]


def test_forged_facts_of_methods_and_datasets() -> None:
    """Weights of the same code have one sha256 and one training; images of a dataset are those of its manifest."""
    here = MethodInfo(
        Asked("net", (), (2,), "cpu"), "net", "cpu", {(2, "cpu"): "c"}, {"w": "1"}, {"x2": {"data": "t91"}}
    )
    told = here.facts
    assert list(told_facts.of_methods({"methods": {"net": told}}, [here])) == []
    for forged, said in (({"files": {"w": "2"}}, "another sha256 of w"), ({"models": {}}, "another training at x2")):
        (line,) = told_facts.of_methods({"methods": {"net": told | forged}}, [here])
        assert line.endswith(said)
    assert list(told_facts.of_methods({"methods": {"net": {"codes": {"x2 on cpu": "d"}}}}, [here])) == []
    set5 = datasets.get("set5")
    files = {file.name: file.sha256 for file in set5.files}
    assert list(told_facts.of_dataset({"files": files}, set5)) == []
    others = {name: files[name] for name in ("baby", "bird", "head", "woman")} | {"bird": "2" * 64, "lenna": "3" * 64}
    assert list(told_facts.of_dataset({"files": others}, set5)) == [
        "1 image of 5 of set5 not in the run: butterfly",
        "1 image of 5 of set5 not here: lenna",
        "1 image of 5 of set5 of another file in the run: bird",
    ]


@pytest.mark.slow
def test_a_method_of_which_nothing_is_verified(done: Path) -> None:
    """Scores of code that is not here are not recomputed, so whoever forges them gains nothing by that."""

    def change(info: dict[str, Any]) -> None:
        info["methods"]["nearest"]["codes"] = {"x2 on cpu": "c"}

    def of_other_code(row: Row) -> Row:
        return _keyed(replace(row, code="c")) if isinstance(row, ScoreRow) and row.method == "nearest" else row

    rewrite(done, change)
    forge(done, of_other_code)
    found = recompute(done, 2)
    assert verdicts(found)["recomputed"] == "ok"
    assert verdicts(found)["not recomputed"] == "wrong"
    assert details(found)["not recomputed"].startswith("nothing of nearest was verified; ")


def _keyed(row: ScoreRow) -> ScoreRow:
    return replace(row, key=key_of(row))


@pytest.mark.slow
def test_bad_scores_and_other_images_of_a_folder(done: Path, original: Path) -> None:
    """Both are told: a failure takes an image from all methods, and a folder may have changed since."""

    def fail(row: Row) -> Row:
        if isinstance(row, ScoreRow) and (row.method, row.image) == ("bicubic", "b.png"):
            return replace(row, status="failed", reason="no memory")
        return row

    forge(done, fail)
    rewrite(done, lambda info: info["datasets"]["pictures"]["files"].pop("a.png"))
    found = recompute(done, 1)
    assert "1 score: failed in the run" in details(found)["not recomputed"]
    assert verdicts(found)["images"] == "note"
    assert details(found)["images"] == "1 image of 3 of pictures not in the run: a.png"
    assert recompute(original, 1).changes == ()


@pytest.mark.slow
def test_a_forged_image_of_a_score(pictures: Path) -> None:
    """A saved image has the PSNR of its row; looking at that needs no method."""
    folder = run(pictures, save_images=True)
    sound = recompute(folder, 6)
    assert details(sound)["saved images"] == "6 SR images with the PSNR of the row"
    forge(folder, raise_psnr)
    rewrite(folder, lambda info: info["plan"].update(plugins=[]))
    found = recompute(folder, 6)
    assert verdicts(found)["saved images"] == "wrong"
    assert details(found)["saved images"].startswith("bicubic x2 on pictures, b.png, protocol basicsr: ")


@pytest.mark.slow
def test_other_pixels_of_hr(pictures: Path) -> None:
    """Scores of other images are no scores of these: such rows are named, and not verified."""
    done = run(pictures)
    image = read_image(pictures / "a.png").copy()
    image[0, 0] = 255 - image[0, 0]
    write_image(pictures / "a.png", image)
    found = recompute(done, amount_of("all"))
    assert found.reasons == {"HR of a.png has other pixels here": 2}
    assert len(found.outcomes) == 4
    assert verdicts(found)["not recomputed"] == "note"


@pytest.mark.slow
def test_nothing_can_be_recomputed(pictures: Path) -> None:
    """What is not here cannot be verified: that is no success."""
    done = run(pictures)
    pictures.rename(pictures.parent / "elsewhere")
    found = recompute(done, 5)
    assert verdicts(found)["recomputed"] == "wrong"
    assert details(found)["recomputed"] == "none of 6 scores: nothing was verified"
    reason = "6 scores: dataset pictures is not on this disk; --data DIR says where datasets are"
    assert details(found)["not recomputed"] == reason


@pytest.mark.slow
def test_another_protocol_of_the_name(done: Path) -> None:
    """A protocol that run.json calls basicsr is basicsr: else its rows are not verified."""
    other = get("basicsr:scored=rgb")
    rewrite(done, lambda info: info["protocols"].update(basicsr=other.fingerprint))

    def change(row: Row) -> Row:
        if not isinstance(row, ScoreRow):
            return row
        row = replace(row, protocol_fingerprint=other.fingerprint)
        return replace(row, key=key_of(row))

    forge(done, change)
    found = recompute(done, amount_of("all"))
    assert found.outcomes == ()
    assert list(found.reasons) == [f"protocol basicsr is another in this installation ({get('basicsr').fingerprint})"]


@pytest.fixture
def other_versions() -> Iterator[pytest.MonkeyPatch]:
    """Let a package be of another version until that is undone."""
    here = environment.versions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(environment, "versions", lambda: here | {"numpy": "0.9"})
        yield patch


@pytest.mark.slow
def test_other_versions(pictures: Path, other_versions: pytest.MonkeyPatch) -> None:
    """Where only versions differ, results may differ in digits that no table prints; it is said which."""
    folder = run(pictures)
    other_versions.undo()
    found = recompute(folder, amount_of("all"))
    assert {each.verdict for each in found.outcomes} == {"equal"}
    assert all("numpy" in each.unlike for each in found.outcomes)
    assert "numpy" in details(found)["code"]
    assert verdicts(found)["code"] == "note"
    forge(folder, raise_psnr)
    found = recompute(folder, amount_of("all"), seed=2)
    assert sorted(each.verdict for each in found.outcomes) == ["close"] + ["equal"] * 5
    assert details(found)["recomputed"].startswith(
        "6 of 6 scores, drawn with seed 2: 5 equal to the bit, 1 within 0.005 dB and 5e-05 SSIM (versions: numpy"
    )
    forge(folder, lambda row: replace(row, psnr=row.psnr + 0.01) if isinstance(row, ScoreRow) else row)
    assert verdicts(recompute(folder, amount_of("all")))["recomputed"] == "wrong"


@pytest.mark.slow
def test_another_processor(done: Path) -> None:
    """On another processor the last digits may differ."""
    rewrite(done, lambda info: info["environment"].update(processor="another"))
    forge(done, raise_psnr)
    found = recompute(done, amount_of("all"))
    assert sorted(each.verdict for each in found.outcomes) == ["close"] + ["equal"] * 5
    assert "processor: " in details(found)["recomputed"]


@pytest.mark.slow
def test_rows_of_cuda(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a device that is not here are named."""
    monkeypatch.setattr(environment, "cuda_devices", list)

    def change(info: dict[str, Any]) -> None:
        info["methods"]["bicubic"] = {"devices": ["cuda"], "codes": {"x2 on cuda": "c"}}

    def moved(row: Row) -> Row:
        if isinstance(row, ScoreRow) and row.method == "bicubic":
            row = replace(row, device="cuda", code="c")
            return replace(row, key=key_of(row))
        return row

    rewrite(done, change)
    forge(done, moved)
    found = recompute(done, amount_of("all"))
    assert found.reasons == {"it was computed on cuda, and here is no CUDA device": 3}
    assert {each.method for each in found.outcomes} == {"nearest"}


@pytest.mark.slow
def test_plug_ins_are_run_if_trusted(pictures: Path, counting: Path) -> None:
    """A plug-in file that run.json names is not run unless that is allowed; once edited, it is another method."""
    folder = run(pictures, methods="counting", plugins=[counting])
    calls = counting.parent / "calls.txt"
    before = calls.read_text(encoding="utf-8")
    found = recompute(folder, 1)
    assert calls.read_text(encoding="utf-8") == before
    assert list(found.reasons) == [f"it would run the plug-in {counting}; --plugin FILE or --trust allows that"]
    assert found.code == {"counting": f"it would run the plug-in {counting}; --plugin FILE or --trust allows that"}
    assert verdicts(recompute(folder, 1, trusted=True))["recomputed"] == "ok"
    assert calls.read_text(encoding="utf-8") != before
    counting.write_text(counting.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    edited = recompute(folder, 1, trusted=True)
    assert list(edited.reasons) == ["its code is another in this installation, so the key of the row would be another"]


@pytest.mark.sampled
@pytest.mark.parametrize("trusted", [False, True])
def test_plug_ins_from_elsewhere(pictures: Path, counting: Path, trusted: bool) -> None:
    """A plug-in that lies elsewhere here is taken from the file given, if its code is that of the rows."""
    folder = run(pictures, methods="nearest,counting", plugins=[counting])
    (pictures.parent / "here").mkdir()
    here = counting.rename(pictures.parent / "here" / counting.name)
    lost = recompute(folder, 2, trusted=trusted)
    assert [each.method for each in lost.outcomes] == ["nearest", "nearest"]
    assert list(lost.reasons) == [f"its plug-in {counting} is not on this disk; --plugin FILE gives it"]
    assert lost.unverified == ("counting",)
    found = recompute(folder, 2, plugins=[here], trusted=trusted)
    assert {each.method: each.verdict for each in found.outcomes} == {"nearest": "equal", "counting": "equal"}
    here.write_text(here.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    edited = recompute(folder, 2, plugins=[here], trusted=trusted)
    assert list(edited.reasons) == ["its code is another in this installation, so the key of the row would be another"]


@pytest.mark.slow
def test_a_plug_in_prevents_no_other_method(pictures: Path, counting: Path) -> None:
    """A file with the name of a built-in method is none of the others', be it trusted or given."""
    folder = run(pictures, methods="nearest,counting", plugins=[counting])
    bicubic = pictures.parent / "bicubic.py"
    bicubic.write_text("1 / 0", encoding="utf-8")
    rewrite(folder, lambda info: info["plan"].update(plugins=[str(bicubic), str(counting)]))
    reason = f"it would run the plug-in {counting}; --plugin FILE or --trust allows that"
    assert set(recompute(folder, 2).reasons) == {reason}
    for allowed in ({"trusted": True}, {"plugins": [bicubic, counting]}):
        found = recompute(folder, 2, **allowed)
        assert {each.method for each in found.outcomes} == {"nearest", "counting"}


def test_a_plug_in_that_is_absent(done: Path) -> None:
    """A path that is mistyped is an error in one line."""
    with pytest.raises(UsageError, match=r"plug-in file nope\.py does not exist"):
        recompute(done, 1, plugins=[Path("nope.py")])


FAILING = """
from pathlib import Path
from srbench.errors import Unsupported
def load(factor, device):
    def upscale(image):
        state = Path(__file__).with_name("state.txt")
        if state.exists():
            raise eval(state.read_text())("not today")
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""


@pytest.mark.slow
def test_methods_that_fail_here(pictures: Path) -> None:
    """A method that fails on what it had a score for is wrong; one that does not run here is not verified."""
    plugin = pictures.parent / "failing.py"
    plugin.write_text(FAILING, encoding="utf-8")
    folder = run(pictures, methods="failing", plugins=[plugin])
    state = plugin.with_name("state.txt")
    state.write_text("ValueError", encoding="utf-8")
    found = recompute(folder, 1, trusted=True)
    assert [each.verdict for each in found.outcomes] == ["failed"]
    assert "failed here: " in details(found)["recomputed"]
    state.write_text("Unsupported", encoding="utf-8")
    found = recompute(folder, 1, trusted=True)
    assert found.outcomes == ()
    assert list(found.reasons) == ["skipped here: not today"]


@pytest.mark.slow
def test_command_lines_are_run_if_trusted(pictures: Path) -> None:
    """A command line is whatever run.json says: it is not run unless that is allowed."""
    folder = run(pictures, methods=["nearest"])

    def change(info: dict[str, Any]) -> None:
        info["plan"]["methods"] = ["command:run=touch {output}"]
        info["methods"] = {"command:run=touch {output}": info["methods"].pop("nearest")}

    rewrite(folder, change)
    forge(folder, lambda row: replace(row, method="command:run=touch {output}"))
    found = recompute(folder, 1)
    assert list(found.reasons) == ["it would run 'touch {output}', which run.json names; --trust allows that"]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("ffmpeg:flags=bicubic", "it would run 'bicubic', which run.json names"),
        ("torch:file=net.pth", "it would read net.pth, a format that can hold code"),
        ("espcn:weights=net.pt", "it would read net.pt, a format that can hold code"),
        ("torch:file=net.safetensors:network=a.b", "it would run 'a.b', which run.json names"),
    ],
)
def test_what_can_hold_code(done: Path, monkeypatch: pytest.MonkeyPatch, method: str, said: str) -> None:
    """Filters of programs and pickles are read if they are trusted, whatever the environment allows elsewhere."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "1")

    def change(info: dict[str, Any]) -> None:
        info["plan"]["methods"] = [method]
        info["methods"] = {method: info["methods"]["nearest"]}

    rewrite(done, change)
    forge(done, lambda row: replace(row, method=method) if isinstance(row, ScoreRow) else row)
    assert list(recompute(done, 1).reasons) == [f"{said}; --trust allows that"]


@pytest.mark.slow
def test_trust_ends(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pickles are allowed while rows are computed again, and not afterwards."""
    monkeypatch.delenv("SRBENCH_ALLOW_PICKLE", raising=False)
    seen: list[bool] = []
    recompute(done, 1, trusted=True, tick=lambda *_: seen.append(model_files.pickles_allowed()))
    assert (seen, model_files.pickles_allowed()) == ([True], False)


@pytest.mark.slow
def test_precomputed_images(pictures: Path) -> None:
    """Scores of SR files are computed again of the files; those that were changed since are named."""
    sr = pictures.parent / "sr"
    sr.mkdir()
    for path in pictures.iterdir():
        write_image(sr / path.name, read_image(path)[::-1])
    hr, made = datasets.open_folder(pictures), datasets.open_folder(sr)
    plan = Plan(("sr",), (2,), datasets=("HR",), timing=False, metrics=("psnr", "ssim", "gmsd"))
    folder = pictures.parent / "run"
    precomputed.score(plan, hr, made, folder)
    found = recompute(folder, amount_of("all"), seed=0)
    assert verdicts(found) == {"recomputed": "ok", "timings": "note"}
    assert "3 equal to the bit; with 3 values of other metrics" in details(found)["recomputed"]
    write_image(sr / "a.png", read_image(sr / "b.png"))
    found = recompute(folder, amount_of("all"))
    assert found.reasons == {"SR of a.png has other pixels here": 1}
    forge(folder, lambda row: replace(row, ssim=0.999) if isinstance(row, ScoreRow) else row)
    assert verdicts(recompute(folder, amount_of("all")))["recomputed"] == "wrong"


@pytest.mark.slow
def test_merged(pictures: Path) -> None:
    """Rows of runs that were joined are computed again, each by its method and protocol."""
    one = run(pictures, name="one", methods="nearest")
    two = run(pictures, name="two", methods="bicubic", protocols="ntire2017")
    merged = pictures.parent / "merged"
    merge.merge([one, two], merged)
    found = recompute(merged, amount_of("all"))
    assert len(found.outcomes) == 6
    assert verdicts(found)["recomputed"] == "ok"


@pytest.mark.slow
def test_given_lr(pictures: Path) -> None:
    """Rows of given LR are computed from that."""
    lr = pictures.parent / "lr"
    lr.mkdir()
    for path in pictures.iterdir():
        write_image(lr / path.name, read_image(path)[::2, ::2])
    folder = run(pictures, datasets=f"{pictures}/::{lr}", protocols="basicsr:lr=given")
    assert verdicts(recompute(folder, amount_of("all")))["recomputed"] == "ok"
    write_image(lr / "a.png", 255 - read_image(lr / "a.png"))
    assert recompute(folder, amount_of("all")).reasons == {"given LR of a.png has other pixels here": 2}


AMOUNTS = [("5", 5), ("all", 1.0), ("10%", 0.1), ("0.25", 0.25), ("1.0", 1.0)]


@pytest.mark.parametrize(("text", "expected"), AMOUNTS)
def test_amounts(text: str, expected: float) -> None:
    """A number of scores, a share of them, or all."""
    found = amount_of(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "200%", "many", "nan"])
def test_no_amounts(text: str) -> None:
    """Anything else is one line that says what was expected."""
    with pytest.raises(UsageError, match="expected a number of scores such as 5, a share such as 10%, or all"):
        amount_of(text)


@pytest.mark.slow
def test_command(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A forged row makes the exit code 1; `--json` has what was computed."""

    def command(*more: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            app(["results", "verify", str(done), *more])
        return int(ended.value.code or 0), capsys.readouterr().out

    code, out = command("--recompute", "2", "--sample-seed", "3")
    assert (code, out.splitlines()[-1]) == (0, f"{done}: sound")
    assert "ok    recomputed: 2 of 6 scores, drawn with seed 3: 2 equal to the bit; with 2 values" in out
    code, out = command("--recompute", "1", "--sample-seed", "3")
    first, *_ = drawn([row for row in journal_reader.read(done / "rows.jsonl").rows if isinstance(row, ScoreRow)], 3)
    (other,) = {"nearest", "bicubic"} - {first.method}
    assert (code, out.splitlines()[-1]) == (0, f"{done}: sound; nothing of {other} was recomputed")
    forge(done, raise_psnr)
    assert command()[0] == 0
    code, out = command("--recompute", "all", "--json")
    assert code == 1
    facts = json.loads(out)
    assert facts["sound"] is False
    assert facts["recomputed"]["scores"] == len(facts["recomputed"]["outcomes"]) == 6
    assert facts["recomputed"]["tolerance"]["psnr"] == 0.005

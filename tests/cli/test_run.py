"""`srbench run`: the table, JSON, exit codes, environment variables, and the same from a script."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]

EACH = """
import sys
from srbench.cli import main
for command in sys.argv[1:]:
    try:
        main(command.split())
    except SystemExit as ended:
        if ended.code:
            raise
"""

PLUGIN = """
import time
from srbench.errors import Unsupported
def load(factor, device, how="good"):
    if how == "skip":
        raise Unsupported("not today")
    def upscale(image):
        if how == "raise":
            raise RuntimeError("out of ideas")
        if how == "slow":
            time.sleep(30)
        return image.repeat(factor, 0).repeat(factor, 1)
    return upscale
"""
NET = """
class Net:
    training_images = frozenset({{"{content}"}})
    def __init__(self, factor):
        self.factor = factor
    def __call__(self, image):
        return image.repeat(self.factor, 0).repeat(self.factor, 1)
def load(factor, device):
    return Net(factor)
"""
SCRIPT = """
import srbench
tables = srbench.run("nearest", factors=2, datasets="{folder}/", jobs=2, timing=False, out="script")
print(tables.summary["images"].tolist())
"""


@pytest.fixture
def moody(tmp_path: Path) -> Path:
    """Return a plug-in that can be good, skip, raise or be slow."""
    file = tmp_path / "moody.py"
    file.write_text(PLUGIN, encoding="utf-8")
    return file


def strict(text: str) -> Any:  # noqa: ANN401 - JSON
    """Parse JSON without the NaN and Infinity that Python would take."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)


def test_table_and_folder(srbench: Command, pictures: Path) -> None:
    """The table names dataset, factor and protocol; the folder is printed and loads."""
    result = srbench("run", "-m", "nearest,bicubic", "-f", "2", "-d", f"{pictures}/", "--device", "cpu", "--out", "run")
    assert result.code == 0
    assert "pictures x2, protocol basicsr" in result.out
    assert "run folder: run" in result.out
    assert "ms/Mpx" in result.out
    assert result.err == ""
    assert (pictures.parent / "run" / "summary.parquet").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [True, False])
def test_report(srbench: Command, pictures: Path, tmp_path: Path, wanted: bool) -> None:
    """A run writes its page and keeps crops, or neither; the last lines say where the page is."""
    option = "--report" if wanted else "--no-report"
    found = srbench(
        "run", "--methods", "nearest,bicubic", "--datasets", f"{pictures}/", "--no-timing", option, "--out", "r"
    )
    assert found.code == 0, found.err
    assert (tmp_path / "r" / "report.html").exists() == (tmp_path / "r" / "crops").exists() == wanted
    assert ("its report.html" in found.out) == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    "spelling", ["moody:how=good:a=1", "moody:a=1:how=good", ' moody : a="1" : how="good"', 'moody:how="good":a=1']
)
def test_spellings_of_a_baseline(srbench: Command, pictures: Path, moody: Path, spelling: str) -> None:
    """However the options of a baseline are ordered and quoted, `run` and `report` know it."""
    moody.write_text(PLUGIN.replace('how="good"', 'how="good", a=0'), encoding="utf-8")
    run = ("run", "--plugin", moody, "-f", "2", "-d", f"{pictures}/", "--no-timing", "--out", "r", "--json")
    found = srbench(*run, "-m", "nearest,moody:how=fine:a=1", "--baseline", spelling.replace("good", "fine"))
    assert found.code == 0, found.err
    printed = srbench("report", "r", "--baseline", spelling.replace("good", "fine"), "--format", "json")
    assert json.loads(printed.out)["baseline"] == "moody:a=1:how=fine"


@pytest.mark.sampled
@pytest.mark.parametrize("baseline", ["bicubic", "moody:how=skip", "moody:how=raise:how=raise", ":", "nearest:a=1"])
def test_a_baseline_that_is_not_in_the_plan(srbench: Command, pictures: Path, moody: Path, baseline: str) -> None:
    """It is refused in one line, and no folder is made."""
    run = ("run", "--plugin", moody, "-f", "2", "-d", f"{pictures}/", "--out", "r")
    found = srbench(*run, "-m", "nearest,moody:how=raise", "--baseline", baseline)
    assert (found.code, found.err.count("\n")) == (2, 1)
    assert found.err.startswith(
        f"srbench: --baseline is {baseline!r}, expected one of --methods: nearest, moody:how=raise"
    )
    assert not (moody.parent / "r").exists()


@pytest.mark.slow
@pytest.mark.parametrize("methods", ["moody:how=raise,nearest", "nearest,moody:how=raise,bilinear"])
@pytest.mark.parametrize("baseline", ["nearest", "moody:how=raise"])
def test_a_baseline_does_not_hide_a_failure(
    srbench: Command, pictures: Path, moody: Path, methods: str, baseline: str
) -> None:
    """A run that --fail-fast ends before or after its baseline exits with 1, and says why."""
    run = ("run", "--plugin", moody, "-f", "2", "-d", f"{pictures}/", "--no-timing", "--fail-fast")
    found = srbench(*run, "-m", methods, "--baseline", baseline)
    assert found.code == 1, found.err
    assert "out of ideas" in found.out
    assert "stopped at the first failed result (--fail-fast)" in found.err


@pytest.mark.slow
def test_baseline(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """An unknown baseline ends the command before anything is scored; one with defaults spelt out is known."""
    run = "run", "--datasets", f"{pictures}/", "--no-timing", "--out", "r"
    bad = srbench(*run, "--methods", "bicubic,espcn", "--baseline", "espnc")
    assert (bad.code, bad.err.count("\n")) == (2, 1)
    assert not (tmp_path / "r" / "scores.csv").exists()
    found = srbench(*run, "--methods", "bicubic,espcn:activation=tanh", "--baseline", "espcn:activation=tanh")
    assert found.code == 0, found.err
    assert "baseline" in found.out or "espcn" in found.out.splitlines()[2]


@pytest.mark.slow
def test_no_cuda_is_said(srbench: Command, pictures: Path) -> None:
    """By default both devices are timed; where there is no CUDA device, the table says so."""
    from srbench.speed import environment  # noqa: PLC0415 - the fixture has the package's name

    if environment.cuda_devices():
        pytest.skip("there is a CUDA device")
    result = srbench("run", "-m", "nearest", "-d", f"{pictures}/", "--out", "run")
    assert result.code == 0
    assert "CUDA: no CUDA device" in result.out


@pytest.mark.slow
def test_default_folder_and_dataset(srbench: Command, tmp_path: Path) -> None:
    """Without --out a new folder below ./results is made; on `sample` the next step is named."""
    result = srbench("run", "-m", "nearest", "--no-timing")
    assert result.code == 0
    (folder,) = (tmp_path / "results").iterdir()
    assert f"run folder: results/{folder.name}" in result.out
    assert "srbench run --datasets set5,bsd100" in " ".join(result.out.split())


@pytest.mark.slow
def test_finished_run_again(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """The same command on a finished run prints the same table, writes no row and exits 0."""
    command = ["run", "-m", "nearest", "-d", f"{pictures}/", "--no-timing", "--out", "run"]
    first = srbench(*command)
    rows = (tmp_path / "run" / "rows.jsonl").read_bytes()
    assert srbench(*command) == first
    assert first.code == 0
    assert (tmp_path / "run" / "rows.jsonl").read_bytes() == rows


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "options", "code"),
    [("good", [], 0), ("skip", [], 0), ("skip", ["--strict"], 1), ("raise", [], 1), ("good", ["--strict"], 0)],
)
def test_exit_codes(  # noqa: PLR0913 - fixtures and parameters
    srbench: Command, pictures: Path, moody: Path, how: str, options: list[str], code: int
) -> None:
    """Failed rows give 1; skipped rows 0, and 1 under --strict; the reason is printed."""
    method = f"moody:how={how}"
    result = srbench("run", "-m", method, "--plugin", moody, "-d", f"{pictures}/", "--no-timing", *options)
    assert result.code == code
    reason = {"skip": "skipped: not today", "raise": "failed: RuntimeError: out of ideas"}.get(how, "run folder")
    assert reason in result.out


@pytest.mark.slow
def test_unreadable_image(srbench: Command, pictures: Path) -> None:
    """An unreadable image among good ones: its row failed, the mean is over the others, exit code 1."""
    (pictures / "bad.png").touch()
    result = srbench("run", "-m", "nearest", "-d", f"{pictures}/", "--no-timing")
    assert result.code == 1
    assert "2 of 3" in result.out
    assert "bad.png: got an empty file" in result.out


@pytest.mark.slow
def test_interrupt(pictures: Path, moody: Path, tmp_path: Path) -> None:
    """Ctrl-C twice ends at once, with 130 and one note on how to continue, however long a method would take."""
    options = ["-m", "nearest,moody:how=slow", "--plugin", moody.name, "-d", f"{pictures}/", "--no-timing"]
    command = [sys.executable, "-m", "srbench", "run", *options, "--out", "run", "--jobs", "2"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "run" / "run.json").exists():
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=100)
    assert process.returncode == 130
    assert out == ""
    assert "interrupted; the results so far are in run;" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_json(srbench: Command, pictures: Path, moody: Path) -> None:
    """--json prints strict JSON and nothing else, with null where there is no number."""
    methods = "moody:how=skip,nearest"
    result = srbench("run", "-m", methods, "--plugin", moody, "-d", f"{pictures}/", "--no-timing", "--json")
    skipped, nearest = strict(result.out)["summary"]
    assert (skipped["psnr"], skipped["images"], skipped["of"], skipped["reason"]) == (None, 0, 2, "not today")
    assert nearest["psnr"] > 5
    assert strict(result.out)["run"].startswith("results/")


@pytest.mark.slow
def test_training_images(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """A renamed PNG copy of a BMP training image is marked in the table and counted in JSON; clean images are not."""
    from srbench.quality.files import pixel_hash, read_image, write_image  # noqa: PLC0415 - the fixture has this name

    write_image(tmp_path / "t1.bmp", read_image(pictures / "a.png"))
    content = pixel_hash(read_image(tmp_path / "t1.bmp"))
    (pictures / "a.png").rename(pictures / "holiday.png")
    (tmp_path / "net.py").write_text(NET.format(content=content), encoding="utf-8")
    command = ["run", "-m", "nearest,net", "--plugin", "net.py", "-d", f"{pictures}/", "--no-timing", "--out", "run"]
    for result in (srbench(*command), srbench(*command)):  # also from the finished folder
        nearest, net = (
            next(x for x in result.out.splitlines() if x.startswith(f" {name} ")) for name in ("nearest", "net")
        )
        assert ("*" in nearest, "*" in net) == (False, True)
        assert "* net was trained on 1 of the 2 scored images of pictures (x3): " in result.out
    assert [line["trained_on"] for line in strict(srbench(*command, "--json").out)["summary"]] == [0, 1]
    (pictures / "holiday.png").unlink()
    clean = srbench(*command[:-2])
    assert "*" not in clean.out
    assert "trained" not in clean.out


@pytest.mark.slow
def test_variables(srbench: Command, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment variables stand for options, and options come first."""
    values = {
        "METHODS": "nearest,bilinear",
        "FACTOR": "2,3",
        "DATASETS": f"{pictures}/",
        "PROTOCOL": "ntire",
        "TIMING": "0",
        "JSON": "1",
        "OUT": "run",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"SRBENCH_{name}", value)
    summary = strict(srbench("run", "--protocol", "basicsr").out)["summary"]
    assert [(line["factor"], line["method"], line["protocol"]) for line in summary] == [
        (factor, method, "basicsr") for factor in (2, 3) for method in ("nearest", "bilinear")
    ]


@pytest.mark.slow
def test_script_without_main_guard(pictures: Path, tmp_path: Path) -> None:
    """`srbench.run` with two jobs works from a plain script."""
    (tmp_path / "script.py").write_text(SCRIPT.format(folder=pictures), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100
    )
    assert (result.returncode, result.stdout) == (0, "[2]\n"), result.stderr


@pytest.mark.slow
def test_readable_names_that_are_taken(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """A file of the user in the place of a link stays, and the run says so."""
    command = ("run", "-m", "nearest", "-d", f"{pictures}/", "--no-timing", "--save-images", "--out", "out")
    assert "readable names" not in srbench(*command).err
    link = next((tmp_path / "out" / "images").rglob("nearest/a.png"))
    link.unlink()
    link.write_bytes(b"mine")
    result = srbench(*command)
    assert result.code == 0
    assert "1 of the readable names of whole images are not links" in result.err
    assert link.read_bytes() == b"mine"


@pytest.mark.slow
def test_letters_that_the_locale_lacks(pictures: Path, tmp_path: Path) -> None:
    """Images and figures get their names in UTF-8 where Python takes file names for ASCII."""
    folder = (pictures / "a.png").rename(pictures / "caf\u00e9.png").parent.rename(tmp_path / "\u0153uvre")
    (folder / "b.png").unlink()
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "SRBENCH_REPORT": "0"}
    commands = [
        f"run -m nearest -d {folder}/ --no-timing --save-images --out out",
        "results verify out",
        "figure out --kind strip --image caf\u00e9.png",
    ]
    done = subprocess.run(
        [sys.executable, "-c", EACH, *commands], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "figures" / "strip-caf\u00e9.png.svg").is_file()
    assert next((tmp_path / "out").rglob("\u0153uvre/*/nearest/caf\u00e9.png")).is_file()


METRIC = """
from srbench.metrics import Metric
METRIC = Metric(label="MAE", better="lower", digits=3)
def load(how="good"):
    def score(reference, image):
        return float("nan") if how == "nan" else float(abs(reference.astype(float) - image).mean())
    return score
"""


@pytest.mark.slow
def test_metric_that_is_added(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """It has its column, a line says that nothing else was computed, and JSON has it; the first one leads."""
    (tmp_path / "mae.py").write_text(METRIC, encoding="utf-8")
    options = ("run", "-m", "nearest,bicubic", "-f", 2, "-d", f"{pictures}/", "--no-timing", "--out", "out")
    assert srbench(*options).err == ""
    added = srbench(*options, "--plugin", "mae.py", "--metrics", "psnr,mae")
    assert (added.code, added.err) == (0, "scores: 0 new; metrics: mae 4 new\n")
    assert "MAE" in added.out
    assert "SSIM" not in added.out
    shown = srbench(*options, "--plugin", "mae.py", "--metrics", "mae", "--metrics", "ssim", "--json")
    assert shown.err == "scores: 0 new; metrics: 0 new\n"
    summary = strict(shown.out)["summary"]
    assert {"mae", "mae_images", "ssim"} <= summary[0].keys()
    assert "psnr" not in summary[0]


@pytest.mark.slow
def test_metric_that_fails(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """Its reason is printed, and the run says 1; an unknown metric says 2."""
    (tmp_path / "mae.py").write_text(METRIC, encoding="utf-8")
    options = ("run", "-m", "nearest", "-f", 2, "-d", f"{pictures}/", "--no-timing", "--plugin", "mae.py")
    failed = srbench(*options, "--metrics", "psnr,mae:how=nan")
    assert failed.code == 1
    assert "failed on 2 of 2 images: returned NaN, expected a number" in " ".join(failed.out.split())
    unknown = srbench(*options, "--metrics", "psnr,ssimm")
    assert (unknown.code, unknown.err[:56]) == (2, "srbench: unknown metric 'ssimm'; did you mean 'ssim'? (a")


@pytest.mark.slow
def test_sr_images_beside_methods(srbench: Command, pictures: Path, tmp_path: Path) -> None:
    """`--sr NAME=DIR` is one more line of the table; what it has for nothing, and lacks, is told; SR may lead."""
    (tmp_path / "sr").mkdir()
    for name in ("a_x2", "other"):
        (tmp_path / "sr" / f"{name}.png").write_bytes((pictures / "a.png").read_bytes())
    (tmp_path / "sr" / "expected.tsv").touch()
    options = ("run", "-m", "nearest", "--sr", "RCAN=sr", "-f", 2, "-d", f"{pictures}/", "--no-timing", "--out", "out")
    result = srbench(*options, "--baseline", "RCAN")
    assert result.code == 0, result.err
    unpaired = "1 SR image of RCAN belongs to no image of the run: other.png\n"
    assert result.err == f"{unpaired}ignored in {tmp_path}/sr: expected.tsv\n"
    assert "methods are compared on 1 of 2 images; left out: b.png (no score of RCAN)" in " ".join(result.out.split())
    assert "RCAN: SR images made elsewhere, which were read; not run here" in result.out
    assert f"RCAN (pictures x2: b.png): skipped: no SR image of it at x2 in {tmp_path}/sr" in result.out
    found = strict(srbench(*options, "--baseline", "RCAN", "--json").out)
    assert [line["method"] for line in found["summary"]] == ["nearest", "RCAN"]
    assert found["unpaired"] == {"RCAN": ["other.png"]}


@pytest.mark.slow
def test_other_settings(srbench: Command, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with another run is refused, with the whole command that takes over its results."""
    options = ["run", "-f", "2", "-d", f"{pictures}/", "--no-timing", "--out", "one"]
    assert srbench(*options, "-m", "nearest").code == 0
    monkeypatch.setattr("sys.argv", ["srbench", *options, "-m", "nearest,bilinear"])
    refused = srbench(*options, "-m", "nearest,bilinear")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "(methods: nearest, not nearest,bilinear)" in refused.err
    command = shlex.split(refused.err.partition("still valid: ")[2])
    assert command[-4:] == ["--out", "one-2", "--reuse", "one"]
    assert srbench(*command[1:]).code == 0
    rows = [(tmp_path / name / "rows.jsonl").read_text("utf-8").splitlines() for name in ("one", "one-2")]
    assert set(rows[0]) < set(rows[1])

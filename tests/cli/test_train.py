"""`srbench train`: what it prints, what it leaves, and what it refuses; its weights in `srbench run`."""

from __future__ import annotations

import json
import re
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

TRAIN = ["train", "espcn", "-f", "2", "--recipe", "paper", "--device", "cpu", "--threads", "1"]
QUICK = [*TRAIN, "--datasets", "photos/", "--set", "patch=10", "--set", "optimizer=adam", "--set", "batch=4"]
"""With --epochs 3, 22 steps on `photos`."""

PAPER = "train espcn --recipe paper --device cpu --threads 1"
HELD = PAPER.replace("espcn", "espcn:activation=relu") + " --set seed=5 --datasets photos/ --out held"
BAD = {
    "train espcn --recipe papre": "unknown recipe 'papre'; did you mean 'paper'? (available: article, best, paper,",
    "train espcn --recipe broken.toml": "recipe broken.toml: ",
    "train espcn --set epoch=3": "unknown recipe key 'epoch'; did you mean 'epochs'? (available: data, shares,",
    "train espcn --set batch=many": "recipe: batch is 'many', expected an integer",
    "train espcn --set batch": "--set is 'batch', expected KEY=VALUE",
    "train espcn --set protocol=srcn": "unknown protocol 'srcn'; did you mean 'srcnn'?",
    "train espcn --epochs 3 --minutes 1": "--epochs and --minutes exclude each other; give one",
    "train espcn --epochs 0": "recipe: epochs is 0.0, expected more than 0",
    "train espcn --epochs many": "Invalid value for '--epochs'",
    "train espcn --minutes 0": "minutes is 0.0, expected more than 0",
    "train espcn --minutes -1": "minutes is -1.0, expected more than 0",
    "train espcn --threads -1": "--threads is '-1', expected one integer of at least 0",
    "train espcn --seed -1": "recipe: seed is -1, expected at least 0",
    "train espcn --device tpu": "unknown device 'tpu'; did you mean 'cpu'? (available: cpu, cuda, auto)",
    "train espcn --factor 1": "--factor is '1', expected one integer of at least 2",
    "train espcn:activation=gelu": "unknown value 'gelu' of espcn:activation; did you mean 'relu'? (available: tanh,",
    "train espcn:ensemble=8": "ensemble is no option of the network of espcn; leave it out",
    "train espcn:weights=w": "weights is no option of the network of espcn; leave it out",
    "train espcnn": "unknown method 'espcnn'; did you mean 'espcn'?",
    "train bicubic": "bicubic offers no network to train; docs/training.md shows how a method does",
    "train rgb --plugin rgb.py": "rgb takes RGB in 0..1, uint8 alone; srbench train trains networks of luma in 0..1",
    "train bicubic:activation=relu": "unknown option 'activation' of bicubic",
    "train": "Missing argument 'SPEC'; see srbench train --help",
    "train espcn --datasets set5": "set5 holds baby of set5, a test set; never train on it",
    "train espcn --datasets photos/,bsds500:val": "bsds500:val holds 101085 of bsd100, a test set; never train on it",
    "train espcn --datasets t19": "unknown dataset 't19'; did you mean t91?",
    "train espcn --datasets nowhere/": "nowhere: cannot be read as a folder (No such file or directory)",
    "train espcn --datasets photos/ --recipe paper --set patch=99": "297x297 pixels of HR; lower the recipe's patch",
    "train espcn --datasets photos/ --recipe paper --set patch=3": "the network cannot process patches of 3x3 pixels",
    "train espcn --data t91 --datasets t91": "--data is t91, expected the folder of the datasets",
    "train espcn --out photos": "photos is not empty and contains no training; choose another --out",
    "train espcn --out photos/a.bmp": "cannot write photos/a.bmp: File exists; choose another --out",
    "train espcn --recipe paper --out held": "held contains a training; continue it with --resume, a finished",
    "train espcn --recipe paper --device cpu --threads 1 --resume --out held": "held contains a training with "
    "different settings (method: espcn:activation=relu, not espcn; data: photos/, not t91; "
    "seed: 5, not 0); repeat its command, or choose another",
    f"{PAPER} --out new --extend": "new contains no training to extend; leave --extend out to begin one",
    f"{PAPER} --out new --from nowhere": "cannot start from nowhere: there is no such file",
    f"{PAPER} --out new --from shipped -f 8": "espcn has no tanh weights for x8",
    f"{HELD} --minutes 6 --resume": "(minutes: None, not 6.0); add --extend to train it on to 6 minutes in all",
    f"{HELD} --minutes 6 --extend": "held was stopped at step 0 of 30; finish its 100 epochs with --resume",
    "recipes papre": "unknown recipe 'papre'; did you mean 'paper'?",
}


@pytest.fixture
def held(photos: Path, tmp_path: Path) -> None:
    """Lay out a folder `held` that holds a training, and a recipe that is none."""
    from srbench.plugins import import_module  # noqa: PLC0415 - the fixture has the package's name

    plans, recipes, folders = (import_module(f"srbench.training.{each}") for each in ("plan", "recipe", "folder"))
    recipe, _ = recipes.load("paper", "espcn", {"data": "photos/", "seed": 5})
    plan = plans.Plan(method="espcn:activation=relu", factor=3, recipe=recipe)
    with folders.Folder(tmp_path / "held", plan, resume=False) as folder:
        folder.settle(30, {})
    (tmp_path / "broken.toml").write_text("data = t91", encoding="utf-8")
    rgb = "from srbench.pytorch import image_method\ndef network(factor): ...\nload, files = image_method(network)\n"
    (tmp_path / "rgb.py").write_text(rgb, encoding="utf-8")
    assert photos.is_dir()


@pytest.mark.sampled
@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("command", BAD)
def test_bad_input(command: str, srbench: Command, tmp_path: Path) -> None:
    """One line says what was got and what was expected; nothing is printed elsewhere, nothing left but a lock."""
    before = sorted(tmp_path.rglob("*"))
    result = srbench(*command.split())
    assert result.out == ""
    (line,) = result.err.splitlines()
    assert line.startswith("srbench: ")
    assert BAD[command] in line
    assert result.code == 2
    written = {path for path in tmp_path.rglob("*") if path not in before}
    assert not [path for path in written if path.is_file() and path.name != ".lock"]


@pytest.mark.slow
@pytest.mark.usefixtures("photos")
def test_report(srbench: Command, tmp_path: Path) -> None:
    """Progress is on standard error; the report names scores, the folder, and a command that uses the weights."""
    result = srbench(*QUICK, "--epochs", "3", "--set", "validation=0.25")
    assert result.code == 0, result.err
    folder = tmp_path / "training" / "espcn-x2"
    steps = json.loads((folder / "training.json").read_bytes())["steps"]
    *others, last = result.err.splitlines()
    assert all(line.startswith("step ") for line in others)
    assert last.startswith(f"step {steps} of {steps}: loss ")
    assert " against bicubic), rate 1.0e-04, " in last
    assert last.endswith(" patches/s")
    held_out, sample, short, files, command = result.out.splitlines()
    for name, line in (("held out", held_out), ("sample", sample)):
        assert line.startswith(f"{name}, protocol srcnn: ")
        assert line.endswith(" dB against bicubic (MATLAB)")
    kept = "weights.safetensors, weights.md, history.csv, curve.svg, curve.png"
    assert files == f"in training/espcn-x2: {kept}"
    path = "training/espcn-x2/weights.safetensors"
    assert re.fullmatch(
        r"too short: below bicubic after \S+ seconds, \S+ epochs of the recipe's 100; train on with --extend --minutes "
        r"\d+ or more",
        short,
    )
    methods = f"bicubic-matlab,espcn-x2=espcn:weights={path}"
    assert command == f"srbench run --methods {methods} --factor 2 --datasets sample --protocol srcnn"
    assert {each.name for each in folder.iterdir()} >= {"weights.safetensors", "weights.md", "curve.svg", "curve.png"}
    run = srbench(*command.split()[1:], "--no-timing", "--json")
    bicubic, own = (line["psnr"] for line in json.loads(run.out)["summary"])
    assert f" {own:.2f} dB, {own - bicubic:+.2f} dB against" in sample


def test_data_is_the_folder_of_datasets(srbench: Command, photos: Path, tmp_path: Path) -> None:
    """--data DIR is where the files of datasets lie, as it is for `srbench run`."""
    from srbench import datasets  # noqa: PLC0415 - the fixture has the package's name

    file = datasets.get("t91", tmp_path / "data").images[0].path
    file.parent.mkdir(parents=True)
    file.write_bytes((photos / "a.bmp").read_bytes())
    found = srbench(*TRAIN, "--datasets", "t91", "--data", "data", "--out", "out")
    assert found.code == 2
    assert str(file) in found.err


def test_data_names_no_datasets(srbench: Command) -> None:
    """Names of datasets in --data are refused, and nothing is fetched into a folder of that name."""
    found = srbench(*TRAIN, "--data", "t91", "--out", "out")
    assert found.code == 2
    assert "--data is t91, expected the folder of the datasets; name them in --datasets" in found.err


@pytest.mark.slow
def test_json(srbench: Command, photos: Path) -> None:
    """--json prints the file, its scores and its steps, and nothing else."""
    result = srbench(*QUICK, "--epochs", "3", "--json", "--out", "out")
    values = json.loads(result.out)
    assert values["weights"] == "out/weights.safetensors"
    assert values["steps"] > 20
    assert [line["dataset"] for line in values["scores"]] == ["sample"]
    assert photos.is_dir()


@pytest.mark.slow
def test_extend_and_from(srbench: Command, photos: Path) -> None:
    """A finished training is trained on, and another starts from its weights, by the commands of the help."""
    assert photos.is_dir()
    assert srbench(*QUICK, "--epochs", "3", "--out", "out").code == 0
    result = srbench(*QUICK, "--epochs", "6", "--out", "out", "--extend", "--json")
    assert result.err.startswith("extending from step 22 to ")
    assert json.loads(result.out)["steps"] > 40
    result = srbench(*QUICK, "--epochs", "1", "--from", "out")
    assert "\nin training/espcn-x2-from-out: weights.safetensors" in result.out
    assert re.match(
        r"sample, protocol srcnn: \S+ dB, \S+ dB against bicubic \(MATLAB\), \S+ dB against the st", result.out
    )


@pytest.mark.slow
def test_progress(srbench: Command, photos: Path, tmp_path: Path) -> None:
    """A longer training is about ten lines, at equal distances."""
    result = srbench(*QUICK, "--epochs", "55", "--json")
    assert photos.is_dir()
    steps = json.loads((tmp_path / "training" / "espcn-x2" / "training.json").read_bytes())["steps"]
    reached = [int(line.split()[1]) for line in result.err.splitlines()]
    assert 9 <= len(reached) <= 11
    assert reached[-1] == steps > 400
    assert max(step - before for step, before in zip(reached[1:], reached, strict=False)) <= steps / 10 + 20


@pytest.mark.slow
def test_choices_of_options(srbench: Command, photos: Path) -> None:
    """Options decide what is trained, and come before the recipe; so does the spec."""
    assert photos.is_dir()
    article = [
        "--recipe",
        "article",
        "--datasets",
        "photos/",
        "--epochs",
        "0.1",
        "--set",
        "batch=4",
        "--set",
        "patch=12",
    ]
    for spec, options, expected, folder in (
        ("espcn:activation=relu", ["--seed", "7"], "espcn:activation=relu:network=article", "relu-article"),
        ("espcn:network=paper", [], "espcn", "x"),
    ):
        result = srbench("train", spec, "-f", "2", *article, *options, "--threads", "1", "--device", "cpu")
        assert result.code == 0, result.err
        (name,) = re.findall(r"^in (.+): weights\.safetensors", result.out, re.MULTILINE)
        assert folder in name
        facts = card_facts(f"{name}/weights.safetensors")
        assert facts["method"] == expected
        assert (facts["recipe"]["seed"], facts["recipe"]["batch"]) == (7 if options else 0, 4)


def card_facts(path: str) -> dict[str, Any]:
    """Return what a weight file says of itself."""
    from pathlib import Path as Here  # noqa: PLC0415 - at run time

    from srbench.plugins import import_module  # noqa: PLC0415 - the fixture has the package's name

    facts: dict[str, Any] = import_module("srbench.training.card").facts(Here(path))
    return facts


@pytest.mark.slow
def test_training_images(srbench: Command, photos: Path, tmp_path: Path) -> None:
    """Scores on renamed PNG copies of training BMPs are counted and warned of, those on other images are not."""
    from srbench.quality.files import read_image, write_image  # noqa: PLC0415 - the fixture has the package's name

    assert srbench(*QUICK, "--epochs", "2.7", "--out", "out").code == 0
    mixed, clean = tmp_path / "mixed", tmp_path / "clean"
    for folder in (mixed, clean):
        folder.mkdir()
    for name in ("a", "c"):
        write_image(mixed / f"holiday-{name}.png", read_image(photos / f"{name}.bmp"))
    for folder in (mixed, clean):
        write_image(folder / "other.png", read_image(photos / "b.bmp")[::-1])
    method = "espcn:engine=torch:weights=out/weights.safetensors"
    options = ["-m", f"bicubic,{method}", "-f", "2", "--no-timing"]
    result = srbench("run", *options, "-d", "mixed/", "--out", "one")
    shown = "espcn:engine=torch:weights=weights.safetensors"
    assert f"* {shown} was trained on 2 of the 3 scored images of mixed (x2): " in " ".join(result.out.split())
    summary = json.loads(srbench("run", *options, "-d", "mixed/", "--out", "one", "--json").out)["summary"]
    assert [(line["trained_on"], line["images"]) for line in summary] == [(0, 3), (2, 3)]
    result = srbench("run", *options, "-d", "clean/", "--out", "two")
    assert result.code == 0
    assert "trained" not in result.out
    assert "*" not in result.out


@pytest.mark.slow
def test_interrupt(photos: Path, tmp_path: Path) -> None:
    """Ctrl-C ends with 130 and one note on how to continue, which works."""
    assert photos.is_dir()
    command = [sys.executable, "-m", "srbench", *QUICK, "--epochs", "300", "--out", "out"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "out" / "training.json").exists():
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(1)  # for the first steps
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=100)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted; to continue: the same command with --out out --resume"
    assert "Traceback" not in err
    assert (tmp_path / "out" / "checkpoint.pt").is_file()  # nothing computed is lost
    result = subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "out" / "weights.safetensors").is_file()


def test_recipes(srbench: Command) -> None:
    """They are listed with what they are, and shown as they are written."""
    listed = srbench("recipes").out.splitlines()
    assert [line.split()[0] for line in listed] == ["article", "best", "paper", "teacher"]
    assert all(len(line) > 30 for line in listed)
    shown = srbench("recipes", "paper").out
    assert "\nfinal_rate = 1e-4\n" in shown
    assert "[options.espcn]" in shown


@pytest.mark.slow
def test_help_is_instant() -> None:
    """Help and recipes import no torch."""
    code = (
        "import contextlib, sys; from srbench.cli import main\n"
        "for command in (['train', '--help'], ['recipes']):\n"
        "    with contextlib.suppress(SystemExit): main(command)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.slow
def test_weights_of_a_folder(srbench: Command, tmp_path: Path) -> None:
    """The folder of a training stands where its weights should: the line names them."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "weights.safetensors").write_bytes(b"")
    result = srbench("run", "-m", "espcn:weights=mine", "-f", "2", "-d", "sample", "--no-timing")
    assert "(Is a directory); give the weights in it, mine/weights.safetensors" in " ".join(
        (result.out + result.err).split()
    )

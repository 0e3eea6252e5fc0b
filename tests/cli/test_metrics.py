"""`srbench metrics`: the list, one metric, and the start of a new one."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

import srbench as package
from srbench import testing
from srbench.cli import console
from srbench.extras import INSTALL
from srbench.metrics import registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]

NEEDY = '''"""Needs what is not here."""
import srb_nowhere
METRIC = None
'''
TYPED = '''"""Sharpness: how much neighbours differ.

It needs no reference.
"""
from pathlib import Path
from typing import Literal
from srbench.metrics import Metric
METRIC = Metric(label="Sharpness", better="higher", low=0, unit="%", reference=False, sees="rgb", hint="contrast")
LICENCE = "weights: CC0"
def weights(axis=0):
    return [Path(__file__), Path("absent.bin")]
def load(axis: Literal[0, 1] = 0):
    """Return the function."""
'''


@pytest.mark.slow
def test_list(srbench: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every metric has a line with its label, what is better, unit, range and what it sees; `list` is the same."""
    result = srbench("metrics")
    assert result.code == 0
    names = {line.split()[0] for line in result.out.splitlines() if "built in" in line}
    assert names == set(registry.built_in())
    psnr = next(line for line in result.out.splitlines() if line.startswith(" psnr"))
    assert psnr.split() == ["psnr", "PSNR", "higher", "dB", "any", "reference", "scored", "built", "in"]
    assert srbench("metrics", "list") == result
    monkeypatch.setattr(console.out, "_width", 140)
    assert "peak signal-to-noise ratio" in srbench("metrics").out


@pytest.mark.slow
def test_list_as_json(srbench: Command, tmp_path: Path) -> None:
    """JSON holds all that is declared; a metric that cannot be imported is listed with the reason, methods are not."""
    (tmp_path / "needy.py").write_text(NEEDY, encoding="utf-8")
    (tmp_path / "twice.py").write_text("def load(factor, device): ...", encoding="utf-8")
    result = srbench("metrics", "list", "--json", "--plugin", "needy.py", "--plugin", "twice.py")
    found = {each["name"]: each for each in json.loads(result.out)}
    assert found["ssim"]["low"] == -1
    assert found["psnr"]["high"] is None
    assert found["psnr"]["better"] == "higher"
    assert found["needy"]["error"] == "needs the package srb_nowhere, which is not installed"
    assert "twice" not in found
    text = srbench("metrics", "--plugin", "needy.py")
    assert text.code == 0
    assert text.err == "needy cannot be used here: needs the package srb_nowhere, which is not installed\n"


@pytest.mark.slow
def test_show(srbench: Command, tmp_path: Path) -> None:
    """One metric: what it declares in words, options with types and defaults, licence, and which weights are here."""
    (tmp_path / "sharp.py").write_text(TYPED, encoding="utf-8")
    result = srbench("metrics", "show", "sharp:axis=1", "--plugin", "sharp.py")
    assert result.code == 0
    lines = dict(line.split(maxsplit=1) for line in result.out.splitlines() if len(line.split()) > 1)
    assert lines["metric"] == "sharp:axis=1"
    assert (lines["range"], lines["unit"], lines["reference"]) == ("0 to inf", "%", "not needed")
    assert lines["sees"] == "the whole image, uint8 RGB"
    assert lines["options"] == "axis=1 (0 | 1)"
    assert lines["licence"] == "weights: CC0"
    assert lines["weights"].endswith("sharp.py (here), absent.bin (fetched when it is used first)")
    assert "It needs no reference." in result.out
    facts = json.loads(srbench("metrics", "--json", "--plugin", "sharp.py", "show", "sharp").out)
    assert (facts["low"], facts["high"], facts["reference"]) == (0, None, False)
    assert list(facts["weights"].values()) == [True, False]


@pytest.mark.slow
@pytest.mark.processes
def test_a_metric_that_dies_is_listed(srbench: Command, tmp_path: Path) -> None:
    """One that ends its process when it is imported costs its own line alone."""
    text = "import os\nfrom srbench.metrics import Metric\nMETRIC = Metric(label='D', better='lower')\nos._exit(3)\n"
    (tmp_path / "deadly.py").write_text(text, encoding="utf-8")
    result = srbench("metrics", "--plugin", "deadly.py", "--json")
    assert result.code == 0, result.err
    found = {each["name"]: each for each in json.loads(result.out)}
    assert "exit code 3" in found["deadly"]["error"]
    assert found["gmsd"]["better"] == "lower"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["show", "psnrr"], "srbench: unknown metric 'psnrr'; did you mean 'psnr'? (available: "),
        (["show", "ssim:window=3"], "srbench: unknown option 'window' of ssim (available: none)"),
        (["--json", "new", "mine"], "srbench: srbench metrics new has no option --json; leave it out"),
        (["new", "psnr"], "srbench: a metric 'psnr' exists already; choose another name"),
        (["new", "status"], "srbench: 'status' is a reserved metric name; choose another name"),
        (["new", "my-metric"], "srbench: 'my-metric' cannot name a metric; expected letters, digits and _, such as "),
    ],
)
def test_mistakes_are_one_line(srbench: Command, arguments: list[str], line: str) -> None:
    """Exit code 2, and what to do."""
    result = srbench("metrics", *arguments)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.startswith(line)


@pytest.mark.slow
def test_new_writes_a_package_that_works(srbench: Command, tmp_path: Path) -> None:
    """Its module keeps the contract, by the path that `new` prints, and its entry point leads to it."""
    result = srbench("metrics", "new", "mae")
    assert result.code == 0
    file = tmp_path / "mae" / "srbench_mae" / "mae.py"
    assert f"--plugin {file.relative_to(tmp_path)} --metrics psnr,ssim,mae" in result.out
    testing.keeps_metric_contract("mae", [file])
    assert "mae" in srbench("metrics", "--plugin", file).out
    project = tomllib.loads((tmp_path / "mae" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module = project["entry-points"]["srbench.metrics"]["mae"]
    assert (tmp_path / "mae" / f"{module.replace('.', '/')}.py") == file
    assert not [line for line in project["dependencies"] if line.startswith("srbench")]
    assert package.metric("mae", plugins=[file]).metric.better == "lower"


def test_new_test_of_an_installed_package_passes(
    srbench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test finds the metric by its entry point."""
    srbench("metrics", "new", "mae", "--out", "here")
    info = tmp_path / "here" / "srbench_mae-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: srbench-mae\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[srbench.metrics]\nmae = srbench_mae.mae\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "here")
    test: dict[str, Any] = {}
    exec((tmp_path / "here" / "tests" / "test_mae.py").read_text(encoding="utf-8"), test)  # noqa: S102 - ours
    test["test_contract"]()


def test_new_test_of_a_package_that_is_not_installed(srbench: Command, tmp_path: Path) -> None:
    """One line says how to install it."""
    srbench("metrics", "new", "mae", "--out", "here")
    file = tmp_path / "here" / "tests" / "test_mae.py"
    test: dict[str, Any] = {}
    exec(compile(file.read_text(encoding="utf-8"), file, "exec"), test)  # noqa: S102 - ours
    with pytest.raises(pytest.fail.Exception) as caught:
        test["test_contract"]()
    assert str(caught.value) == f"mae is not installed; first: pip install -e {tmp_path / 'here'}"
    assert not caught.value.pytrace


def test_new_overwrites_nothing(srbench: Command, tmp_path: Path) -> None:
    """No file is written where one of them exists."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("precious", encoding="utf-8")
    result = srbench("metrics", "new", "mine")
    assert result.code == 2
    assert "mine/README.md exists and was left untouched" in result.err
    assert [path.name for path in (tmp_path / "mine").rglob("*")] == ["README.md"]


def test_new_says_what_is_missing_for_its_test(srbench: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain install brings no pytest: the advice to use it comes with the command that installs it."""
    assert INSTALL["test"] not in srbench("metrics", "new", "one").out
    monkeypatch.setattr("srbench.cli.plugin_commands.find_spec", lambda name: None if name == "pytest" else name)
    assert f"not installed yet: {INSTALL['test']}\n" in srbench("metrics", "new", "two").out


def test_completion(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last item of a comma list is completed, installed metrics among them."""
    from srbench.cli.options import metric_names  # noqa: PLC0415

    monkeypatch.chdir("/")
    assert metric_names("ssim,ps") == ["ssim,psnr"]

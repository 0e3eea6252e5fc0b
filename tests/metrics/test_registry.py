"""Three doors lead to the metrics; a metric spec becomes a typed choice with a fingerprint of all that decides it."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench import code_files, methods
from srbench.errors import MetricError, Unsupported, UsageError
from srbench.metrics import contract
from srbench.metrics.registry import Choice, _distributions, built_in, check_names, choose, registry

if TYPE_CHECKING:
    from pathlib import Path

TEXT = '''"""Mean absolute difference."""
import numpy as np
from srbench.metrics import Metric
METRIC = Metric(label="MAE", better="lower", low=0)
def load(scale: float = 1.0, kind: str = "mean"):
    def score(reference, image):
        return scale * float(np.abs(reference.astype(float) - image).mean())
    return score
'''
METHOD = "def load(factor, device):\n    return lambda image: image.repeat(factor, 0).repeat(factor, 1)\n"


def plugin(folder: Path, name: str = "mae", text: str = TEXT) -> Path:
    """Write a plug-in file."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.py"
    file.write_text(text, encoding="utf-8")
    return file


def chosen(file: Path, options: str = "") -> Choice:
    """Return the choice of a plug-in with options."""
    return choose(f"{file.stem}{options}", registry([file]))


def install(site: Path, package: str, entry: str, **modules: str) -> None:
    """Lay out an installed distribution as pip does: a package and its metadata with entry points."""
    (site / package).mkdir()
    for name, text in {"__init__": "", **modules}.items():
        (site / package / f"{name}.py").write_text(text, encoding="utf-8")
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[srbench.metrics]\n{entry}\n", encoding="utf-8")


# Doors


def test_every_built_in_metric_has_a_summary_and_is_not_imported() -> None:
    """Listing reads the first line of each docstring; psnr and ssim are among the metrics."""
    assert set(built_in()) >= {"psnr", "ssim"}
    assert all(each.summary and each.origin == "built in" for each in built_in().values())


def test_an_entry_point_is_a_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution's metric is listed without being imported, and computes; psnr cannot be replaced."""
    entry = "faked = srb_metric.module\npsnr = srb_metric.module"
    install(tmp_path, "srb_metric", entry, module=TEXT)
    monkeypatch.syspath_prepend(tmp_path)
    found = registry()
    assert (found["faked"].origin, found["faked"].summary) == ("installed by srb_metric", "Mean absolute difference.")
    assert found["psnr"].origin == "built in"
    assert "srb_metric" not in sys.modules
    choice = choose("faked", found)
    black = np.zeros((2, 2), np.uint8)
    assert contract.measure(choice.metric(), choice.load(), black, black + 3) == 3


def test_a_file_that_assigns_metric_is_a_metric_and_no_method(tmp_path: Path) -> None:
    """Both registries take the same plug-in files, and each leaves the other's alone, without importing them."""
    files = [plugin(tmp_path), plugin(tmp_path, "twice", METHOD)]
    assert registry(files)["mae"].origin == f"plug-in {files[0]}"
    assert "twice" not in registry(files)
    assert "mae" not in methods.registry(files)
    assert "twice" in methods.registry(files)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("METRIC: object = None", True),
        ("METRIC = (\n", True),
        ("def load():\n    METRIC = 1", False),
        ("x = 'METRIC'", False),
        ("def load(", False),
    ],
)
def test_what_makes_a_file_a_metric(tmp_path: Path, text: str, found: bool) -> None:
    """An assignment to METRIC at the outermost level does, also in a file that cannot be compiled."""
    file = plugin(tmp_path, "mine", text)
    assert ("mine" in registry([file])) is found
    assert ("mine" in methods.registry([file])) is not found


def test_a_metric_may_be_called_as_a_method_is(tmp_path: Path) -> None:
    """Methods and metrics have names of their own, but two metrics do not share one."""
    assert "bicubic" in registry([plugin(tmp_path, "bicubic")])
    with pytest.raises(UsageError, match=r"psnr\.py has the name of a metric that is built in; rename the file"):
        registry([plugin(tmp_path, "psnr")])
    for name in ("status", "output", "own_mae", "mae_status", "mae_images"):
        with pytest.raises(UsageError, match=rf"'{name}' is a reserved metric name; rename the plug-in .*{name}\.py"):
            registry([plugin(tmp_path, name)])
    with pytest.raises(UsageError, match=r"absent\.py does not exist; --plugin takes the path of a Python file"):
        registry([tmp_path / "absent.py"])


# Specs


def test_specs_are_canonical_as_those_of_methods(tmp_path: Path) -> None:
    """Options are typed, sorted, and left out where they are the default."""
    file = plugin(tmp_path)
    assert chosen(file, ":kind=x:scale=2").spec == "mae:kind=x:scale=2.0"
    assert chosen(file, ":scale=1").spec == "mae"
    assert chosen(file, ":scale=2").load()(np.ones((2, 2)), np.zeros((2, 2))) == 2  # type: ignore[call-arg]


def test_device_and_factor_are_options_of_a_metric_like_others(tmp_path: Path) -> None:
    """`load` of a metric is given nothing by srbench."""
    file = plugin(tmp_path, text=TEXT.replace("scale: float = 1.0", "scale: float = 1.0, device='cpu', factor=2"))
    assert chosen(file, ":device=cuda:factor=3").options == (("device", "cuda"), ("factor", 3))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("psnrr", "unknown metric 'psnrr'; did you mean 'psnr'? (available: "),
        ("PSNR", "unknown metric 'PSNR'; did you mean 'psnr'?"),
        (
            "lpips:vgg",
            "cannot read 'vgg' in metric 'lpips:vgg'; expected name:key=value, each key once; did you mean net=vgg?",
        ),
        ("psnr:vgg", "cannot read 'vgg' in metric 'psnr:vgg'; expected name:key=value, each key once"),
        ("psnr ssim", "unknown metric 'psnr ssim'; a list has commas: psnr,ssim ("),
        ("psnr:x=1", "unknown option 'x' of psnr (available: none)"),
        ("mae:scale=x", "mae:scale is 'x', expected a number"),
        ("mae:scale", "cannot read 'scale' in metric 'mae:scale'; expected name:key=value, each key once"),
        ("", "empty metric name in ''; expected name[:key=value...]"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, text: str, line: str) -> None:
    """Errors of specs say metric, not method."""
    with pytest.raises(UsageError) as caught:
        choose(text, registry([plugin(tmp_path)]))
    assert str(caught.value).startswith(line)


def test_names_are_checked_without_importing(tmp_path: Path) -> None:
    """An unknown metric is refused early; a broken one is left for its rows to say."""
    file = plugin(tmp_path, text="METRIC = 1/0")
    check_names(["psnr", "mae:a=1"], [file])
    with pytest.raises(UsageError, match="unknown metric 'ssin'; did you mean 'ssim'"):
        check_names(["ssin"])


def test_a_file_of_the_other_kind_is_named(tmp_path: Path) -> None:
    """A metric without METRIC is no unknown name: the line says what makes a file one."""
    files = [plugin(tmp_path), plugin(tmp_path, "twice", METHOD)]
    with pytest.raises(UsageError, match=r"twice\.py is no metric; a plug-in file is a metric if it has METRIC = "):
        check_names(["twice"], files)
    with pytest.raises(UsageError, match=r"mae\.py is no method; a plug-in file is a metric if it has METRIC = "):
        methods.check_names(["mae"], files)


# Declarations


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("3", "has METRIC = an int, expected METRIC = srbench.metrics.Metric(label=..., better=...)"),
        ("Metric", "has METRIC = the class Metric, expected"),
        ("Metric(label='', better='lower')", "declares label='', expected a short text, such as 'LPIPS'"),
        ("Metric(label='A', better='up')", "declares better='up', expected 'higher' or 'lower'"),
        ("Metric(label='A', better='lower', sees='y')", "declares sees='y', expected 'scored' or 'rgb'"),
        ("Metric(label='A', better='lower', digits=2.5)", "declares digits=2.5, expected how many decimals"),
        ("Metric(label='A', better='lower', low='0')", "declares low='0', expected a number"),
        ("Metric(label='A', better='lower', low=1, high=1)", "declares low=1 and high=1, expected low below high"),
        ("Metric(label='A', better='lower', reference=0)", "declares reference=0, expected True or False"),
        ("Metric(label='A', better='lower', version=2)", "declares version=2, expected a text, such as '1'"),
        ("Metric(label='A', better='lower', hint='a\\nb')", "declares hint='a\\nb', expected one line of text"),
    ],
)
def test_a_declaration_that_says_nonsense_is_one_clear_line(tmp_path: Path, said: str, line: str) -> None:
    """Each field is checked before anything is computed: what it is, and what it should be."""
    file = plugin(tmp_path, text=f"from srbench.metrics import Metric\nMETRIC = {said}\ndef load(): ...")
    with pytest.raises(MetricError) as caught:
        chosen(file).load()
    assert str(caught.value).startswith(f"metric 'mae' ({file}) {line}")


@pytest.mark.parametrize(
    ("text", "error", "line"),
    [
        ("METRIC = (", MetricError, "cannot be imported: SyntaxError"),
        ("METRIC = 1/0", MetricError, "cannot be imported: ZeroDivisionError: division by zero"),
        ("METRIC = 1\nimport srb_nowhere", Unsupported, "needs the package srb_nowhere, which is not installed"),
        ("METRIC = 1", MetricError, "has no function load()"),
        (TEXT + "def load():\n    import srb_nowhere", Unsupported, "needs the package srb_nowhere, which is not"),
        (TEXT + "def load():\n    from ._absent import x", MetricError, "imports ._absent; expected "),
        (TEXT + "def load():\n    raise SystemExit(3)", MetricError, "SystemExit: 3"),
        (TEXT + "def load(): ...", MetricError, "load returned None, expected a function of the reference and the"),
    ],
)
def test_a_broken_metric_says_so_when_it_is_loaded(
    tmp_path: Path, text: str, error: type[Exception], line: str
) -> None:
    """It stops neither listing nor choosing, options or not."""
    file = plugin(tmp_path, text=text)
    with pytest.raises(error) as caught:
        chosen(file).load()
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (math.nan, "returned NaN, expected a number"),
        (None, "returned None, expected a number; return float(...) of it"),
        (10**400, "returned a number that no float holds"),
        (True, "returned a bool, expected a number"),
        (np.zeros(1), "returned a ndarray, expected a number"),
        ("1", "returned a str, expected a number"),
    ],
)
def test_a_value_that_is_no_number_is_refused(value: object, line: str) -> None:
    """NaN is no value, nor is an array or a tensor of one."""
    with pytest.raises(MetricError) as caught:
        contract.hold(value)
    assert str(caught.value).startswith(line)


def test_numbers_of_any_kind_are_floats() -> None:
    """Numpy's scalars and integers count as numbers; infinite ones, too."""
    values = [contract.hold(each) for each in (1, np.float32(0.5), np.int64(3), -math.inf)]
    assert values == [1.0, 0.5, 3.0, -math.inf]
    assert {type(each) for each in values} == {float}


# Fingerprints


def test_a_fingerprint_follows_code_helpers_options_version_and_files(tmp_path: Path) -> None:
    """What decides the value decides the fingerprint; where the file lies does not."""
    helped = "from ._helper import X\n" + TEXT
    weighty = (
        TEXT + "def files(scale=1.0):\n    from pathlib import Path\n    return [Path(__file__).parent / 'w.bin']\n"
    )
    for name in "abcd":
        plugin(tmp_path / name, "_helper", f"X = {name == 'b'}")
        (tmp_path / name / "w.bin").write_bytes(name.encode())
    prints = {name: chosen(plugin(tmp_path / name, text=helped)).fingerprint() for name in "abc"}
    assert prints["a"] == prints["c"] != prints["b"]
    assert len(bytes.fromhex(prints["a"])) == 32
    weights = {chosen(plugin(tmp_path / name, text=weighty)).fingerprint() for name in "ab"}
    others = {chosen(tmp_path / "a" / "mae.py", ":scale=2").fingerprint()}
    assert len({*prints.values(), *weights, *others}) == 5
    assert chosen(tmp_path / "a" / "mae.py").files() == [tmp_path / "a" / "w.bin"]


def test_weights_that_are_fetched_are_named_and_decide_no_fingerprint(tmp_path: Path) -> None:
    """`weights(**options)` says where they will be, beside `files`; the code checks what is in them."""
    text = TEXT + "def files(scale=1.0): return [__file__]\ndef weights(scale=1.0): return [f'{scale}.bin']\n"
    choice = chosen(plugin(tmp_path, text=text), ":scale=2")
    assert [path.name for path in choice.weights()] == ["mae.py", "2.0.bin"]
    assert len(choice.fingerprint()) == 64


def test_a_fingerprint_follows_the_versions_of_packages_that_are_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A metric that another release of a package computes is computed again."""
    install(tmp_path, "srb_dependency", "")
    monkeypatch.syspath_prepend(tmp_path)
    file = plugin(tmp_path, "deep", TEXT.replace("def score", "import srb_dependency\n    def score"))
    prints = []
    metadata = tmp_path / "srb_dependency-1.0.dist-info" / "METADATA"
    (metadata.parent / "top_level.txt").write_text("srb_dependency\n", encoding="utf-8")
    for release in ("1.0", "1.1"):
        metadata.write_text(f"Metadata-Version: 2.1\nName: srb_dependency\nVersion: {release}\n", encoding="utf-8")
        _distributions.cache_clear()
        prints.append(chosen(file).fingerprint())
    _distributions.cache_clear()
    assert prints[0] != prints[1]


def test_a_fingerprint_covers_the_code_of_srbench_behind_a_metric() -> None:
    """PSNR's is quality/metrics.py; what only declares a metric does not count."""
    names = {file.name for file in code_files.shared_files(registry()["psnr"].code_files())}
    assert "metrics.py" in names
    assert not names & {"declaration.py", "classical.py", "contract.py", "registry.py"}


def test_a_metric_counts_the_numbers_of_the_built_in_metric_that_it_wraps(tmp_path: Path) -> None:
    """NIQE's parameters lie beside its module."""
    for text in ("from srbench.metrics.built_in import niqe", "import srbench\nnow = srbench.metric"):
        found = {file.name for file in code_files.shared_files([plugin(tmp_path, "wraps", text)])}
        assert {"niqe.py", "niqe.safetensors"} <= found
        assert ("gmsd.py" in found) == ("srbench.metric" in text.split())


@pytest.mark.parametrize(
    "text",
    [
        "import srbench\ndef load(): return srbench.metric",
        "from srbench.metrics.registry import choose",
        "from srbench.metrics.built_in import psnr, ssim",
        "import importlib as i, srbench.metrics.built_in.ssim\ni.import_module('srbench.metrics.built_in.psnr')",
    ],
)
def test_a_metric_counts_the_built_in_metrics_that_it_wraps(tmp_path: Path, text: str) -> None:
    """However it gets at them: their code counts as its own."""
    names = {file.name for file in code_files.shared_files([plugin(tmp_path, "wraps", text)])}
    assert names >= {"psnr.py", "ssim.py", "metrics.py"}

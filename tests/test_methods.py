"""Three doors lead into one registry; a method spec becomes a typed choice with a fingerprint of all it depends on."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from srbench import code_files, contract, hashing, methods
from srbench.errors import MethodError, Unsupported, UsageError
from srbench.methods import Choice, choose, registry, spelled_among

BUILT_IN = {"bicubic", "bicubic-matlab", "bilinear", "espcn", "lanczos", "nearest"}
LOAD = '"""Twice."""\ndef load(factor, device):\n    return lambda image: image.repeat(factor, 0).repeat(factor, 1)\n'
TYPED = """
from __future__ import annotations
from pathlib import Path
from typing import Literal, TYPE_CHECKING
if TYPE_CHECKING:
    from nowhere import Upscaler
def load(factor: int, device: str, count: int = 3, rate: float = 0.5, fast: bool = False,
         kind: Literal["a", "b"] = "a", depth: Literal[1, 2] = 1, path: str = "",
         file: Path | None = None, bare="x") -> Upscaler: ...
"""


def plugin(folder: Path, name: str, text: str = LOAD) -> Path:
    """Write a plug-in file."""
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
    (info / "entry_points.txt").write_text(f"[srbench.methods]\n{entry}\n", encoding="utf-8")


def refused(text: str, file: Path) -> str:
    """Return the line with which a spec of a plug-in is refused."""
    with pytest.raises(UsageError) as caught:
        choose(text, registry([file]))
    return str(caught.value)


# The registry


def test_listing_imports_no_method() -> None:
    """Listing every method with its summary imports neither torch nor any method."""
    code = (
        "import sys; from srbench import methods\n"
        "found = methods.registry(); assert all(method.summary for method in methods.built_in().values())\n"
        "print([name for name in sys.modules if name == 'torch' or name.startswith('srbench.methods.')], *found)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported, *names = result.stdout.split()
    assert imported == "[]"
    assert set(names) >= BUILT_IN


def test_first_door_a_file_in_methods() -> None:
    """Every file in `methods/` is a method of its name, helpers with a leading underscore are not."""
    found = {name for name, method in registry().items() if method.origin == "built in"}
    assert found == set(methods.built_in())
    assert found == {path.stem for path in Path(methods.__path__[0]).glob("*.py") if path.name[0] != "_"}
    assert found >= BUILT_IN


def test_second_door_an_installed_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution's entry point is a method; it is listed without being imported, and runs."""
    install(tmp_path, "srb_fake", "faked = srb_fake.module", module=LOAD)
    monkeypatch.syspath_prepend(tmp_path)
    method = registry()["faked"]
    assert (method.origin, method.summary) == ("installed by srb_fake", "Twice.")
    assert method.source == tmp_path / "srb_fake" / "module.py"
    assert "srb_fake" not in sys.modules
    assert choose("faked", registry()).load(2, "cpu")(np.zeros((1, 1))).shape == (2, 2)


def test_what_is_installed_later_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entry points are remembered until a folder of installed packages changes, also under a relative name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    os.utime(tmp_path, (0, 0))
    assert "later" not in registry()
    install(tmp_path, "srb_later", "later = srb_later.module", module=LOAD)
    assert "later" in registry()
    monkeypatch.setattr(sys, "path", sys.path[1:])
    assert "later" not in registry()


def test_an_entry_point_cannot_replace_a_built_in_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Installing a package never changes what `bicubic` means."""
    install(tmp_path, "srb_thief", "bicubic = srb_thief.module", module=LOAD)
    monkeypatch.syspath_prepend(tmp_path)
    assert registry()["bicubic"].origin == "built in"


def test_a_stale_entry_point_is_listed_and_unsupported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point whose module is gone stops nobody else; asked for, it names what is missing."""
    install(tmp_path, "srb_stale", "stale = srb_stale.gone")
    monkeypatch.syspath_prepend(tmp_path)
    method = registry()["stale"]
    assert (method.source, method.summary, method.code_files()) == (None, "", [])
    with pytest.raises(Unsupported, match=r"needs the package srb_stale\.gone"):
        method.module()


def test_third_door_a_plug_in_file(tmp_path: Path) -> None:
    """`--plugin FILE` registers the file under its stem, and it runs."""
    file = plugin(tmp_path, "third")
    method = registry([file])["third"]
    assert (method.origin, method.summary) == (f"plug-in {file}", "Twice.")
    assert Choice(method).load(3, "cpu")(np.zeros((1, 2))).shape == (3, 6)


def test_a_plug_in_may_be_given_twice(tmp_path: Path) -> None:
    """The same file twice is the same method, not a clash."""
    file = plugin(tmp_path, "twice")
    assert registry([file, file])["twice"] == registry([file])["twice"]


def test_a_plug_in_whose_name_is_taken_is_refused(tmp_path: Path) -> None:
    """Two methods never share a name; the line says who has it and what to do."""
    with pytest.raises(UsageError, match=r"bicubic\.py has the name of a method that is built in; rename the file"):
        registry([plugin(tmp_path, "bicubic")])
    with pytest.raises(UsageError, match=r"'HR' is a reserved method name; rename the plug-in .*HR\.py"):
        registry([plugin(tmp_path, "HR")])
    (tmp_path / "other").mkdir()
    files = [plugin(tmp_path, "taken"), plugin(tmp_path / "other", "taken")]
    with pytest.raises(UsageError, match=r"a method that is plug-in .*; rename the file"):
        registry(files)


def test_a_plug_in_file_that_is_absent_is_refused(tmp_path: Path) -> None:
    """A path without a file is a bad argument, named with what is expected."""
    with pytest.raises(UsageError, match=r"absent\.py does not exist; --plugin takes the path of a Python file"):
        registry([tmp_path / "absent.py"])


@pytest.mark.parametrize(
    ("text", "error", "line"),
    [
        ("def load(", MethodError, "cannot be imported: SyntaxError"),
        ("raise OSError('boom')", MethodError, "cannot be imported: OSError: boom"),
        ("import srb_nowhere", Unsupported, "needs the package srb_nowhere, which is not installed"),
        ("load = 3", MethodError, "has no function load(factor, device)"),
        ("", MethodError, "has no function load(factor, device)"),
    ],
)
def test_a_broken_plug_in_is_listed_and_fails_when_loaded(
    tmp_path: Path, text: str, error: type[Exception], line: str
) -> None:
    """A broken plug-in stops neither listing nor choosing, options or not: it says so where it is loaded."""
    file = plugin(tmp_path, "broken", text)
    assert registry([file])["broken"].summary == ""
    for options in ("", ":b=1:a=2"):
        choice = chosen(file, options)
        assert choice.spec == "broken" + ("" if not options else ":a=2:b=1")
        assert choice.method.code_files() == [file]
        with pytest.raises(error) as caught:
            choice.load(2, "cpu")
        assert line in str(caught.value)


def test_a_package_missing_inside_load_is_unsupported(tmp_path: Path) -> None:
    """A package imported only when the method loads is named like any other."""
    file = plugin(tmp_path, "late", "def load(factor, device):\n    import srb_nowhere")
    with pytest.raises(Unsupported, match="needs the package srb_nowhere, which is not installed"):
        chosen(file).load(2, "cpu")


def test_devices_are_what_the_module_says(tmp_path: Path) -> None:
    """A method runs on the CPU alone unless its module offers more."""
    assert chosen(plugin(tmp_path, "cpu")).method.devices() == ("cpu",)
    assert chosen(plugin(tmp_path, "gpu", LOAD + "DEVICES = ['cpu', 'cuda']")).method.devices() == ("cpu", "cuda")


@pytest.mark.parametrize("devices", ["'cpu'", "('cpu', 'gpu')", "()", "None", "[['cpu']]"])
def test_devices_that_are_no_tuple_of_devices_are_refused(tmp_path: Path, devices: str) -> None:
    """Forgotten brackets or an unknown device fail by name, with what is expected."""
    choice = chosen(plugin(tmp_path, "odd", f"{LOAD}DEVICES = {devices}"))
    with pytest.raises(MethodError) as caught:
        choice.load(2, "cpu")
    assert f"has DEVICES = {devices}, expected a tuple of " in str(caught.value)


def test_a_load_that_exits_is_a_method_error(tmp_path: Path) -> None:
    """A method never ends srbench."""
    with pytest.raises(MethodError, match="SystemExit: 3"):
        chosen(plugin(tmp_path, "exits", "def load(factor, device):\n    raise SystemExit(3)")).load(2, "cpu")


def test_a_sibling_missing_inside_load_is_named(tmp_path: Path) -> None:
    """A file that should lie beside a plug-in is not taken for a package to install."""
    file = plugin(tmp_path, "late", "def load(factor, device):\n    from ._absent import x")
    with pytest.raises(MethodError, match=rf"imports \._absent; expected {tmp_path}/_absent\.py"):
        chosen(file).load(2, "cpu")


# Specs and options


def test_any_option_goes_to_a_load_that_takes_any(tmp_path: Path) -> None:
    """`**options` takes every key as text, and is itself no option; named ones keep their type."""
    text = "def load(factor, device, count: int = 1, **options):\n    return (count, options)"
    file = plugin(tmp_path, "kw", text)
    choice = chosen(file, ":sharp=2:options=3:count=4")
    assert choice.load(2, "cpu") == (4, {"sharp": "2", "options": "3"})  # type: ignore[comparison-overlap]
    assert choice.spec == "kw:count=4:options=3:sharp=2"
    assert list(choice.method.defaults()) == ["count"]
    assert refused("kw:factor=3", file) == "unknown option 'factor' of kw (available: count, any other)"


def test_positional_extras_are_no_options(tmp_path: Path) -> None:
    """What cannot be given by name is not offered; keyword-only options are."""
    file = plugin(tmp_path, "args", "def load(factor, device, *args, sharp: int = 1): ...")
    assert list(registry([file])["args"].defaults()) == ["sharp"]
    assert chosen(file, ":sharp=2").options == (("sharp", 2),)
    assert refused("args:args=1", file).startswith("unknown option 'args' of args")


def test_annotations_that_cannot_be_resolved_mean_text(tmp_path: Path) -> None:
    """A type imported for checkers only, or a union, is text, and leaves other options their types."""
    text = (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
        "    from pathlib import Path\n"
        "def load(factor, device, w: Path | None = None, o: int | None = None, n: int = 1): ..."
    )
    choice = chosen(plugin(tmp_path, "lazy", text), ":w=a.bin:o=2:n=3")
    assert choice.options == (("n", 3), ("o", "2"), ("w", "a.bin"))


def test_defaults_are_left_out_of_the_canonical_spec() -> None:
    """`espcn:activation=tanh` is `espcn`; another value stays."""
    found = registry()
    assert choose("espcn:activation=tanh", found) == choose("espcn", found)
    assert choose("espcn:activation=tanh", found).spec == "espcn"
    assert choose('espcn:activation="relu"', found).spec == "espcn:activation=relu"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("count=7", 7),
        ("rate=1e-3", 0.001),
        ("rate=2", 2.0),
        ("fast=true", True),
        ("fast=TRUE", True),
        ("kind=b", "b"),
        ("depth=2", 2),
        ('path="a:b,c"', "a:b,c"),
        ("path=3", "3"),
        ("file=a/b", Path("a/b")),
        ("bare=3", "3"),
    ],
)
def test_options_have_the_type_of_their_annotation(tmp_path: Path, option: str, value: object) -> None:
    """int, float, bool, Literal and str are converted; without annotation the text stays."""
    choice = chosen(plugin(tmp_path, "typed", TYPED), f":{option}")
    assert choice.options == ((option.partition("=")[0], value),)
    assert type(choice.options[0][1]) is type(value)


def test_every_default_is_left_out(tmp_path: Path) -> None:
    """Defaults spelt out, in any order and spelling, name the method itself."""
    options = ":rate=0.50:count=03:fast=False:kind=a:depth=1:path=:bare=x"
    assert chosen(plugin(tmp_path, "typed", TYPED), options).spec == "typed"
    assert chosen(plugin(tmp_path, "typed", TYPED), ":rate=.25:count=4").spec == "typed:count=4:rate=0.25"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("typed:count=x", "typed:count is 'x', expected an integer"),
        ("typed:count=1.5", "typed:count is '1.5', expected an integer"),
        ("typed:rate=fast", "typed:rate is 'fast', expected a number"),
        ("typed:fast=1", "typed:fast is '1', expected true or false"),
        ("typed:kind=c", "unknown value 'c' of typed:kind (available: a, b)"),
        ("typed:depth=3", "unknown value '3' of typed:depth (available: 1, 2)"),
        ("typed:pat=x", "unknown option 'pat' of typed; did you mean 'path'? (available: count, rate, fast, "),
        ("typed:factor=3", "unknown option 'factor' of typed"),
        ("nearest:a=1", "unknown option 'a' of nearest (available: none)"),
        (
            "espcn:activation=tan",
            "unknown value 'tan' of espcn:activation; did you mean 'tanh'? (available: tanh, relu)",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, text: str, line: str) -> None:
    """An unknown option or a value of another type is named, with what there is."""
    assert refused(text, plugin(tmp_path, "typed", TYPED)).startswith(line)


def test_an_unknown_method_gets_the_nearest_and_all(tmp_path: Path) -> None:
    """The line for an unknown method offers the nearest and lists all, plug-ins included."""
    line = refused("bicubik", plugin(tmp_path, "mine"))
    assert line.startswith("unknown method 'bicubik'; did you mean 'bicubic'? (available: ")
    assert {"mine", *BUILT_IN} <= set(line.partition("available: ")[2].rstrip(")").split(", "))


def test_a_label_with_a_colon(tmp_path: Path) -> None:
    """A label that is none is told apart from a method that there is not, with how to type one."""
    line = refused("ESPCN: ours=bicubic", plugin(tmp_path, "mine"))
    assert line.startswith("unknown method 'ESPCN'; is 'ESPCN: ours' a label? No label may hold : or =")
    assert line.endswith("""quoted: '"A, b"=bicubic'""")


# Fingerprints


def with_helper(folder: Path, helper: str = "X = 1", method: str = LOAD) -> Choice:
    """Return the choice of a method whose file imports a sibling relatively."""
    folder.mkdir(exist_ok=True)
    plugin(folder, "_helper", helper)
    return chosen(plugin(folder, "method", f"from ._helper import X\n{method}"))


def test_fingerprint_is_64_hex_digits_and_repeats(tmp_path: Path) -> None:
    """The same code has the same fingerprint, wherever it lies."""
    one, other = (with_helper(tmp_path / name).fingerprint(2) for name in "ab")
    assert one == other
    assert len(bytes.fromhex(one)) == 32


def test_fingerprint_follows_code_and_helpers(tmp_path: Path) -> None:
    """A changed method or a changed helper is another method."""
    prints = [
        with_helper(tmp_path / "a").fingerprint(2),
        with_helper(tmp_path / "a", helper="X = 2 ").fingerprint(2),
        with_helper(tmp_path / "a", method=f"{LOAD}# edited").fingerprint(2),
    ]
    assert len(set(prints)) == 3


PRINT = """
import sys
from pathlib import Path
from srbench.methods import choose, registry
def show(): print(choose("packed", registry()).fingerprint(2), choose("packed", registry()).load(2, "cpu"))
show()
for text in sys.argv[2:]:
    Path(sys.argv[1]).write_text(text)
    show()
"""


def shown(site: Path, *edits: str) -> list[tuple[str, str]]:
    """Return the fingerprint and the upscaler of the installed method `packed`, at first and after each edit."""
    edited = str(site / "srb_packed" / "net.py")
    command = [sys.executable, "-B", "-c", PRINT, edited, *edits]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True, check=True
    )
    pairs = [line.split() for line in done.stdout.splitlines()]
    return [(fingerprint, upscaler) for fingerprint, upscaler in pairs]


def install_packed(site: Path) -> None:
    """Install a method that imports another module of its package absolutely."""
    method = "from srb_packed.net import KIND\ndef load(factor, device): return KIND"
    install(site, "srb_packed", "packed = srb_packed.method", method=method, net="KIND = 1")


@pytest.mark.slow
def test_fingerprint_of_an_installed_method_covers_its_package_and_version(tmp_path: Path) -> None:
    """Another module of its package, however it is imported, and the version of its distribution count."""
    install_packed(tmp_path)
    before = shown(tmp_path)
    (tmp_path / "srb_packed" / "net.py").write_text("KIND = 22", encoding="utf-8")
    edited = shown(tmp_path)
    metadata = tmp_path / "srb_packed-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text(encoding="utf-8").replace("1.0", "1.1"), encoding="utf-8")
    assert len({*before, *edited, *shown(tmp_path)}) == 3


@pytest.mark.slow
def test_fingerprint_is_that_of_the_code_that_runs(tmp_path: Path) -> None:
    """An installed method edited after it was imported keeps its fingerprint and its code until a restart."""
    install_packed(tmp_path)
    first, second, third = shown(tmp_path, "KIND = 22", "KIND = 333")
    assert first == second == third
    assert first[1] == "1"
    assert shown(tmp_path)[0] != first


def test_fingerprint_of_a_module_imported_late_is_that_of_its_import(tmp_path: Path) -> None:
    """What `load` imports counts as it was when it was imported, not when the method was."""
    install_packed(tmp_path)
    late = "def load(factor, device):\n    from srb_packed.net import KIND\n    return KIND"
    (tmp_path / "srb_packed" / "method.py").write_text(late, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from srbench.methods import choose, registry\n"
        "packed = choose('packed', registry()); old = packed.fingerprint(2)\n"
        "net = Path(sys.argv[1]); net.write_text('KIND = 22'); assert packed.load(2, 'cpu') == 22\n"
        "new = packed.fingerprint(2); net.write_text('KIND = 333'); assert packed.fingerprint(2) == new != old"
    )
    command = [sys.executable, "-B", "-c", code, str(tmp_path / "srb_packed" / "net.py")]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(tmp_path)}, check=True)


def test_fingerprint_follows_the_weights_of_its_factor(tmp_path: Path) -> None:
    """The weights that `files(factor)` names count; those of another factor do not."""
    text = LOAD + "def files(factor):\n    from pathlib import Path\n"
    file = plugin(tmp_path, "weighty", text + "    return [Path(__file__).parent / f'x{factor}.bin']")
    (tmp_path / "x2.bin").write_bytes(b"1")
    (tmp_path / "x3.bin").write_bytes(b"1")
    before = [chosen(file).fingerprint(factor) for factor in (2, 3)]
    (tmp_path / "x2.bin").write_bytes(b"22")
    after = [chosen(file).fingerprint(factor) for factor in (2, 3)]
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_fingerprint_follows_options(tmp_path: Path) -> None:
    """Another option value is another fingerprint; the default spelt out is not."""
    file = plugin(tmp_path, "typed", TYPED)
    plain, default, four = (chosen(file, options).fingerprint(2) for options in ("", ":count=3", ":count=4"))
    assert plain == default
    assert plain != four


def test_fingerprint_follows_the_content_of_an_option_file_not_its_path(tmp_path: Path) -> None:
    """A file given as an option counts by what is in it; text that happens to name one is text."""
    file = plugin(tmp_path, "typed", TYPED)
    one, copy, other = (tmp_path / name for name in ("one", "copy", "other"))
    one.write_bytes(b"weights")
    other.write_bytes(b"changed")
    shutil.copy(one, copy)
    prints = [chosen(file, f':file="{path}"').fingerprint(2) for path in (one, copy, other)]
    assert prints[0] == prints[1]
    assert prints[0] != prints[2]
    assert chosen(file, f':file="{one}"').files(2) == [one]
    assert chosen(file, f':path="{one}"').files(2) == []


def test_fingerprint_does_not_depend_on_where_a_plug_in_lies(tmp_path: Path) -> None:
    """A plug-in moved to another folder keeps its fingerprint."""
    (tmp_path / "elsewhere").mkdir()
    prints = {chosen(plugin(folder, "moved")).fingerprint(2) for folder in (tmp_path, tmp_path / "elsewhere")}
    assert len(prints) == 1


@pytest.mark.slow
def test_fingerprints_of_espcn_differ_by_activation() -> None:
    """The two published ESPCNs are two methods, with two weight files."""
    found = registry()
    tanh, relu = (choose(f"espcn:activation={kind}", found) for kind in ("tanh", "relu"))
    assert tanh.fingerprint(3) != relu.fingerprint(3)
    assert [path.name for path in (*tanh.files(3), *relu.files(3))] == [
        "espcn-tanh-x3.safetensors",
        "espcn-relu-x3.safetensors",
    ]


def test_type_of_a_default(tmp_path: Path) -> None:
    """An option without annotation has the type of its default; one without either is text."""
    file = tmp_path / "bare.py"
    file.write_text("def load(factor, device, sharpness=1.0, times=2, on=False, how='soft', what=None): ...\n", "utf-8")
    choice = methods.choose("bare:sharpness=3:times=4:on=true:how=5:what=6", methods.registry([file]))
    assert dict(choice.options) == {"sharpness": 3.0, "times": 4, "on": True, "how": "5", "what": "6"}
    assert isinstance(dict(choice.options)["sharpness"], float)


@pytest.mark.slow
def test_a_key_counts_the_code_that_made_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in whose `load` comes from srbench.pytorch has another fingerprint once that code changes."""
    plugin = tmp_path / "tiny.py"
    plugin.write_text(
        "from pathlib import Path\n"
        "from srbench.pytorch import luma_method\n"
        "def network(factor):\n    raise NotImplementedError\n"
        "load, files = luma_method(network, lambda factor: Path(__file__))\n"
    )
    choice = methods.choose("tiny", methods.registry([plugin]))
    before = choice.fingerprint(3)
    real = hashing.code_hashes
    monkeypatch.setattr(
        hashing,
        "code_hashes",
        lambda files: ["edited" if path.name == "upscaler.py" else each for path in files for each in real([path])],
    )
    assert choice.fingerprint(3) != before


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("espcn", "espcn"),
        ("espcn:activation=tanh", "espcn"),
        ("espcn:engine=auto:activation=relu", "espcn:activation=relu"),
        ("plain", "plain:engine=openvino"),
        ("fsrcnn", ""),
        ("mine:b=1:a=2", "mine:a=2:b=1"),
        ("odd:name", "odd:name"),
        ("espcn:engine=onnxruntime", ""),
        ("espcn:engine=none", ""),
        ("bicubic", ""),
        ("absent:a=1", ""),
        ("", ""),
    ],
)
def test_a_method_in_another_spelling(text: str, spec: str) -> None:
    """Options may be in any order, and defaults among them, and the only engine be left out.

    What is no method today counts as it is spelled.
    """
    fsrcnn = [f"fsrcnn:engine={engine}" for engine in ("onnxruntime", "openvino")]  # which of them is not said
    specs = ["espcn", "espcn:activation=relu", "mine:a=2:b=1", "odd:name", "plain:engine=openvino", *fsrcnn]
    assert spelled_among(specs, text, [Path("absent.py")]) == spec


WRAPPING = {
    "imported": "from srbench.methods.espcn import load",
    "called": "from srbench.methods import espcn\ndef load(factor, device): return espcn.load(factor, device)",
    "partial": "from functools import partial\nimport srbench.methods.espcn as e\nload = partial(e.load, ensemble=8)",
    "by_name": "from importlib import import_module\nload = import_module('srbench.methods.espcn').load",
    "registered": "from srbench.methods import choose, registry\n"
    "def load(factor, device): return choose('espcn', registry()).load(factor, device)",
    "public": "import srbench as s\ndef load(factor, device): return s.load('espcn')",
    "helped": "from ._helper import load",
    "apart": "from srbench.pytorch import luma_method\ndef load(factor, device): ...",
}
FINGERPRINTS = """
import json, sys
from pathlib import Path
from srbench import methods
known = methods.registry(map(Path, sys.argv[1:]))
print(json.dumps([methods.choose(Path(file).stem, known).fingerprint(3) for file in sys.argv[1:]]))
"""


@pytest.mark.slow
def test_a_plug_in_counts_the_built_in_method_that_it_wraps(tmp_path: Path) -> None:
    """However it gets at it, an edit of the method, or of the weights that come with it, computes its rows again."""
    for folder in ("srbench", "methods"):
        ignored = shutil.ignore_patterns("__pycache__", "*.md")
        shutil.copytree(Path(__file__).parents[1] / folder, tmp_path / folder, ignore=ignored)
    files = [plugin(tmp_path, name, text) for name, text in WRAPPING.items()]
    plugin(tmp_path, "_helper", WRAPPING["called"])
    command = [sys.executable, "-P", "-c", FINGERPRINTS, *map(str, files)]

    def fingerprints() -> list[str]:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found: list[str] = json.loads(done.stdout)
        return found

    before = fingerprints()
    for edited in ("espcn.py", "weights/espcn-tanh-x3.safetensors"):
        with (tmp_path / "methods" / edited).open("a", encoding="utf-8") as file:
            file.write("# edited")
        after = fingerprints()
        changed = {name for name, one, two in zip(WRAPPING, before, after, strict=True) if one != two}
        assert changed == set(WRAPPING) - {"apart"}
        before = after


def test_a_key_counts_what_a_load_was_made_of(tmp_path: Path) -> None:
    """The files of functions and classes of other packages behind a partial or a decorator, and files given to it."""
    folder = tmp_path / "made_elsewhere"
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "plain.py").write_text("def load(factor, device, weights=None): ...\n", encoding="utf-8")
    (folder / "kind.py").write_text("class Load:\n    def __call__(self, factor, device): ...\n", encoding="utf-8")
    weights = tmp_path / "w.bin"
    weights.write_bytes(b"1")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(tmp_path)
        plain, made = (import_module(f"made_elsewhere.{name}") for name in ("plain", "kind"))

        @functools.wraps(plain.load)
        def decorated(factor: int, device: str) -> None: ...

        found = {
            "plain.py w.bin": functools.partial(plain.load, weights=weights),
            "kind.py": made.Load(),
            "test_methods.py plain.py": decorated,
            "kind.py ": made.Load().__call__,
        }
        for names, load in found.items():
            assert [path.name for path in code_files.behind(load)] == names.split()


@pytest.mark.slow
def test_the_package_of_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of docs/methods.md, installed with weights for x2: x2 runs with them, x3 says that it has none."""
    text = (Path(__file__).parents[1] / "docs" / "methods.md").read_text(encoding="utf-8")
    module = text.partition("## Publish a network")[2].partition("```python\n")[2].partition("```")[0]
    install(tmp_path, "srb_published", "published = srb_published.mine", mine=module)
    monkeypatch.syspath_prepend(tmp_path)
    choice = choose("published", registry())
    weights = tmp_path / "srb_published" / "weights" / "mine-8-x2.safetensors"
    weights.parent.mkdir()
    tensors = choice.method.module().network(2).state_dict()
    weights.write_bytes(import_module("safetensors.torch").save(tensors))
    assert choice.files(2) == [weights]
    assert choice.load(2, "cpu")(np.zeros((3, 4, 3), np.uint8)).shape == (6, 8, 3)
    for spec, factor, line in (
        ("published", 3, r"8 weights for x3 \(has x2\)"),
        ("published:width=4", 2, r"4 weights for x2 \(has none\)"),
    ):
        with pytest.raises(Unsupported, match=f"mine has no {line}"):
            choose(spec, registry()).load(factor, "cpu")


# Decisions


def deciding(folder: Path, found: str) -> Choice:
    """Return the choice of a plug-in that has decided what the text `found` says."""
    text = (
        f"from srbench import Unsupported\ndef found(factor):\n    {found}\ndef decided(factor): return found(factor)\n"
    )
    return chosen(plugin(folder, "deciding", LOAD + text))


def test_fingerprint_follows_decisions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a method decided about its files counts; the numbers that explain it, under `measured`, do not."""
    choice = deciding(tmp_path, "return {}")
    kinds = {
        "none": {},
        "one": {"range": 1, "measured": {"0..1": 31.0}},
        "measured on another machine": {"range": 1, "measured": {"0..1": 31.01}},
        "other": {"range": 255, "measured": {"0..1": 31.0}},
    }
    prints = {}
    for name, found in kinds.items():
        monkeypatch.setattr(choice.method.module(), "found", lambda _factor, found=found: found)
        assert choice.decided(3) == found
        prints[name] = choice.fingerprint(3)
    assert prints["one"] == prints["measured on another machine"]
    assert len(set(prints.values())) == 3
    assert prints["none"] == choice.fingerprint(3, {})


def test_a_method_without_decisions_has_none() -> None:
    """It returns an empty mapping, with which its fingerprint is what it would be without decisions at all."""
    choice = choose("bicubic", registry())
    assert choice.decided(3) == {}
    assert choice.fingerprint(3) == choice._fingerprint(3)


@pytest.mark.parametrize(
    ("found", "error", "reason"),
    [
        ("raise Unsupported('the model is x4')", Unsupported, "^the model is x4$"),
        (
            "return {1: {2}}",
            MethodError,
            r"its decided\(3\) failed with TypeError.*; expected a mapping of JSON values",
        ),
        (
            "return {'psnr': float('nan')}",
            MethodError,
            r"ValueError: Out of range.*; expected a mapping of JSON values",
        ),
        ("return 3", MethodError, "expected a mapping of JSON values"),
        ("import nowhere_at_all", Unsupported, "needs the package nowhere_at_all"),
        ("raise SystemExit(3)", MethodError, r"decided\(3\) failed with SystemExit: 3"),
    ],
)
def test_decisions_that_fail(found: str, error: type[Exception], reason: str, tmp_path: Path) -> None:
    """A method that cannot decide is refused in one line, as one whose `files` fail."""
    choice = deciding(tmp_path, found)
    for call in (choice.decided, choice.fingerprint):
        with pytest.raises(error, match=reason):
            call(3)


def test_the_networks_of_the_documentation_are_one(tmp_path: Path) -> None:
    """In docs/methods.md, what is written by hand around a network of RGB gives what `image_method` gives of it."""
    text = (Path(__file__).parents[1] / "docs" / "methods.md").read_text(encoding="utf-8")
    section = text.partition("## A network of RGB")[2].partition("\n## ")[0]
    blocks = [part.partition("```")[0] for part in section.split("```python\n")[1:]]
    names = ("by_hand", "image", "kernels")
    for name, block in zip(names, blocks, strict=True):
        (tmp_path / f"{name}.py").write_text(block, encoding="utf-8")
    known = registry(tmp_path / f"{name}.py" for name in names)
    weights, kernels = tmp_path / "w.safetensors", tmp_path / "w.npz"
    tensors = known["image"].module().network(2).state_dict()
    weights.write_bytes(import_module("safetensors.torch").save(tensors))
    by_hand, upscaler = (choose(f"{name}:weights={weights}", known).load(2, "cpu") for name in names[:2])
    for shape in ((9, 14, 3), (7, 5)):
        image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        np.testing.assert_array_equal(upscaler(image), by_hand(image))
    with pytest.raises(Unsupported, match="takes 8-bit images"):
        by_hand(np.zeros((4, 4)))
    np.savez(kernels, weight=np.zeros((12, 3, 3, 3), "f"), bias=np.full(12, 0.5, "f"))
    for each in (upscaler, choose(f"kernels:kernels={kernels}", known).load(2, "cpu")):
        contract.check(each, 2)


def test_the_declaration_of_the_documentation(tmp_path: Path) -> None:
    """The method of docs/methods.md that declares what it takes keeps the contract, and is given nothing else."""
    text = (Path(__file__).parents[1] / "docs" / "methods.md").read_text(encoding="utf-8")
    block = text.partition("## Declare what")[2].partition("```python\n")[2].partition("```")[0]
    (tmp_path / "declares.py").write_text(block, encoding="utf-8")
    upscaler = choose("declares", registry([tmp_path / "declares.py"])).load(3, "cpu")
    contract.check(upscaler, 3)
    with pytest.raises(Unsupported, match="needs at least 15 pixels a side, and LR is 20x14"):
        contract.upscale(upscaler, np.zeros((14, 20), np.uint8), 3)

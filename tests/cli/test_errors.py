"""Whatever is wrong with a command, it is one line on standard error that names it, and exit code 2."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from srbench import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]

BAD = {
    "run -m bicubicc": "unknown method 'bicubicc'; did you mean 'bicubic'? (available: bicubic, bicubic-matlab,",
    "run -m bicubic:a=1": "unknown option 'a' of bicubic",
    "run -m espcn:activation=sigmoid": "unknown value 'sigmoid' of espcn:activation (available: tanh, relu)",
    "run -m espcn:activation": "cannot read 'activation' in method 'espcn:activation'; expected name:key=value",
    'run -m espcn:activation="relu': "unbalanced double quote in 'espcn:activation=\"relu'",
    "run -m ,": "no methods given; name at least one (--methods)",
    "run -f 1": "factor is '1', expected an integer of at least 2",
    "run -f 0": "factor is '0', expected an integer of at least 2",
    "run -f 2.5": "factor is '2.5', expected an integer",
    "run -f 3,-2": "factor is '-2', expected an integer",
    "run -d bsd10": "unknown dataset 'bsd10'; did you mean bsd100? (available: bsd100,",
    "run -d ./nowhere/": "nowhere: cannot be read as a folder (No such file or directory)",
    "run -d ./empty/": "empty: no images in this folder (it holds nothing); expected .png",
    "run -d ./texts/": "texts: no images in this folder (it holds 1 other file or folder); expected .png",
    "run -d bsds500:nope": "dataset bsds500 has no split 'nope' (available: train, excluded, val, test)",
    "run -p basicsrr": "unknown protocol 'basicsrr'; did you mean 'basicsr'? (available: srcnn,",
    "run --device tpu": "unknown device 'tpu'; did you mean 'cpu'? (available: cpu, cuda, auto)",
    "run --jobs 0": "--jobs is '0', expected one integer of at least 1",
    f"run --jobs {'9' * 5000}": "expected one integer of at least 1",
    "run --jobs two": "--jobs is 'two', expected one integer of at least 1",
    "run --threads -1": "--threads is '-1', expected one integer of at least 0",
    "run --plugin nowhere.py": "nowhere.py does not exist; --plugin takes the path of a Python file",
    "run --plugin bicubic.py": "bicubic.py has the name of a method that is built in; rename the file",
    "run -m nearest -d ./pictures/ --out texts": "texts is not empty and contains no run; choose another --out",
    "run -m nearest -d ./pictures/ --out texts/note.txt": "cannot write run folder texts/note.txt: File exists",
    "run --sharpen": "No such option: --sharpen",
    "sharpen": "No such command 'sharpen'; see srbench --help",
    "upscale junk.png o.png -m nearest": "junk.png: not an image, or its header is damaged; expected a PNG",
    "upscale zero.png o.png -m nearest": "zero.png: got an empty file (0 bytes), expected a PNG",
    "upscale nowhere.png o.png -m nearest": "nowhere.png: there is no such file or folder",
    "upscale pictures/a.png o.xyz -m nearest": "o.xyz: cannot write images as '.xyz'; use .png",
    "upscale pictures/a.png nowhere/o.png -m nearest": "there is no folder nowhere; expected an image file to write",
    "upscale pictures/a.png o.png -f 2,3": "--factor is '2,3', expected one integer of at least 2",
    "upscale pictures/a.png o.png -f 5": "espcn has no tanh weights for x5 (has x2, x3, x4); train some with",
    "upscale pictures texts/note.txt -m nearest": "cannot use texts/note.txt: File exists",
    "upscale pictures/a.png": "Missing argument 'OUT'; see srbench upscale --help",
    "degrade pictures/a.png": "Missing option '--out'",
    "degrade pictures/a.png --out texts/note.txt": "cannot use texts/note.txt: File exists",
    "degrade pictures/a.png --out o -f 0": "factor is '0', expected an integer of at least 2",
    "degrade pictures/a.png --out o -f 99": "image of 48x40 pixels is too small for factor 99",
    "degrade pictures/a.png more/a.png --out o": "pictures/a.png and more/a.png would both be written as ax",
    "score --hr pictures --sr nowhere": "nowhere: cannot be read as a folder (No such file or directory)",
    "score --hr pictures/a.png --sr pictures": "a.png: cannot be read as a folder (Not a directory); give the folder",
    "score --hr pictures --sr more": "no SR image in",
    "score --hr more --sr pictures": "b.png matches no image in",
    "run -m bicubic, espcn": "Got unexpected extra argument(s) (espcn); a list has commas without spaces,",
    "score --hr pictures": "Missing option '--sr'",
    "methods show bicubicc": "unknown method 'bicubicc'; did you mean 'bicubic'?",
    "methods new nearest": "a method 'nearest' exists already; choose another name",
    "methods new a-b": "'a-b' cannot name a method; expected letters, digits and _",
    "methods new mine --dir texts/note.txt": "cannot use texts/note.txt",
    "datasets show nowhere": "unknown dataset 'nowhere' (available: bsd100,",
    "datasets verify set5 --data empty": "set5: 5 of 5 images are not in",
    "datasets fetch": "Missing argument 'NAME...'; see srbench datasets fetch --help",
    "reproduce -m nearest": "none of the published tables in srbench has these methods; try --methods",
    "reproduce --data empty": "none of set5, set14, bsd100",
}


@pytest.fixture
def place(pictures: Path, tmp_path: Path) -> Path:
    """Lay out the files that the commands name."""
    for folder in ("empty", "texts", "more"):
        (tmp_path / folder).mkdir()
    (tmp_path / "more" / "a.png").write_bytes((pictures / "a.png").read_bytes())
    for name, text in {"texts/note.txt": "hi", "junk.png": "junk", "zero.png": "", "bicubic.py": ""}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", BAD)
def test_bad_input(command: str, srbench: Command, place: Path) -> None:
    """One line says what was got and what was expected; nothing is printed elsewhere, and nothing is written."""
    before = sorted(place.rglob("*"))
    result = srbench(*command.split())
    assert result.code == 2
    assert result.out == ""
    (line,) = result.err.splitlines()
    assert line.startswith("srbench: ")
    assert BAD[command] in line
    written = {path for path in place.rglob("*") if path not in before}
    assert not [path for path in written if path.is_file()]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (["score", "--hr", "", "--sr", "a"], "the argument after --hr is empty"),
        (["upscale", "", "b.png"], "the argument after upscale is empty"),
        (["run", "--out="], "--out is empty"),
    ],
)
def test_an_empty_argument(given: list[str], line: str, srbench: Command) -> None:
    """An unset variable of a shell is not the current folder."""
    assert srbench(*given) == (2, "", f"srbench: {line}, expected a value; is a variable of the shell unset?\n")


@pytest.mark.parametrize("command", ["--debug run -m nope", "run -m nope --debug"])
def test_debug_shows_the_traceback(command: str, srbench: Command) -> None:
    """`--debug`, wherever it stands, adds the traceback above the line; the exit code stays."""
    result = srbench(*command.split())
    assert result.code == 2
    assert result.err.startswith("Traceback (most recent call last):")
    assert result.err.splitlines()[-1].startswith("srbench: unknown method 'nope'")


@pytest.mark.slow
def test_debug_by_variable(srbench: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """SRBENCH_DEBUG does the same."""
    monkeypatch.setenv("SRBENCH_DEBUG", "1")
    assert "Traceback" in srbench("run", "-m", "nope").err


def stubbed(place: Path, package: str, error: str) -> dict[str, str]:
    """Return an environment in which importing `package` raises."""
    (place / "stubs" / package).mkdir(parents=True)
    (place / "stubs" / package / "__init__.py").write_text(f"raise {error}\n", encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(place / "stubs")}


@pytest.mark.slow
def test_opencv_without_graphics_libraries(place: Path) -> None:
    """On a bare server one line names the library that is missing and the package to install."""
    error = "ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
    command = [sys.executable, "-m", "srbench", "run", "-m", "nearest", "-d", f"{place}/pictures/"]
    result = subprocess.run(
        command, env=stubbed(place, "cv2", error), cwd=place, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("srbench: OpenCV does not load: libGL.so.1: cannot open shared object file")
    assert line.endswith("pip install opencv-python-headless")


@pytest.mark.parametrize(("error", "again"), [(ModuleNotFoundError, ""), (ImportError, "--force-reinstall ")])
def test_a_package_that_srbench_needs(error: type[ImportError], again: str) -> None:
    """The checkout installs it: on an index, `srbench` is another project."""
    line = cli._import_help(error("No module named 'pandas'", name="pandas"))
    assert line == f"No module named 'pandas'; srbench needs it: in its checkout, pip install {again}-e ."


@pytest.mark.slow
def test_no_torch(place: Path) -> None:
    """Without torch its methods are skipped with the reason, the others scored, and the exit code is 0."""
    error = "ModuleNotFoundError(\"No module named 'torch'\", name='torch')"
    options = ["-m", "nearest,espcn", "-d", f"{place}/pictures/", "--no-timing", "--out", "run"]
    result = subprocess.run(
        [sys.executable, "-m", "srbench", "run", *options],
        env=stubbed(place, "torch", error),
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert (
        "espcn:engine=onnxruntime (pictures x3): skipped: needs the package torch, which is not installed"
        in result.stdout
    )
    (line,) = (line for line in result.stdout.splitlines() if line.split()[:1] == ["nearest"])
    assert line.split()[1].replace(".", "").isdigit()

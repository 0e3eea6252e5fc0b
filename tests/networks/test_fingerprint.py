"""What decides the pixels of a method is in its fingerprint, and nothing else is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLUGIN = """
from pathlib import Path
from srbench.pytorch import luma_method
def network(factor):
    raise NotImplementedError
load, files = luma_method(network, lambda factor: Path(__file__))
"""

CHANGED = """
import json, os, sys
import cv2, numpy  # once, for all processes
from pathlib import Path
from srbench import methods

registry = methods.registry([Path("tiny.py").resolve()])
choices = {name: methods.choose(name, registry) for name in json.loads(sys.argv[1])}

def edited(files):
    # in a process of its own, as code counts as it was when a process imported it
    end, start = os.pipe()
    if not os.fork():
        for file in files:
            Path(file).write_bytes(Path(file).read_bytes() + b"# edited")
        os.write(start, json.dumps({name: choice.fingerprint(3) for name, choice in choices.items()}).encode())
        os._exit(0)
    os.wait()
    return json.loads(os.read(end, 65536))

before, found = edited([]), {}
for what, files in json.loads(sys.argv[2]).items():
    contents = {file: Path(file).read_bytes() for file in files}
    after = edited(files)
    for file, content in contents.items():
        Path(file).write_bytes(content)
    found[what] = [name for name in choices if after[name] != before[name]]
print(json.dumps(found))
"""

WITHOUT_PIXELS = ("training", "execution", "speed")
WITH_NETWORK = ["espcn", "tiny"]
EXPORT = "srbench/networks/export.py"
"""It writes ONNX files, and upscales nothing."""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return which methods have another fingerprint once a file is edited, or all files of a room without pixels."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("srbench", "methods"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tiny.py").write_text(PLUGIN, encoding="utf-8")
    names = json.dumps([*WITH_NETWORK, "bicubic-matlab", "bicubic"])
    files = [*(copy / "methods").glob("*.py"), *(copy / "srbench" / name for name in ("pytorch.py", "takes.py"))]
    files += [path for room in ("networks", "quality") for path in (copy / "srbench" / room).glob("*.py")]
    edits = {str(path.relative_to(copy)): [str(path)] for path in sorted(files)}
    edits |= {room: [str(path) for path in (copy / "srbench" / room).glob("*.py")] for room in WITHOUT_PIXELS}
    command = [sys.executable, "-P", "-c", CHANGED, names, json.dumps(edits)]
    environment = {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_all_of_networks_counts(changed: dict[str, list[str]]) -> None:
    """An edit to any file that a network runs through changes the fingerprint of each method built with the door."""
    files = {file: names for file, names in changed.items() if file.startswith("srbench/networks/")} | {
        file: changed[file] for file in ("srbench/pytorch.py", "srbench/takes.py")
    }
    assert len(files) > 8
    assert files == {file: [] if file == EXPORT else WITH_NETWORK for file in files}


def test_the_arithmetic_behind_a_method_counts(changed: dict[str, list[str]]) -> None:
    """What a method takes from quality decides its pixels, too: colour, MATLAB's resizing.

    The latter makes the LR that model files are tried on, and all of networks counts for what is built with the door.
    """
    assert changed["srbench/quality/image.py"] == [*WITH_NETWORK, "bicubic-matlab"]
    assert changed["srbench/quality/resize.py"] == [*WITH_NETWORK, "bicubic-matlab"]
    assert changed["methods/espcn.py"] == ["espcn"]


def test_other_rooms_do_not_count(changed: dict[str, list[str]]) -> None:
    """No edit to training, or to what runs methods, makes scores be computed again."""
    assert {room: changed[room] for room in WITHOUT_PIXELS} == {room: [] for room in WITHOUT_PIXELS}

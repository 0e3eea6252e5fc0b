"""What decides the pixels of a method is in its fingerprint, and nothing else is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from srbench import code_files
from srbench.methods import registry

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
BESIDE = [f"srbench/networks/{name}.py" for name in ("deciding", "export", "footprint", "sample_crops", "streaming")]
"""They write ONNX files, or decide how a network is fed: the decision is in the key. Or they upscale for no run."""

COUNTED = ["srbench/networks/upscaler.py", "srbench/networks/torch_file.py", "srbench/pytorch.py", "srbench/takes.py"]
ARITHMETIC = ["srbench/quality/image.py", "srbench/quality/resize.py"]


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return which methods have another fingerprint once a file is edited, or a room without pixels."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("srbench", "methods"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tiny.py").write_text(PLUGIN, encoding="utf-8")
    names = json.dumps([*WITH_NETWORK, "bicubic-matlab", "bicubic"])
    edits = {file: [str(copy / file)] for file in (*COUNTED, *BESIDE, *ARITHMETIC, "methods/espcn.py")}
    edits |= {room: [str(path) for path in (copy / "srbench" / room).glob("*.py")] for room in WITHOUT_PIXELS}
    command = [sys.executable, "-P", "-c", CHANGED, names, json.dumps(edits)]
    environment = {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_code_that_counts(changed: dict[str, list[str]]) -> None:
    """An edit to code that a network runs through changes the fingerprint of each method built with the door."""
    assert {file: changed[file] for file in COUNTED} == dict.fromkeys(COUNTED, WITH_NETWORK)
    assert {file: changed[file] for file in BESIDE} == {file: [] for file in BESIDE}


def test_all_of_networks_counts() -> None:
    """Every file of the room is among that code, but for what upscales nothing in a run."""
    room = ROOT / "srbench" / "networks"
    counted = set(code_files.shared_files(registry()["espcn"].code_files()))
    assert {path for path in room.glob("*.py") if path not in counted} == {ROOT / file for file in BESIDE}


@pytest.mark.slow
def test_the_arithmetic_behind_a_method_counts(changed: dict[str, list[str]]) -> None:
    """What a method takes from quality decides its pixels, too: colour for networks, MATLAB's resizing."""
    assert changed["srbench/quality/image.py"] == [*WITH_NETWORK, "bicubic-matlab"]
    assert changed["srbench/quality/resize.py"] == ["bicubic-matlab"]
    assert changed["methods/espcn.py"] == ["espcn"]


@pytest.mark.slow
def test_other_rooms_do_not_count(changed: dict[str, list[str]]) -> None:
    """No edit to training, or to what runs methods, makes scores be computed again."""
    assert {room: changed[room] for room in WITHOUT_PIXELS} == {room: [] for room in WITHOUT_PIXELS}

"""The README: every command in it runs, and every file it points to is there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import skimage

from srbench.quality.files import read_image, write_image
from srbench.quality.protocols import get

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [
    [line.split(" # ")[0].strip() for line in block.splitlines() if line.startswith("srbench")]
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
]
MADE = {
    "upscale small.png": "large.png",
    "upscale ./photos/": "enlarged/coffee.jpg",
    "report results/look --format latex": "table.tex",
    "degrade": "LR",
    "methods new": "mine.py",
    "run": "results",
    "train": "training",
    "board": "site",
}
"""What the commands of a block leave, by how one of them begins."""
LESS = {
    "--factor 2,3,4 --datasets set5,bsd100": "--factor 2,3 --datasets set5",
    "4xModel.onnx --factor 4 --datasets set5": "4xModel.onnx --factor 4 --datasets ./photos/",
    '4xModel.pth" --factor 4 --datasets set5': '4xModel.pth" --factor 4 --datasets ./photos/',
    "--minutes 1": "--minutes 0.05",
    "--minutes 2": "--minutes 0.5",
}
"""What of a command is shortened here: factors, images and minutes, and nothing that decides whether it runs."""
TIMED = "srbench run --methods bicubic,espcn --factor 3"
"""Of the commands that score, the one that times here, too."""
BRIEF = {"SRBENCH_PROCESSES": "1", "SRBENCH_LIMIT": "10"}
"""How briefly `srbench time` times."""
PROGRAM = os.environ.get("SRBENCH_PYTHON", sys.executable)
"""The Python that has srbench; `make release` names that of another environment."""
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def scratch(tmp_path: Path, data_folder: Path, golden_folder: Path, models_folder: Path) -> Path:
    """Return a folder with the files that the README's commands name."""
    photo = read_image(Path(skimage.__file__).parent / "data" / "coffee.png")[:120, :160]
    write_image(tmp_path / "small.png", photo)
    (tmp_path / "photos").mkdir()
    write_image(tmp_path / "photos" / "coffee.png", photo)
    for folder, image in (("HR", photo), ("LR", get("basicsr").degrade(photo, 3))):
        (tmp_path / "pairs" / folder).mkdir(parents=True)
        write_image(tmp_path / "pairs" / folder / "coffee.png", image)
    (tmp_path / "Set5").symlink_to(data_folder.resolve() / "Set5")
    (tmp_path / "few").mkdir()
    (tmp_path / "few" / "Set5").symlink_to(data_folder.resolve() / "Set5")
    (tmp_path / "RCAN").mkdir()
    (tmp_path / "RCAN" / "Set5").symlink_to(golden_folder.resolve() / "rcan_set5_x3")
    (tmp_path / "4xModel.onnx").symlink_to(models_folder.resolve() / "onnx-span-x4" / "4xSPANkendata_fp32.onnx")
    (tmp_path / "4xModel.pth").symlink_to(models_folder.resolve() / "dctlsa" / "X4.pt")
    return tmp_path


def shortened(command: str) -> str:
    """Return a command that takes less time."""
    for long, short in LESS.items():
        command = command.replace(long, short)
    return command


def _run(arguments: list[str], folder: Path, data: Path, **settings: str) -> None:
    environment = {**os.environ, "SRBENCH_DATA": str(data.resolve()), **settings}
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("commands", [block for block in BLOCKS if block], ids=lambda commands: commands[0])
def test_commands(scratch: Path, data_folder: Path, commands: list[str]) -> None:
    """Each command of a block does what it says, one after the other, and exits with 0; most time nothing here."""
    for command in commands:
        data = scratch / "few" if command.startswith("srbench reproduce") else data_folder
        timing = "1" if command == TIMED else "0"
        arguments = shlex.split(shortened(command))
        _run([PROGRAM, "-m", *arguments], scratch, data, SRBENCH_TIMING=timing, **BRIEF)
        assert [
            name
            for start, name in MADE.items()
            if command.startswith(f"srbench {start}") and not (scratch / name).exists()
        ] == []


def test_every_block_of_commands_is_run() -> None:
    """They are found where they stand, as is what is shortened of them."""
    commands = [command for block in BLOCKS for command in block]
    assert len(commands) >= 8
    assert TIMED in commands
    assert [long for long in LESS if not any(long in command for command in commands)] == []


@pytest.mark.slow
def test_python(scratch: Path, data_folder: Path) -> None:
    """Each piece of Python runs as a script."""
    assert PYTHON
    for code in PYTHON:
        _run([PROGRAM, "-c", code], scratch, data_folder)


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in ROOT.glob("docs/*.md"))]
)
def test_links(page: str) -> None:
    """Whatever a page points to inside the project exists."""
    path = ROOT / page
    targets = re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if "://" not in target and not (path.parent / target).exists()] == []


def test_make_targets() -> None:
    """The targets that the pages name are in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)(?:SRBENCH_DATA=DIR )?make ([a-z-]+)", pages, re.MULTILINE))
    assert {"demo", "test", "check", "test-all", "bench"} <= named <= targets

"""Small folders of images, and plug-ins that count their calls, for the tests of runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.quality.files import write_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Mounted = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder with three RGB images of 48x40 pixels."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(1)
    for name in ("a", "b", "c"):
        write_image(folder / f"{name}.png", random.integers(0, 256, (40, 48, 3), dtype=np.uint8))
    return folder


@pytest.fixture
def counting(tmp_path: Path) -> Path:
    """Return a plug-in file, `counting`, that adds a line to `calls.txt` beside it whenever it upscales."""
    file = tmp_path / "counting.py"
    file.write_text(
        "from pathlib import Path\n"
        "def load(factor, device):\n"
        "    def upscale(image):\n"
        "        with Path(__file__).with_name('calls.txt').open('a') as calls:\n"
        "            print(image.shape, file=calls)\n"
        "        return image.repeat(factor, 0).repeat(factor, 1)\n"
        "    return upscale\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture
def mounted() -> Mounted:
    """Return a function (mount, script, *arguments) that runs Python where a `mount` holds that no other process sees.

    The mount is gone, with all that was written on it, when the script ends.
    """
    inside = ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*inside, "mount", "--version"], check=False).returncode:
        pytest.skip("mounts need unshare and user namespaces, which this system does not give")

    def run(mount: str, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = ["sh", "-ec", f'{mount}\nexec "$0" -c "$@"', sys.executable, script, *map(str, arguments)]
        return subprocess.run([*inside, *command], capture_output=True, text=True, check=False, timeout=100)

    return run

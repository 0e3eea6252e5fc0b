"""Small folders of images, and plug-ins that count their calls, for the tests of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Mounted = Callable[..., subprocess.CompletedProcess[str]]


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

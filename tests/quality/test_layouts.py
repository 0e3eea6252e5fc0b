"""Every layout that a format can hold is read as the pixels that were meant, or refused for what it is.

The files of `layouts/` are built sample by sample, so that the pixels are known; a second decoder reads them as well.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from srbench.errors import ImageError
from srbench.quality.files import read_image

from .layouts import bmp, jpeg, png, pnm, tiff, webp

if TYPE_CHECKING:
    from srbench.quality.image import Image

    from .layouts.layout import Layout

FORMATS = {"PNG": png, "TIFF": tiff, "JPEG": jpeg, "WebP": webp, "BMP": bmp, "PNM": pnm}
OTHERWISE = re.compile(r"maximum (?!.*255)|bit fields .* header of (40|52) bytes")
DOCUMENTED = Path(__file__).parents[2] / "docs" / "formats.md"


def read(path: Path, content: bytes) -> Image | str:
    """Return the pixels of a file, or the line of its refusal."""
    path.write_bytes(content)
    try:
        return read_image(path)
    except ImageError as error:
        return str(error)


def alike(a: Image, b: Image) -> bool:
    """Tell whether two images have the same shape and pixels."""
    return a.shape == b.shape and np.array_equal(a, b)


def mistake(path: Path, layout: Layout) -> str:
    """Return what is wrong with how a layout is read; nothing if it is right."""
    found = read(path, layout.content)
    if isinstance(layout.right, str):
        return "" if isinstance(found, str) and layout.right in found else f"not refused: {layout.right}"
    return found if isinstance(found, str) else "" if alike(found, layout.right) else "other pixels"


@pytest.mark.sampled
@pytest.mark.parametrize("name", FORMATS)
def test_layouts(tmp_path: Path, name: str) -> None:
    """Each layout gives its pixels, sample by sample, or the reason of its refusal."""
    wrong = {each.name: found for each in FORMATS[name].layouts() if (found := mistake(tmp_path / "a", each))}
    assert wrong == {}


@pytest.mark.parametrize("name", FORMATS)
def test_opencv_agrees(name: str) -> None:
    """What both read is the same, but for what OpenCV does otherwise.

    It rounds samples of other maxima than 255 down, where netpbm rounds half up, and takes no bit fields from short
    headers.
    """
    compared, other = 0, []
    for layout in FORMATS[name].layouts():
        if isinstance(layout.right, str) or OTHERWISE.search(layout.name):
            continue
        pixels = cv2.imdecode(np.frombuffer(layout.content, np.uint8), cv2.IMREAD_COLOR_RGB)
        if pixels is not None:  # it cannot read everything
            compared += 1
            right = layout.right if layout.right.ndim == 3 else np.repeat(layout.right[..., None], 3, -1)
            other += [] if alike(pixels, right) else [layout.name]
    assert (other, compared > 4) == ([], True)


@pytest.mark.parametrize("name", FORMATS)
def test_early_ends(tmp_path: Path, name: str) -> None:
    """Cut anywhere, a file is refused as cut, or nothing of its pixels was cut."""
    for layout in FORMATS[name].layouts():
        if isinstance(layout.right, str) or len(layout.content) > 5000:
            continue
        for size in range(len(layout.content) // 3, len(layout.content), len(layout.content) // 3 + 1):
            found = read(tmp_path / "a", layout.content[:size])
            told = isinstance(found, str) and "truncated" in found
            assert told or alike(np.asarray(found), layout.right), (layout.name, size, found)


@pytest.mark.slow
def test_table_of_the_documentation() -> None:
    """docs/formats.md says how many layouts of each format were tried, read and refused."""
    text = DOCUMENTED.read_text(encoding="utf-8")
    for name, module in FORMATS.items():
        layouts = list(module.layouts())
        assert len({each.name for each in layouts}) == len(layouts)
        refused = sum(isinstance(each.right, str) for each in layouts)
        assert f"| {name} | {len(layouts)} | {len(layouts) - refused} | {refused} |" in text

"""The golden vectors of metrics: what is expected, and what srbench computes.

    SRBENCH_GOLDEN=DIR python tests/metrics/agreement.py

prints a table of metric, pair, expected value, value got, and difference. A line of `metrics/expected.tsv` says how its
images are prepared: "of RGB" as they are, "of grey" and "of rgb2gray" by MATLAB's rgb2gray, "of luma" and "of YIQ luma"
by 0.299 R + 0.587 G + 0.114 B, not rounded.
"""

from __future__ import annotations

import csv
import os
import sys
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

SPECS = {
    "psnr": ("psnr", {}),
    "ssim": ("ssim", {}),
    "ms-ssim, weighted sum,": ("ms-ssim", {}),
    "gmsd": ("gmsd", {}),
    "haarpsi": ("haarpsi", {}),
    "fsim": ("fsim", {}),
    "fsimc": ("fsimc", {}),
    "vifp": ("vifp", {}),
    "erqa 1.0": ("erqa", {"version": "1.0"}),
    "erqa 1.1": ("erqa", {"version": "1.1"}),
    "niqe": ("niqe", {}),
}
"""Metrics of expected.tsv: module and options. Those that need torch are not here."""


class Golden(NamedTuple):
    """A line of expected.tsv."""

    metric: str
    """As the file calls it, with its preparation."""
    reference: str
    image: str
    expected: str
    """As printed, with its digits."""
    source: str

    @property
    def name(self) -> str:
        """Return the metric without its preparation."""
        return self.metric.partition(" of ")[0]

    @property
    def step(self) -> float:
        """Return what the last digit of the expected value stands for."""
        return float(Decimal(1).scaleb(int(Decimal(self.expected).as_tuple().exponent)))


def read(folder: Path) -> list[Golden]:
    """Return the lines of `folder`/expected.tsv whose metrics are formulas, or erqa."""
    with (folder / "expected.tsv").open(encoding="utf-8", newline="") as file:
        lines = [Golden(*row) for row in csv.reader(file, delimiter="\t")]
    return [line for line in lines if line.name in SPECS]


def got(line: Golden, folder: Path) -> float:
    """Return the value that srbench computes for a line."""
    name, options = SPECS[line.name]
    score: Any = import_module(f"srbench.metrics.built_in.{name}").load(**options)
    prepare = _preparation(line.metric)
    images = [prepare(_opened(folder / file)) for file in (line.reference, line.image) if file != "-"]
    return float(score(*images))


def table(folder: Path) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{'metric':36} {'pair':36} {'expected':>20} {'got':>20} {'difference':>10}"
    for line in read(folder):
        value = got(line, folder)
        pair = f"{Path(line.reference).name} {line.image.rpartition('/')[2]}".removeprefix("- ")
        yield f"{line.metric:36} {pair:36} {line.expected:>20} {value:>20.16g} {value - float(line.expected):>10.1e}"


def _opened(path: Path) -> NDArray[Any]:
    with Image.open(path) as image:
        return np.asarray(image if image.mode in {"L", "RGB"} else image.convert("RGB"))


def _preparation(metric: str) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Return what is done to images before they are compared."""
    if "luma" in metric:
        return lambda image: image @ np.array([0.299, 0.587, 0.114])
    if "gray" in metric or "grey" in metric:
        return lambda image: image if image.ndim == 2 else rgb2gray(image)
    return lambda image: image


def rgb2gray(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the grey of MATLAB's rgb2gray, which is rounded."""
    weighted: NDArray[Any] = image @ np.array([0.298936021293775, 0.587043074451121, 0.114020904255103])
    return np.floor(weighted + 0.5).astype(np.uint8)


if __name__ == "__main__":
    if not (given := os.environ.get("SRBENCH_GOLDEN")):
        sys.exit("SRBENCH_GOLDEN is not set: expected the folder with the golden vectors")
    for each in table(Path(given, "metrics")):
        print(each)

"""Metrics agree with the values that their authors' MATLAB and code print."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from .agreement import Golden, got, read, table

SAME = 1.4e-14
"""What one implementation may be off from another in float64."""


def lines() -> list[Golden]:
    """Return the golden vectors, or none where there are none."""
    folder = Path(os.environ.get("SRBENCH_GOLDEN", ""), "metrics")
    return read(folder) if (folder / "expected.tsv").is_file() else []


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line.metric} {line.image}")
def test_golden_values(line: Golden, golden_folder: Path) -> None:
    """Each is the expected one, to all digits that were printed. Source: `metrics/expected.tsv`, line by line."""
    if "erqa" in line.metric and find_spec("erqa") is None:
        pytest.skip("erqa is not installed: pip install erqa")
    value = got(line, golden_folder / "metrics")
    assert value == pytest.approx(float(line.expected), abs=max(line.step * 0.501, SAME))


@pytest.mark.slow
def test_table_of_all(golden_folder: Path) -> None:
    """The script's table has a line for each golden vector: metric, pair, expected, got, difference."""
    if find_spec("erqa") is None:
        pytest.skip("erqa is not installed: pip install erqa")
    heading, *rows = table(golden_folder / "metrics")
    assert heading.split() == ["metric", "pair", "expected", "got", "difference"]
    assert len(rows) == len(lines()) == 28

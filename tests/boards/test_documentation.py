"""docs/board.md names every column of the files for programs, in their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from srbench.boards import data

PAGE = (Path(__file__).parents[2] / "docs" / "board.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "columns"), [(data.CSV, data.COLUMNS), (data.TIMES, data.TIMES_COLUMNS)])
def test_columns(name: str, columns: tuple[str, ...]) -> None:
    """Neither a column that the page does not name, nor one in another place."""
    (paragraph,) = re.findall(rf"^\* `{name}`: (.*?)\n(?=\*|\n)", PAGE, re.DOTALL | re.MULTILINE)
    named = re.findall(
        r"`(\w+)`", paragraph.replace("(`current`, or `older`)", "").replace("Compare times of one\n  `chart`", "")
    )
    assert tuple(named) == columns

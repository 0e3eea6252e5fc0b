"""What an upscaler remarks about an image is in its row, and in the terminal report."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

import srbench
from srbench.reports import findings, terminal

REMARKS = """
class Upscaler:
    remark = {remark}
    def __call__(self, image):
        return image.repeat(2, 0).repeat(2, 1)
def load(factor, device):
    return Upscaler()
"""


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("remark", "reason"),
    [("'tiled by 512:\\nmemory ran out'", "tiled by 512: memory ran out"), ("''", ""), ("lambda: 3", "")],
)
def test_remark(remark: str, reason: str, pictures: Path, tmp_path: Path) -> None:
    """One line in the reason of an `ok` row, once in the report; what is no text says nothing."""
    file = tmp_path / "remarks.py"
    file.write_text(REMARKS.format(remark=remark), encoding="utf-8")
    tables = srbench.run(
        "remarks",
        factors=2,
        datasets=f"{pictures}/",
        plugins=[file],
        timing=False,
        report=False,
        out=tmp_path / "run",
    )
    assert set(tables.scores["status"]) == {"ok"}
    assert set(tables.scores["reason"]) == {reason}
    console = Console(width=200, record=True, quiet=False, file=(tmp_path / "report.txt").open("w", encoding="utf-8"))
    terminal.show(console, findings.of(tables, Path(), {}))
    console.file.close()
    text = (tmp_path / "report.txt").read_text(encoding="utf-8")
    assert text.count("x2): tiled by 512: memory ran out") == (1 if reason else 0)

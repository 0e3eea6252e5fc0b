"""Lines beside tables: whole where they go to a file, broken between words on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from srbench.reports.drawing import say

NOTE = "set5 x3: gain of espcn over [bicubic]: highest on butterfly, in /a/folder/of/some/forty/letters/or/so/more"


@pytest.mark.parametrize("width", [30, 80])
def test_notes_are_broken_between_words(width: int) -> None:
    """On a terminal no word is parted, a path that is too long neither, and what goes on is indented."""
    text = io.StringIO()
    say(Console(file=text, width=width, force_terminal=True, color_system=None), NOTE)
    first, *others = text.getvalue().splitlines()
    assert others
    assert " ".join([first, *(line.removeprefix("  ") for line in others)]) == NOTE
    assert all(line.startswith("  ") for line in others)
    assert all(len(line) <= width or " " not in line.strip() for line in (first, *others))


def test_notes_in_files_are_whole() -> None:
    """Elsewhere a note is one line, which can be searched; what has several lines keeps them."""
    text = io.StringIO()
    say(Console(file=text, width=30), f"{NOTE}\n  | chart")
    assert text.getvalue() == f"{NOTE}\n  | chart\n"

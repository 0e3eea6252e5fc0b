"""What all terminal reports share: tables without boxes, lines as they are."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.measure import Measurement
from rich.text import Text

from srbench.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment
    from rich.table import Table
    from rich.text import TextType

STYLE: dict[str, Any] = {"box": None}

_ENDLESS = 10_000
_NARROWEST = 80
"""The width that all columns together may need."""


class Name(Text):
    """The user's text in a table: as wide as it is once the terminal's encoding has it, with escapes for the rest."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        """Return it as it is shown."""
        return self._shown(console).__rich_console__(console, options)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return how wide it is as it is shown."""
        return Measurement.get(console, options, self._shown(console))

    def _shown(self, console: Console) -> Text:
        text = printable(self.plain, console.encoding, keep="\n")
        return Text(text, self.style, justify=self.justify, overflow=self.overflow, no_wrap=self.no_wrap)


def draw(console: Console, table: Table) -> None:
    """Print a table; in a narrower terminal its lines go on below, and no number is cut.

    The title above it and the notes below have the width of the terminal.
    """
    table.width = min(_wanted(console, table).maximum, max(console.width, _NARROWEST))
    title, table.title = table.title, None
    notes, table.caption = table.caption, None
    _around(console, title, "bold")
    console.print(table, crop=False)
    _around(console, notes, "dim")


def _around(console: Console, text: TextType | None, style: str) -> None:
    if text:
        console.print(text, style=style, highlight=False, markup=False, emoji=False)


def fits(console: Console, table: Table) -> bool:
    """Tell whether a table fits into the terminal, or into the narrowest that tables are made for."""
    return _wanted(console, table).minimum <= max(console.width, _NARROWEST)


def _wanted(console: Console, table: Table) -> Measurement:
    return Measurement.get(console, console.options.update(max_width=_ENDLESS), table)


def say(console: Console, text: str, style: str = "") -> None:
    """Print lines as they are: names and reasons are the user's, and may hold square brackets.

    On a terminal a line that is too long goes on below, indented; it ends at a space, so that paths stay whole.
    """
    for line in text.split("\n"):
        for part in _at_words(line, console.width) if console.is_terminal else [line]:
            console.print(part, style=style, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _at_words(line: str, width: int) -> list[str]:
    if cell_len(line) <= width:
        return [line]
    return wrap(line, max(width, 20), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)

"""What all terminal reports share: tables without boxes, lines as they are, numbers of three digits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.measure import Measurement

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

NONE = "-"
STYLE: dict[str, Any] = {
    "box": None,
    "title_style": "bold",
    "title_justify": "left",
    "caption_style": "dim",
    "caption_justify": "left",
}

_ENDLESS = 10_000
_NARROWEST = 80
"""The width that all columns together may need."""


def draw(console: Console, table: Table) -> None:
    """Print a table; in a narrower terminal its lines go on below, and no number is cut."""
    wanted = Measurement.get(console, console.options.update(max_width=_ENDLESS), table)
    table.width = min(wanted.maximum, max(console.width, _NARROWEST))
    console.print(table, crop=False)


def say(console: Console, text: str, style: str = "") -> None:
    """Print a line as it is: names and reasons are the user's, and may hold square brackets."""
    console.print(text, style=style, highlight=False, markup=False, emoji=False, soft_wrap=True)


def absent(value: Any) -> bool:  # noqa: ANN401 - pandas gives NA, NaN or a number
    """Tell whether there is no value."""
    return str(value) in {"nan", "<NA>", "None"}


def kind(channels: int, dtype: str) -> str:
    """Return what an image is, in two words."""
    return f"{'RGB' if channels == 3 else 'luma'} {dtype}"  # noqa: PLR2004 - channels


def three_digits(value: float) -> str:
    """Return a number with three digits, and more only where it is large: no exponent."""
    if value < 100:  # noqa: PLR2004 - three digits
        return f"{value:#.3g}".rstrip(".")
    return NONE if math.isnan(value) else f"{value:.0f}"

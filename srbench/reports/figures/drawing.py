"""What all figures share: how they look, a colour for each method, and how they are written."""

from __future__ import annotations

import math
import re
import textwrap
import warnings
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from srbench.errors import UsageError
from srbench.extras import INSTALL
from srbench.opening import check_target
from srbench.reports.marks import look

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
LARGEST = 6000
"""Pixels of a PNG's longer side."""

_DECADES = 3
"""Of a logarithmic axis on which more than powers of ten have room; on a single one, there is room for many."""
_LOOK: Any = {
    "font.size": 9,
    "text.parse_math": False,  # names may hold dollars
    "svg.fonttype": "none",
    "svg.hashsalt": "srbench",
    "pdf.fonttype": 42,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_UNDATED: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}


@contextmanager
def canvas() -> Iterator[None]:
    """Draw in the look of all figures.

    Raises:
        UsageError: matplotlib is not installed.

    """
    try:
        import matplotlib as mpl  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise UsageError(f"figures are drawn with matplotlib: {INSTALL['figures']}") from error
    with mpl.rc_context(_LOOK), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # names may hold any letter
        yield


def figure(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> Figure:
    """Return an empty figure, in inches; without a layout, what is drawn is put where it says."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    return Figure((width, height), layout=layout)


def folded(name: str, letters: int = 20) -> str:
    """Return a name in lines of at most so many letters; a spec that is longer is parted at its first colon."""
    parts = [name] if len(name) <= letters else name.split(":", 1)
    lines = (textwrap.wrap(part, letters, break_on_hyphens=False) for part in parts)
    return "\n".join(line for each in lines for line in each)


def fitted(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Return a text in lines of at most `width` inches in letters of `size` points.

    Lines end at spaces and behind the signs of a spec; only a part that is wider by itself is cut within.
    """
    lines = [""]
    for part in re.findall(r"[^\s:,/_=-]*[\s:,/_=-]+|[^\s:,/_=-]+", text):
        for piece in [part] if _inches(part, size, bold=bold) <= width else part:
            if lines[-1] and _inches(lines[-1] + piece, size, bold=bold) > width:
                lines.append("")
            lines[-1] += piece
    return [line.rstrip() for line in lines]


@lru_cache(maxsize=4096)
def _inches(text: str, size: float, *, bold: bool) -> float:
    """Return how wide a text is in our font."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - an extra
    from matplotlib.textpath import TextPath  # noqa: PLC0415 - an extra

    font = FontProperties(weight="bold" if bold else "normal")
    return float(TextPath((0, 0), text.rstrip(), size, prop=font).get_extents().x1) / 72 if text.strip() else 0


def plain(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers: text is not taken for mathematics here.

    What is on it is drawn already: over many decades, as of programs beside interpolation, fewer numbers have room.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415 - an extra

    low, high = axis.get_data_interval()
    decades = math.log10(high / low) if 0 < low < high < math.inf else 0
    within = (1, 1.5, 2, 3, 5, 7) if decades <= 1 else (1, 2, 5) if decades <= _DECADES else (1,)
    axis.set_major_locator(LogLocator(subs=within))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def styles(methods: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return colour and marker of each method, the same in all figures of a run and on its page."""
    looks = {method: look(number) for number, method in enumerate(methods)}
    return {method: {"color": each.colour, "marker": each.marker} for method, each in looks.items()}


def save(drawn: Figure, files: Sequence[Path]) -> None:
    """Write a figure in the formats that the suffixes name; the same figure gives the same bytes.

    Raises:
        OSError: a file cannot be written.

    """
    for file in files:
        kind = file.suffix[1:].lower()
        file.parent.mkdir(parents=True, exist_ok=True)
        check_target(file)
        drawn.savefig(file, format=kind, dpi=resolution(drawn), metadata=_UNDATED[kind])


def resolution(drawn: Figure) -> float:
    """Return the dots per inch of a figure: 300, or fewer where a side would be longer than `LARGEST` pixels."""
    return min(300.0, LARGEST / float(max(drawn.get_size_inches())))

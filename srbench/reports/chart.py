"""Charts in characters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

WIDTH, HEIGHT = 60, 12
MARKS = "abcdefghijklmnopqrstuvwxyz"


def logarithmic(series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Draw points (x, y) of several series on logarithmic axes; see `draw`."""
    logs = {name: [(math.log(x), math.log(y)) for x, y in each] for name, each in series.items()}
    return draw(logs, lambda value: f"{math.exp(value):.3g}", lambda value: f"{math.exp(value):.3g}")


def draw(
    series: Mapping[str, Sequence[tuple[float, float]]],
    format_x: Callable[[float], str],
    format_y: Callable[[float], str],
) -> str:
    """Draw points (x, y) of several series; each has a letter, and the letters are explained.

    `format_x` and `format_y` format the ends of the axes.
    """
    points = [point for each in series.values() for point in each]
    spans = [_span([point[axis] for point in points]) for axis in (0, 1)]
    cells = [[" "] * WIDTH for _ in range(HEIGHT)]
    for mark, each in zip(_marks(len(series)), series.values(), strict=True):
        for x, y in each:
            column = _cell_of(x, spans[0], WIDTH)
            row = HEIGHT - 1 - _cell_of(y, spans[1], HEIGHT)
            cells[row][column] = mark if cells[row][column] in {" ", mark} else "*"
    (left, right), (low, high) = spans
    labels = {0: format_y(high), HEIGHT - 1: format_y(low)}
    gutter = max(map(len, labels.values()))
    lines = [f"{labels.get(row, ''):>{gutter}} |{''.join(line).rstrip()}" for row, line in enumerate(cells)]
    lines += [" " * gutter + " +" + "-" * WIDTH]
    lines += [" " * (gutter + 2) + format_x(left) + format_x(right).rjust(WIDTH - len(format_x(left)))]
    lines += [f"{mark}: {name}" for mark, name in zip(_marks(len(series)), series, strict=True)]
    return "\n".join(lines)


def _marks(number: int) -> str:
    return "".join(MARKS[index % len(MARKS)] for index in range(number))


def _span(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _cell_of(value: float, span: tuple[float, float], cells: int) -> int:
    low, high = span
    return round((value - low) / (high - low) * (cells - 1)) if high > low else 0

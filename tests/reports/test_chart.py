"""Charts in characters: points lie where they belong, on logarithmic axes."""

from __future__ import annotations

from srbench.reports import chart


def test_corners_and_the_middle() -> None:
    """The smallest point is at the lower left, the largest at the upper right, their geometric mean between."""
    lines = chart.logarithmic({"time": [(1.0, 10.0), (10.0, 100.0), (100.0, 1000.0)]}).splitlines()
    grid = [line.partition("|")[2].ljust(chart.WIDTH) for line in lines[: chart.HEIGHT]]
    assert grid[0][-1] == grid[-1][0] == "a"
    marked = [(row, column) for row, line in enumerate(grid) for column, mark in enumerate(line) if mark == "a"]
    assert len(marked) == 3
    row, column = marked[1]
    assert abs(column - chart.WIDTH / 2) <= 1
    assert abs(row - chart.HEIGHT / 2) <= 1
    assert lines[0].startswith("1e+03")
    assert lines[-1] == "a: time"


def test_two_series_in_one_cell() -> None:
    """A cell that two series share is a star; each letter is explained."""
    lines = chart.logarithmic({"one": [(1, 1), (2, 4)], "two": [(1, 1), (2, 2)]}).splitlines()
    assert lines[chart.HEIGHT - 1].endswith("|*")
    assert lines[-2:] == ["a: one", "b: two"]


def test_one_point() -> None:
    """A span of nothing is no division by zero."""
    assert "a" in chart.logarithmic({"one": [(3.0, 3.0)]})

"""How reports name what numbers are about: `set5 x3`, or `x3, protocol basicsr` over tables of several datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from srbench.analysis.columns import Column, Metrics


def benchmark(dataset: Any, factor: Any) -> str:  # noqa: ANN401 - cells of a table
    """Return the name of a dataset at a factor, whatever the protocol."""
    return f"{dataset} x{factor}"


def setting(factor: Any, protocol: Any, text: Callable[[str], str] = str) -> str:  # noqa: ANN401 - cells of a table
    """Return the name of what a table of several datasets is about; `text` escapes names."""
    return f"x{factor}, protocol {text(str(protocol))}"


def amount(metric: Column, number: str) -> str:
    """Return a number with its unit; where it has none, behind the name of the metric."""
    return f"{number} {metric.unit}" if metric.unit else f"{metric.label} {number}"


def over(metric: Column, baseline: str) -> str:
    """Return what differences in a metric to the baseline are called."""
    return f"{metric.label} {'minus' if metric.better == 'lower' else 'over'} {baseline}"


def directed(metric: Column) -> str:
    """Return what stands beside an axis of a metric."""
    return f"{metric.axis} (lower is better)" if metric.better == "lower" else metric.axis


ARROWS = {"up": " ↑", "down": " ↓"}
"""What stands behind a heading for each of `arrows`."""


def arrows(metrics: Metrics) -> dict[str, str]:
    """Return `up` or `down` for each metric, where better values are; nothing where that is up for all of them."""
    if not lower(metrics.values()):
        return dict.fromkeys(metrics, "")
    return {name: "down" if metric.better == "lower" else "up" for name, metric in metrics.items()}


def lower(metrics: Iterable[Column]) -> str:
    """Return which metrics are better where they are lower, in words; nothing where none is."""
    labels = ", ".join(metric.label for metric in metrics if metric.better == "lower")
    return f"{labels}: lower is better" if labels else ""

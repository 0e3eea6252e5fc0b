"""How reports name what numbers are about: `set5 x3`, `x3, protocol basicsr`, `set5 x3, basicsr`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.results.comparisons import place_name

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["benchmark", "place_name", "setting"]


def benchmark(dataset: Any, factor: Any) -> str:  # noqa: ANN401 - cells of a table
    """Return the name of a dataset at a factor, whatever the protocol."""
    return f"{dataset} x{factor}"


def setting(factor: Any, protocol: Any, text: Callable[[str], str] = str) -> str:  # noqa: ANN401 - cells of a table
    """Return the name of what a table of several datasets is about; `text` escapes names."""
    return f"x{factor}, protocol {text(str(protocol))}"

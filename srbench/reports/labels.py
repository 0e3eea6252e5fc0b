"""How reports name what numbers are about: `set5 x3`, or `x3, protocol basicsr` over tables of several datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def benchmark(dataset: Any, factor: Any) -> str:  # noqa: ANN401 - cells of a table
    """Return the name of a dataset at a factor, whatever the protocol."""
    return f"{dataset} x{factor}"


def setting(factor: Any, protocol: Any, text: Callable[[str], str] = str) -> str:  # noqa: ANN401 - cells of a table
    """Return the name of what a table of several datasets is about; `text` escapes names."""
    return f"x{factor}, protocol {text(str(protocol))}"

"""What a metric says of itself: its module declares `METRIC`, and `load(**options)` returns the function."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from srbench.quality.image import Image

    Score: TypeAlias = Callable[[Image, Image], float] | Callable[[Image], float]
    """What `load` returns: a function of the reference and the image, or of the image alone where `reference` is
    False. Both have one shape and are on the 0..255 scale, whatever the metric; it converts them itself."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """How a metric is shown, which values are better, and what it is given."""

    label: str
    better: Literal["higher", "lower"]
    unit: str = ""
    digits: int = 4
    """Decimals that tables show."""
    low: float = -math.inf
    high: float = math.inf
    """The range of values."""
    sees: Literal["scored", "rgb"] = "scored"
    """`scored`: the protocol's channels after rounding and shave, float64 or uint8, (H, W) or (H, W, 3). `rgb`: the
    whole image, uint8 (H, W, 3)."""
    reference: bool = True
    """Whether it compares with HR; else it judges the image alone."""
    symmetric: bool = True
    """Whether both images may change places."""
    version: str = "1"
    """Raised when the same images get other values."""
    hint: str = ""
    """What it measures, in a few words."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return what run.json says of it; an infinite end of the range is null."""
        return {key: None if value in (-math.inf, math.inf) else value for key, value in asdict(self).items()}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Return the metric of which `facts` were written; other keys do not count."""
        known = {key: facts[key] for key in cls.__dataclass_fields__ if facts.get(key) is not None}
        return cls(**known)

"""What run.json says of LR images that were given: which degradation may have made them."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEY = "given_lr"
"""Of run.json."""


@dataclass(frozen=True, kw_only=True)
class GivenLr:
    """How like the given LR images of a dataset are to what the protocol would make of HR, and to what is closest."""

    dataset: str
    factor: int
    protocol: str
    images: int
    """How many were compared,"""
    of: int
    """of how many."""
    own: str
    """What the protocol would make, such as `MATLAB bicubic`; empty where that has no name."""
    differs: float
    """Share of samples that differ from that, 0..1; 1 where it has no name."""
    closest: str
    """The named degradation that is closest,"""
    closest_differs: float
    """and the share of samples that differ from it."""
    lr: str = ""
    """How that is typed, such as `lr=bicubic-opencv`."""
    away: float = 0.0
    """The mean absolute difference of samples from it, 0..255."""
    exact: int = 0
    """How many images are what the protocol would make; where others are not, shares are of these."""
    others: str = ""
    """Which images are not, if some are."""
    not_compared: str = ""
    """Which images could not be compared, and why."""
    files: str = ""
    """A sha256 over the files, by which it is known whether it is said of those that are there."""


def read(info: Mapping[str, Any]) -> list[GivenLr]:
    """Return what run.json says; what is none of it, as an edited file may hold, is left out."""
    found = info.get(KEY, [])
    return [GivenLr(**each) for each in found if _is_sound(each)] if isinstance(found, list) else []


def to_json(found: Iterable[GivenLr]) -> dict[str, list[dict[str, Any]]]:
    """Return it as run.json holds it."""
    return {KEY: [asdict(each) for each in found]}


def _is_sound(facts: Any) -> bool:  # noqa: ANN401 - JSON
    kinds = {
        each.name: {"str": (str,), "int": (int,), "float": (float, int)}[str(each.type)] for each in fields(GivenLr)
    }
    return (
        isinstance(facts, dict)
        and {each.name for each in fields(GivenLr) if each.default is MISSING} <= facts.keys() <= kinds.keys()
        and all(isinstance(value, kinds[name]) for name, value in facts.items())
    )

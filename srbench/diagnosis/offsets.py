"""Is SR shifted, cropped, in another channel order or on other levels than HR, and what does each of it cost?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from srbench.quality.image import Image

Kind = Literal["placement", "channels", "grey", "levels", "gamma", "shift", "stretch"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with SR, and what it costs alone."""

    kind: Kind
    what: str
    """In plain words: `SR is shifted by (0.50, 0.50) px: down and right`."""
    cost: float | None
    """What it alone costs, in dB: the score with everything else undone is so much lower than with this undone, too.
    None where SR cannot be scored with it, or it cannot be undone."""
    without: float | None
    """The score, in dB, with this undone and nothing else; None where that cannot be scored."""
    values: dict[str, Any]
    """What was measured, as JSON holds it: `{"down": 0.5, "right": 0.5}`; `per_image` where images disagree."""
    todo: str
    """What usually makes it, and what to do."""

    @property
    def sentence(self) -> str:
        """Return all of it as a line: `SR is shifted by (0.50, 0.50) px: this alone costs 2.10 dB; 34.70 without`."""
        raise NotImplementedError


@dataclass(frozen=True)
class Offsets:
    """What is wrong with SR images as they lie on HR; scores are means over images, in dB."""

    psnr: float | None
    """As SR is; None where its size keeps it from being scored."""
    corrected: float | None
    """With everything undone that was found."""
    findings: tuple[Finding, ...]
    """In the order in which they are undone."""
    notes: tuple[str, ...] = ()
    """What could not be measured, and which images disagree."""

    @property
    def sentences(self) -> list[str]:
        """Return all of it in plain words, one line each; that nothing was found where it was not."""
        raise NotImplementedError

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON holds it."""
        raise NotImplementedError


def find(
    pairs: Sequence[tuple[Image, Image]],
    factor: int,
    score: Callable[[Image, Image], float],
    shave: int | None = None,
    names: Sequence[str] = (),
) -> Offsets:
    """Return what is wrong with the SR of `pairs` of full-size HR and SR, and what it costs.

    Args:
        pairs: HR as it is in its file and SR, of any size; each is taken up to three times, so they may be read lazily.
        factor: by how much SR was enlarged.
        score: PSNR in dB of HR and SR of one size: `lambda hr, sr: protocol.compare(hr, sr, factor).psnr`.
        shave: pixels that `score` cuts from each side; default: the factor.
        names: what images are called where they disagree.

    """
    raise NotImplementedError

"""What there is to say of LR images, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.specs import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.diagnosis.lr_facts import Kind, Loss, LrKinds

_UNLIKE = 0.6
"""Share of samples that differ, and"""
_FAR = 8
"""mean absolute difference of 0..255, beyond which LR is like nothing: it may not belong to HR."""

_SHIFT = 0.1
"""LR pixels from which a shift is worth a word."""

_NEAREST = 3
"""How many kinds are named where LR is none of them."""


def sentences(found: LrKinds) -> list[str]:
    """Return what there is to say of LR images: what they are, what looks like them, what methods lose, what to do."""
    left_out = [f"Not compared: {listed(found.not_compared, separator='; ')}."] if found.not_compared else []
    return [*_said(found), *left_out]


def _said(found: LrKinds) -> Iterator[str]:
    compared = f"{found.images} of {counted(found.of, 'image')} compared"
    if not found.images:
        yield f"No LR image could be compared ({compared})."
        return
    own = f" ({found.own})" if found.own else ""
    if found.is_own:
        yield f"LR is what {found.protocol} makes of HR{own}, in every sample ({compared})."
        yield from _alike(found)
        return
    yield f"LR is not what {found.protocol} makes of HR{own}: {percent(found.differs)} of samples differ ({compared})."
    if found.swapped:
        yield "Its red and its blue are swapped; with both exchanged:"
    yield from _made(found) if found.made_by else _unknown(found)
    yield from (_lost(loss, found) for loss in found.losses)
    yield from _advice(found)


def _made(found: LrKinds) -> Iterator[str]:
    """Say which degradation it was, and which others make the same."""
    kind = _kind(found)
    if kind.share:
        differ = f"{percent(kind.share)} of samples differ, by {kind.largest}"
        yield f"It is {_named(kind)}, but for rounding: {differ}."
    else:
        yield f"It is {_named(kind)}, in every sample."
    yield from _alike(found)


def _alike(found: LrKinds) -> Iterator[str]:
    kind = next((kind for kind in found.nearest if kind.name == found.made_by), None)
    if kind and kind.alike:
        yield f"At x{found.factor} these make the same images, and nothing tells them apart: {'; '.join(kind.alike)}."


def _unknown(found: LrKinds) -> Iterator[str]:
    """Say what LR is nearest to, and what may explain it."""
    nearest = found.nearest[0]
    if found.images_of:
        parts = [f"{name}: {listed(images)}" for name, images in found.images_of.items()]
        yield f"Its images were made in different ways; nearest to {'; nearest to '.join(parts)}."
    elif found.shift and max(map(abs, found.shift)) >= _SHIFT:
        right, below = found.shift
        yield f"It is shifted by {right:.2f} LR pixels to the right and {below:.2f} down, against LR by MATLAB bicubic."
    elif nearest.share > _UNLIKE and nearest.mean > _FAR:
        yield f"It is like none of the {len(found.nearest)} kinds of LR that are known; LR may not belong to HR."
    else:
        near = "; ".join(f"{_named(kind)}, {_away(kind)}" for kind in found.nearest[:_NEAREST])
        yield f"It is none of the {len(found.nearest)} kinds of LR that are known. Nearest: {near}."


def _lost(loss: Loss, found: LrKinds) -> str:
    trained = "a network trained for MATLAB bicubic LR" if loss.method == "espcn" else "the interpolation of such LR"
    change = loss.from_this - loss.from_own
    verb = "loses" if change < 0 else "gains"
    both = f"{loss.from_this:.2f} dB from this LR and {loss.from_own:.2f} dB from that of {found.protocol}"
    return f"{loss.method}, {trained}, has {both}: it {verb} {abs(change):.2f} dB by it."


def _advice(found: LrKinds) -> Iterator[str]:
    """Say how to score methods on such LR, or on that of the protocol."""
    kind = _kind(found) if found.made_by else None
    base = found.protocol.partition(":")[0]
    if found.swapped:
        yield "Exchange red and blue where LR is written: OpenCV's imwrite takes BGR."
    elif kind and kind.lr:
        yield f"Scores from such LR have a protocol of their own: {base}:{kind.lr}."
    else:
        yield f"Scores from these files have a protocol of their own: {base}:lr=given."


def _kind(found: LrKinds) -> Kind:
    return next(kind for kind in found.nearest if kind.name == found.made_by)


def _named(kind: Kind) -> str:
    return f"{kind.name} ({kind.lr})" if kind.lr else kind.name


def _away(kind: Kind) -> str:
    return f"from which {percent(kind.share)} of samples differ, by {kind.mean:.2g} of 255 on average"


def percent(share: float) -> str:
    """Return a share that is never 0 or 100 % where it is not."""
    value = 100 * share
    if 1 <= value <= 99 or share in (0, 1):  # noqa: PLR2004
        return f"{value:.0f} %"
    return f"{min(value, 99.9):.2g} %" if value < 1 else "99.9 %"

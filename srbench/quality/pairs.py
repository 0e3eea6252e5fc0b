"""What metrics see: the images that one is given of HR and SR, on the 0..255 scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from srbench.errors import Unsupported
from srbench.quality.image import channels, is_grey, stacked, to_uint8
from srbench.quality.protocol import check_enlarged

if TYPE_CHECKING:
    from srbench.quality.image import Image
    from srbench.quality.protocol import Protocol, Truth


class Pair(NamedTuple):
    """What a metric compares: two images of one shape, on the 0..255 scale."""

    reference: Image
    image: Image


def seen(protocol: Protocol, truth: Truth, sr: Image, factor: int, sees: Literal["scored", "rgb"]) -> Pair:
    """Return what a metric sees of `sr` and HR, of which `truth` was made at this factor.

    `scored`: what the protocol scores, after rounding and shave: float64 or uint8, (H, W) or (H, W, 3). `rgb`: the
    whole images as uint8 (H, W, 3); grey ones as R = G = B. Without HR both are the whole of `sr`.

    Raises:
        ImageError: sizes do not match, or a grey SR would have to be scored as colours.
        Unsupported: RGB is to be seen of a luma SR.

    """
    if not protocol.has_hr:
        check_enlarged(truth.image, sr, factor)
        image = to_uint8(sr) if sees == "scored" else _rgb(sr)
        return Pair(image, image)
    if sees == "scored":
        return Pair(*protocol.pair(truth, sr, factor))
    check_colours(protocol, channels(truth.image), channels(sr))
    return Pair(_rgb(truth.image), _rgb(sr))


def check_colours(protocol: Protocol, hr: int, sr: int) -> None:
    """Pass if RGB is to be seen of SR that has colours where HR has, of which both have so many channels.

    Raises:
        Unsupported: it has not.

    """
    if protocol.has_hr and sr == 1 and hr > 1:
        luma = protocol.degradation.channels == "y"
        todo = "use a protocol whose LR is RGB, such as basicsr" if luma else "use a method or images with colours"
        raise Unsupported(f"it needs RGB, and SR has luma alone (protocol {protocol.name}); {todo}")


def _rgb(image: Image) -> Image:
    """Return `image` as uint8 RGB."""
    values = to_uint8(image)
    return stacked(values) if is_grey(values) else values

"""What is wrong with SR, in the words of those who make it, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srbench.quality.alignment import channels
from srbench.quality.alignment.placement import REACH
from srbench.specs import counted, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srbench.quality.alignment.levels import Levels
    from srbench.quality.alignment.placement import Placement
    from srbench.quality.alignment.shift import Shift

NOTHING = "SR lies on HR to 0.05 px, in HR's channel order and on its levels: nothing to undo."

_NEAR = 0.1
_EXAMPLES = 3
_LARGEST_FACTOR = 16
"""Whose crop is looked for."""


class Said(NamedTuple):
    """A sentence about SR in two parts: what is the same for all images, and what may differ."""

    head: str
    tail: str


def shift(found: Shift) -> Said:
    """Return how SR is shifted and stretched."""
    moved = f"shifted by ({_px(found.down)}, {_px(found.right)}) px: {_ways(found)}"
    if not (found.taller or found.wider):
        return Said("SR is ", moved)
    far = max(abs(found.down), abs(found.right)) >= _NEAR
    stretched = f"stretched about its centre, {_px(found.taller)} px taller and {_px(found.wider)} px wider than HR"
    return Said("SR is ", f"{stretched}, and {moved}" if far else stretched)


def _px(value: float) -> str:
    return f"{round(value, 2) + 0:.2f}"  # + 0: no -0.00


def _ways(found: Shift) -> str:
    """Return where to: `0.50 down, 0.25 left`."""
    down = f"{abs(found.down):.2f} {'down' if found.down > 0 else 'up'}"
    right = f"{abs(found.right):.2f} {'right' if found.right > 0 else 'left'}"
    return ", ".join(way for way, size in ((down, found.down), (right, found.right)) if round(abs(size), 2))


def shift_todo(found: Shift, factor: int) -> str:
    """Return what usually makes such a shift."""
    aligned = factor - 1
    if max(abs(found.taller - aligned), abs(found.wider - aligned)) < 2 * _NEAR:
        return f"interpolation with align_corners=True stretches by {aligned} px at x{factor}: use align_corners=False"
    if found.taller or found.wider:
        return "SR was resized to HR's size: enlarge by the factor alone, and crop HR to a multiple of it"
    rule = "the half-pixel rule, y_lr = (y + 0.5) / factor - 0.5"
    corner = (factor - 1) / 2
    if max(abs(found.down - corner), abs(found.right - corner)) < _NEAR:
        taken = f"hr[::{factor}, ::{factor}]"
        return f"this is what LR gives that is the first pixel of each block ({taken}): make LR with {rule}"
    if max(abs(found.down + corner), abs(found.right + corner)) < _NEAR:
        return f"this is what laying LR's pixels on every {_ordinal(factor)} of SR gives: enlarge with {rule}"
    return f"look for resizing without {rule}, for padding at one side alone, and for LR that was made otherwise"


def _ordinal(factor: int) -> str:
    return {2: "second", 3: "third"}.get(factor, f"{factor}th")


def order(found: channels.Order) -> Said:
    """Return how SR holds its channels."""
    return Said("SR has its channels as ", f"{channels.spelled(found)} instead of RGB")


def order_todo(found: channels.Order, _factor: int) -> str:
    """Return what usually makes such an order."""
    if found == channels.RGB[::-1]:
        return "OpenCV reads and writes BGR: turn it with image[..., ::-1] after cv2.imread and before cv2.imwrite"
    return "look for a transposition or an indexing of channels in the code that reads or writes images"


def level(found: Levels) -> Said:
    """Return which values SR has."""
    gone = ", which cannot be undone" if found.kind == "collapsed" else ""
    return Said("SR has other values than HR: ", found.name + gone)


def level_todo(found: Levels, _factor: int) -> str:
    """Return what usually makes such values."""
    if found.kind == "collapsed":
        return "multiply by 255 and round before SR is saved as 8 bits"
    if found.kind in {"gamma", "srgb"}:
        return "SR must be encoded as HR is: look for a gamma or a conversion to linear light that is not undone"
    if len(found.gain) > 1:
        return "look for a mean that is subtracted from channels and not added again, or for a shift of colours"
    return "look for the range that the network takes and gives, and for one that the file is written in"


def placed(found: Placement) -> Said:
    """Return what SR lacks of HR, and has beyond it."""
    sides = found._asdict()
    lacks = _sides({name: count for name, count in sides.items() if count > 0})
    beyond = _sides({name: -count for name, count in sides.items() if count < 0})
    told = [f"lacks {lacks}" if lacks else "", f"has {beyond} beyond HR" if beyond else ""]
    return Said("SR has not HR's size: ", f"it {' and '.join(filter(None, told))}")


def _sides(counts: dict[str, int]) -> str:
    """Return pixels at sides: `1 pixel at each side`, `2 pixels at the top and 1 pixel at the left`."""
    if len(counts) == 4 and len(set(counts.values())) == 1:  # noqa: PLR2004 - sides
        return f"{counted(counts['top'], 'pixel')} at each side"
    told = [f"{counted(count, 'pixel')} at the {name}" for name, count in counts.items()]
    return " and ".join(filter(None, [", ".join(told[:-1]), *told[-1:]]))


def placed_todo(found: Placement, factor: int) -> str:
    """Return what usually makes such a size."""
    if found.top == found.left == 0 and all(count <= 0 and -count < factor for count in found):
        return f"HR is cropped at the bottom and right to a multiple of {factor} before LR is made; crop SR as well"
    if min(found) < 0:
        return "look for padding before the network that is not cut after it"
    if found.top == found.left == 0 and max(found) <= _LARGEST_FACTOR:
        return f"HR cropped to a multiple of another factor has such a size: is factor {factor} right? Else crop HR too"
    return "look for convolutions without padding, or a border that is cut before saving: SR is factor times LR"


def differing(said: Sequence[Said | None], names: Sequence[str]) -> str:
    """Return what is wrong with some images, or differs between them."""
    told = [(name, each) for name, each in zip(names, said, strict=True) if each is not None]
    if len({each for _, each in told}) == 1:
        return f"{''.join(told[0][1])} ({_images([name for name, _ in told], len(said))})"
    shown = [f"{name}: {each.tail}" for name, each in told[:_EXAMPLES]]
    more = [f"{len(told) - _EXAMPLES} more images"] if len(told) > _EXAMPLES else []
    return told[0][1].head + "; ".join(shown + more)


def _images(names: Sequence[str], of: int) -> str:
    """Return which images are meant: `2 of 5 images: baby, bird`."""
    return f"{len(names)} of {of} images: {listed(names, _EXAMPLES)}"


def grey(number: int, of: int) -> str:
    """Return how many SR images are grey though HR has colours."""
    which = f" ({number} of {of} images)" if number < of else ""
    return f"SR is grey, HR has colours{which}: nothing brings them back"


GREY_TODO = (
    "scores of luma do not see it, those of RGB do: save SR with colours, such as the chroma of LR enlarged; grey is "
    "luma in 16..235 where MATLAB's rgb2ycbcr makes it, and in 0..255 where OpenCV or Pillow does"
)


def unaligned(hr: tuple[int, ...], sr: tuple[int, ...], factor: int) -> str:
    """Return why SR cannot be laid on HR."""
    if max(abs(hr[0] - sr[0]), abs(hr[1] - sr[1])) <= REACH:
        return "SR shows nothing of HR that could be found: it is of another image, or flat"
    made = next((each for each in range(1, 17) if _enlarged(hr, sr, factor, each)), 0)
    if not made:
        return f"Not scored: SR is {sr[1]}x{sr[0]} pixels, HR {hr[1]}x{hr[0]}"
    return (
        f"Not scored: SR is as large as LR {f'enlarged by {made}' if made > 1 else 'itself'}, not enlarged by {factor}"
    )


def _enlarged(hr: tuple[int, ...], sr: tuple[int, ...], factor: int, by: int) -> bool:
    """Tell whether SR is as large as LR enlarged `by`, give or take the crop of HR."""
    return all(abs(side * factor - whole * by) < factor * max(factor, by) for whole, side in zip(hr, sr, strict=False))


def note(said: str, names: Sequence[str], of: int) -> str:
    """Return what is to be known of some images."""
    return f"{said} ({_images(names, of)})."


UNLIKE = "Shifted otherwise than the other images, and not undone"

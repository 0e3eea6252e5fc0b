"""What is wrong with SR, in the words of those who make it, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.quality.alignment import channels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from srbench.quality.alignment.levels import Levels
    from srbench.quality.alignment.placement import Placement
    from srbench.quality.alignment.shift import Shift

NOTHING = "SR lies on HR to 0.05 px, in HR's channel order and on its levels: nothing to undo"

_NEAR = 0.1
_EXAMPLES = 3


def shift(found: Shift, factor: int) -> str:
    """Return how SR is shifted and stretched."""
    moved = f"shifted by ({found.down:.2f}, {found.right:.2f}) px: {_ways(found)}"
    if not (found.taller or found.wider):
        return f"SR is {moved}"
    stretched = f"SR is stretched about its centre: {found.taller:.2f} px taller, {found.wider:.2f} px wider than HR"
    return stretched + (f", and {moved}" if max(abs(found.down), abs(found.right)) >= _NEAR else "")


def _ways(found: Shift) -> str:
    """Return where to: `0.50 down, 0.25 left`."""
    down = f"{abs(found.down):.2f} {'down' if found.down > 0 else 'up'}"
    right = f"{abs(found.right):.2f} {'right' if found.right > 0 else 'left'}"
    told = [way for way, size in ((down, found.down), (right, found.right)) if round(abs(size), 2)]
    return ", ".join(told)


def shift_todo(found: Shift, factor: int) -> str:
    """Return what usually makes such a shift."""
    aligned = factor - 1
    if max(abs(found.taller - aligned), abs(found.wider - aligned)) < 2 * _NEAR:
        return f"align_corners=True stretches by {aligned} px at x{factor}: use align_corners=False"
    if found.taller or found.wider:
        return "SR was resized to HR's size: enlarge by the factor alone, and crop HR to a multiple of it"
    corner = (factor - 1) / 2
    if max(abs(found.down - corner), abs(found.right - corner)) < _NEAR:
        return (
            f"so it is where LR takes the first pixel of each block (hr[::{factor}, ::{factor}]), and SR is enlarged from "
            f"the centres of blocks: make LR with the half-pixel rule, (y + 0.5) * {factor} - 0.5"
        )
    if max(abs(found.down + corner), abs(found.right + corner)) < _NEAR:
        return (
            f"so it is where SR has LR's pixels at y * {factor}, and not at their centres: enlarge with the half-pixel "
            f"rule, y_lr = (y + 0.5) / {factor} - 0.5"
        )
    return (
        "look for an enlargement without the half-pixel rule, y_lr = (y + 0.5) / factor - 0.5, for padding at one side "
        "alone, and for LR that was made otherwise"
    )


def order(found: channels.Order, _factor: int) -> str:
    """Return how SR holds its channels."""
    return f"SR has its channels as {channels.spelled(found)} instead of RGB"


def order_todo(found: channels.Order, _factor: int) -> str:
    """Return what usually makes such an order."""
    if found == channels.RGB[::-1]:
        return "OpenCV reads and writes BGR: turn it with image[..., ::-1] after cv2.imread and before cv2.imwrite"
    return "look for a transposition or an indexing of channels in the code that reads or writes images"


def level(found: Levels, _factor: int) -> str:
    """Return which values SR has."""
    return f"SR has other values than HR: {found.name}"


def level_todo(found: Levels, _factor: int) -> str:
    """Return what usually makes such values."""
    if found.kind == "collapsed":
        return "multiply by 255 and round before SR is saved as 8 bits"
    if found.kind in {"gamma", "srgb"}:
        return "SR must be encoded as HR is: look for a gamma or a conversion to linear light that is not undone"
    if len(found.gain) > 1:
        return "look for a mean that is subtracted from channels and not added again, or for a shift of colours"
    return "look for the range that the network takes and gives, and for one that the file is written in"


def placed(found: Placement, _factor: int) -> str:
    """Return what SR lacks of HR, and has beyond it."""
    sides = found._asdict()
    lacks = _sides({name: count for name, count in sides.items() if count > 0})
    beyond = _sides({name: -count for name, count in sides.items() if count < 0})
    told = [f"lacks {lacks}" if lacks else "", f"has {beyond} beyond HR" if beyond else ""]
    return f"SR has not the size of HR: it {' and '.join(filter(None, told))}"


def _sides(counts: dict[str, int]) -> str:
    """Return pixels at sides: `1 pixel at each side`, `2 pixels at the top and 1 at the left`."""
    if len(counts) == 4 and len(set(counts.values())) == 1:  # noqa: PLR2004 - sides
        return f"{_pixels(counts['top'])} at each side"
    return " and ".join(f"{_pixels(count)} at the {name}" for name, count in counts.items())


def _pixels(count: int) -> str:
    return f"{count} pixel{'s' * (count > 1)}"


def placed_todo(found: Placement, factor: int) -> str:
    """Return what usually makes such a size."""
    if found.top == found.left == 0 and all(count <= 0 and -count < factor for count in found):
        return f"HR is cropped at the bottom and right to a multiple of {factor} before LR is made; crop SR as well"
    if min(found) < 0:
        return "look for padding before the network that is not cut after it"
    return "look for convolutions without padding, or a border that is cut before saving: SR is factor times LR"


def grey(number: int, of: int) -> str:
    """Return how many SR images are grey though HR has colours."""
    return f"SR {_of(number, of)}is grey, and HR has colours"


GREY_TODO = "scores of luma do not see it, those of RGB do: save SR with the chroma that bicubic makes of LR"


def differing(words: Callable[[Any, int], str], per_image: Sequence[Any], factor: int, names: Sequence[str]) -> str:
    """Return what is wrong with some images, or differs between them."""
    told = [(name, words(each, factor)) for name, each in zip(names, per_image, strict=True) if each is not None]
    kinds = dict.fromkeys(said for _, said in told)
    if len(kinds) == 1:
        return f"{next(iter(kinds))} ({len(told)} of {len(per_image)} images: {_listed([name for name, _ in told])})"
    shown = "; ".join(f"{name}: {said}" for name, said in told[:_EXAMPLES])
    more = f"; and {len(told) - _EXAMPLES} more" if len(told) > _EXAMPLES else ""
    return f"images differ: {shown}{more}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_EXAMPLES])
    return f"{shown} and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else shown


def _of(number: int, of: int) -> str:
    return "" if number == of else f"of {number} of {of} images "


def unaligned(names: Sequence[str], of: int) -> str:
    """Return which images were left out."""
    return (
        f"left out, as SR has nothing in common with HR that could be aligned, is flat or tiny, or differs by more than 32 "
        f"pixels in size: {len(names)} of {of} images ({_listed(names)})"
    )


def unlike(names: Sequence[str], of: int) -> str:
    """Return which images lie otherwise than the rest."""
    return f"shifted otherwise than the rest: {len(names)} of {of} images ({_listed(names)})"

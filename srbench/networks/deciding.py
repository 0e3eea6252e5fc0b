"""What a model file does not say, decided by measuring: whether its network is fed 0..1 or 0..255.

Whether the order of colours is RGB or BGR is not decided: it changed PSNR by 0.01 to 0.17 dB only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from srbench import hashing
from srbench.errors import MethodError, Unsupported
from srbench.networks.sample_crops import SIDE, below_bicubic, crops
from srbench.networks.sessions import cause
from srbench.networks.upscaler import ImageUpscaler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from srbench.networks.choices import Choices
    from srbench.networks.model import Model
    from srbench.networks.sample_crops import Crops
    from srbench.takes import Takes

Range: TypeAlias = Literal[1, 255]
RANGES: tuple[Range, ...] = (1, 255)

MARGIN = 1.0
"""Decibels by which 0..255 must be better than 0..1 to be taken: less is what a wrong choice costs at most.

Of nine published networks the right range was better by 2.9 or more for eight; for one both do equally well.
"""


class Decision(NamedTuple):
    """What was decided for a network, and the mean PSNRs in dB on crops (`sample_crops`) that it follows from."""

    range: Range
    psnr: Mapping[Range, float | None]
    """That of each range; None where the network made no image of a crop."""
    bicubic: float
    """That of MATLAB's bicubic."""

    @property
    def measured(self) -> dict[str, float | None]:
        """Return the PSNRs as JSON-ready values."""
        return {f"0..{each}": psnr for each, psnr in self.psnr.items()} | {"bicubic": self.bicubic}

    @property
    def doubts(self) -> dict[str, str]:
        """Return what is doubtful as a `warning`, which runs show, or a `note`, which only the probe does; or nothing.

        Ranges that differ too little are but a note where 0..1 is ahead, and above bicubic.
        """
        low, high = (_number(self.psnr.get(each)) for each in RANGES)
        if len(self.psnr) > 1 and abs(high - low) < MARGIN:
            text = f"range 0..1 and 0..255 are {abs(high - low):.2f} dB apart only; range=1 or range=255 says which"
            return {"note" if low >= max(high, self.bicubic) else "warning": text}
        warning = below_bicubic(self.psnr[self.range], self.bicubic)
        return {"warning": warning} if warning else {}


def decide(model: Model, ranges: tuple[Range, ...] = RANGES) -> Decision:
    """Return the range of a network, measured among `ranges`; where they differ by less than `MARGIN`, the first.

    Raises:
        MethodError: it makes an image with none of them.

    """
    tried = crops(model.factor, model.takes.side(max(SIDE, min(model.size or (SIDE,)))))
    tries = {each: _tried(model, each, tried) for each in ranges}
    psnr = {each: found if isinstance(found, float) else None for each, found in tries.items()}
    if all(found is None for found in psnr.values()):
        raise next(each for each in tries.values() if isinstance(each, MethodError))
    best = max(ranges, key=lambda each: _number(psnr[each]))
    clear = _number(psnr[best]) >= _number(psnr[ranges[0]]) + MARGIN
    return Decision(best if clear else ranges[0], psnr, tried.bicubic)


def _tried(model: Model, value: Range, tried: Crops) -> float | MethodError:
    """Return the PSNR of what a network that is fed 0..`value` makes of crops, or why it makes nothing of one."""
    fed = replace(model, takes=replace(model.takes, range=value))
    try:
        return tried.psnr(ImageUpscaler(fed))
    except Unsupported:
        raise
    except MethodError as error:  # one of float16 makes NaN of 0..255
        return error
    except Exception as error:  # noqa: BLE001 - engines raise what they like
        height, width = tried.each[0].lr.shape[:2]
        return MethodError(f"its network cannot run on {width}x{height} LR pixels: {cause(error)}")


def _number(psnr: float | None) -> float:
    return float("-inf") if psnr is None else psnr


_factors: dict[str, int] = {}
"""That of each file that this process has opened: a file is asked for several."""


def settled(
    open_: Callable[[Choices], Model], choices: Choices, factor: int, files: Iterable[Path], *options: object
) -> dict[str, Any]:
    """Return what is decided about a model file, measured on the CPU, as JSON-ready values.

    `Choices.decided` of them leaves nothing to find.

    Args:
        open_: opens the model on the CPU.
        choices: what is said of the images that it takes.
        factor: that which is asked for.
        files: the file, and those that it refers to.
        options: what else decides which network it is.

    Raises:
        Unsupported: the model is of another factor.
        SrbenchError: it cannot be opened, or makes no image.

    """
    files = list(files)
    try:
        key = hashing.sha256(*map(hashing.file_hash, files), choices, *options)
    except OSError:
        open_(choices)  # which says in its words what is wrong with the file
        raise
    model = None
    if key not in _factors:
        model = open_(choices)
        _factors[key] = model.factor
    if _factors[key] != factor:
        raise Unsupported(f"the model in {files[0].name} is x{_factors[key]}; give --factor {_factors[key]}")
    model = model or open_(choices)
    source = "option" if choices.range != "auto" else "file" if model.is_declared else "measured"
    decision = decide(model, RANGES if source == "measured" else (model.takes.range,))
    return _facts(model, replace(model.takes, range=decision.range), decision) | {"range_from": source}


def _facts(model: Model, takes: Takes, decision: Decision) -> dict[str, Any]:
    fed = takes.facts if takes.channels == "y" else {key: each for key, each in takes.facts.items() if key != "luma"}
    return {
        "kind": model.kind,
        "factor": model.factor,
        **fed,
        **({"size": list(model.size)} if model.size else {}),
        "measured": decision.measured,
        **decision.doubts,
    }

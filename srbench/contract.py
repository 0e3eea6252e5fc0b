"""The method contract: what an upscaler is, the check that every result passes, and the suite for a whole method."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from srbench import returned
from srbench.errors import MethodError, Unsupported, first_line
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image


SETTLED = 0.05
"""Seconds after which a result is looked at again: work that was left to a thread has changed it by then."""


WIDE = (2.0, 50.0)
"""Floats beyond the first, and beyond the second times the largest of LR, were not meant in 0..1."""


class Upscaler(Protocol):
    """A method loaded for one factor and device.

    It may also have

    * `synchronize()`, which waits for the device; the timing clock calls it;
    * `phases`, three callables `(upload, infer, download)` of which a call is the composition, bit for bit:
      `download(infer(upload(image)))`. `infer` is the network alone, and finds its input on the device;
    * `start()`, which does what a call does for however small an image, such as starting a program;
    * `event()`, which records a point in the device's work and returns it; `earlier.elapsed_time(later)` of two is in
      milliseconds. Absent or None where there is no such clock;
    * `device_memory()`, the most bytes of the device that were taken since it was last asked; absent or None likewise;
    * `multiply_adds`, a float: multiply-adds of the network's convolutions and linear layers per SR pixel, inside an
      image so large that its border does not count; not biases, activations, colour;
    * `parameters`, the number of its weights;
    * `training_images`, a container of the `srbench.quality.files.pixel_hash` of each HR image they were trained on;
    * `takes`, a `srbench.Takes`: which dtypes and sizes of images it takes; it is given no others, which are `skipped`;
    * `by_design`, a mapping of names of checks to reasons: what `srbench check` finds of it there is no mistake;
    * `remark`, a str to record with the result: how the last image was computed; usually empty;
    * `export(path, metadata)`, which `srbench export` calls;
    * `in_tiles(image, memory)`, a generator that returns what a call returns, lets the process take `memory` bytes at
      most (0: no limit), and yields (done, total) on the way; `srbench upscale` calls it.
    """

    def __call__(self, image: Image, /) -> Image:
        """Return `image` enlarged by the factor, with its dtype and channels."""


def upscale(upscaler: Upscaler, image: Image, factor: int) -> Image:
    """Run `upscaler` on a copy of `image` and hold its result to the contract.

    Raises:
        Unsupported: it declares that it does not take such an image.
        MethodError: the result is no array, or has another shape or dtype kind, or values that are not finite
            or not in 0..1 by far.

    """
    offer(upscaler, image)
    return hold(upscaler(image.copy()), image, factor)


def offer(upscaler: Upscaler, image: Image) -> None:
    """Raise `Unsupported` with the reason where `upscaler` declares that it does not take `image`."""
    takes = getattr(upscaler, "takes", None)
    if isinstance(takes, Takes) and (refusal := takes.refusal(image)):
        raise Unsupported(refusal)


def hold(sr: object, image: Image, factor: int) -> Image:
    """Return `sr`, the result of upscaling `image`, if it keeps the contract; a lazy array is computed first.

    Raises:
        MethodError: as `upscale`.

    """
    expected = (image.shape[0] * factor, image.shape[1] * factor, *image.shape[2:])
    sr = _array(sr, f"expected a numpy array of shape {expected}")
    if sr.shape != expected:
        raise _wrong(f"shape {sr.shape}, expected {expected}", returned.shape_advice(sr.shape, expected))
    if sr.dtype.kind != image.dtype.kind or (sr.dtype.kind == "u" and sr.dtype != image.dtype):
        raise _wrong(f"dtype {sr.dtype}, expected {image.dtype}, that of LR")
    if sr.dtype.kind == "f" and sr.size:
        _check_range(sr, image)
    return sr


def _array(sr: object, expected: str) -> Image:
    if hasattr(sr, "__array__") and not isinstance(sr, type):
        try:
            return np.asarray(sr)
        except Exception as error:
            cause = f"{expected}: {type(error).__name__}: {first_line(error)}"
            raise _wrong(f"{returned.kind(sr).name}, {cause}", returned.kind(sr).advice) from error
    raise _wrong(f"{returned.kind(sr).name}, {expected}", returned.kind(sr).advice)


def _check_range(sr: Image, lr: Image) -> None:
    """Raise if floats are not finite, or so far outside 0..1 that they were meant in other units, such as 0..255.

    They are judged beside LR, as overshoot is allowed: 0..255 shows in dark images too. An untrained network may leave
    0..1 in both directions, so values such as -1..1 are scored.
    """
    low, high = float(sr.min()), float(sr.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise _wrong(f"{np.count_nonzero(~np.isfinite(sr))} values that are NaN or infinite")
    largest = max(abs(low), abs(high))
    if largest > WIDE[0] and largest > WIDE[1] * float(np.abs(lr).max()):
        raise _wrong(f"values up to {largest:.0f}, expected 0..1 for {lr.dtype}")


def _refusal(upscaler: Upscaler) -> str:
    """Return what a small image makes an upscaler raise, in brackets; empty if it takes it, or says why it does not."""
    try:
        upscaler(np.zeros((16, 16), np.float32))
    except Unsupported:
        return ""
    except Exception as error:  # noqa: BLE001 - a method may raise anything
        return f" ({type(error).__name__}: {first_line(error)})"
    return ""


def _wrong(what: str, advice: str = "") -> MethodError:
    return MethodError(f"returned {what}{advice and f'; {advice}'}")


def accept(upscaler: Any) -> Upscaler:  # noqa: ANN401 - what `load` returned may be anything
    """Return what `load` returned, if it can be called with an image.

    A torch module is tried on a small one, as most take tensors.

    Raises:
        MethodError: it cannot.

    """
    kind, cause = returned.kind(upscaler).name, ""
    if callable(upscaler) and not isinstance(upscaler, type):
        cause = _refusal(upscaler) if kind.startswith("a torch module") else ""
        if not cause:
            usable: Upscaler = upscaler
            _check_takes(usable)
            _check_by_design(usable)
            return usable
    expected = f"expected a function that takes an image as a numpy array and returns one{cause}"
    raise MethodError(
        "; ".join(filter(None, [f"load returned {kind}, {expected}", returned.upscaler_advice(upscaler)]))
    )


def _check_takes(upscaler: Upscaler) -> None:
    takes = getattr(upscaler, "takes", None)
    if takes is not None and not isinstance(takes, Takes):
        raise MethodError(
            f"its takes is {returned.kind(takes).name}, expected srbench.Takes(...), such as srbench.Takes(minimum=15)"
        )


def _check_by_design(upscaler: Upscaler) -> None:
    reasons = getattr(upscaler, "by_design", {})
    if not isinstance(reasons, Mapping):
        raise MethodError(
            f"its by_design is {returned.kind(reasons).name}, expected reasons by the names of checks,"
            ' such as {"shift": "the paper aligns corners"}'
        )


def examples() -> dict[str, Image]:
    """Return what every method must take, or declare that it does not: grey and RGB, uint8 and floats that overshoot.

    Most are small, down to one pixel; the last ones, 64x48, are for methods that declare a minimum.
    """
    random = np.random.default_rng(0)
    images = {}
    for height, width in ((12, 17), (1, 9), (9, 1), (1, 1), (48, 64)):
        for channels in ((), (3,)):
            pixels = random.integers(0, 256, (height, width, *channels), dtype=np.uint8)
            for dtype in ("uint8", "float32", "float64"):
                values = pixels if dtype == "uint8" else (pixels.astype(dtype) / 255 * 1.1 - 0.05).astype(dtype)
                images[f"{'RGB' if channels else 'grey'} {dtype} {width}x{height}"] = values
    return images


def check(upscaler: Upscaler, factor: int) -> None:
    """Hold an upscaler to the whole contract, on every example.

    An example that it refuses with `Unsupported`, such as a grey one if it needs RGB, passes; it may not refuse all.

    Raises:
        MethodError: the first thing that is wrong, with the example it happened on: an exception, a result that breaks
            the contract, two results that differ, or an input that was written to; phases, if it has them, that one
            after the other make another result than a call; that every example was refused; or a result that changes
            within `SETTLED` seconds after it was returned.

    """
    refusals = []
    results: list[tuple[str, Image, Image]] = []
    for name, image in examples().items():
        try:
            results.append((name, *_check_one(upscaler, image, factor)))
        except Unsupported as error:
            refusals.append(str(error))
        except (Exception, SystemExit) as error:
            what = f"{type(error).__name__}: " if isinstance(error, SystemExit) else ""
            raise MethodError(f"x{factor}, {name}: {what}{error}") from error
    if len(refusals) == len(examples()):
        raise MethodError(f"x{factor}: every example was refused, the last with: {refusals[-1]}")
    time.sleep(SETTLED)
    for name, sr, copy in results:
        if not np.array_equal(sr, copy):
            raise MethodError(f"x{factor}, {name}: the result changed after it was returned: finish all work before")


def _check_one(upscaler: Upscaler, image: Image, factor: int) -> tuple[Image, Image]:
    """Return the first result, and a copy of it as it was when it was returned."""
    given = image.copy()
    first = upscale(upscaler, image, factor)
    copy = first.copy()
    second = upscale(upscaler, image, factor)
    upscaler(given)
    if not np.array_equal(first, second):
        raise MethodError("two calls gave two results")
    if not np.array_equal(given, image):
        raise MethodError("the input was changed")
    phases = getattr(upscaler, "phases", None)
    if phases:
        _check_phases(phases, image, first)
    return first, copy


def _check_phases(phases: tuple[Callable[[Any], Any], ...], image: Image, expected: Image) -> None:
    """Raise unless its `phases`, one after the other, make `expected` of `image`, bit for bit."""
    upload, infer, download = phases
    result = download(infer(upload(image.copy())))
    if not isinstance(result, np.ndarray) or result.dtype != expected.dtype or not np.array_equal(result, expected):
        raise MethodError("its phases, one after the other, gave another result than its call")

"""FSIM and FSIMc: similarity of what people see as edges, and of how strong they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from srbench.errors import Unsupported
from srbench.metrics.formulas import check, shrunk, similarity, squared_gradient, yiq
from srbench.metrics.phase_congruency import phase_congruency

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.quality.image import Image

_LEAST = 16
_SIDE = 256
"""Images are shrunk until their shorter side has about so many pixels."""

_PHASE, _GRADIENT, _COLOUR = 0.85, 160.0, 200.0
_COLOUR_POWER = 0.03
_SCHARR = (3 / 16, 10 / 16, 3 / 16)


def fsim(name: str, reference: Image, image: Image) -> float:
    """Return feature similarity of two images of one shape, (H, W) or (H, W, 3), on 0..255; see `built_in/fsim.py`.

    Args:
        name: "FSIM", or "FSIMc", which counts colours too.
        reference: the images may change places.
        image: the other one.

    Raises:
        ImageError, Unsupported: as `formulas.check`, or both images are flat.

    """
    check(name, _LEAST, reference, image)
    if np.array_equal(reference, image):
        return 1.0
    a, b = _planes(reference), _planes(image)
    phase_a, phase_b = phase_congruency(a[0], b[0])
    weight = np.maximum(phase_a, phase_b)
    if not (total := float(weight.sum(dtype=np.float64))):
        raise Unsupported(f"{name} compares edges and lines, and neither image has any")
    alike = similarity(phase_a, phase_b, _PHASE) * similarity(_gradient(a[0]), _gradient(b[0]), _GRADIENT)
    if name == "FSIMc" and len(a) > 1:
        alike *= _colours(a[1:], b[1:])
    return min(float((alike * weight).sum(dtype=np.float64)) / total, 1.0)


def _planes(image: Image) -> list[NDArray[np.float32]]:
    """Return grey alone, or Y, I and Q, shrunk."""
    step = max(1, math.floor(min(image.shape[:2]) / _SIDE + 0.5))
    return yiq(shrunk(image, step).astype(np.float32, copy=False))


def _gradient(x: NDArray[Any]) -> NDArray[Any]:
    magnitude: NDArray[Any] = np.sqrt(squared_gradient(x, _SCHARR))  # cv2.magnitude's last bits depend on the address
    return magnitude


def _colours(a: list[NDArray[Any]], b: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the similarity of I and Q to the power of 0.03; of a negative one, the real part of the power."""
    product = similarity(a[0], b[0], _COLOUR) * similarity(a[1], b[1], _COLOUR)
    power: NDArray[Any] = np.abs(product) ** _COLOUR_POWER
    return np.where(product < 0, power * math.cos(math.pi * _COLOUR_POWER), power)

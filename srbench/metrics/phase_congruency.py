"""Phase congruency: where the waves of an image are in step, which is where people see edges and lines."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import fft

from srbench.quality import tiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SCALES, _ORIENTATIONS = 4, 4
_SHORTEST, _RATIO = 6, 2  # wavelength in pixels of the finest scale, and of each scale to the one before
_BANDWIDTH = 0.55
_SPREAD = math.pi / _ORIENTATIONS / 1.2
_CUTOFF, _STEEPNESS = 0.45, 15  # of the low-pass filter that keeps the corners of the spectrum out
_NOISE_SIGMAS, _NOISE_SCALE = 2.0, 1.7
_TINY = 1e-4


class _Filters(NamedTuple):
    """Log-Gabor filters of one size, in the frequency domain."""

    banks: list[NDArray[np.float32]]
    """By orientation, (scales, H, W)."""
    noise: list[float]
    """By orientation: the energy that noise leaves in all scales, relative to the median of the finest."""


def phase_congruency(*images: NDArray[Any]) -> list[NDArray[np.float32]]:
    """Return phase congruency, (H, W) in 0..1, of each of `images`, which have one size.

    Source: P. Kovesi, "Image features from phase congruency", 1999, with the settings and the simplifications of FSIM:
    four scales and four orientations, no weight for the spread of frequencies, and one sum over all orientations.
    """
    lifted = [image.astype(np.float32, copy=False) - image[0, 0] for image in images]  # a flat one is 0, without noise
    spectra = [fft.fft2(image) for image in lifted]
    filters = _filters(*images[0].shape)
    parts = [(spectrum, *each) for spectrum in spectra for each in zip(filters.banks, filters.noise, strict=True)]
    found = tiles.each(lambda part: _energy_and_amplitude(*part), parts)
    return [_congruency(found[first : first + _ORIENTATIONS]) for first in range(0, len(found), _ORIENTATIONS)]


def _congruency(found: list[tuple[NDArray[Any], NDArray[Any]]]) -> NDArray[np.float32]:
    """Return the energy of all orientations as a share of their amplitudes; 0 where there is none."""
    energy, amplitude = (sum(each[1:], start=each[0]) for each in zip(*found, strict=True))
    congruency: NDArray[np.float32] = np.zeros_like(energy)
    np.divide(energy, amplitude, out=congruency, where=amplitude > 0)
    return congruency


def _energy_and_amplitude(
    spectrum: NDArray[Any], bank: NDArray[Any], noise: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return what waves of one orientation have in one phase, less the noise, and the sum of their amplitudes."""
    waves = fft.ifft2(bank * spectrum, overwrite_x=True)
    amplitude = np.abs(waves)
    return _energy(waves, noise * float(np.median(amplitude[0]))), amplitude.sum(axis=0)


def _energy(waves: NDArray[Any], noise: float) -> NDArray[Any]:
    """Return how much of the waves, (scales, H, W), has one phase, less the noise."""
    mean = waves.sum(axis=0)
    mean /= np.abs(mean) + np.float32(_TINY)
    turned = waves * mean.conj()
    energy: NDArray[Any] = (turned.real - np.abs(turned.imag)).sum(axis=0)
    energy -= np.float32(noise)
    np.maximum(energy, 0, out=energy)
    return energy


@lru_cache(maxsize=2)
def _filters(height: int, width: int) -> _Filters:
    """Return the filters for images of one size; images of a dataset often share it."""
    y, x = np.meshgrid(_frequencies(height), _frequencies(width), indexing="ij")
    radius, angle = np.hypot(x, y), np.arctan2(-y, x)
    low_pass = 1 / (1 + (radius / _CUTOFF) ** (2 * _STEEPNESS))
    low_pass[0, 0] = 0
    radius[0, 0] = 1
    wavelengths = [_SHORTEST * _RATIO**scale for scale in range(_SCALES)]
    rings = np.stack([_ring(radius * wavelength) * low_pass for wavelength in wavelengths])
    banks = [rings * _wedge(angle, number) for number in range(_ORIENTATIONS)]
    return _Filters([bank.astype(np.float32) for bank in banks], [_noise(bank) for bank in banks])


def _frequencies(length: int) -> NDArray[np.float64]:
    """Return the frequencies of a side in cycles per pixel, zero first; of an odd one, as Kovesi has them."""
    half = length // 2
    return np.fft.ifftshift(np.arange(length) - half) / (2 * half or 1)


def _ring(relative: NDArray[Any]) -> NDArray[Any]:
    """Return a Gaussian of the logarithm of frequencies, relative to that of a scale."""
    ring: NDArray[Any] = np.exp(-(np.log(relative) ** 2) / (2 * math.log(_BANDWIDTH) ** 2))
    return ring


def _wedge(angle: NDArray[Any], number: int) -> NDArray[Any]:
    """Return a Gaussian of the angle to that of an orientation."""
    apart = np.abs(angle - number * math.pi / _ORIENTATIONS)
    apart = np.minimum(apart, 2 * math.pi - apart)
    wedge: NDArray[Any] = np.exp(-(apart**2) / (2 * _SPREAD**2))
    return wedge


def _noise(bank: NDArray[Any]) -> float:
    """Return the noise threshold of filters of one orientation for a median amplitude of 1 at the finest scale.

    Noise of Rayleigh's distribution: its power follows from the median at the finest scale. The energy that it leaves
    in the sum of all scales follows from the filters in space, whose products are sums over frequencies (Parseval).
    """
    power = 1 / (math.log(2) * float((bank[0] ** 2).sum()))
    back = np.roll(bank[:, ::-1, ::-1], (1, 1), axis=(1, 2))
    even = ((bank + back) / 2).reshape(len(bank), -1)  # the real part in space
    products = even @ even.T
    squares = float(np.trace(products))
    crossed = (float(products.sum()) - squares) / 2
    tau = math.sqrt(power * (2 * squares + 4 * crossed) / 2)
    return tau * (math.sqrt(math.pi / 2) + _NOISE_SIGMAS * math.sqrt(2 - math.pi / 2)) / _NOISE_SCALE

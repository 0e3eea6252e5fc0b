"""Phase congruency as Kovesi's and FSIM's code compute it, written a second time step by step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from srbench.metrics.phase_congruency import phase_congruency

Samples = NDArray[Any]


def plainly(image: Samples) -> Samples:
    """Return phase congruency in float64, one filter after the other; noise from filters in space."""
    rows, columns = image.shape
    x, y = (
        (np.arange(-(side - 1) / 2, (side + 1) / 2) / (side - 1))
        if side % 2
        else (np.arange(-side // 2, side // 2) / side)
        for side in (columns, rows)
    )
    xs, ys = np.meshgrid(x, y)
    radius, angle = np.fft.ifftshift(np.hypot(xs, ys)), np.fft.ifftshift(np.arctan2(-ys, xs))
    low_pass = 1 / (1 + (radius / 0.45) ** 30)
    radius[0, 0] = 1
    energies, amplitudes = np.zeros(image.shape), np.zeros(image.shape)
    for orientation in range(4):
        direction = orientation * math.pi / 4
        sine = np.sin(angle) * math.cos(direction) - np.cos(angle) * math.sin(direction)
        cosine = np.cos(angle) * math.cos(direction) + np.sin(angle) * math.sin(direction)
        spread = np.exp(-(np.arctan2(sine, cosine) ** 2) / (2 * (math.pi / 4 / 1.2) ** 2))
        waves, in_space = [], []
        for scale in range(4):
            ring = np.exp(-(np.log(radius * 6 * 2**scale) ** 2) / (2 * math.log(0.55) ** 2)) * low_pass
            ring[0, 0] = 0
            waves.append(np.fft.ifft2(np.fft.fft2(image) * ring * spread))
            in_space.append(np.fft.ifft2(ring * spread).real * math.sqrt(rows * columns))
            if scale == 0:
                power = np.median(np.abs(waves[0]) ** 2) / math.log(2) / ((ring * spread) ** 2).sum()
        total = np.sum(waves, axis=0)
        mean = total / (np.abs(total) + 1e-4)
        energy = sum(
            wave.real * mean.real + wave.imag * mean.imag - np.abs(wave.real * mean.imag - wave.imag * mean.real)
            for wave in waves
        )
        squares = sum((each**2).sum() for each in in_space)
        crossed = sum((in_space[i] * in_space[j]).sum() for i in range(4) for j in range(i + 1, 4))
        tau = math.sqrt((2 * power * squares + 4 * power * crossed) / 2)
        noise = tau * math.sqrt(math.pi / 2) + 2 * math.sqrt((2 - math.pi / 2) * tau**2)
        energies += np.maximum(energy - noise / 1.7, 0)
        amplitudes += sum(np.abs(wave) for wave in waves)
    return energies / amplitudes


@pytest.mark.parametrize("shape", [(64, 80), (61, 77), (48, 63)])
def test_step_by_step(shape: tuple[int, int]) -> None:
    """Of even and odd sides, it is that of the plain steps to six decimals."""
    image = ndimage.gaussian_filter(np.random.default_rng(0).uniform(-400, 700, shape), 1).clip(0, 255)
    other = image[::-1].copy()
    for found, expected in zip(phase_congruency(image, other), (plainly(image), plainly(other)), strict=True):
        assert found == pytest.approx(expected, abs=2e-6)


def test_an_edge_is_in_phase() -> None:
    """It is high along an edge, and does not depend on the contrast; of a flat image it is 0."""
    image = np.zeros((64, 64))
    image[:, 32:] = 200
    strong, weak = phase_congruency(image, image / 4)
    assert strong[20:44, 31:33].min() > 0.75
    assert strong == pytest.approx(weak, abs=1e-3)
    assert not phase_congruency(np.full((30, 41), 129.7))[0].any()

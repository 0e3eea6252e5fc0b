"""Images in tiles that fit into memory: the bits of the whole image, and no more memory than is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from srbench.errors import Unsupported
from srbench.methods import choose, registry
from srbench.plugins import import_module
from srbench.takes import Takes

if TYPE_CHECKING:
    from numpy.typing import NDArray

models, ready, upscalers, footprint, reach = (
    import_module(f"srbench.networks.{name}") for name in ("model", "ready", "upscaler", "footprint", "reach")
)

RANDOM = np.random.default_rng(4)
SIZES = ((129, 66), (17, 193), (5, 70), (1, 1))
"""The last tiles of the first two are 1 and 2 pixels wide; the others are images below the size of tiles."""


def load(spec: str, factor: int = 3) -> Any:  # noqa: ANN401 - an upscaler
    """Load a method on the CPU."""
    return choose(spec, registry()).load(factor, "cpu")


def in_tiles(upscaler: Any, image: NDArray[Any], memory: int = 0) -> tuple[NDArray[Any], list[tuple[int, int]]]:  # noqa: ANN401
    """Return SR, and how many of how many tiles were told to be done."""
    told, steps = [], upscaler.in_tiles(image, memory)
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told


def pictures(height: int, width: int) -> list[NDArray[Any]]:
    """Return an RGB image, a grey one, and RGB in floats."""
    rgb = RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return [rgb, np.ascontiguousarray(rgb[..., 1]), (rgb / 255).astype(np.float32)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "factor"),
    [
        ("espcn", 3),
        ("espcn", 2),
        ("espcn:activation=relu:ensemble=8", 3),
        ("espcn:engine=onnxruntime", 3),
        ("espcn:network=article", 3),
    ],
)
def test_same_bits(spec: str, factor: int) -> None:
    """Luma through the network and chroma beside it are those of the whole image, to the last bit."""
    whole, tiled = load(spec, factor), load(f"{spec}:tile=64", factor)
    for height, width in SIZES:
        for image in pictures(height, width):  # RGB, grey, floats
            sr, told = in_tiles(tiled, image)
            np.testing.assert_array_equal(sr, whole(image))
            assert told == [(number, len(told)) for number in range(1, len(told) + 1)]
            assert len(told) == (1 if min(height, width) < 16 else -(-height // 64) * -(-width // 64))


class Mean(nn.Module):
    """Adds the mean of an image, which no tile knows."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Return twice the size."""
        return (batch + batch.mean()).repeat_interleave(2, 2).repeat_interleave(2, 3)


class Hungry(nn.Module):
    """Takes a hundred bytes for each pixel."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Return twice the size."""
        many = batch.repeat(1, 256, 1, 1)
        return many.mean(1, keepdim=True).repeat_interleave(2, 2).repeat_interleave(2, 3)


def of(network: nn.Module, takes: Takes = Takes("rgb")) -> Any:  # noqa: ANN401, B008 - an upscaler; immutable
    """Return the upscaler x2 of a network."""
    return upscalers.ImageUpscaler(ready.ready(network, 2, "cpu", takes))


def test_networks_of_rgb() -> None:
    """Their tiles need no chroma; a grey image comes back grey."""
    upscaler = of(nn.Sequential(nn.Conv2d(3, 12, 3, padding=1, padding_mode="replicate"), nn.PixelShuffle(2)))
    upscaler._tiles.asked = 64
    for image in pictures(140, 83):
        sr, told = in_tiles(upscaler, image)
        np.testing.assert_array_equal(sr, upscaler(image))
        assert len(told) == 6


def test_one_size() -> None:
    """A network of one size has its own tiles, each of which is told; turned images are not cut again."""
    sizes = []

    def run(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(tuple(batch.shape[2:]))
        return batch.repeat_interleave(2, 2).repeat_interleave(2, 3)

    for ensemble, told in ((1, 6), (8, 0)):
        model = models.Model(run, 2, Takes("rgb"), torch.device("cpu"), size=(40, 50))
        upscaler = upscalers.ImageUpscaler(model, ensemble=ensemble)
        for image in pictures(70, 120):
            sr, steps = in_tiles(upscaler, image)
            np.testing.assert_array_equal(sr, upscaler(image))
            assert len(steps) >= told
            assert bool(steps) == bool(told)
    assert set(sizes) == {(40, 50)}


@pytest.mark.slow
def test_tiles_follow_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less memory makes smaller tiles of the same SR, and too little is a line that says how much is needed."""
    monkeypatch.setattr(footprint, "per_pixel", lambda _: 1000.0)
    monkeypatch.setattr(footprint, "left", lambda _, memory: memory)
    upscaler, image = load("espcn"), pictures(200, 300)[0]
    counts, whole = [], upscaler(image)
    for megabytes in (1000, 100, 30, 20):
        sr, told = in_tiles(upscaler, image, megabytes * 10**6)
        np.testing.assert_array_equal(sr, whole)
        counts.append(len(told))
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] > 4
    with pytest.raises(Unsupported, match=r"for tiles of 64 LR pixels and 16 around them it needs .* MB of memory"):
        in_tiles(upscaler, image, 10**7)


def test_networks_that_cannot_be_tiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """They get the whole image, which is said, or a line where memory does not do for it; why is measured once."""
    upscaler, image = of(Mean()), pictures(600, 30)[0]
    sr, told = in_tiles(upscaler, image)
    np.testing.assert_array_equal(sr, upscaler(image))
    assert told == [(1, 1)]
    with monkeypatch.context() as patched:
        patched.setattr(reach, "halo", None)
        in_tiles(upscaler, image)
    assert upscaler.remark.startswith("not in tiles: cannot be tiled: the network sees")
    monkeypatch.setattr(footprint, "left", lambda _, __: 10**6)
    with pytest.raises(Unsupported, match=r"cannot be tiled: .* it needs .* MB of memory and has .* MB left"):
        in_tiles(upscaler, image, 10**9)
    in_tiles(upscaler, image[:50])
    assert upscaler.remark == ""


def test_memory_that_runs_out_after_all() -> None:
    """The image begins anew with tiles of half the side."""
    sides = []

    def run(batch: torch.Tensor) -> torch.Tensor:
        sides.append(max(batch.shape[2:]))
        if sides[-1] > 350:
            raise MemoryError
        return batch.repeat_interleave(2, 2).repeat_interleave(2, 3)

    upscaler = upscalers.ImageUpscaler(models.Model(run, 2, Takes("rgb"), torch.device("cpu")))
    upscaler._tiles._halo = 16
    sr, told = in_tiles(upscaler, image := pictures(20, 700)[0])
    np.testing.assert_array_equal(sr, image.repeat(2, 0).repeat(2, 1))
    assert told[-1][0] == told[-1][1]
    assert max(sides) > 350 > sides[-1]


@pytest.mark.slow
def test_footprint_is_measured() -> None:
    """What a network takes while it runs counts for each pixel, far beyond what goes in and comes out."""
    few, many = (ready.ready(network, 2, "cpu", Takes("y")) for network in (nn.Upsample(scale_factor=2), Hungry()))
    assert footprint.per_pixel(many) > 800
    assert footprint.per_pixel(few) < footprint.per_pixel(many) / 2

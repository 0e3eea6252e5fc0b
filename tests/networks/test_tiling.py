"""A network run by tiles gives the bits of the whole image; when memory runs out, tiles are tried by themselves."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch

from srbench.errors import MethodError, Unsupported
from srbench.methods import choose, registry
from srbench.plugins import import_module
from srbench.takes import Takes

tiling, memory, models, reach = (
    import_module(f"srbench.networks.{name}") for name in ("tiling", "memory", "model", "reach")
)

SIZES = ((200, 131), (65, 300), (129, 129), (63, 64), (16, 210), (5, 170), (1, 130), (1, 1))


def model(run: Any, factor: int = 1, **others: Any) -> Any:  # noqa: ANN401 - a function, or a module
    """Return a model of luma on the CPU."""
    return models.Model(run, factor, Takes("y"), torch.device("cpu"), **others)


def load(spec: str, factor: int) -> Any:  # noqa: ANN401 - an upscaler
    """Load a method on the CPU."""
    return choose(spec, registry()).load(factor, "cpu")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "factor"),
    [
        ("espcn:engine=torch", 3),
        ("espcn:activation=relu:engine=torch", 2),
        ("espcn:engine=torch:network=article", 3),
        ("espcn:engine=onnxruntime", 3),
        ("espcn:engine=openvino", 3),
        ("espcn:activation=relu:ensemble=8", 3),
    ],
)
def test_same_bits(spec: str, factor: int) -> None:
    """Whatever the size of image and tile: odd ones, images smaller than a tile, single rows and pixels."""
    whole, tiled = load(spec, factor), load(f"{spec}:tile=64", factor)
    generator = torch.Generator().manual_seed(1)
    for height, width in SIZES:
        image = torch.rand(height, width, generator=generator).numpy()
        assert torch.equal(torch.from_numpy(tiled(image)), torch.from_numpy(whole(image))), (height, width)
        assert tiled.remark == ""


@pytest.mark.slow
@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("tile", [100, 128])
def test_same_bits_of_other_factors(factor: int, tile: int) -> None:
    """Tiles of any side, for each factor, of RGB images as well."""
    whole, tiled = load("espcn", factor), load(f"espcn:tile={tile}", factor)
    generator = torch.Generator().manual_seed(factor)
    for height, width in ((257, 129), (130, 301)):
        image = torch.randint(0, 256, (height, width, 3), dtype=torch.uint8, generator=generator).numpy()
        assert torch.equal(torch.from_numpy(tiled(image)), torch.from_numpy(whole(image)))


def test_small_tiles() -> None:
    """They are refused in one line that says what is possible."""
    with pytest.raises(MethodError, match="tile is 16, expected 64 or more LR pixels, or 0 for the whole image"):
        load("espcn:tile=16", 3)


@pytest.mark.slow
@pytest.mark.parametrize(("network", "pixels"), [("paper", 4), ("article", 5)])
def test_reach(network: str, pixels: int) -> None:
    """How far a network sees is measured: as far as its convolutions go, self-ensemble or not."""
    for ensemble in ("", ":ensemble=8"):
        espcn = load(f"espcn:network={network}{ensemble}", 3).network
        assert reach.reach(model(espcn, 3, network=espcn)) == pixels  # by NaN
        assert reach.reach(model(espcn, 3)) == pixels  # by other pixels


def test_network_that_sees_everything() -> None:
    """It cannot be tiled."""
    with pytest.raises(Unsupported, match="the network sees 255 pixels around a pixel, or more"):
        reach.reach(model(lambda luma: luma - luma.mean()))


def test_other_errors() -> None:
    """What is not about memory is raised as it is, at once."""
    calls = []

    def fails(batch: torch.Tensor) -> torch.Tensor:
        calls.append(batch.shape)
        raise RuntimeError("sizes do not match")

    with pytest.raises(RuntimeError, match="sizes do not match"):
        tiling.Tiled(model(fails, 2))(torch.zeros(1, 1, 600, 600))
    assert len(calls) == 1


def test_too_little_for_any_tile() -> None:
    """Each tile is tried, and then the error is raised."""
    sides = []

    def fails(batch: torch.Tensor) -> torch.Tensor:
        sides.append(batch.shape[3])
        raise MemoryError

    with pytest.raises(MemoryError):
        tiling.Tiled(model(fails, network=lambda luma: luma))(torch.zeros(1, 1, 600, 600))
    assert sides == [600, 512, 256, 128]


def test_memory_runs_out_where_tiles_are_none() -> None:
    """A network that sees the whole image has no tiles: the reason says both."""

    def run(batch: torch.Tensor) -> torch.Tensor:
        if batch.shape[3] > 511:
            raise MemoryError
        return batch - batch.mean()

    line = "memory ran out, and it cannot be tiled: the network sees 255 pixels around a pixel, or more"
    with pytest.raises(Unsupported, match=line):
        tiling.Tiled(model(run, network=run))(torch.zeros(1, 1, 600, 600))
    with pytest.raises(Unsupported, match=r"^cannot be tiled: the network sees 255"):
        tiling.Tiled(model(run), 64)(torch.zeros(1, 1, 100, 100))


LIMITED = """
import resource, sys
import numpy as np, torch
from srbench.methods import choose, registry
torch.set_num_threads(1)
spec, megabytes = sys.argv[1], int(sys.argv[2])
image = np.random.default_rng(0).random((700, 900), np.float32)
upscaler = choose(spec, registry()).load(2, "cpu")
upscaler(image[:64, :64])
expected = choose("espcn:tile=128", registry()).load(2, "cpu")(image)
upload, infer, download = upscaler.phases
uploaded = upload(image)
with open("/proc/self/statm") as file:
    taken = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + megabytes * 2**20, resource.RLIM_INFINITY))
inferred = infer(uploaded)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert np.abs(download(inferred) - expected).max() <= 1e-4
print(upscaler.remark)
"""


@pytest.mark.slow
@pytest.mark.parametrize("spec", ["espcn:engine=torch", "espcn:engine=onnxruntime", "espcn:engine=openvino"])
def test_memory_runs_out(spec: str) -> None:
    """With too little memory for the whole image it is tiled, and the remark says so."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LIMITED, spec, "150"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in {f"tiled by {side}: memory ran out" for side in tiling.FALLBACKS}


def test_errors_of_memory() -> None:
    """They are told by what allocators say; torch raises one for real."""
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert memory.ran_out(caught.value)
    assert memory.ran_out(MemoryError())
    assert not memory.ran_out(RuntimeError("sizes do not match"))


@pytest.mark.parametrize("tile", [64, 100, 250, 1000])
def test_tiles_bound_memory(tile: int) -> None:
    """Whatever is asked for, no crop is much larger than a tile with what lies around it."""
    widths: list[int] = []

    def run(batch: torch.Tensor) -> torch.Tensor:
        widths.append(batch.shape[3])
        return batch

    tiled = tiling.Tiled(model(run), tile)
    tiled._halo = 16
    tiled(torch.zeros(1, 1, 16, 4000))
    assert max(widths) < tile + 2 * 16 + 2 * 16
    assert sum(widths) < 4000 * (1 + 64 / tile) + 2 * 16 * 16 + tile + 64

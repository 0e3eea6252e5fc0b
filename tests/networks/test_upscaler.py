"""A model becomes an upscaler of any image: channels, range, luma, rounding, padding, tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from srbench import contract
from srbench.errors import MethodError, Unsupported
from srbench.plugins import import_module
from srbench.quality.image import grey, luma, on_255, round_half_up
from srbench.takes import EIGHT_BIT, Takes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

models, readiness, upscalers = (import_module(f"srbench.networks.{name}") for name in ("model", "ready", "upscaler"))

RANDOM = np.random.default_rng(0)
RGB = RANDOM.integers(0, 256, (21, 34, 3), dtype=np.uint8)
GREY = RGB[..., 1]


def twice(batch: torch.Tensor) -> torch.Tensor:
    """Double each pixel."""
    return batch.repeat_interleave(2, 2).repeat_interleave(2, 3)


def of(run: Callable[[torch.Tensor], torch.Tensor], takes: Takes = Takes(), **how: Any) -> Any:  # noqa: ANN401, B008 - an upscaler; immutable
    """Return the upscaler x2 of a function."""
    size = how.pop("size", None)
    return upscalers.ImageUpscaler(models.Model(run, 2, takes, torch.device("cpu"), size=size), **how)


def fed_to(takes: Takes, image: NDArray[Any]) -> NDArray[np.float32]:
    """Return what a network that takes this is fed of an image, (C, H, W)."""
    fed: list[torch.Tensor] = []

    def run(batch: torch.Tensor) -> torch.Tensor:
        fed.append(batch.clone())
        return twice(batch)

    of(run, takes)(image)
    (batch,) = fed
    assert batch.dtype == torch.float32
    result: NDArray[np.float32] = batch[0].numpy()
    return result


def network(factor: int = 2, samples: int = 3) -> nn.Module:
    """Return an untrained network whose sides are multiples of 4, as it works at a quarter of the resolution."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.PixelUnshuffle(4),
        nn.Conv2d(16 * samples, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, samples * (4 * factor) ** 2, 3, padding=1),
        nn.PixelShuffle(4 * factor),
    )


RANGES = pytest.mark.parametrize("range_", [1, 255])


@RANGES
def test_rgb_as_it_is(range_: Any) -> None:  # noqa: ANN401 - 1 or 255
    """R, G and B come first, in this order, in 0..1 or 0..255; a grey image is fed three times."""
    takes = Takes("rgb", range_)
    scale = np.float32(255 / range_)
    np.testing.assert_allclose(fed_to(takes, RGB) * scale, RGB.transpose(2, 0, 1), atol=2e-5)
    np.testing.assert_allclose(fed_to(takes, GREY) * scale, np.stack([GREY] * 3), atol=2e-5)
    floats = (RGB / 255 * 1.2 - 0.1).astype(np.float32)
    np.testing.assert_allclose(fed_to(takes, floats) / range_, floats.transpose(2, 0, 1), atol=2e-7)


@RANGES
def test_luma_as_declared(range_: Any) -> None:  # noqa: ANN401 - 1 or 255
    """Luma of RGB is that of MATLAB or that of JPEG; a grey image is fed as it is."""
    for kind, expected in (("limited", luma), ("full", grey)):
        takes = Takes("y", range_, luma=kind)  # type: ignore[arg-type] # a Literal
        np.testing.assert_allclose(fed_to(takes, RGB)[0] * (255 / range_), expected(RGB), atol=5e-5)
        np.testing.assert_allclose(fed_to(takes, GREY)[0] * (255 / range_), GREY, atol=2e-5)


@RANGES
@pytest.mark.parametrize("channels", ["y", "rgb"])
@pytest.mark.parametrize("kind", ["limited", "full"])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_what_comes_back(channels: Any, kind: Any, dtype: str, range_: Any) -> None:  # noqa: ANN401 - Literals
    """A network that doubles pixels gives the image twice as large: RGB, or its luma; grey stays grey, to the bit."""
    upscale = of(twice, Takes(channels, range_, luma=kind))
    for image in (RGB // 4 + 96, GREY):  # no colours that leave 0..255 with another luma
        given = image if dtype == "uint8" else (image / 255 * 1.2 - 0.1).astype(dtype)
        expected = given.repeat(2, 0).repeat(2, 1)
        sr = contract.upscale(upscale, given, 2)
        assert sr.dtype == given.dtype
        exact = channels == "rgb" or image is GREY
        of_luma = np.asarray if exact else luma
        difference = np.abs(of_luma(sr).astype(float) - of_luma(expected))
        assert difference.max() <= (0 if exact and dtype == "uint8" else 1e-6 if exact else 0.6)


def test_rounding() -> None:
    """Halves go up, and what leaves 0..255 is cut off, in uint8 alone."""
    image = np.arange(0, 250, dtype=np.uint8).reshape(10, 25)

    def half_more(batch: torch.Tensor) -> torch.Tensor:
        return twice(batch) + 0.5

    sr = of(half_more, Takes("rgb", 255))(image)
    np.testing.assert_array_equal(sr[::2, ::2], image + 1)
    floats = of(lambda batch: twice(batch) * 3 - 1)(image / 255)
    assert floats.min() < -0.9
    assert floats.max() > 1.9


def test_grey_of_what_comes_back() -> None:
    """RGB that a network makes of a grey image is weighted as BT.601 weights it, then rounded."""
    weights = torch.tensor([1.0, 0.5, 0.25])[:, None, None]
    sr = of(lambda batch: twice(batch) * weights, Takes("rgb", 255))(GREY)
    expected = round_half_up(on_255(GREY) * (0.299 + 0.5 * 0.587 + 0.25 * 0.114)).astype(np.uint8)
    assert np.abs(sr[::2, ::2].astype(int) - expected).max() <= 1
    assert (sr[::2, ::2] == expected).mean() > 0.99


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (14, 15), (17, 16), (16, 16)])
def test_padding(size: tuple[int, int]) -> None:
    """Below the minimum or between multiples, an image goes on mirrored at the bottom and right; SR is cut to size."""
    image = RANDOM.integers(0, 256, (*size, 3), dtype=np.uint8)
    fed = fed_to(Takes("rgb", 255, minimum=15, multiple=4), image)
    sides = [max(16, -(-side // 4) * 4) for side in size]
    room = [(0, padded - side) for padded, side in zip(sides, size, strict=True)]
    np.testing.assert_array_equal(fed, np.pad(image, [*room, (0, 0)], "symmetric").transpose(2, 0, 1))


@pytest.mark.parametrize("channels", ["y", "rgb"])
@pytest.mark.parametrize("ensemble", [1, 8])
def test_contract(channels: Any, ensemble: int) -> None:  # noqa: ANN401 - a Literal
    """A network that takes multiples of 4 in 8 bits keeps the contract; its upscaler takes any size, and says so."""
    takes = Takes(channels, minimum=9, multiple=4, dtypes=EIGHT_BIT)
    model = readiness.ready(network(samples=takes.samples), 2, "cpu", takes)
    upscale = upscalers.ImageUpscaler(model, ensemble=ensemble)
    assert upscale.takes == Takes(channels, dtypes=EIGHT_BIT)
    contract.check(upscale, 2)
    with pytest.raises(Unsupported, match="takes uint8 images, and LR is float64 luma"):
        contract.upscale(upscale, GREY / 255, 2)


def test_ensemble() -> None:
    """Of eight, each is turned and flipped, and its result back: a network that is none of it is averaged."""

    def leans(batch: torch.Tensor) -> torch.Tensor:
        return twice(batch) + torch.linspace(0, 1, 2 * batch.shape[3])

    square = RGB[:20, :20]
    plain, eight = (of(leans, Takes("rgb", 255), ensemble=number)(square / 255) * 255 for number in (1, 8))
    np.testing.assert_allclose(eight - twice_as_large(square), 0.5, atol=1e-3)
    assert np.abs(plain - eight).max() > 0.4


def twice_as_large(image: NDArray[Any]) -> NDArray[Any]:
    """Double each pixel."""
    return image.repeat(2, 0).repeat(2, 1)


@pytest.mark.parametrize("engine", ["torch", "onnxruntime", "openvino"])
@RANGES
def test_engines(engine: str, range_: Any) -> None:  # noqa: ANN401 - 1 or 255
    """Networks of RGB run on each engine, in either range, within a grey level of torch."""
    if engine != "torch":
        pytest.importorskip(engine)
    running = import_module("srbench.networks.running").Running(engine=engine)
    takes = Takes("rgb", range_, multiple=4)
    here, there = (
        upscalers.ImageUpscaler(readiness.ready(network(), 2, "cpu", takes, *how)) for how in ((), (running,))
    )
    assert np.abs(here(RGB).astype(int) - there(RGB)).max() <= 1
    assert here.parameters == there.parameters == sum(each.numel() for each in network().parameters())
    assert here.multiply_adds == there.multiply_adds == (48 * 8 * 9 + 8 * 192 * 9) / 16 / 4


@pytest.mark.parametrize("size", [(16, 20), (16, 40), (40, 60)])
@pytest.mark.parametrize("shape", [(16, 20, 3), (61, 83, 3), (5, 90), (40, 3, 3)])
def test_one_size(size: tuple[int, int], shape: tuple[int, ...]) -> None:
    """A network that takes one size alone runs on tiles of it, and makes what it would of the whole image."""
    layer = nn.Conv2d(3, 12, 5, padding=2)
    whole = nn.Sequential(layer, nn.ReLU(), nn.Conv2d(12, 12, 3, padding=1), nn.PixelShuffle(2)).eval()

    def alone(batch: torch.Tensor) -> torch.Tensor:
        assert tuple(batch.shape[2:]) == size
        return torch.as_tensor(whole(batch))

    image = RANDOM.integers(0, 256, shape, dtype=np.uint8)
    height, width = (max(*each) for each in zip(shape[:2], size, strict=True))
    padded = np.pad(image, [(0, height - shape[0]), (0, width - shape[1]), *[(0, 0)] * (image.ndim - 2)], "symmetric")
    expected = of(whole)(padded)[: 2 * shape[0], : 2 * shape[1]]
    tiles = of(alone, size=size)
    assert np.abs(tiles(image).astype(int) - expected).max() <= 1
    assert tiles.remark == ""


@pytest.mark.parametrize("shape", [(63, 85, 3), (40, 71)])
def test_one_size_at_half_the_resolution(shape: tuple[int, ...]) -> None:
    """Its tiles start at every second pixel, so that they make what the whole image does."""
    halved, larger = nn.Conv2d(3, 8, 4, stride=2, padding=1), nn.Conv2d(8, 48, 3, padding=1)
    whole = nn.Sequential(halved, nn.ReLU(), larger, nn.PixelShuffle(4)).eval()
    image = RANDOM.integers(0, 256, shape, dtype=np.uint8)
    expected = of(whole, takes=Takes(multiple=2))(image)
    tiles = of(whole, size=(32, 34))
    assert np.abs(tiles(image).astype(int) - expected).max() <= 1
    assert tiles.remark == ""


def test_one_size_that_is_not_square() -> None:
    """Its ensemble turns the image, not the tiles."""

    def alone(batch: torch.Tensor) -> torch.Tensor:
        assert tuple(batch.shape[2:]) == (8, 12)
        return twice(batch)

    np.testing.assert_array_equal(of(alone, size=(8, 12), ensemble=8)(RGB), twice_as_large(RGB))


@pytest.mark.parametrize(
    ("run", "line"),
    [
        (lambda batch: twice(batch - batch.mean()), "the network sees [67] pixels around a pixel, or more"),
        (lambda batch: twice(batch) * torch.arange(32) / 32, "its result depends on where a tile starts"),
    ],
    ids=["everything", "place"],
)
def test_one_size_that_is_not_local(run: Any, line: str) -> None:  # noqa: ANN401 - a function
    """Tiles of a network that sees all of them are made all the same, and a remark says so."""
    tiles = of(run, size=(16, 16))
    assert tiles(RGB).shape == (42, 68, 3)
    assert line.split("[", maxsplit=1)[0] in tiles.remark
    assert tiles.remark.startswith("in tiles of 16x16, whose edges may show: ")
    assert tiles(RGB[:16, :16]).shape == (32, 32, 3)
    assert tiles.remark == ""


def test_one_size_and_a_tile() -> None:
    """Another size of tiles is refused."""
    with pytest.raises(MethodError, match="tile is 64, and the network takes 12x8 pixels alone; leave tile out"):
        of(twice, size=(8, 12), tile=64)


@RANGES
def test_tiles(range_: Any) -> None:  # noqa: ANN401 - 1 or 255
    """Tiles of a network of RGB give the bits of the whole image, on sides that are no multiples."""
    model = readiness.ready(network(), 2, "cpu", Takes("rgb", range_, minimum=9, multiple=4))
    whole, tiles = upscalers.ImageUpscaler(model), upscalers.ImageUpscaler(model, tile=64)
    for shape in ((97, 163, 3), (70, 131), (5, 150, 3)):
        image = RANDOM.random(shape, np.float32)
        np.testing.assert_array_equal(tiles(image), whole(image))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_nan(dtype: str) -> None:
    """It is no pixel: the result is refused."""
    image = RGB if dtype == "uint8" else RGB.astype(np.float32) / 255
    with pytest.raises(MethodError, match="NaN"):
        contract.upscale(of(lambda batch: twice(batch) * torch.nan), image, 2)


def test_another_shape() -> None:
    """A function that makes another size is refused, also where what was padded would be cut off."""
    with pytest.raises(MethodError, match=r"returned shape \(1, 3, 21, 34\) of \(1, 3, 21, 34\), expected \(1, 3, 42,"):
        of(lambda batch: batch)(RGB)


def test_function() -> None:
    """What is no torch module has no weights to count, and cannot be exported."""
    upscale = of(twice)
    assert upscale.parameters is None
    assert np.isnan(upscale.multiply_adds)
    with pytest.raises(Unsupported, match="cannot be exported: its network is no torch module"):
        upscale.export("x.onnx")


@pytest.mark.slow
def test_export(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    """A network of RGB in 0..255 is exported with both, and does in ONNX Runtime what it does in torch."""
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    model = readiness.ready(network(), 2, "cpu", Takes("rgb", 255, minimum=9, multiple=4))
    facts = upscalers.ImageUpscaler(model).export(tmp_path / "net.onnx")
    assert facts["input"] == {"name": "rgb", "shape": ["N", 3, "H", "W"]}
    assert (facts["output"]["shape"], facts["range"]) == (["N", 3, "2*H", "2*W"], 255)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    batch = RANDOM.random((1, 3, 24, 36), np.float32) * 255
    (sr,) = session.run(None, {"rgb": batch})
    np.testing.assert_allclose(sr, model.network(torch.from_numpy(batch)).detach(), rtol=0, atol=2e-3)

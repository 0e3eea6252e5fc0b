"""Patches are crops of the images that the protocol makes, under all symmetries, drawn by seed and step alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from srbench.errors import UsageError
from srbench.plugins import import_module
from srbench.quality import protocols
from srbench.quality.image import luma, round_half_up
from srbench.quality.resize import imresize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

data, patches, recipes = (import_module(f"srbench.training.{name}") for name in ("data", "patches", "recipe"))
RANDOM = np.random.default_rng(3)
IMAGES = [RANDOM.integers(0, 256, shape, dtype=np.uint8) for shape in ((26, 33, 3), (31, 24), (24, 24, 3), (40, 37, 3))]


def made(images: list[Any], factor: int = 2, origins: list[int] | None = None, **values: Any) -> Any:  # noqa: ANN401
    """Return the patches of some images."""
    origins = origins or [0] * len(images)
    names = ",".join(f"d{number}" for number in range(max(origins) + 1))
    recipe = recipes.build({"data": names, "patch": 6, **values})
    found = data.Data({}, images, [], [], origins, [f"{number}.png" for number in range(len(images))], [], [])
    return patches.Patches(found, protocols.get(recipe.protocol), factor, recipe)


def symmetries(image: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield the eight flips and rotations of a square."""
    for turns in range(4):
        yield np.rot90(image, turns)
        yield np.rot90(image, turns).T


def crops(images: list[Any], factor: int, side: int, recipe: Any) -> dict[bytes, tuple[int, NDArray[Any]]]:  # noqa: ANN401
    """Return every crop of every LR under every symmetry, with the number of the symmetry and its HR, the slow way."""
    protocol = protocols.get(recipe.protocol)
    found = {}
    for image in images:
        for scale in recipe.fractions:
            hr = image if scale == 1 else imresize(image, scale)
            lr = (luma(protocol.degrade(hr, factor)) / 255).astype(np.float32)
            full = round_half_up(luma(hr)) / 255
            for y in range(lr.shape[0] - side + 1):
                for x in range(lr.shape[1] - side + 1):
                    small = lr[y : y + side, x : x + side]
                    large = full[y * factor : (y + side) * factor, x * factor : (x + side) * factor]
                    for number, pair in enumerate(zip(symmetries(small), symmetries(large), strict=True)):
                        found[np.ascontiguousarray(pair[0]).tobytes()] = number, pair[1]
    return found


@pytest.mark.parametrize(
    ("protocol", "factor", "scales"), [("srcnn", 2, ["1"]), ("srcnn", 3, ["1"]), ("article", 2, ["1", "3/4"])]
)
def test_pixels(protocol: str, factor: int, scales: list[str]) -> None:
    """LR patches are crops of what the protocol makes, to the bit, in all 8 symmetries; HR is the same place."""
    side = 6
    recipe = recipes.build({"data": "d", "protocol": protocol, "scales": scales, "patch": side, "batch": 40})
    expected = crops(IMAGES, factor, side, recipe)
    made_of = made(IMAGES, factor, protocol=protocol, scales=scales, batch=40)
    seen = set()
    for step in range(1, 4):
        batch = made_of.batch(step)
        assert batch.lr.shape == (40, 1, side, side)
        assert batch.hr.shape == (40, 1, side * factor, side * factor)
        assert batch.lr.dtype == batch.hr.dtype == torch.float32
        for lr, hr in zip(batch.lr.numpy()[:, 0], batch.hr.numpy()[:, 0], strict=True):
            number, full = expected[np.ascontiguousarray(lr).tobytes()]
            seen.add(number)
            np.testing.assert_array_equal(hr, full.astype(np.float32))
    assert seen == set(range(8))


def test_margin() -> None:
    """HR of a patch's inside is that of the whole patch without its edge, also where patches are turned."""
    made_of = made(IMAGES, factor=3, batch=40)
    whole = made_of.batch(1)
    made_of.margin = 2
    inside = made_of.batch(1)
    assert torch.equal(inside.lr, whole.lr)
    assert torch.equal(inside.hr, whole.hr[..., 6:-6, 6:-6])


def test_every_place_can_be_drawn() -> None:
    """Patches reach all four edges of an image."""
    rows, columns = np.indices((12, 16))
    ramp = (rows + 16 * columns).astype(np.uint8)
    made_of = made([ramp.repeat(2, 0).repeat(2, 1)], protocol="article", batch=200)
    drawn = {round(value * 255) for value in made_of.batch(1).lr.unique().tolist()}
    assert drawn == set(np.unique(ramp).tolist())


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - batches
    """Tell whether two batches are equal."""
    return all(torch.equal(*pair) for pair in zip(one, other, strict=True))


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    """What was drawn before does not matter; another step or seed is another batch."""
    first, second, other = made(IMAGES), made(IMAGES), made(IMAGES, seed=1)
    second.batch(1)
    assert same(first.batch(7), second.batch(7))
    assert not same(first.batch(7), first.batch(8))
    assert not same(first.batch(7), other.batch(7))


@pytest.mark.parametrize("world", [2, 3, 12])
def test_processes_share_a_batch(world: int) -> None:
    """The parts of all processes are the batch of one, each patch once."""
    made_of = made(IMAGES, batch=12, weighting="psnr")
    parts = [made_of.batch(5, rank, world) for rank in range(world)]
    assert {len(part.lr) for part in parts} == {12 // world}
    joined = [torch.stack(column, 1).flatten(0, 1) for column in zip(*parts, strict=True)]
    assert same(joined, made_of.batch(5))


def test_pixels_count_alike() -> None:
    """By default an image is drawn as often as it is large, and every patch weighs 1."""
    dark, bright = (RANDOM.integers(low, low + 5, (24, width), dtype=np.uint8) for low, width in ((10, 24), (200, 72)))
    batch = made([dark, bright], batch=4000).batch(1)
    assert (batch.lr.mean(dim=(1, 2, 3)) > 0.5).double().mean() == pytest.approx(0.75, abs=0.03)
    assert (batch.weight == 1).all()


def test_images_count_alike() -> None:
    """Under `psnr` images are drawn alike, and weigh by the inverse of bicubic's error, 1 in the mean."""
    low, high = (
        RANDOM.integers(*span, shape, dtype=np.uint8) for span, shape in (((0, 60), (24, 24)), ((90, 255), (24, 72)))
    )
    batch = made([low, high], batch=4000, weighting="psnr").batch(1)
    is_high = batch.lr.mean(dim=(1, 2, 3)) > 0.3
    assert is_high.double().mean() == pytest.approx(0.5, abs=0.03)
    assert batch.weight.mean().item() == pytest.approx(1, abs=0.03)
    ratio = batch.weight[~is_high][0] / batch.weight[is_high][0]
    assert ratio.item() == pytest.approx(error_of_bicubic(high) / error_of_bicubic(low), rel=1e-4)


def error_of_bicubic(image: NDArray[Any]) -> float:
    """Return the mean squared error on 0..255 at x2 under `srcnn`."""
    lr = protocols.get("srcnn").degrade(image, 2)
    sr = np.floor(imresize(lr.astype(np.float32), 2).astype(np.float64) * 255 + 0.5).clip(0, 255)
    return float(np.mean((image - sr) ** 2))


def test_a_flat_image_does_not_outweigh_all() -> None:
    """An image that bicubic makes almost without error weighs no more than one 9 dB above the median."""
    flat, *others = np.full((24, 24), 99, np.uint8), *IMAGES[:2], IMAGES[3]
    flat[3, 3] = 100
    weights = made([flat, *others], weighting="psnr").weights
    assert np.isfinite(weights).all()
    assert weights[0] / np.median(weights) < 10**0.9 * 1.5


@pytest.mark.parametrize("weighting", ["pixels", "psnr"])
def test_shares(weighting: str) -> None:
    """Datasets get their shares of the patches, however large they are; weights are 1 in the mean."""
    spans = ((0, 60), (100, 150), (190, 250), (100, 150))
    images = [RANDOM.integers(*span, (24, 24 + 24 * number), dtype=np.uint8) for number, span in enumerate(spans)]
    made_of = made(images, origins=[0, 1, 2, 1], shares=[3, 1, 0], batch=4000, weighting=weighting)
    batch = made_of.batch(1)
    level = batch.lr.mean(dim=(1, 2, 3)) * 255
    counts = [
        ((level >= low) & (level < high)).double().mean().item() for low, high in ((0, 80), (80, 170), (170, 255))
    ]
    assert counts == pytest.approx([0.75, 0.25, 0], abs=0.03)
    assert counts[2] == 0
    assert batch.weight.mean().item() == pytest.approx(1, abs=0.03)


def test_an_epoch_covers_the_pixels() -> None:
    """Without overlap, the batches of an epoch would cover the LR pixels once."""
    assert made([RANDOM.integers(0, 9, (24, 48), dtype=np.uint8)], batch=2).per_epoch() == 12 * 24 / (6 * 6 * 2)


def test_small_images() -> None:
    """An image, or a size of it, that holds no patch is left out; where none is left, the line says what to lower."""
    small, enough = (
        RANDOM.integers(low, low + 20, (height, 30), dtype=np.uint8) for low, height in ((0, 11), (235, 12))
    )
    made_of = made([small, enough], scales=["1", "2/3"], batch=50)
    assert (made_of.batch(1).lr > 0.9).all()
    line = (
        "left out (0.png), smaller than a patch, which takes 12x12 pixels of HR; lower the recipe's patch to use them"
    )
    assert made_of.remarks == [f"1 of 2 training images {line}"]
    with pytest.raises(UsageError, match=r"no image is left to train on: 1 of 1 .*; lower the recipe's patch"):
        made([small])


@pytest.mark.parametrize("weighting", ["pixels", "psnr"])
def test_constant_images(weighting: str) -> None:
    """Images of one luma are left out by name, however many they are; where no others are left, the line says so."""
    constant = [np.full((24, 24), 60, np.uint8), np.full((24, 24, 3), (9, 9, 9), np.uint8)]
    made_of = made([*constant, *constant, IMAGES[0]], weighting=weighting, shares=[1])
    assert len(made_of.shapes) == 1
    assert np.isfinite(made_of.weights).all()
    assert made_of.remarks == [
        "4 of 5 training images left out (0.png, 1.png, 2.png and 1 more), constant: nothing can be learned from them"
    ]
    with pytest.raises(UsageError, match=r"no image is left to train on: 2 of 2 .* constant"):
        made(constant, weighting=weighting)


def test_nearly_constant_images_do_not_outweigh_others() -> None:
    """However many images are flat but for a pixel, those with texture set how much an image may weigh."""
    flat = [np.full((24, 24), level, np.uint8) for level in range(60, 66)]
    for image in flat:
        image[3, 3] += 1
    weights = made([*flat, *IMAGES[:3]], weighting="psnr").weights
    assert np.isfinite(weights).all()
    assert weights.max() / weights.min() < 100


def test_shares_that_leave_nothing() -> None:
    """Where the only dataset with a share has constant images only, the line says what to change."""
    with pytest.raises(UsageError, match=r"recipe: shares is \[1\.0, 0\.0\], which leaves no image to train on"):
        made([np.full((24, 24), 60, np.uint8), IMAGES[0]], origins=[0, 1], shares=[1, 0])

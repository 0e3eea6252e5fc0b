"""A network of unknown ends is tried on small images: its layout, its factor, and the sizes that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from srbench.plugins import import_module

if TYPE_CHECKING:
    from collections.abc import Callable

trials, sessions = (import_module(f"srbench.networks.{name}") for name in ("trial", "sessions"))

RGB, LUMA = trials.Layout(3, last=False), trials.Layout(1, last=False)


def twice(batch: torch.Tensor) -> torch.Tensor:
    """Double each pixel of (1, C, H, W)."""
    return batch.repeat_interleave(2, 2).repeat_interleave(2, 3)


def tried(run: Callable[[torch.Tensor], Any], layout: Any = RGB, dtype: torch.dtype = torch.float32) -> Any:  # noqa: ANN401 - of modules that are imported late
    """Return the trial of a function."""
    return trials.Trial(sessions.Session(lambda given, sr: sr.copy_(run(given)), run), (dtype, dtype), layout, "cpu")


@pytest.mark.parametrize(
    ("sizes", "channels", "layouts"),
    [
        ((1, 3, None, None), (3, 1), [(3, False)]),
        ((None, None, None, 1), (3, 1), [(1, True)]),
        ((1, 3, 224, 3), (3, 1), [(3, False), (3, True)]),
        ((None, None, None, None), (3, 1), [(3, False), (1, False), (3, True), (1, True)]),
        ((None, None, None, None), (1,), [(1, False), (1, True)]),
        ((1, 4, None, None), (3, 1), []),
    ],
)
def test_layouts(sizes: Any, channels: tuple[int, ...], layouts: list[tuple[int, bool]]) -> None:  # noqa: ANN401 - of four axes
    """An axis of 1 or 3 is the channels, the second before the last; else each that takes any size may be."""
    assert list(trials.layouts_of(sizes, channels)) == layouts


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.uint8])
def test_layouts_of_results(last: bool, dtype: torch.dtype) -> None:
    """SR may have its channels elsewhere than LR, and is returned as (1, C, H, W) in float32."""
    trial = tried(lambda batch: twice(batch).permute(0, 2, 3, 1) if last else twice(batch), dtype=dtype)
    assert trial.takes(5, 7)
    assert trial.factor == 2
    image = torch.arange(3 * 4 * 6).reshape(1, 3, 4, 6).float()
    sr = trial(image)
    assert (sr.dtype, sr.is_contiguous() or last) == (torch.float32, True)
    assert torch.equal(sr, twice(image))


@pytest.mark.parametrize(
    ("run", "trouble"),
    [
        (lambda batch: batch[:, :2], "makes 1x2x5x7 of 1x3x5x7, expected the same channels and both sides times one"),
        (lambda batch: twice(batch)[..., :-1], "makes 1x3x10x13 of 1x3x5x7"),
        (lambda batch: twice(batch) * torch.nan, "makes NaN of 1x3x5x7"),
        (lambda batch: [batch], "cannot run on 1x3x5x7: 'list' object has no attribute 'shape'"),
    ],
    ids=["channels", "sides", "nan", "list"],
)
def test_trouble(run: Callable[[torch.Tensor], Any], trouble: str) -> None:
    """What is no enlarged image is not taken, and the line says what came instead."""
    trial = tried(run)
    assert not trial.takes(5, 7)
    assert trial.trouble.startswith(trouble)


class Fails(torch.nn.Module):
    """Has no image of a size."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Raise."""
        return batch.reshape(3, 1000)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's, about TorchScript
def test_the_cause_of_trouble_in_torchscript() -> None:
    """It is what torch says after where in the program it happened."""
    trial = tried(torch.jit.script(Fails()))
    assert not trial.takes(5, 7)
    assert trial.trouble == "cannot run on 1x3x5x7: shape '[3, 1000]' is invalid for input of size 105"


def test_which_trouble_is_told() -> None:
    """That of the layout that runs, not that an image of another does not fit the network."""
    layer = torch.nn.Conv2d(1, 1, 3)
    rgb, luma = every = [tried(layer, layout) for layout in (RGB, LUMA)]
    assert not any(trial.takes(8, 8) for trial in every)
    assert trials.trouble(every) == luma.trouble == "makes 1x1x6x6 of 1x1x8x8, " + luma.trouble.partition(", ")[2]
    assert trials.trouble([rgb]).startswith("cannot run on 1x3x8x8: Given groups=1")


@pytest.mark.parametrize(("multiple", "minimum"), [(1, 1), (1, 15), (6, 12), (64, 64)])
def test_sizes(multiple: int, minimum: int) -> None:
    """What sides are multiples of is found, and the shortest side."""

    def run(batch: torch.Tensor) -> torch.Tensor:
        assert all(side % multiple == 0 and side >= minimum for side in batch.shape[2:])
        return twice(batch)

    trial = tried(run)
    found, taken = trial.multiple()
    assert (found, trial.minimum(found, taken)) == (multiple, minimum)


def test_no_size() -> None:
    """A network that takes none is not said to."""
    assert tried(lambda batch: batch[:, :, 1:]).multiple() == (0, 0)

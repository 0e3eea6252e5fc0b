"""How long LPIPS and DISTS of a 481x321 pair take, beside torchmetrics with the same weights.

torchmetrics takes its networks from torchvision, which srbench does without: it is given them as plain torch modules.
Both compare many images with one reference, as a run does; the second srbench sees another reference each time.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
import torch
from torch import nn

from srbench.metrics.built_in import dists, lpips
from srbench.metrics.deep import weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pytest_benchmark.fixture import BenchmarkFixture

    Images: TypeAlias = tuple[NDArray[Any], NDArray[Any]]

CONVOLUTIONS = {
    "alexnet": ((3, 64, 11, 4, 2), "M", (64, 192, 5, 1, 2), "M", (192, 384, 3), (384, 256, 3), (256, 256, 3)),
    "vgg16": tuple(
        "M" if sizes == "M" else (*sizes, 3)
        for sizes in (
            *((3, 64), (64, 64), "M", (64, 128), (128, 128), "M", (128, 256), (256, 256), (256, 256), "M"),
            *((256, 512), (512, 512), (512, 512), "M", (512, 512), (512, 512), (512, 512)),
        )
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _available() -> None:
    pytest.importorskip("torchmetrics")
    if not all((weights.folder() / f"{name}.safetensors").exists() for name in CONVOLUTIONS):
        pytest.skip("no weights of AlexNet and VGG16 here; srbench.metric('lpips') fetches them")


@pytest.fixture(scope="module")
def pair() -> Images:
    """Return a smooth image of 481x321 pixels and a noisy copy."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:321, 0:481]
    smooth = 127 + 60 * np.sin(x / 23) + 60 * np.cos(y / 31)
    image = np.stack([smooth, smooth[::-1], smooth[:, ::-1]], axis=2)
    noisy = image + rng.normal(0, 12, image.shape)
    return image.clip(0, 255).astype(np.uint8), noisy.clip(0, 255).astype(np.uint8)


def features(network: str) -> nn.Sequential:
    """Return a network's layers as torchvision numbers them."""
    tensors = weights.tensors(network)
    pool = 3 if network == "alexnet" else 2
    layers: list[nn.Module] = []
    for number, layer in enumerate(CONVOLUTIONS[network]):
        if layer == "M":
            layers.append(nn.MaxPool2d(pool, 2))
            continue
        into, out, side, stride, padding = (*layer, 1, 1)[:5]
        convolution = nn.Conv2d(into, out, side, stride, padding)
        at = sum(each != "M" for each in CONVOLUTIONS[network][:number])
        parts = {part: torch.from_numpy(tensors[f"conv{at}.{part}"]) for part in ("weight", "bias")}
        convolution.load_state_dict(parts)
        layers += [convolution, nn.ReLU(inplace=False)]
    return nn.Sequential(*layers)


def of_torchmetrics(metric: str, option: str) -> Callable[[NDArray[Any], NDArray[Any]], float]:
    """Return a metric of torchmetrics, its network made once."""
    from torchmetrics.functional.image import dists as their_dists  # noqa: PLC0415 - it may be absent
    from torchmetrics.functional.image import lpips as their_lpips  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        if metric == "lpips":
            name = {"alex": "alexnet", "vgg": "vgg16"}[option]
            patch.setattr(their_lpips, "_get_tv_model_features", lambda *_, **__: features(name))
            network: nn.Module = their_lpips._NoTrainLpips(net=option)
        else:
            patch.setattr(their_dists, "_TORCHVISION_AVAILABLE", True)
            patch.setattr(their_dists, "VGG16_Weights", SimpleNamespace(DEFAULT=None), raising=False)
            found = SimpleNamespace(features=features("vgg16"))
            patch.setattr(their_dists, "vgg16", lambda **_: found, raising=False)
            network = their_dists.DISTSNetwork()

    def score(reference: NDArray[Any], image: NDArray[Any]) -> float:
        given = (torch.from_numpy(each).permute(2, 0, 1)[None].float() / 255 for each in (image, reference))
        with torch.inference_mode():
            return float(network(*given, normalize=True) if metric == "lpips" else network(*given))

    return score


def of_srbench(metric: str, option: str, *, kept: bool) -> Callable[[NDArray[Any], NDArray[Any]], float]:
    """Return our metric; unless `kept`, it has not seen the reference before."""
    score: Any = lpips.load(option) if metric == "lpips" else dists.load()  # type: ignore[arg-type]
    if kept:
        return lambda reference, image: float(score(reference, image))
    return lambda reference, image: float(score(image, reference)) if score(reference[:32, :32], image[:32, :32]) else 0


WHOSE: dict[str, Callable[[str, str], Callable[[NDArray[Any], NDArray[Any]], float]]] = {
    "srbench": lambda metric, option: of_srbench(metric, option, kept=True),
    "srbench, another reference": lambda metric, option: of_srbench(metric, option, kept=False),
    "torchmetrics": of_torchmetrics,
}


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize(("metric", "option"), [("lpips", "alex"), ("lpips", "vgg"), ("dists", "")])
def test_deep(benchmark: BenchmarkFixture, pair: Images, metric: str, option: str, whose: str) -> None:
    """All give the same distance, to four decimals."""
    benchmark.group = f"{metric} {option} 481x321"
    score = WHOSE[whose](metric, option)
    expected = of_srbench(metric, option, kept=True)(*pair)
    assert benchmark(score, *pair) == pytest.approx(expected, abs=5e-5)

"""Quantising trained weights: what is written, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from srbench.errors import Unsupported, UsageError
from srbench.hashing import file_hash
from srbench.methods import choose, registry
from srbench.networks import quantised
from srbench.networks.weights import opened
from srbench.plugins import import_module
from srbench.quality.files import write_image
from srbench.training import quantizing
from srbench.training.quantizing import Pair, psnr

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Return a folder of two small photographs of nothing."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(2):
        noise = np.random.default_rng(number).integers(0, 256, (48, 54), np.uint8)
        write_image(folder / f"{number}.png", noise)
    return folder


@pytest.mark.slow
def test_the_file(images: Path, tmp_path: Path) -> None:
    """All convolutions but the first are there, and of which weights it is, and which images chose; it can be run."""
    torch.manual_seed(0)
    weights = tmp_path / "w.safetensors"
    save_file(import_module("srbench.methods.plain").network(2, layers=2, width=4).state_dict(), weights)
    spec = f'plain:layers=2:width=4:weights="{weights}"'
    made = quantizing.quantise(spec, 2, f"{images}/")
    assert made.path == tmp_path / "w.int8"
    assert 0 < abs(made.int8 - made.float32) < 0.01
    first, *others = ["1.convolutions.0", "1.convolutions.2", "1.convolutions.4", "1.convolutions.6"]
    found = quantised.read(weights).integers
    assert sorted(found.convolutions) == others
    assert first not in found.convolutions
    assert len(quantised.read(weights).images) == 2
    with opened(made.path) as held:
        assert held.facts[quantised.FACT] == file_hash(weights)
        assert list(held.facts["data"]) == ["photos/"]
    choose(f"{spec}:precision=int8", registry()).load(2, "cpu")


@pytest.mark.slow
def test_equal_weights_make_equal_files(images: Path, tmp_path: Path) -> None:
    """The same weights and images give the same bytes."""
    weights = tmp_path / "w.safetensors"
    save_file(import_module("srbench.methods.espcn").network(2).state_dict(), weights)
    contents = [quantizing.quantise(f"espcn:weights={weights}", 2, f"{images}/").path.read_bytes() for _ in range(2)]
    assert contents[0] == contents[1]


@pytest.mark.parametrize(("between", "parameters"), [(nn.ReLU, {"0.weight", "0.bias"}), (nn.Tanh, set())])
def test_channels_of_one_range(between: type[nn.Module], parameters: set[str]) -> None:
    """They are taken where they score higher, with the layer before them; where scales do not pass, nothing changes."""
    torch.manual_seed(0)
    first, second = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
    for each in first.parameters():
        each.data *= torch.tensor([0.5, 2, 4, 8]).view(-1, *[1] * (each.dim() - 1))
    second.weight.data /= torch.tensor([0.5, 2, 4, 8])[:, None, None]
    network = nn.Sequential(first, between(), second, nn.PixelShuffle(2))
    luma = torch.rand(4, 1, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        pairs = [Pair(each, network(each)) for each in luma]
    found = quantizing._better(network, pairs, lambda *_: None)
    assert found.parameters.keys() == parameters
    plain = quantised.Integers(quantizing._convolutions(network, pairs, lambda *_: None), {})
    gain = psnr(quantised.applied(network, found), pairs) - psnr(quantised.applied(network, plain), pairs)
    assert gain > 1 if parameters else gain == 0


NETWORK = """
from srbench.pytorch import luma_method


def network(factor: int, dead: bool = False, spare: bool = False):
    from torch import nn

    first, second = nn.Conv2d(1, 4, 3, padding="same"), nn.Conv2d(4, 4, 3, padding="same", padding_mode="reflect")
    if dead:
        nn.init.constant_(first.bias, -9.0)
    layers = first, nn.ReLU(), second, nn.ReLU(), nn.Conv2d(4, factor**2, 3, padding="same"), nn.PixelShuffle(factor)
    found = nn.Sequential(*layers)
    if spare:
        first.add_module("spare", nn.Conv2d(4, 4, 3))
    return found


load, files = luma_method(network)
"""


@pytest.mark.parametrize("dead", [False, True])
def test_any_network(dead: bool, images: Path, tmp_path: Path) -> None:
    """Convolutions may pad in any way, and have inputs that are 0 everywhere or constant."""
    torch.manual_seed(0)
    plugin, weights = tmp_path / "own_quantised.py", tmp_path / "w.safetensors"
    plugin.write_text(NETWORK, encoding="utf-8")
    known = registry([plugin])
    save_file(known["own_quantised"].module().network(2, dead=dead).state_dict(), weights)
    made = quantizing.quantise(f'own_quantised:weights="{weights}"', 2, f"{images}/", plugins=[plugin])
    assert abs(made.int8 - made.float32) < 0.1


def test_a_convolution_that_is_never_called(images: Path, tmp_path: Path) -> None:
    """Nothing goes into it, so nothing says how to round that."""
    plugin, weights = tmp_path / "spare_quantised.py", tmp_path / "w.safetensors"
    plugin.write_text(NETWORK, encoding="utf-8")
    known = registry([plugin])
    save_file(known["spare_quantised"].module().network(2, spare=True).state_dict(), weights)
    with pytest.raises(
        UsageError, match=r"^the network never calls its convolution 0\.spare; leave it out of the network"
    ):
        quantizing.quantise(f'spare_quantised:spare=true:weights="{weights}"', 2, f"{images}/", plugins=[plugin])


@pytest.mark.parametrize(
    ("spec", "error", "line"),
    [
        ("espcn:tile=64", UsageError, "tile does not concern the weights of espcn; leave it out"),
        ("bicubic", UsageError, "bicubic offers no network to train; docs/training.md shows how a method does"),
        ("espcn:activation=relu", Unsupported, "espcn has no relu weights for x7"),
    ],
)
def test_what_is_refused(spec: str, error: type[Exception], line: str) -> None:
    """One line says why there is nothing to quantise."""
    with pytest.raises(error) as caught:
        quantizing.quantise(spec, 7)
    assert str(caught.value).startswith(line)

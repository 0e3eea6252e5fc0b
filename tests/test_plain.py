"""The network of `plain`: what it is built of, and that the trainer can do with it what it does with others."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from srbench import methods, testing
from srbench.errors import Unsupported
from srbench.plugins import import_module

if TYPE_CHECKING:
    from pathlib import Path

plain = import_module("srbench.methods.plain")
loop = import_module("srbench.training.loop")


@pytest.mark.parametrize(("factor", "weights"), [(2, 16_980), (3, 17_705), (4, 18_720)])
def test_it_is_small(factor: int, weights: int) -> None:
    """At every factor it has fewer weights than ESPCN."""
    network = plain.network(factor)
    espcn = import_module("srbench.methods.espcn").network(factor)
    assert sum(each.numel() for each in network.parameters()) == weights
    assert weights < sum(each.numel() for each in espcn.parameters())


@torch.inference_mode()
def test_what_is_learned_is_added_to_the_input() -> None:
    """If the last convolution gives 0, every LR pixel becomes a block of factor x factor, at the edge as well."""
    network = plain.network(3, layers=2, width=4)
    last = [each for each in network.modules() if isinstance(each, nn.Conv2d)][-1]
    for each in last.parameters():
        nn.init.zeros_(each)
    luma = torch.rand(1, 1, 5, 7)
    assert torch.equal(network(luma), luma.repeat_interleave(3, 2).repeat_interleave(3, 3))


@pytest.mark.parametrize("layers", [0, 1, 3])
@torch.inference_mode()
def test_patches_bring_their_surroundings(layers: int) -> None:
    """A patch gives the inside of what the whole image gives; the margin is the radius of the receptive field."""
    network = plain.network(2, layers, width=4)
    whole = torch.rand(1, 1, 20, 20)
    margin = loop.margin(network, 16, 2)
    assert margin == layers + 2
    patch, inside = whole[:, :, 2:18, 2:18], slice(2 * (2 + margin), 2 * (18 - margin))
    torch.testing.assert_close(loop.unpadded(network)(patch), network(whole)[:, :, inside, inside])


@torch.inference_mode()
def test_luma_is_centred_in_training() -> None:
    """What is trained around 0 is kept for 0..1, though the input reaches the output by the sum as well."""
    trained = plain.network(2, layers=2, width=4)
    luma = torch.rand(2, 1, 9, 8)
    expected = trained(luma - loop.CENTRE) + loop.CENTRE
    torch.testing.assert_close(loop.finished(copy.deepcopy(trained))(luma), expected, rtol=0, atol=1e-6)
    assert not torch.allclose(trained(luma), expected, atol=1e-4)


@pytest.mark.sampled
@pytest.mark.parametrize("engine", ["torch", "onnxruntime", "openvino"])
def test_it_keeps_the_contract_with_any_weights(tmp_path: Path, engine: str) -> None:
    """Untrained, and narrower than usual, it takes images down to one pixel, by every engine."""
    if engine != "torch":
        pytest.importorskip(engine)
    torch.manual_seed(0)
    path = tmp_path / "plain.safetensors"
    save_file(plain.network(2, layers=3, width=8).state_dict(), path)
    spec = f"plain:layers=3:width=8:engine={engine}:weights={path}"
    testing.keeps_contract(methods.choose(spec, methods.built_in()), 2)


def test_weights_are_called_by_layers_and_width() -> None:
    """Where none come with srbench, the line names what is missing."""
    with pytest.raises(Unsupported, match=r"plain has no 3x8 weights for x2 \(has none\)"):
        methods.choose("plain:layers=3:width=8", methods.built_in()).files(2)

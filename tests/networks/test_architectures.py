"""Networks that spandrel recognises by their state dicts, with whatever torchvision there is, and without."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from srbench.errors import MethodError, Unsupported
from srbench.plugins import import_module

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec

architectures = import_module("srbench.networks.architectures")
torch_file, upscaler, weights = (
    import_module(f"srbench.networks.{name}") for name in ("torch_file", "upscaler", "weights")
)

pytestmark = pytest.mark.slow  # to import spandrel takes seconds

FILE = Path("model.pth")


def compact(factor: int = 2, channels: int = 3) -> torch.nn.Sequential:
    """Return the layers of Real-ESRGAN's compact network: convolutions with PReLU between them."""
    torch.manual_seed(1)
    features = 4
    return torch.nn.Sequential(
        torch.nn.Conv2d(channels, features, 3, padding=1),
        torch.nn.PReLU(features),
        torch.nn.Conv2d(features, features, 3, padding=1),
        torch.nn.PReLU(features),
        torch.nn.Conv2d(features, channels * factor**2, 3, padding=1),
        torch.nn.PixelShuffle(factor),
    ).eval()


def state(layers: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return its weights as that network names them."""
    return {f"body.{name}": tensor for name, tensor in layers.state_dict().items()}


@torch.no_grad()
@pytest.mark.parametrize(("factor", "channels", "kind"), [(2, 3, "rgb"), (4, 1, "y")])
def test_a_network_is_recognised(factor: int, channels: int, kind: str) -> None:
    """It is built and filled; what it makes is cut to 0..1, and its factor and channels are told."""
    layers = compact(factor, channels)
    known = architectures.recognised(FILE, state(layers))
    lr = torch.rand(1, channels, 9, 7)
    expected = (layers(lr) + torch.nn.functional.interpolate(lr, scale_factor=factor, mode="nearest")).clamp(0, 1)
    assert torch.allclose(known.network(lr), expected, atol=1e-6)
    assert (known.factor, known.takes.channels) == (factor, kind)
    assert known.takes.dtypes == (("uint8",) if kind == "rgb" else ("uint8", "float32", "float64"))
    assert known.kind.startswith("RealESRGAN Compact by spandrel ")


def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a checkpoint of half floats to an upscaler: what it says of itself, and how fine it computes."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "1")
    torch.save({"params_ema": {f"module.{k}": v.half() for k, v in state(compact()).items()}}, tmp_path / "a.pth")
    model = torch_file.opened(tmp_path / "a.pth", "cpu")
    assert (model.factor, model.takes.range, model.takes.minimum) == (2, 1, 1)
    assert model.parameters == sum(each.numel() for each in state(compact()).values())
    assert model.multiply_adds() == (4 * 27 + 4 * 36 + 12 * 36) / 4
    assert model.run(torch.zeros(1, 3, 5, 4)).dtype == torch.float32


@pytest.mark.parametrize(
    ("tensors", "line"),
    [
        ({"a.weight": torch.ones(2), "a.bias": torch.ones(2)}, r"of 2 tensors that spandrel .* does not recognise; "),
        ({"body.0.weight": torch.ones(2), "body.1.weight": torch.ones(2)}, "takes for a network that they do not fit"),
    ],
)
def test_what_is_not_recognised(tensors: dict[str, torch.Tensor], line: str) -> None:
    """The line says how to give the network."""
    with pytest.raises(MethodError, match=line) as caught:
        architectures.recognised(FILE, tensors)
    assert "give the network: torch:file=model.pth:network=module.function, or a plug-in with image_met" in str(
        caught.value
    )


def test_networks_that_do_not_enlarge() -> None:
    """Those that restore images, and those that make colour of grey, are told apart."""
    with pytest.raises(MethodError, match=r"does not enlarge images .RealESRGAN Compact by spandrel .*, Restoration"):
        architectures.recognised(FILE, state(compact(1)))


class Absent:
    """Finds no package of some names, as if it were not installed."""

    def __init__(self, *names: str) -> None:
        """Hide `names`."""
        self._names = names

    def find_spec(self, name: str, _path: Sequence[str] | None = None, _target: object = None) -> ModuleSpec | None:
        """Refuse to find it."""
        if name.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def hide(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Hide packages from what is imported next: spandrel, again."""
    for name in [each for each in sys.modules if each.partition(".")[0] in {"spandrel", *names}]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(*names), *sys.meta_path])


def test_without_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of spandrel's networks call it, and no other needs it: it may be absent."""
    hide(monkeypatch, "torchvision")
    assert architectures.recognised(FILE, state(compact())).factor == 2
    assert "torchvision" not in sys.modules


def test_without_spandrel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The method is skipped, and the line says what installs it."""
    hide(monkeypatch, "spandrel")
    with pytest.raises(Unsupported, match="needs the package spandrel: pip install --no-deps spandrel einops"):
        architectures.recognised(FILE, state(compact()))

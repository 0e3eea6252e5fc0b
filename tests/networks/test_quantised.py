"""Networks of 8-bit integers: their file, what engines make of them, and what is refused."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from srbench import weights_metadata
from srbench.datasets import benchmark_sets
from srbench.errors import MethodError, Unsupported
from srbench.hashing import file_hash
from srbench.methods import choose, registry
from srbench.networks import quantised, transposed
from srbench.networks.quantised import FACT, LEVELS, Integers, Quantised
from srbench.networks.running import integers_of
from srbench.networks.trained import load_weights
from srbench.training.trainable import network_of

if TYPE_CHECKING:
    from collections.abc import Callable

WEIGHTS = Path(__file__).parents[2] / "methods" / "weights"
SHIPPED = WEIGHTS / "espcn-relu-x3.safetensors"


def values(convolution: nn.Conv2d) -> Quantised:
    """Return a convolution whose weights are rounded one by one, for inputs in 0..1."""
    weight = convolution.weight.detach()
    scale = weight.abs().amax((1, 2, 3)) / LEVELS
    levels = (weight / scale[:, None, None, None]).round().to(torch.int8)
    bias = torch.zeros(len(weight)) if convolution.bias is None else convolution.bias.detach()
    return Quantised(levels, scale, bias, torch.tensor([1 / 255]), torch.tensor([0], dtype=torch.uint8))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Return a copy of shipped weights with their quantised form beside them."""
    copied = Path(shutil.copy(SHIPPED, tmp_path / "w.safetensors"))
    shutil.copy(integers_of(SHIPPED), integers_of(copied))
    return copied


def load(weights: Path, options: str = "") -> Any:  # noqa: ANN401 - an upscaler
    """Load ESPCN x3 in integers."""
    return choose(f'espcn:weights="{weights}":precision=int8{options}', registry()).load(3, "cpu")


@pytest.mark.parametrize("padding", [0, 1])
def test_a_convolution_rounds_as_integers_do(padding: int) -> None:
    """What it returns is the sum of products of integers, times the scales, plus the bias; its padding stays."""
    torch.manual_seed(0)
    own = nn.Conv2d(3, 4, 3, padding=padding)
    held = values(own)
    batch = torch.rand(1, 3, 9, 8)
    integers = (batch * 255).round().double()
    products = nn.functional.conv2d(integers, held.weight.double(), padding=padding)
    expected = products * (held.scale.double() / 255)[:, None, None] + held.bias.double()[:, None, None]
    network = quantised.applied(nn.Sequential(own), Integers({"0": held}, {}))
    with torch.no_grad():
        torch.testing.assert_close(network(batch).double(), expected, rtol=0, atol=1e-5)


def test_a_file_holds_what_was_written(tmp_path: Path) -> None:
    """Convolutions, other parameters and hashes of images come back; the network itself is not changed."""
    own = nn.Sequential(nn.Conv2d(1, 2, 3), nn.PReLU(2), convolution := nn.Conv2d(2, 2, 3))
    before = {name: each.clone() for name, each in own.state_dict().items()}
    save_file(own.state_dict(), tmp_path / "w.safetensors")
    held = Integers({"2": values(convolution)}, {"0.bias": torch.tensor([1.0, 2]), "1.weight": torch.tensor([0.5, 0])})
    facts = {FACT: file_hash(tmp_path / "w.safetensors"), "training_images": ["1f"]}
    save_file(quantised.tensors_of(held), tmp_path / "w.int8", {"srbench": json.dumps(facts)})
    found = quantised.read(tmp_path / "w.safetensors")
    assert found.images == {"1f"}
    assert all(map(torch.equal, found.integers.convolutions["2"], held.convolutions["2"]))
    assert found.integers.convolutions.keys() == {"2"}
    made = dict(quantised.applied(own, found.integers).named_parameters())
    for name, value in held.parameters.items():
        assert torch.equal(made[name], value), name
    assert all(torch.equal(each, before[name]) for name, each in own.state_dict().items())


def test_a_layer_of_two_names() -> None:
    """Each name gets what takes its place."""
    layer = nn.Conv2d(2, 2, 3)
    made: Any = quantised.applied(nn.Sequential(layer, nn.ReLU(), layer), Integers({"0": values(layer)}, {}))
    assert isinstance(made[0], quantised.QuantisedConvolution)
    assert made[2] is made[0]


@pytest.mark.parametrize(
    "parameters",
    [
        {"9.bias": torch.zeros(2)},
        {"0.bias": torch.zeros(3)},
        {"0.bias": torch.zeros(2, dtype=torch.int8)},
        {"0.bias": torch.tensor([0, torch.nan])},
    ],
)
def test_parameters_of_another_network(parameters: dict[str, torch.Tensor]) -> None:
    """Names, shapes and values have to fit; one line says what to do."""
    with pytest.raises(
        MethodError, match=r"^quantised weights of \d.bias are not of the network; run srbench quantize"
    ):
        quantised.applied(nn.Sequential(nn.Conv2d(1, 2, 3)), Integers({}, parameters))


@pytest.mark.sampled
@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_engines_compute_it(weights: Path, engine: str) -> None:
    """Shipped integers are near float32, and not the same; the images that chose them count as trained on."""
    pytest.importorskip(engine)
    image = np.outer(np.linspace(0.3, 0.9, 40), np.sin(np.arange(50) / 5) / 3 + 0.6).astype(np.float32)
    upscaler = load(weights, f":engine={engine}:activation=relu")
    exact: Any = choose("espcn:engine=torch:activation=relu", registry()).load(3, "cpu")
    difference = np.abs(upscaler(image) - exact(image))
    assert 0 < difference.mean() < 2e-3
    assert upscaler.training_images >= exact.training_images


@pytest.mark.parametrize("path", sorted(WEIGHTS.glob("*.safetensors")), ids=lambda path: path.stem)
def test_all_shipped_weights_have_integers(path: Path) -> None:
    """The file beside them is of them and of their network; no test image chose it."""
    known = weights_metadata.facts(path)
    choice = choose(known["method"], registry())
    network = load_weights(network_of(choice), path, known["factor"], dict(choice.options)).network
    found = quantised.read(path)
    runnable = transposed.faster(network)
    quantised.applied(runnable, found.integers)
    assert len(found.integers.convolutions) == sum(isinstance(each, nn.Conv2d) for each in runnable.modules()) - 1 > 0
    assert found.images
    assert not found.images & benchmark_sets.by_pixels().keys()
    assert not weights_metadata.near_copies({"training_images": sorted(found.images)})


@pytest.mark.slow
def test_integers_are_no_weights(weights: Path) -> None:
    """Given as the weights themselves, they are refused by one line that says what to give."""
    with pytest.raises(MethodError, match=r"is the quantised form of weights; give the weights, and precision=int8$"):
        choose(f'espcn:weights="{integers_of(weights)}"', registry()).load(3, "cpu")


def test_the_file_is_in_the_key(weights: Path) -> None:
    """Both files count: rows of integers that were chosen anew are computed again."""
    choice = choose(f'espcn:weights="{weights}":precision=int8', registry()).settled("cpu")
    assert choice.files(3) == [weights, weights.with_suffix(".int8")]
    before = choice.fingerprint(3)
    weights.with_suffix(".int8").write_bytes(b"other")
    assert choice.fingerprint(3) != before


def _remove(path: Path) -> None:
    path.unlink()


def _edit(path: Path) -> None:
    """Write a tensor of another shape."""
    tensors = load_file(path)
    tensors["3.scale"] = tensors["3.scale"][:3].clone()
    save_file(tensors, path, {"srbench": json.dumps({FACT: file_hash(path.with_suffix(".safetensors"))})})


def _overflow(path: Path) -> None:
    """Write a weight whose products overflow 16 bits."""
    tensors = load_file(path)
    tensors["3.weight"][0, 0, 0, 0] = LEVELS + 1
    save_file(tensors, path, {"srbench": json.dumps({FACT: file_hash(path.with_suffix(".safetensors"))})})


def _lack(path: Path, field: str = "zero") -> None:
    """Leave a tensor out."""
    tensors = load_file(path)
    del tensors[f"3.{field}"]
    save_file(tensors, path, {"srbench": json.dumps({FACT: file_hash(path.with_suffix(".safetensors"))})})


def _cut(path: Path) -> None:
    """Cut it short."""
    path.write_bytes(path.read_bytes()[:-9])


def _other(path: Path) -> None:
    """Replace the weights that it is of."""
    shutil.copy(SHIPPED.with_name("espcn-tanh-x3.safetensors"), path.with_suffix(".safetensors"))


@pytest.mark.parametrize(
    ("spoil", "error", "line"),
    [
        (
            _remove,
            Unsupported,
            "precision=int8 needs quantised weights, w.int8: run srbench quantize METHOD --factor 3",
        ),
        (_other, MethodError, "w.int8 is of other weights than w.safetensors; run srbench quantize again"),
        (_overflow, MethodError, "quantised weights of 3 are not of the network; run srbench quantize again"),
        (_edit, MethodError, "quantised weights of 3 are not of the network; run srbench quantize again"),
        (_cut, MethodError, "srbench quantize writes them"),
        *(
            (partial(_lack, field=field), MethodError, f"w.int8 has no '3.{field}'; run srbench quantize again")
            for field in Quantised._fields
        ),
    ],
)
def test_what_is_refused(weights: Path, spoil: Callable[[Path], None], error: type[Exception], line: str) -> None:
    """One line says what is wrong, and what mends it."""
    spoil(integers_of(weights))
    with pytest.raises(error) as caught:
        load(weights)
    assert str(caught.value).endswith(line)

"""Weights to start from: what is refused, and which of their training images are known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from srbench.datasets import benchmark_sets
from srbench.errors import MethodError, UsageError
from srbench.hashing import file_hash
from srbench.plugins import import_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Written = Callable[..., Path]

loop, start = (import_module(f"srbench.training.{name}") for name in ("loop", "start"))


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return a function that writes the weights of a convolution, with facts as `srbench train` writes them."""

    def write(side: int = 3, **facts: Any) -> Path:  # noqa: ANN401 - JSON
        path = tmp_path / "a.safetensors"
        save_file(nn.Conv2d(1, 1, side).state_dict(), path, {"srbench": json.dumps(facts)} if facts else None)
        return path

    return write


def test_reads_what_the_file_says(written: Written) -> None:
    """Name, sha256 and number of training images go into the metadata of what is trained from it."""
    copies = [{"image": "a", "shows": "woman of set5", "pixels": "ab"}]
    path = written(training_images=["a", "b"], near_copies=copies, factor=2, options={"width": 3})
    found = start.read(path, 2, {"width": 3})
    assert found.facts == {"name": "a.safetensors", "sha256": file_hash(path), "training_images": 2}
    assert (found.images, found.all_known, found.near_copies) == ({"a", "b"}, True, copies)


@pytest.mark.parametrize(
    ("facts", "images"),
    [
        ({}, set()),
        ({"factor": 2}, set()),
        ({"training_images": ["a"], "started_from": {"training_images": None}}, {"a"}),
    ],
)
def test_images_that_are_not_known(written: Written, facts: dict[str, Any], images: set[str]) -> None:
    """Weights that do not say all, or began from such, do not have them all known; those that are, count."""
    found = start.read(written(**facts), 2, {})
    assert (found.images, found.all_known, found.facts["training_images"]) == (images, False, None)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"options": {"width": 8}}, "it was trained with width=8, not 3; train with the option width=8, or start"),
    ],
)
def test_other_options(written: Written, facts: dict[str, Any], message: str) -> None:
    """Weights for another network are refused by what their file says."""
    with pytest.raises(UsageError, match=message):
        start.read(written(**facts), 2, {"width": 3})


def test_test_images(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that were trained on a test image are no start."""
    monkeypatch.setattr(benchmark_sets, "by_pixels", lambda: {"ab": benchmark_sets.Original("set5", "woman", "ab")})
    with pytest.raises(UsageError, match="was trained on woman of set5, a test set; never train on it"):
        start.read(written(training_images=["ab"]), 2, {})


def test_no_weights(tmp_path: Path) -> None:
    """A file that there is not, and one that holds no weights, are one line."""
    with pytest.raises(UsageError, match="nowhere: there is no such file; give weights of srbench train"):
        start.read(tmp_path / "nowhere", 2, {})
    with pytest.raises(UsageError, match=r"shiped: there is no such file; did you mean 'shipped'"):
        start.read(tmp_path / "shiped", 2, {})
    (tmp_path / "a.png").write_bytes(b"no weights")
    with pytest.raises(MethodError, match="is not a safetensors file"):
        start.read(tmp_path / "a.png", 2, {})


def test_another_architecture(written: Written) -> None:
    """The first tensor that differs is named, with both shapes."""
    found = start.read(written(side=5), 2, {})
    message = r"its architecture is not that of tiny x2; weight is \(1, 1, 5, 5\), expected \(1, 1, 3, 3\)$"
    with pytest.raises(MethodError, match=message):
        found.load(nn.Conv2d(1, 1, 3), "tiny x2")
    with pytest.raises(MethodError, match=r"bias is absent, expected \(1,\)$"):
        found._replace(tensors={"weight": found.tensors["weight"]}).load(nn.Conv2d(1, 1, 5), "tiny x2")


def test_loads_and_recentres(written: Written) -> None:
    """What is finished after loading is what the file holds, but for rounding."""
    found = start.read(written(), 2, {})
    first = nn.Conv2d(1, 1, 3)
    network = nn.Sequential(first, nn.Tanh(), nn.Conv2d(1, 1, 3))
    expected = {name: value.clone() for name, value in network.state_dict().items()}
    loop.recentre(network)
    assert not torch.equal(first.state_dict()["bias"], expected["0.bias"])
    again = loop.finished(network).state_dict()
    assert all(torch.allclose(again[name], expected[name], atol=1e-6) for name in expected)
    convolution = nn.Conv2d(1, 1, 3)
    found.load(convolution, "tiny x2")
    assert torch.equal(convolution.weight, found.tensors["weight"])


def test_another_factor(written: Written) -> None:
    """Layers that depend on the factor stay random; all others are those of the file, whose architecture must fit."""
    path = written(factor=3)
    taken = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 9, 3))
    save_file(taken.state_dict(), path, {"srbench": json.dumps({"factor": 3})})
    found = start.read(path, 2, {})
    assert not found.same_factor
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3))
    random = network.state_dict()["1.weight"].clone()
    found.load(network, "tiny x2")
    loaded = network.state_dict()
    assert torch.equal(loaded["0.weight"], taken.state_dict()["0.weight"])
    assert torch.equal(loaded["1.weight"], random)
    with pytest.raises(MethodError, match=r"2.weight is absent, expected \(1, 1, 3, 3\)|is not that of tiny x2"):
        found.load(nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(1, 1, 3)), "tiny x2")
    with pytest.raises(MethodError, match=r"0.bias is \(4,\), expected \(5,\)"):
        found.load(nn.Sequential(nn.Conv2d(1, 5, 3), nn.Conv2d(5, 4, 5)), "tiny x2")

"""Weights that a training starts from: read, held to the network, and known by name and sha256."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench import weights_metadata
from srbench.datasets import benchmark_sets
from srbench.errors import MethodError, UsageError
from srbench.hashing import file_hash
from srbench.networks.weights import opened
from srbench.training import share_alike

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor, nn


SHIPPED = "shipped"
"""Stands for the weights that come with a method."""


class Start(NamedTuple):
    """Weights to start from, and what their file says of them."""

    path: Path
    sha256: str
    tensors: Mapping[str, Tensor]
    images: frozenset[str]
    """`pixel_hash` of each image that they are known to have been trained on."""
    all_known: bool
    """Whether these are all: whoever wrote the file said so."""
    near_copies: list[dict[str, str]]
    """Of these images those that show what a test image shows."""
    share_alike: Mapping[str, str]
    """Datasets under a share-alike licence that they were trained on: whom to name for each."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the metadata of weights say of those that they started from."""
        images = len(self.images) if self.all_known else None
        licences = {share_alike.KEY: self.share_alike} if self.share_alike else {}
        return {"name": self.path.name, "sha256": self.sha256, "training_images": images, **licences}

    def load(self, network: nn.Module, what: str) -> None:
        """Put the weights into `network`, an untrained one, named `what` in messages.

        Raises:
            MethodError: they are those of another architecture.

        """
        expected = {name: tuple(each.shape) for name, each in network.state_dict().items()}
        held = {name: tuple(each.shape) for name, each in self.tensors.items()}
        for name in sorted(expected.keys() | held.keys()):
            if expected.get(name) != held.get(name):
                raise MethodError(
                    f"cannot start from {self.path}: its architecture is not that of {what}; {name} is "
                    f"{held.get(name, 'absent')}, expected {expected.get(name, 'none')}"
                )
        network.load_state_dict(dict(self.tensors))


def read(path: Path, factor: int, options: Mapping[str, Any]) -> Start:
    """Read the weights that a training of a network for `factor` with `options`, all of them, is to start from.

    Raises:
        UsageError: they are for another factor, were trained with other options, or on a test image.
        MethodError: the file cannot be read, or is a pickle that was not allowed.

    """
    if not path.is_file():
        near = get_close_matches(path.name.lower(), [SHIPPED], 1)
        meant = (
            f"did you mean {SHIPPED!r}, those that come with the method?" if near else "give weights of srbench train"
        )
        raise UsageError(f"cannot start from {path}: there is no such file; {meant}")
    with opened(path) as weights:
        facts, tensors = weights.facts, weights.tensors()
    trained_for, given = facts.get("factor", factor), facts.get("options", {})
    if trained_for != factor:
        raise UsageError(f"cannot start from {path}: its weights are for x{trained_for}, not x{factor}")
    for key, value in options.items():
        if given.get(key, value) != value:
            raise UsageError(
                f"cannot start from {path}: it was trained with {key}={given[key]}, not {value}; "
                f"train with the option {key}={given[key]}, or start from other weights"
            )
    _refuse_test_images(path, weights.images)
    earlier = facts.get("started_from", {"training_images": 0})
    all_known = isinstance(facts.get("training_images"), list) and earlier.get("training_images") is not None
    copies, licences = weights_metadata.near_copies(facts), share_alike.attributions(facts)
    return Start(path, file_hash(path), tensors, weights.images, all_known, copies, licences)


def _refuse_test_images(path: Path, images: frozenset[str]) -> None:
    tests = benchmark_sets.by_pixels()
    for test in sorted(str(tests[each]) for each in images & tests.keys()):
        raise UsageError(f"cannot start from {path}: it was trained on {test}, a test set; never train on it")

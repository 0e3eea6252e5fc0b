"""Weights that a training starts from: read, held to the network, and known by name and sha256."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from srbench import weights_metadata
from srbench.datasets import benchmark_sets
from srbench.errors import MethodError, UsageError
from srbench.hashing import file_hash
from srbench.networks.weights import opened

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
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
    same_factor: bool = True
    """Whether they are for the factor that is trained; of others, the layers that depend on it are not taken."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the metadata of weights say of those that they started from."""
        images = len(self.images) if self.all_known else None
        return {"name": self.path.name, "sha256": self.sha256, "training_images": images}

    def load(self, network: nn.Module, what: str) -> None:
        """Put the weights into `network`, an untrained one, named `what` in messages.

        Those of another factor lack the layers whose shapes depend on it, which stay as they are.

        Raises:
            MethodError: they are those of another architecture.

        """
        expected = {name: tuple(each.shape) for name, each in network.state_dict().items()}
        held = {name: tuple(each.shape) for name, each in self.tensors.items()}
        others = [name for name in sorted(expected.keys() | held.keys()) if expected.get(name) != held.get(name)]
        known = expected.keys() == held.keys() and len(others) < len(expected)
        if others and (self.same_factor or not known):
            raise MethodError(
                f"cannot start from {self.path}: its architecture is not that of {what}; {others[0]} is "
                f"{held.get(others[0], 'absent')}, expected {expected.get(others[0], 'none')}"
            )
        kept = {name: each for name, each in self.tensors.items() if name not in others}
        network.load_state_dict(kept, strict=not others)


def read(path: Path, factor: int, options: Mapping[str, Any]) -> Start:
    """Read the weights that a training of a network for `factor` with `options`, all of them, is to start from.

    Raises:
        UsageError: they were trained with other options, or on a test image.
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
    for key, value in options.items():
        if given.get(key, value) != value:
            raise UsageError(
                f"cannot start from {path}: it was trained with {key}={given[key]}, not {value}; "
                f"train with the option {key}={given[key]}, or start from other weights"
            )
    refuse_test_images(f"start from {path}", weights.images)
    copies = weights_metadata.near_copies(facts)
    return Start(path, file_hash(path), tensors, weights.images, all_known(facts), copies, trained_for == factor)


def all_known(facts: Mapping[str, Any]) -> bool:
    """Tell whether the metadata of weights name all images that they owe something to."""
    earlier = [facts[name] for name in ("started_from", "teacher") if name in facts]
    listed = isinstance(facts.get("training_images"), list)
    return listed and all(each.get("training_images") is not None for each in earlier)


def refuse_test_images(what: str, images: Container[str]) -> None:
    """Refuse to do `what` with weights that were trained on `images`.

    Raises:
        UsageError: a test image is among them.

    """
    for pixels, test in sorted(benchmark_sets.by_pixels().items(), key=lambda each: str(each[1])):
        if pixels in images:
            raise UsageError(f"cannot {what}: it was trained on {test}, a test set; never train on it")

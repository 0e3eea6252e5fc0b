"""The teacher of a training: an upscaler, of any method, whose SR the network learns to make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from srbench import weights_metadata
from srbench.contract import upscale
from srbench.networks.weights import opened
from srbench.quality.image import luma
from srbench.specs import canonical
from srbench.training.start import all_known, refuse_test_images

if TYPE_CHECKING:
    from srbench.contract import Upscaler
    from srbench.methods import Choice
    from srbench.quality.image import Image


class Teacher(NamedTuple):
    """An upscaler to learn from, and what its weights say of themselves."""

    name: str
    """Its spec, without the folders of its files."""
    sha256: str
    """Over its code, files and options: `Choice.fingerprint`."""
    upscaler: Upscaler
    images: frozenset[str]
    """`pixel_hash` of each image that it is known to have been trained on."""
    all_known: bool
    """Whether these are all: whoever wrote its weights said so."""
    near_copies: list[dict[str, str]]
    """Of these images those that show what a test image shows."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the metadata of weights say of their teacher."""
        images = len(self.images) if self.all_known else None
        return {"name": self.name, "sha256": self.sha256, "training_images": images}

    def luma(self, lr: Image, factor: int) -> Image:
        """Return the luma of its SR, float on 0..255, of LR as a protocol made it.

        Raises:
            MethodError: it cannot upscale this LR, or what it returns is no such image.

        """
        return np.clip(luma(upscale(self.upscaler, lr, factor)), 0, 255)


def load(choice: Choice, factor: int, device: str) -> Teacher:
    """Return the teacher that a method with options is, for a factor, on "cpu" or "cuda".

    Raises:
        MethodError: it cannot be loaded.
        Unsupported: it does not do this factor or device.
        UsageError: it was trained on a test image.

    """
    upscaler = choice.load(factor, device)
    images = frozenset(getattr(upscaler, "training_images", ()))
    facts: dict[str, Any] = {"training_images": sorted(images)} if images else {}
    for file in choice.files(factor):
        facts |= _facts(file)
    name = shown(choice)
    refuse_test_images(f"learn from {name}", images)
    copies = weights_metadata.near_copies(facts)
    return Teacher(name, choice.fingerprint(factor), upscaler, images, all_known(facts), copies)


def shown(choice: Choice) -> str:
    """Return the spec of a teacher without the folders of its files, which are private."""
    options = {key: value.name if isinstance(value, Path) else value for key, value in choice.options}
    return canonical(choice.method.name, options)


def _facts(file: Path) -> dict[str, Any]:
    """Return what a file of weights says of itself, if it is of a kind that says so."""
    if file.suffix != ".safetensors":
        return {}
    with opened(file) as weights:
        return weights.facts

"""Other weights that a training builds on, as it starts from them or learns from them: what they were trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from srbench import weights_metadata
from srbench.datasets import benchmark_sets
from srbench.errors import UsageError
from srbench.training import share_alike

if TYPE_CHECKING:
    from collections.abc import Mapping


class Origin(NamedTuple):
    """What other weights say of themselves."""

    name: str
    """Without the folder of their file, which is private."""
    sha256: str
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
        """Return what the metadata of weights say of those that they were built on."""
        images = len(self.images) if self.all_known else None
        licences = {share_alike.KEY: self.share_alike} if self.share_alike else {}
        return {"name": self.name, "sha256": self.sha256, "training_images": images, **licences}


def told(what: str, name: str, sha256: str, facts: Mapping[str, Any], images: frozenset[str]) -> Origin:
    """Return what the metadata `facts` of weights say; they are to be used to do `what`, such as "start from a.pt".

    Raises:
        UsageError: they were trained on a test image.

    """
    tests = benchmark_sets.by_pixels()
    for test in sorted(str(tests[each]) for each in images & tests.keys()):
        raise UsageError(f"cannot {what}: it was trained on {test}, a test set; never train on it")
    earlier = [facts[key].get("training_images") for key in share_alike.BUILT_ON if key in facts]
    all_known = isinstance(facts.get("training_images"), list) and None not in earlier
    copies = weights_metadata.near_copies(facts)
    return Origin(name, sha256, images, all_known, copies, share_alike.attributions(facts))

"""What `srbench export` writes into an ONNX file about its network, and the method `onnx` reads there.

Files are foreign: what is malformed counts as not there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from srbench.errors import MethodError
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TAKES = "srbench_takes"
"""The key of what the network takes: the fields of `Takes` as JSON."""

IMAGES = "srbench_training_images"
"""The key of the pixel hashes of the images that it was trained on: a list as JSON."""

LARGEST = 512
"""Pixels, at most, of a minimum or multiple that a file declares: images are padded to them."""


def texts(takes: Takes, images: Iterable[str]) -> dict[str, str]:
    """Return the metadata of a network; the same network has the same."""
    hashes = sorted(images)
    return {TAKES: json.dumps(takes.facts), **({IMAGES: json.dumps(hashes)} if hashes else {})}


def takes(metadata: Mapping[str, str]) -> Takes | None:
    """Return what metadata say of the images that a network takes; None where they say nothing, or are malformed."""
    found = _json(metadata, TAKES)
    if not isinstance(found, dict) or found.keys() != Takes().facts.keys():
        return None
    if not all(type(found[name]) is int for name in ("range", "minimum", "multiple")) or not _is_texts(found["dtypes"]):
        return None
    if max(found["minimum"], found["multiple"]) > LARGEST:
        return None
    try:
        return Takes(**found | {"dtypes": tuple(found["dtypes"])})
    except MethodError:  # values that there are not
        return None


def training_images(metadata: Mapping[str, str]) -> frozenset[str]:
    """Return the pixel hashes of the images that a network was trained on, as far as metadata say so."""
    found = _json(metadata, IMAGES)
    return frozenset(found) if _is_texts(found) else frozenset()


def _is_texts(found: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(found, list) and all(isinstance(each, str) for each in found)


def _json(metadata: Mapping[str, str], key: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(metadata.get(key, "null"))
    except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, brackets without end
        return None

"""Training images under a share-alike licence: weights name them, so that whoever passes the weights on can say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench import datasets

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "share_alike"
"""In the metadata of weights, of a dataset: whom to name; of what they were built on: what this returns of that."""

BUILT_ON = ("started_from", "teacher")
"""Where the metadata of weights say what other weights they were built on."""


def attributions(found: Mapping[str, Any]) -> dict[str, str]:
    """Return whom to name for each share-alike dataset in sound metadata; those of weights below them count.

    Of weights that do not say it, manifests do: they were trained before it was declared.
    """
    told = {name: each.get(KEY) or _declared(name) for name, each in found.get("data", {}).items()}
    earlier = [found.get(built_on, {}).get(KEY) for built_on in BUILT_ON]
    before = {name: text for each in earlier if isinstance(each, dict) for name, text in each.items()}
    return {name: str(text) for name, text in {**before, **told}.items() if text}


def _declared(name: str) -> str:
    """Return whom to name for a dataset that srbench lists; nothing if it is not share-alike."""
    listed = name.partition(":")[0]
    if listed not in datasets.names():
        return ""
    dataset = datasets.get(listed)
    return dataset.attribution if dataset.share_alike else ""

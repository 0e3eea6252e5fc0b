"""The names under which a run saves images: `srbench score` and given LR images are paired by these, too."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from unicodedata import normalize

from srbench.hashing import sha256
from srbench.quality.files import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LONGEST = 200
"""Bytes of a file's name, of which systems take 255; a longer one ends with a hash."""


def stored_images(images: Iterable[str]) -> dict[str, str]:
    """Return the name, without suffix, that each image of a dataset is saved under."""
    return apart({image: escaped(_stem(image)) for image in images})


def apart(names: Mapping[str, str]) -> dict[str, str]:
    """Return `names` with a hash behind those that are alike to a file system which ignores case and Unicode forms."""
    folded = {name: normalize("NFC", normalize("NFC", text).casefold()) for name, text in names.items()}
    count = Counter(folded.values())
    return {name: text if count[folded[name]] == 1 else f"{text}-{sha256(name)[:8]}" for name, text in names.items()}


def escaped(text: str) -> str:
    """Return text as one part of a path, each text another."""
    name = text.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")
    name = name if name.strip(".") else name.replace(".", "%2E")
    whole = name.encode("utf-8", "surrogateescape")
    return name if len(whole) <= _LONGEST else f"{whole[: _LONGEST - 17].decode('utf-8', 'ignore')}-{sha256(text)[:16]}"


def _stem(image: str) -> str:
    """Return what an image is called without its suffix: a.bmp is a_bmp, as there may be an a.png as well."""
    stem, _, suffix = image.rpartition(".")
    if f".{suffix.lower()}" not in IMAGE_SUFFIXES:
        return image
    return stem if suffix == "png" else f"{stem}_{suffix}"

"""What a safetensors file of weights says about itself, as `srbench train` writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

if TYPE_CHECKING:
    from pathlib import Path

KEY = "srbench"
"""The metadata of a weight file: JSON under one key, since several would be written in any order."""


def facts(path: Path) -> dict[str, Any]:
    """Return what the metadata of a weight file say, `training_images` as their number; nothing of other files.

    They are what docs/training.md lists: method, factor, recipe, data, scores, `history` (step, loss, PSNR in dB).
    """
    if path.suffix.lower() != ".safetensors":
        return {}
    try:
        with safe_open(path, "numpy") as file:
            found = json.loads((file.metadata() or {})[KEY], parse_constant=lambda _: None)
    except (OSError, SafetensorError, ValueError, KeyError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    images = found.get("training_images", ())
    return found | {"training_images": len(images) if isinstance(images, list) else 0}

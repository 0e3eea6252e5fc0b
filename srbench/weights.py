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
    found |= {"training_images": len(images) if isinstance(images, list) else 0}
    sound = {"history": _is_moment, "scores": _is_score}
    return {
        key: value
        for key, value in found.items()
        if key not in sound or (isinstance(value, list) and all(map(sound[key], value)))
    }


def _is_moment(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is a step with its loss and PSNR, where they are known."""
    return isinstance(value, list) and len(value) == 3 and all(_is_number(each) or each is None for each in value)  # noqa: PLR2004


def _is_score(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is a score, with that of bicubic beside it or not."""
    needed = ("psnr", "ssim", *(["bicubic"] if isinstance(value, dict) and "bicubic" in value else []))
    return isinstance(value, dict) and all(_is_number(value.get(name)) for name in needed)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, int | float) and not isinstance(value, bool)

"""The metadata of a safetensors file of weights, as `srbench train` writes it: the only reader, which trusts none.

Metadata affect no score, so damage to them is never an error: what is malformed is left out and named under `damaged`.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from srbench import opening

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

KEY = "srbench"
"""The metadata of a weight file: JSON under one key, since several would be written in any order."""

WATCHED = 16
"""How many of the held-out images `srbench train` scores at each moment of the history, at most."""

DAMAGED = "damaged"
"""The fact that lists which others were left out, as they are malformed; `srbench` where all are."""

KNOWN_COPIES: Mapping[str, dict[str, str]] = {
    "984d8d1560fd2d04156e72add17293b3e2a5cf33e31d03df0442e5b1f1136534": {
        "image": "302003 of bsds500",
        "shows": "woman of set5",
        "pixels": "b7b83f4d46d187e8903e9b02d6ca1ea26f62df6c673ee084d6335efbf2a681b5",
    },
    "59f33ed1065ab0e187c350df20049053c73cd962f9b9c5ae0f4edfda98e2f306": {
        "image": "108041 of bsds500",
        "shows": "108082 of bsd100",
        "pixels": "2e8afb45f9b7a7e0715b723eeb45778acfb03879e0c9ff47832bd415052a5660",
    },
    "c020f8369764ca559b936f54cde5e4fc16360852449de928b525bbe1ac43a267": {
        "image": "160067 of bsds500",
        "shows": "160068 of bsd100",
        "pixels": "f7f1d4a5195a049018cf48c04e9eb598ca2b74f6f508e4d5a51e138333afbde0",
    },
}
"""Images of BSDS500 that show what test images show, by the hash of their pixels: weights that were trained before this
was known do not say so themselves. The first is a copy, the others are of one series. They are the split `excluded`."""

_COPY = ("image", "shows", "pixels")
_DEPTH = 8
_LENGTH = 2**16
"""Characters of a fact as JSON; but for history and training images."""
_MOMENTS = 10**5
_LARGEST = 2**63
"""Integers beyond it are no counts, and neither numpy nor JavaScript takes them."""
_LARGEST_FLOAT = 1e100
"""Charts compute powers of what they draw."""


def facts(path: Path) -> dict[str, Any]:
    """Return the sound metadata of a weight file, `training_images` as their number; nothing of other files.

    Known near copies of test images are among `near_copies`, whether the file says so or not.
    """
    if path.suffix.lower() != ".safetensors":
        return {}
    try:
        opening.check(path)
        with safe_open(path, "numpy") as file:
            found = read(file.metadata())
    except (OSError, SafetensorError):
        return {}
    images = found.get("training_images", [])
    copies = near_copies(found)
    return found | ({"training_images": len(images)} if found else {}) | ({"near_copies": copies} if copies else {})


def near_copies(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return which training images show what a test image shows: those that sound metadata name, and known ones.

    Each has `image`, what it `shows` (`woman of set5`) and `pixels`, the `pixel_hash` of that test image.
    """
    images = found.get("training_images", [])
    known = [KNOWN_COPIES[each] for each in images if each in KNOWN_COPIES] if isinstance(images, list) else []
    named: list[dict[str, str]] = found.get("near_copies", [])
    return named + [each for each in known if each not in named]


def bicubic(found: Mapping[str, Any]) -> float:
    """Return bicubic's PSNR in dB on the images of the PSNRs in `history`; NaN where sound metadata do not tell it.

    Those that do not say it have it among their scores, where all held-out images were watched.
    """
    if "bicubic" in found:
        return float(found["bicubic"])
    own = [each for each in found.get("scores", []) if each.get("dataset") == "held out" and "bicubic" in each]
    return float(own[0]["bicubic"]) if own and _held_out(found) < WATCHED else math.nan


def _held_out(found: Mapping[str, Any]) -> float:
    """Return about how many images were held out; infinity where the metadata do not say."""
    try:
        images = sum(each["images"] for each in found["data"].values())
        return float(found["recipe"]["validation"] * images)
    except (LookupError, TypeError, ValueError):
        return math.inf


def read(metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the valid facts in the metadata of a safetensors file; see `sound`."""
    if not metadata or KEY not in metadata:
        return {}
    try:
        found = json.loads(metadata[KEY], parse_constant=lambda _: None)
    except (ValueError, RecursionError):  # no JSON, a number of thousands of digits, brackets without end
        return {DAMAGED: [KEY]}
    if isinstance(found, dict) and isinstance(found.get("training_images"), int):
        found["training_images"] = None  # a file lists them: only `facts` counts
    return sound(found)


def sound(found: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return those of the facts `found` that have the types of docs/training.md, with the names of others as `damaged`.

    Numbers are finite, integers fit 64 bits, nesting and length are bounded, and text can be written as UTF-8.
    """
    if not isinstance(found, dict):
        return {DAMAGED: [KEY]}
    good = {key: value for key, value in found.items() if _is_text(key) and _KINDS.get(key, _is_fact)(value)}
    damaged = [*good.pop(DAMAGED, []), *(ascii(key)[1:-1][:40] for key in found if key not in good and key != DAMAGED)]
    return good | ({DAMAGED: damaged} if damaged else {})


def _is_fact(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is JSON that any reader takes, and short."""
    return _is_plain(value, _DEPTH) and len(json.dumps(value)) <= _LENGTH


def _is_plain(value: Any, depth: int) -> bool:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return depth > 0 and all(_is_text(key) and _is_plain(each, depth - 1) for key, each in value.items())
    if isinstance(value, list):
        return depth > 0 and all(_is_plain(each, depth - 1) for each in value)
    return value is None or isinstance(value, bool) or _is_text(value) or _is_number(value)


def _is_text(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is text that UTF-8 can hold: JSON may spell half a surrogate pair."""
    return isinstance(value, str) and not any("\ud800" <= each <= "\udfff" for each in value)


def _is_number(value: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(value, float):
        return abs(value) < _LARGEST_FLOAT  # not of NaN either
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST


def _is_level(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is a PSNR in dB of a mean over images."""
    return bool(_is_number(value) and value >= 0)


def _is_count(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, int) and _is_number(value) and value >= 0


def _is_mapping(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, dict) and _is_fact(value)


def _is_short_text(value: Any) -> bool:  # noqa: ANN401 - JSON
    return _is_text(value) and _is_fact(value)


def _is_data(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value maps names of datasets to facts about each."""
    return _is_mapping(value) and all(isinstance(each, dict) for each in value.values())


def _is_history(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is a list of [step, loss, PSNR in dB], loss and PSNR null where they are not known."""
    return isinstance(value, list) and len(value) <= _MOMENTS and all(map(_is_moment, value))


def _is_moment(value: Any) -> bool:  # noqa: ANN401 - JSON
    if not isinstance(value, list) or len(value) != 3:  # noqa: PLR2004 - step, loss, PSNR
        return False
    return _is_number(value[0]) and all(each is None or _is_number(each) for each in value[1:])


def _is_scores(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, list) and _is_fact(value) and all(map(_is_score, value))


def _is_score(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is a score, with dataset, protocol and the PSNR of bicubic beside it or not."""
    if not isinstance(value, dict) or not all(_is_number(value.get(name)) for name in ("psnr", "ssim")):
        return False
    named = all(isinstance(value.get(name, ""), str) for name in ("dataset", "protocol"))
    return named and all(_is_number(value.get(name, 0)) for name in ("bicubic", "start"))


def _is_images(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value lists pixel hashes, or is their number, as `facts` says it."""
    return _is_count(value) or (isinstance(value, list) and all(map(_is_text, value)))


def _is_copies(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value lists near copies, each with the text of `image`, `shows` and `pixels`."""
    if not isinstance(value, list) or not _is_fact(value):
        return False
    return all(isinstance(each, dict) and all(_is_text(each.get(name)) for name in _COPY) for each in value)


def _is_schedules(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is a list of [step, steps]: from this step on, the schedule is that of so many steps."""
    if not isinstance(value, list) or not _is_fact(value):
        return False
    return all(isinstance(each, list) and len(each) == 2 and all(map(_is_count, each)) for each in value)  # noqa: PLR2004


def _is_computed(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Tell whether a value is a list of [step, device, threads]: up to this step, it was computed there."""
    if not isinstance(value, list) or not _is_fact(value):
        return False
    lists = all(isinstance(each, list) and len(each) == 3 for each in value)  # noqa: PLR2004
    return lists and all(_is_count(step) and _is_text(device) and _is_count(n) for step, device, n in value)


def _is_names(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, list) and _is_fact(value) and all(map(_is_text, value))


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "method": _is_short_text,
    "factor": _is_count,
    "options": _is_mapping,
    "recipe": _is_mapping,
    "steps": _is_count,
    "threads": _is_count,
    "processes": _is_count,
    "data": _is_data,
    "scores": _is_scores,
    "history": _is_history,
    "training_images": _is_images,
    "bicubic": _is_level,
    "near_copies": _is_copies,
    "started_from": _is_mapping,
    "teacher": _is_mapping,
    "schedules": _is_schedules,
    "computed": _is_computed,
    DAMAGED: _is_names,
}
"""What is known of the types of facts; others are any short JSON."""

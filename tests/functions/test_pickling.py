"""Functions of a notebook come back as they are, those with a cache too."""

from __future__ import annotations

import functools
import pickle
from typing import Any

from srbench.functions.pickling import dumps, is_imported
from srbench.quality.protocol import _fingerprint


def cell(gain: int) -> dict[str, Any]:
    """Return what a cell defines: a function that calls one with a cache."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    text = "import functools\n@functools.lru_cache(maxsize=3)\ndef kernel(size): return size * GAIN\n"
    exec(f"{text}def function(image): return image * kernel(2)\n".replace("GAIN", str(gain)), scope)  # noqa: S102
    return scope


def test_a_cache_is_made_anew() -> None:
    """It has the size that it had, and nothing in it."""
    scope = cell(5)
    assert scope["function"](1) == 10
    again = pickle.loads(dumps(scope["kernel"]))  # noqa: S301 - our own
    assert again.cache_parameters() == {"maxsize": 3, "typed": False}
    assert again.cache_info().currsize == 0
    assert pickle.loads(dumps(scope["function"]))(1) == 10  # noqa: S301 - our own


def test_what_is_imported_stays_where_it_is() -> None:
    """A function of an installed module, with a cache or not, is named and not taken apart."""
    assert is_imported(functools.partial)
    assert not is_imported(cell(1)["kernel"])
    assert pickle.loads(dumps(_fingerprint)) is _fingerprint  # noqa: S301 - our own

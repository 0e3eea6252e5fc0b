"""Readers of given files answer any bytes with one line or with what they promise, and never with a traceback."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .readers import READERS, Reader

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = settings(
    max_examples=300,
    derandomize=True,  # new inputs are found by `make fuzz`, and fail no change that has nothing to do with them
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def contents(draw: st.DrawFn, reader: Reader) -> bytes:
    """Draw a seed of `reader` of which up to four places were cut out, or overwritten with words or any bytes."""
    content = draw(st.sampled_from(reader.seeds()))
    piece = st.sampled_from(reader.words) | st.binary(max_size=8)
    place = st.tuples(st.integers(0, len(content)), st.integers(0, 40), piece)
    for start, length, new in draw(st.lists(place, max_size=4)):
        content = content[:start] + new + content[start + length :]
    return content


@pytest.mark.parametrize("name", READERS)
def test_seeds_are_answered(name: str, tmp_path: Path) -> None:
    """What the mutations start from is held to the same promise: good files, and those that nest too deeply."""
    for number, content in enumerate(READERS[name].seeds()):
        file = tmp_path / str(number)
        file.write_bytes(content)
        READERS[name].check(file)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_any_content_is_answered(name: str, tmp_path: Path) -> None:
    """Mutated files give what the reader's function in `readers.py` says, or the reader's own error as one line."""
    reader = READERS[name]

    @SETTINGS
    @given(contents(reader))
    def answered(content: bytes) -> None:
        (tmp_path / "input").write_bytes(content)
        reader.check(tmp_path / "input")

    answered()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["row", "info"])
def test_any_value_is_answered(name: str, tmp_path: Path) -> None:
    """JSON in which one value is any other, of whatever type, is answered as well."""
    reader = READERS[name]
    good = [json.loads(seed) for seed in reader.seeds()[:2]]

    @SETTINGS
    @given(st.data())
    def answered(data: st.DataObject) -> None:
        values = copy.deepcopy(data.draw(st.sampled_from(good)))
        inner = values["plan"] if "plan" in values and data.draw(st.booleans()) else values
        inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(VALUES)
        (tmp_path / "input").write_text(json.dumps(values), encoding="utf-8")
        reader.check(tmp_path / "input")

    answered()

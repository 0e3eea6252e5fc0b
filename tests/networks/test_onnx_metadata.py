"""What an ONNX file says of its network: read as it was written, and nothing of what is malformed."""

from __future__ import annotations

import json

import pytest

from srbench.networks import onnx_metadata
from srbench.takes import Takes

TAKES = Takes("y", 255, "full", 15, 8, ("uint8",))


def test_read_as_written() -> None:
    """The declaration and the images come back; a network that says no images has no key for them."""
    texts = onnx_metadata.texts(TAKES, {"b", "a"})
    assert onnx_metadata.takes(texts) == TAKES
    assert onnx_metadata.training_images(texts) == {"a", "b"}
    assert texts == onnx_metadata.texts(TAKES, {"a", "b"})
    assert onnx_metadata.texts(TAKES, ()).keys() == {onnx_metadata.TAKES}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "1" * 10_000,
        "null",
        "[]",
        "{}",
        json.dumps(TAKES.facts | {"more": 1}),
        json.dumps(TAKES.facts | {"channels": ["y"]}),
        json.dumps(TAKES.facts | {"channels": "bgr"}),
        json.dumps(TAKES.facts | {"range": "1"}),
        json.dumps(TAKES.facts | {"range": True}),
        json.dumps(TAKES.facts | {"minimum": 10**9}),
        json.dumps(TAKES.facts | {"multiple": 0}),
        json.dumps(TAKES.facts | {"multiple": 1.5}),
        json.dumps(TAKES.facts | {"dtypes": "uint8"}),
        json.dumps(TAKES.facts | {"dtypes": [[]]}),
        json.dumps(TAKES.facts | {"dtypes": []}),
    ],
)
def test_malformed(text: str) -> None:
    """It counts as not there."""
    metadata = {onnx_metadata.TAKES: text, onnx_metadata.IMAGES: text.replace("[]", "[1]")}
    assert onnx_metadata.takes(metadata) is None
    assert onnx_metadata.training_images(metadata) == frozenset()
    assert onnx_metadata.takes({}) is None

"""What Python gives as methods becomes specs and named functions, or one clear error."""

# ruff: noqa: ANN401 - functions as notebooks have them say nothing of types

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from srbench.errors import UsageError
from srbench.functions.given import Given, given


def mine(image: Any) -> Any:
    """Return the image."""
    return image


def both(image: Any, _factor: int) -> Any:
    """Return the image."""
    return image


class Loader:
    """A method as an object."""

    def load(self, _factor: int, _device: str) -> Any:
        """Return an upscaler."""
        return mine


def named(found: Given) -> list[tuple[str, str]]:
    """Return names and kinds of functions."""
    return [(each.name, each.kind) for each in found.functions]


def test_specs_stay_as_they_are() -> None:
    """Comma lists, lists and paths of model files are what they were, and hold no functions."""
    assert given("bicubic,espcn") == Given(["bicubic,espcn"], [])
    assert given(["bicubic", Path("net.onnx")]) == Given(["bicubic", "net.onnx"], [])


def test_functions_are_named_after_themselves() -> None:
    """So are those behind a partial; an object is named after its class, and a lambda is a `lambda`."""
    found = given(["bicubic", mine, Loader(), lambda image: image, partial(both, _factor=3)])
    assert found.texts == ["bicubic", "mine", "Loader", "lambda", "both"]
    assert named(found) == [("mine", "function"), ("Loader", "loader"), ("lambda", "function"), ("both", "function")]
    assert given(mine).texts == ["mine"]


def test_a_mapping_names_methods() -> None:
    """Its names are labels; what has other characters than names of methods may have gets such a name, too."""
    found = given({"Mine": mine, "My net, v2": both, "Cubic": "bicubic"})
    assert found.texts == ["Mine", '"My net, v2"=My-net-v2', "Cubic=bicubic"]
    assert named(found) == [("Mine", "function"), ("My-net-v2", "function")]
    assert given(["bicubic", {"Mine": mine}]).texts == ["bicubic", "Mine"]


def test_one_function_twice_is_one() -> None:
    """As a spec that is given twice is one method."""
    assert named(given([mine, mine])) == [("mine", "function")]


def test_a_torch_module_is_a_network() -> None:
    """A Sequential, over which one could iterate, is one network."""
    nn = pytest.importorskip("torch").nn
    assert named(given(nn.Sequential(nn.ReLU()))) == [("Sequential", "network")]


@pytest.mark.parametrize(
    ("methods", "words"),
    [
        ([mine, {"mine": both}], "two methods would be called 'mine'; give each a name of its own"),
        ([lambda image: image, lambda image: image + 1], "two methods would be called 'lambda'"),
        ({"bicubic": mine}, "'bicubic' is the name of a method that is built in; give the function another name"),
        ({"HR": mine}, "'HR' is reserved; give"),
        ([3], "a method is an int, expected a spec such as 'bicubic', a function"),
        ([Loader], "the class Loader"),
        ({"?": mine}, "no letters or digits"),
        ({"Two": "One=bicubic"}, "has a label already"),
        (lambda: 1, "lambda takes (), expected (image) or (image, factor)"),
        (lambda a, b, c: a + b + c, "lambda takes (a, b, c), expected"),
    ],
)
def test_errors(methods: Any, words: str) -> None:
    """One line says what was given, what is expected, and what to do."""
    with pytest.raises(UsageError) as caught:
        given(methods)
    assert words in str(caught.value)


def test_names_of_plugins_are_taken(counting: Path) -> None:
    """A function may not be called as a plug-in file of the same run."""
    with pytest.raises(UsageError, match="'counting' is the name of a method that is plug-in"):
        given({"counting": mine}, [counting])

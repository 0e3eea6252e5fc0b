"""A recipe is checked key by key when it is read; whatever is wrong is one line that says what was expected."""

from __future__ import annotations

import re
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from srbench.errors import UsageError
from srbench.methods import choose, registry
from srbench.plugins import import_module
from srbench.specs import canonical

if TYPE_CHECKING:
    from pathlib import Path

recipes = import_module("srbench.training.recipe")

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"epoch": 3}, "unknown recipe key 'epoch'; did you mean 'epochs'? (available: data, shares,"),
    "text for a number": ({"rate": "fast"}, "rate is 'fast', expected a number"),
    "text for an integer": ({"patch": "x"}, "patch is 'x', expected an integer"),
    "a fraction of a pixel": ({"patch": 1.5}, "patch is 1.5, expected an integer"),
    "a truth value": ({"batch": True}, "batch is True, expected an integer"),
    "a number for text": ({"data": 3}, "data is 3, expected text in quotes"),
    "one value for a list": ({"scales": "1/2"}, "scales is '1/2', expected a list"),
    "a number in a list of texts": ({"scales": [1]}, "scales is 1, expected text in quotes"),
    "unknown optimizer": ({"optimizer": "adamm"}, "key optimizer: 'adamm'; did you mean 'adam'? (available: sgd, adam"),
    "unknown loss": ({"loss": "l2"}, "unknown value of recipe key loss: 'l2' (available: mse, l1)"),
    "given LR": (
        {"protocol": "basicsr:lr=given"},
        "protocol is basicsr:lr=given, whose LR is given; training",
    ),
    "no HR": ({"protocol": "none"}, "protocol is none, which has no HR; training needs it"),
    "unknown protocol": ({"protocol": "srcn"}, "unknown protocol 'srcn'; did you mean 'srcnn'?"),
    "no epochs": ({"epochs": 0}, "epochs is 0.0, expected more than 0"),
    "negative batch": ({"batch": -1}, "batch is -1, expected more than 0"),
    "endless": ({"epochs": float("inf")}, "epochs is inf, expected a finite number"),
    "no number": ({"rate": float("nan")}, "rate is nan, expected a finite number"),
    "negative final rate": ({"final_rate": -1e-3}, "final_rate is -0.001, expected at least 0"),
    "negative warm-up": ({"warmup": -1}, "warmup is -1, expected at least 0"),
    "negative patience": ({"patience": -1, "validation": 0.5}, "patience is -1, expected at least 0"),
    "negative seed": ({"seed": -1}, "seed is -1, expected at least 0"),
    "all held out": ({"validation": 1}, "validation is 1.0, expected at least 0 and less than 1"),
    "nothing averaged": ({"averaging": 1.0}, "averaging is 1.0, expected at least 0 and less than 1"),
    "patience without images": ({"patience": 3}, "patience needs validation images"),
    "shares of one dataset": ({"shares": [1, 2]}, "shares is [1.0, 2.0], expected one for each of t91, of at least 0"),
    "shares of nothing": ({"shares": [0]}, "shares is [0.0], expected one for each of t91, of at least 0, not all 0"),
    "negative shares": ({"data": "t91,bsds500:train", "shares": [-1, 2]}, "shares is [-1.0, 2.0], expected one"),
    "scale above 1": ({"scales": ["3/2"]}, "a scale is '3/2', expected a fraction of at most 1"),
    "scale of nothing": ({"scales": ["1/0"]}, "a scale is '1/0', expected a fraction of at most 1"),
    "scale that is none": ({"scales": ["half"]}, "a scale is 'half', expected a fraction of at most 1"),
}


@pytest.mark.parametrize("what", BAD)
def test_refuses(what: str) -> None:
    """A key that there is not, and a value that does not fit, are each one line."""
    values, line = BAD[what]
    with pytest.raises(UsageError, match=re.escape(line)):
        recipes.build({"data": "t91", **values})


def test_refuses_a_recipe_without_data() -> None:
    """What to train on has no default."""
    with pytest.raises(UsageError, match="data is missing; name the training datasets"):
        recipes.build({"epochs": 3})


@pytest.mark.parametrize("name", recipes.names())
def test_shipped(name: str) -> None:
    """Each recipe that comes with srbench can be read, and its options for espcn exist."""
    recipe, options = recipes.load(name, "espcn", {})
    assert recipe.data
    choose(canonical("espcn", options), registry())


def test_overrides_are_read_as_toml_where_they_can_be() -> None:
    """A number is a number, a list a list, and whatever is no TOML is text."""
    changes = {"rate": "1", "shares": "[1, 2, 0, 1]", "optimizer": "adam", "loss": '"l1"', "patch": 9, "seed": "3"}
    recipe, _ = recipes.load("best", "espcn", changes)
    assert (recipe.rate, recipe.shares, recipe.optimizer) == (1.0, (1.0, 2.0, 0.0, 1.0), "adam")
    assert (recipe.loss, recipe.patch, recipe.seed) == ("l1", 9, 3)
    assert recipes.load("best", "espcn", {"data": "[" * 2000})[0].data == "[" * 2000
    assert recipe.averaging == recipes.load("best", "espcn", {})[0].averaging


def test_other_data_have_no_shares() -> None:
    """The shares of a recipe are of its own datasets: with others they are dropped, or given anew."""
    assert recipes.load("best", "espcn", {"data": "t91"})[0].shares == ()
    assert recipes.load("best", "espcn", {"data": "t91", "shares": "[3]"})[0].shares == (3.0,)


def test_a_file_of_the_users(tmp_path: Path) -> None:
    """The path of a TOML file is a recipe, too; its options are for the method that they name alone."""
    file = tmp_path / "mine.toml"
    file.write_text('data = "t91"\nscales = ["2/3", "1"]\n[options.espcn]\nactivation = "relu"\n', encoding="utf-8")
    recipe, options = recipes.load(str(file), "espcn", {})
    assert recipe.fractions == [Fraction(2, 3), 1]
    assert options == {"activation": "relu"}
    assert recipes.load(str(file), "fsrcnn", {})[1] == {}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"data = t91", "Invalid value"),
        (b'data = "\xff"', "codec can't decode byte 0xff"),
        (b"data = " + b"[" * 2000, "nested too deeply"),
        (b" " * (2**24 + 1), "got more than 16777216 bytes"),
        (b'data = "t91"\noptions = 3', "options is 3, expected tables [options.METHOD]"),
        (b'data = "t91"\noptions.espcn = 3', "expected tables [options.METHOD]"),
    ],
)
def test_a_damaged_file(tmp_path: Path, content: bytes, line: str) -> None:
    """A file that is no TOML, no text, or has no tables of options is one line that names it."""
    (tmp_path / "mine.toml").write_bytes(content)
    with pytest.raises(UsageError, match=rf"recipe .*mine\.toml: .*{re.escape(line)}"):
        recipes.load(str(tmp_path / "mine.toml"), "espcn", {})


def test_unknown_recipe() -> None:
    """The line gives the nearest name and all there are."""
    with pytest.raises(UsageError, match=r"unknown recipe 'papre'; did you mean 'paper'\? \(available: article, best,"):
        recipes.load("papre", "espcn", {})


def test_differences() -> None:
    """Only keys that differ are named, with both values."""
    mine, other = (recipes.build({"data": "t91", "batch": batch}) for batch in (4, 8))
    assert mine.differences(other) == ["batch: 8, not 4"]
    assert mine.differences(mine) == []


@pytest.mark.slow
def test_needs_no_torch() -> None:
    """Recipes are listed and checked without importing torch."""
    code = (
        "import sys; from srbench.plugins import import_module\n"
        "import_module('srbench.training.recipe').load('best', 'espcn', {})\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""`--map OLD=NEW`: which methods of two runs are compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from srbench.errors import UsageError
from srbench.maintain.renames import renames
from srbench.maintain.side import Side


def side(name: str, *methods: str) -> Side:
    """Return a run of these methods, without rows."""
    return Side(Path(name), {"plan": {"methods": methods}}, [], [], [], [])


A = side("before", "bicubic", "espcn", "espcn:activation=relu", "old")
B = side("after", "bicubic", "espcn:engine=openvino", "new", "new:a=1:b=2")


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("old=new", "old", "new"),
        (" old = new ", "old", "new"),
        ("old=new:b=2:a=1", "old", "new:a=1:b=2"),
        ("espcn:activation=relu=new:a=1:b=2", "espcn:activation=relu", "new:a=1:b=2"),
        ("espcn:activation=tanh=espcn:activation=tanh:engine=openvino", "espcn", "espcn:engine=openvino"),
        ("bicubic=bicubic", "bicubic", "bicubic"),
    ],
)
def test_pairs(text: str, old: str, new: str) -> None:
    """Methods are spelled as users type them, options with `=`, in any order, and with defaults."""
    assert renames([text], A, B) == {old: new}


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (["old"], "--map is 'old', expected OLD=NEW: a method of before and its name in after"),
        (["=new"], "--map is '=new', expected OLD=NEW"),
        (["old=newer"], "--map old=newer: after has no method 'newer', but bicubic, espcn:engine=openvino, new"),
        (["odl=new"], "--map odl=new: before has no method 'odl', but bicubic, espcn, espcn:activation=relu, old"),
        (["espcn:activation=relu=newer"], "after has no method 'newer'"),
        (["a=b"], "before has no method 'a'"),
        (["old=new", "old=bicubic"], "--map old=bicubic: old is mapped twice"),
        (["old=new", "espcn=new"], "--map espcn=new: new is mapped twice"),
        (
            ["old=bicubic"],
            "which is compared with bicubic of after; map that one as well: add --map bicubic=espcn:engine=openvino",
        ),
    ],
)
def test_refused(texts: list[str], line: str) -> None:
    """One line says which run has no such method and what it has, or what would be compared twice."""
    with pytest.raises(UsageError) as caught:
        renames(texts, A, B)
    assert line in str(caught.value)


def test_methods_of_one_run() -> None:
    """To compare two methods of a run with each other, the command that the refusal names maps both."""
    with pytest.raises(UsageError, match=r"add --map espcn:activation=relu=espcn$"):
        renames(["espcn=espcn:activation=relu"], A, A)
    both = ["espcn=espcn:activation=relu", "espcn:activation=relu=espcn"]
    assert renames(both, A, A) == {"espcn": "espcn:activation=relu", "espcn:activation=relu": "espcn"}
    one = side("one", "bicubic")
    with pytest.raises(UsageError, match="one has no method left for that one: compare a run without it"):
        renames(["old=bicubic"], A, one)


def test_two_methods_that_changed_places() -> None:
    """Both are mapped, so none is compared twice."""
    assert renames(["bicubic=new", "old=bicubic"], A, B) == {"bicubic": "new", "old": "bicubic"}

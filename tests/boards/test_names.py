"""Ids, which stand in files and addresses."""

from __future__ import annotations

import re

import pytest

from srbench.boards.names import ids, natural, slug


@pytest.mark.parametrize(
    ("name", "expected"), [("set5 x3, basicsr", "set5-x3-basicsr"), ("Café:k=1", "cafe-k-1"), ("-a--b-", "a-b")]
)
def test_slug(name: str, expected: str) -> None:
    """A name is spelled with letters of ASCII, digits and hyphens."""
    assert slug(name) == expected


@pytest.mark.parametrize("name", ["", "日本", "../..", "x" * 500, "a/b\0c", "<script>"])
def test_any_name(name: str) -> None:
    """Whatever the name, its id is part of a path, an address and HTML as it is."""
    assert re.fullmatch(r"[a-z0-9-]{1,80}", slug(name))


def test_alike() -> None:
    """Names that would be one id get another each, which depends on the name alone."""
    found = ids(["a b", "a_b", "c"])
    assert found["c"] == "c"
    assert found["a b"] != found["a_b"]
    assert found == {**ids(["a_b", "c", "a b"])}


def test_natural() -> None:
    """Numbers in names are compared as numbers."""
    assert sorted(["set14 x2", "set5 x10", "Set5 x2", "bsd100"], key=natural) == [
        "bsd100",
        "Set5 x2",
        "set5 x10",
        "set14 x2",
    ]

"""Addresses are trusted where nobody between can change the answer."""

from __future__ import annotations

import pytest

from srbench.datasets.address import is_trusted, may_redirect


@pytest.mark.parametrize(
    "url",
    ["https://example.org/a.png", "https://example.org:444/a%20b?c=d#e", "http://127.0.0.1:8000/a", "http://[::1]/a"],
)
def test_trusted(url: str) -> None:
    """An address with https anywhere, with http on this machine."""
    assert is_trusted(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/a",
        "http://127.0.0.1.example.org/a",
        "http://0.0.0.0/a",
        "ftp://example.org/a",
        "file:///etc/passwd",
        "//example.org/a",
        "a.png",
        "",
        "https://",
        "https://[::1/a",
        "http://example.org\\@127.0.0.1/a",
        "http://127.0.0.1@example.org/a",
        "https://user:secret@example.org/a",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://exämple.org/",
    ],
)
def test_not_trusted(url: str) -> None:
    """Other schemes, other machines over http, and whatever two parsers of addresses may read differently."""
    assert not is_trusted(url)


@pytest.mark.parametrize(
    ("origin", "target", "allowed"),
    [
        ("https://example.org/a", "https://elsewhere.org/a", True),
        ("https://example.org/a", "http://example.org/a", False),
        ("https://example.org/a", "http://127.0.0.1/a", False),
        ("http://127.0.0.1:1/a", "http://127.0.0.1:2/a", True),
        ("http://127.0.0.1:1/a", "https://example.org/a", True),
        ("http://127.0.0.1:1/a", "http://example.org/a", False),
    ],
)
def test_redirects(origin: str, target: str, *, allowed: bool) -> None:
    """A server may send us on to https; to http on this machine only if it was on this machine itself."""
    assert may_redirect(origin, target) is allowed

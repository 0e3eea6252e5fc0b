"""Names as text that can be printed anywhere."""

from __future__ import annotations

import pytest

from srbench import printable

ODD = [
    "a\nb",
    "\x1b[31m",
    "a\x85b",
    "\u202eb",
    "a\u2028b",
    "\ufeffa",
    "a\u200db",
    "\udcff",
    "\ud800",
    "a\x7f",
    "\ue000",
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "cp1252", "utf-16"])
def test_what_cannot_be_printed_is_an_escape(text: str, encoding: str) -> None:
    """The escape is Python's, and stays as it is when it is printed again."""
    found = printable.printable(f"{text}\u732b", encoding)
    assert found.isprintable()
    assert found.encode(encoding).decode(encoding) == found == printable.printable(found, encoding)


@pytest.mark.parametrize("text", ["", "a b", "\\n", "caf\u00e9", "cafe\u0301", "\u732b", "\U0001f600"])
def test_printable_text_stays(text: str) -> None:
    """Backslashes, accents and signs are printable."""
    assert printable.printable(text) == text
    assert printable.printable(f"{text}\n", keep="\n") == f"{text}\n"


def test_names_of_files_are_each_another() -> None:
    """No file has the name that another's escape gives; the two Unicode forms of a letter are one."""
    files = [*ODD, "a\\nb", r"\x1b[31m", "\\\\udcff", r"\udcff", r"\xff"]
    for name in (printable.of_file, printable.exactly):
        known = [name(each) for each in files if each != "\ud800"]
        assert len(set(known)) == len(known)
        assert all(each.isprintable() for each in known)
    assert printable.of_file("e\u0301") == printable.of_file("\u00e9") == "\u00e9"
    assert printable.exactly("e\u0301") != printable.exactly("\u00e9")

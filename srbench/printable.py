"""Names as text that any terminal, table or file can hold: what cannot be printed is written as an escape."""

from __future__ import annotations

import os
import unicodedata

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str, encoding: str = "utf-8", keep: str = "") -> str:
    r"""Return `text` with an escape for each character that is not printable or not in `encoding`, but for `keep`.

    Escapes are those of Python: a control character is `\x1b`, one that turns text around `\u202e`. Printable text
    stays as it is, backslashes too.
    """
    if not text.isprintable():
        text = "".join(each if each.isprintable() or each in keep else _escape(each) for each in text)
    return text.encode(encoding, "backslashreplace").decode(encoding)


def of_file(name: str) -> str:
    """Return the name of a file as printable text: each name another, but for the two forms of an accented letter.

    These are one, as a Mac writes them apart (NFD) and others together (NFC). Backslashes are doubled, so that no other
    file has the name that an escape gives.
    """
    text = os.fsencode(name).decode("utf-8", "surrogateescape").replace("\\", "\\\\")
    return printable(unicodedata.normalize("NFC", text))


def exactly(name: str) -> str:
    """Return the name of a file as ASCII, each name another: the two forms of a letter have different escapes."""
    text = os.fsencode(name).decode("utf-8", "surrogateescape").replace("\\", "\\\\")
    return printable(text, "ascii")


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte that is no UTF-8
        return f"\\x{ord(character) - 0xDC00:02x}"
    return _SHORT.get(character) or character.encode("unicode_escape").decode()

"""Writes the table of docs/conventions.md, which is made of the entries: `python docs/conventions.py`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from srbench.quality.conventions import Convention, known
from srbench.quality.differences import differences
from srbench.quality.scoring import Scoring

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).with_suffix(".md")
START, END = "<!-- table: python docs/conventions.py -->\n", "<!-- end -->"


def table() -> str:
    """Return the table of all built-in conventions, group by group."""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in _rows())


def _rows() -> Iterator[tuple[str, str, str]]:
    yield "convention", "how it scores", "defined in"
    yield ("---",) * 3
    found = known()
    order = list(dict.fromkeys(each.group for each in found))
    for group, members in groupby(sorted(found, key=lambda each: order.index(each.group)), lambda each: each.group):
        for each in members:
            if each.name == group:
                base = each.scoring
                yield f"**{_escaped(each.title)}**", _words(each.scoring, Scoring(), "as `basicsr`"), _source(each)
            else:
                yield _escaped(each.title), _words(each.scoring, base, "as its group"), _source(each)


def _words(scoring: Scoring, base: Scoring, start: str) -> str:
    differing = "; ".join(differences(scoring, base, floats=True, grey=True))
    return _escaped(f"{start}, but {differing}" if differing else start)


def _source(convention: Convention) -> str:
    repository = "@".join(filter(None, (convention.repository, convention.commit)))
    return " ".join(f"`{part}`" for part in (repository, convention.where) if part)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    PAGE.write_text(f"{before}{START}{table()}{END}{rest.partition(END)[2]}", encoding="utf-8")

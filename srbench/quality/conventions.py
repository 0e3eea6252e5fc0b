"""Which conventions are there? How code bases score SR, one TOML entry each: those that are built in and users' own.

`conventions.toml` has the built-in ones; docs/conventions.md explains what an entry holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from srbench import toml
from srbench.errors import UsageError
from srbench.printable import printable
from srbench.quality.channels import Luma
from srbench.quality.choices import check_keys
from srbench.quality.protocol import shave_of
from srbench.quality.scoring import Scoring
from srbench.quality.similarity import Ssim
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from srbench.quality.choices import Kinds

Given = ParamSpec("Given")
Made = TypeVar("Made")

FILE = Path(__file__).with_name("conventions.toml")

_Table: TypeAlias = "Mapping[str, Any]"
_NAME = re.compile(r"\S(.{0,198}\S)?")


@dataclass(frozen=True)
class Convention:
    """How a code base scores SR and where it says so, or a plain choice that is nobody's."""

    name: str
    scoring: Scoring
    repository: str = ""
    """`owner/name` on GitHub, or what else names the code; empty for a plain choice."""
    commit: str = ""
    where: str = ""
    """File and lines."""
    group: str = ""
    """The name of the group of conventions that it belongs to; a group's is its own."""
    summary: str = ""
    value: str = ""
    """Which of its values this is, where a code base prints several: `RGB` or `Y`. All of them have one name."""

    @property
    def title(self) -> str:
        """Return the name, and which of its values it is."""
        return f"{self.name} ({self.value})" if self.value else self.name


_TEXTS = {each.name: str for each in fields(Convention) if each.name not in {"name", "scoring"}}
_SOURCE = ("repository", "commit", "where")
_CHOICES: Kinds = {
    "channels": (str,),
    "luma": (str,),
    "luma_rounded": (str,),
    "ssim_luma_rounded": (str,),
    "sr_rounded": (str,),
    "grey": (str,),
    "crop": (int,),
    "shave": (str, int),
    "psnr_channels": (str,),
    "psnr_epsilon": (float, int),
    "pooling": (str,),
    "ssim": (dict, str),
}
_SSIM: Kinds = {
    "window": (str,),
    "size": (int,),
    "sigma": (float, int),
    "boundary": (str,),
    "covariance": (str,),
    "downsampled": (bool,),
    "negative": (str,),
    "border": (str,),
}
_ENTRY: Kinds = {
    "name": (str,),
    "like": (str,),
    **dict.fromkeys(_TEXTS, (str,)),
    **_CHOICES,
}
_LUMA: Kinds = {"weights": (list,), "divisor": (float, int), "offset": (float, int)}
_TOP: Kinds = {"luma": (dict,), "group": (list,), "convention": (list,)}


def known(files: Iterable[Path] = ()) -> tuple[Convention, ...]:
    """Return the built-in conventions, then those of users' own `files`, in their order.

    Raises:
        UsageError: a file cannot be read, or an entry is wrong or has a name that is taken; the line says which.

    """
    built_in = _built_in()
    book = _Book(dict(built_in.entries), dict(built_in.lumas))
    for file in files:
        book.read(file)
    return tuple(book.entries.values())


@lru_cache
def _built_in() -> _Book:
    book = _Book({}, {})
    book.read(FILE)
    return book


@dataclass
class _Book:
    """What later entries may refer to."""

    entries: dict[str, Convention]
    """By title."""
    lumas: dict[str, Luma]
    """By name."""

    def read(self, file: Path) -> None:
        """Add what a file holds."""
        table = toml.table(file, "conventions")
        try:
            self._add(table)
        except UsageError as error:
            raise UsageError(f"{printable(str(file))}: {printable(str(error))}") from error

    def _add(self, table: _Table) -> None:
        check_keys(table, _TOP)
        for name, formula in table.get("luma", {}).items():
            if name in self.lumas:
                raise UsageError(f"luma {name!r} is there already; give it a name of its own")
            self.lumas[name] = _within(f"luma {name!r}", _luma, formula)
        for kind in ("group", "convention"):
            for number, entry in enumerate(table.get(kind, []), 1):
                named = entry.get("name") if isinstance(entry, dict) else None
                what = f"{kind} {named!r}" if isinstance(named, str) else f"{kind} {number}"
                found = _within(what, self._convention, entry, kind)
                if found.title in self.entries:
                    raise UsageError(f"{what}: there is one of that name already; give it a name of its own")
                self.entries[found.title] = found

    def _convention(self, entry: _Table, kind: str) -> Convention:
        check_keys(entry, _ENTRY)
        name, base = entry.get("name", ""), self._base(entry)
        if not _NAME.fullmatch(name):
            raise UsageError(f"name is {name!r}, expected a line of up to 200 characters")
        if wrong := [key for key in ("name", *_TEXTS) if not entry.get(key, "").isprintable()]:
            raise UsageError(f"{wrong[0]} is {entry[wrong[0]]!r}, expected one line")
        scoring = self._scoring(entry, base.scoring)
        source = {key: getattr(base, key) for key in _SOURCE} if scoring == base.scoring else {}
        group = name if kind == "group" else base.group or name
        texts = {"group": group} | source | {key: entry[key] for key in _TEXTS if key in entry}
        return Convention(name, scoring, **texts)

    def _base(self, entry: _Table) -> Convention:
        """Return the entry that another one is like."""
        like = entry.get("like")
        if like is None:
            return Convention("", Scoring())
        if like not in self.entries:
            near = get_close_matches(like, self.entries, 1, 0)
            raise UsageError(f"like is {like!r}, expected the name of an earlier entry, such as {near[0]!r}")
        return self.entries[like]

    def _scoring(self, entry: _Table, base: Scoring) -> Scoring:
        """Return `base` with the choices of an entry."""
        made = {key: entry[key] for key in _CHOICES if key in entry and key not in {"luma", "shave", "ssim"}}
        if "luma" in entry:
            if entry["luma"] not in self.lumas:
                raise unknown("luma", entry["luma"], self.lumas)
            made["luma"] = self.lumas[entry["luma"]]
        if "shave" in entry:
            made["shave_factor"], made["shave_extra"] = shave_of(entry["shave"])
        if "ssim" in entry:
            made["ssim"] = _ssim(entry["ssim"], base.ssim or Ssim())
        return replace(base, **made)


def _ssim(choices: _Table | str, base: Ssim) -> Ssim | None:
    if isinstance(choices, str):
        if choices != "none":
            raise UsageError(f"ssim is {choices!r}, expected none or a table such as {{ window = 'box', size = 7 }}")
        return None
    check_keys(choices, _SSIM, "ssim.")
    return replace(base, **choices)


def _luma(formula: _Table) -> Luma:
    check_keys(formula, _LUMA)
    weights = formula.get("weights", ())
    if len(weights) != 3 or any(type(each) not in {int, float} for each in weights):  # noqa: PLR2004 - R, G and B
        raise UsageError(f"weights is {weights!r}, expected three numbers, of R, G and B")
    red, green, blue = weights
    return Luma((red, green, blue), formula.get("divisor", 1), formula.get("offset", 0))


def _within(what: str, make: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> Made:
    """Return what `make` makes; its error says of `what` it is."""
    try:
        return make(*given, **named)
    except UsageError as error:
        raise UsageError(f"{what}: {error}") from error

"""Which conventions are there? How code bases score SR, one TOML entry each: those that are built in and users' own.

`conventions.toml` has the built-in ones; docs/conventions.md explains what an entry holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from srbench import toml
from srbench.errors import UsageError
from srbench.printable import printable
from srbench.quality.channels import Luma
from srbench.quality.protocol import shave_of
from srbench.quality.scoring import Scoring
from srbench.quality.similarity import Ssim
from srbench.specs import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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
_CHOICES: Mapping[str, tuple[type, ...]] = {
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
_SSIM: Mapping[str, tuple[type, ...]] = {
    "window": (str,),
    "size": (int,),
    "sigma": (float, int),
    "boundary": (str,),
    "covariance": (str,),
    "downsampled": (bool,),
    "negative": (str,),
    "border": (str,),
}
_ENTRY: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "like": (str,),
    **dict.fromkeys(_TEXTS, (str,)),
    **_CHOICES,
}
_LUMA: Mapping[str, tuple[type, ...]] = {"weights": (list,), "divisor": (float, int), "offset": (float, int)}
_TOP: Mapping[str, tuple[type, ...]] = {"luma": (dict,), "group": (list,), "convention": (list,)}


def known(files: Iterable[Path] = ()) -> tuple[Convention, ...]:
    """Return the built-in conventions, then those of users' own `files`, in their order.

    Raises:
        UsageError: a file cannot be read, or an entry is wrong or has a name that is taken; the line says which.

    """
    book = _Book()
    for file in (FILE, *files):
        where = printable(str(file))
        try:
            table = toml.parse(toml.read(file))
        except (OSError, ValueError) as error:
            reason = printable(str(getattr(error, "strerror", None) or error))
            raise UsageError(f"{where}: cannot be read as conventions in TOML ({reason})") from error
        try:
            book.add(table)
        except UsageError as error:
            raise UsageError(printable(f"{where}: {error}")) from error
    return tuple(book.entries.values())


class _Book:
    """Conventions by title, and formulas of luma by name: what later entries may refer to."""

    def __init__(self) -> None:
        self.entries: dict[str, Convention] = {}
        self.lumas: dict[str, Luma] = {}

    def add(self, table: _Table) -> None:
        """Add what a file holds."""
        _check(table, _TOP)
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
        _check(entry, _ENTRY)
        name = entry.get("name", "")
        if not _NAME.fullmatch(name) or not name.isprintable():
            raise UsageError(f"name is {name!r}, expected a line of up to 200 characters")
        like = entry.get("like")
        if like is not None and like not in self.entries:
            near = get_close_matches(like, self.entries, 1, 0)
            raise UsageError(f"like is {like!r}, expected the name of an earlier entry, such as {near[0]!r}")
        base = self.entries[like] if like is not None else Convention("", Scoring())
        scoring = self._scoring(entry, base.scoring)
        source = {key: getattr(base, key) for key in _SOURCE} if scoring == base.scoring else {}
        group = name if kind == "group" else base.group or name
        texts = {"group": group} | source | {key: entry[key] for key in _TEXTS if key in entry}
        return Convention(name, scoring, **texts)

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
    _check(choices, _SSIM, "ssim.")
    return replace(base, **choices)


def _luma(formula: _Table) -> Luma:
    _check(formula, _LUMA)
    weights = formula.get("weights", ())
    if len(weights) != 3 or any(type(each) not in {int, float} for each in weights):  # noqa: PLR2004 - R, G and B
        raise UsageError(f"weights is {weights!r}, expected three numbers, of R, G and B")
    red, green, blue = map(float, weights)
    return Luma((red, green, blue), float(formula.get("divisor", 1)), float(formula.get("offset", 0)))


def _within(what: str, make: Callable[Given, Made], *given: Given.args, **named: Given.kwargs) -> Made:
    """Return what `make` makes; its error says of `what` it is."""
    try:
        return make(*given, **named)
    except UsageError as error:
        raise UsageError(f"{what}: {error}") from error


def _check(table: object, kinds: Mapping[str, tuple[type, ...]], prefix: str = "") -> None:
    """Refuse what is no table, an unknown key, and a value of another type."""
    if not isinstance(table, dict):
        raise UsageError(f"got {table!r}, expected a table")
    for key, value in table.items():
        if key not in kinds:
            raise unknown("key", prefix + key, [prefix + each for each in kinds])
        if type(value) not in kinds[key]:
            expected = " or ".join("table" if each is dict else each.__name__ for each in kinds[key])
            raise UsageError(f"{prefix}{key} is {value!r}, expected {expected}")

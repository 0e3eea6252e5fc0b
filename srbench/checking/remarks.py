"""What a check has to say of a method: findings, notes, and what could not be checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["finding", "note", "not checked"]

CAUSES = ("load", "history", "afterwards")
"""Checks whose findings make others: SR of another image, or of a moment, is shifted, dark and never the same."""


@dataclass(frozen=True)
class Remark:
    """One thing that was seen, or why nothing could be."""

    seen: str
    """In plain words, with what was measured."""
    advice: str = ""
    """What to do."""
    image: str = ""
    """The input that it was seen on."""
    kind: Kind = "finding"
    check: str = ""
    """The name of the check; empty until it is known."""
    factors: tuple[int, ...] = ()

    @property
    def is_cause(self) -> bool:
        """Tell whether findings of other checks may come of it."""
        return self.check in CAUSES

    @property
    def where(self) -> str:
        """Return the factors and the check, as a line begins with them."""
        return " ".join(filter(None, [",".join(f"x{factor}" for factor in self.factors), self.check]))


def note(seen: str, advice: str = "", image: str = "") -> Remark:
    """Return something worth knowing that is no mistake."""
    return Remark(seen, advice, image, "note")


def not_checked(reason: str) -> Remark:
    """Return why something could not be checked."""
    return Remark(reason, kind="not checked")


def placed(remark: Remark, check: str, factor: int) -> Remark:
    """Return a remark with the check and the factor that it is of."""
    return replace(remark, check=check, factors=(factor,))


@dataclass(frozen=True)
class Report:
    """All that was seen of one method."""

    method: str
    """Its canonical spec."""
    device: str
    factors: tuple[int, ...]
    """At which it was checked."""
    checked: tuple[str, ...]
    """The names of the checks that were made."""
    remarks: tuple[Remark, ...] = field(default=())

    @property
    def findings(self) -> list[Remark]:
        """Return what has to be mended, causes first."""
        return sorted(self._of("finding"), key=lambda each: not each.is_cause)

    @property
    def notes(self) -> list[Remark]:
        """Return what is worth knowing."""
        return self._of("note")

    @property
    def not_checked(self) -> list[Remark]:
        """Return what could not be checked, with the reason."""
        return self._of("not checked")

    def _of(self, kind: Kind) -> list[Remark]:
        return [each for each in self.remarks if each.kind == kind]

    @property
    def facts(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        lists = {"findings": self.findings, "notes": self.notes, "not_checked": self.not_checked}
        return {
            "method": self.method,
            "device": self.device,
            "factors": list(self.factors),
            **{name: [_facts(each) for each in remarks] for name, remarks in lists.items()},
            "checked": list(self.checked),
        }


def _facts(remark: Remark) -> dict[str, Any]:
    return {
        "check": remark.check,
        "factors": list(remark.factors),
        "image": remark.image,
        "seen": remark.seen,
        "advice": remark.advice,
    }


def joined(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Return remarks with each that says the same at several factors once; of one factor, the same text counts once."""
    found: dict[tuple[str, str], Remark] = {}
    for each in remarks:
        known = found.setdefault((each.kind, each.seen), each)
        found[each.kind, each.seen] = replace(known, factors=_with(known.factors, each.factors))
    return tuple(found.values())


def _with(factors: Sequence[int], others: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted({*factors, *others}))

"""Which conventions give what is claimed, which do not, and which of them no number can tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from srbench.diagnosis.claim import PSNR_AGREES, SSIM_AGREES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from srbench.diagnosis.claim import Claim
    from srbench.quality.conventions import Convention
    from srbench.quality.scoring import Measured, Scoring

_ROUNDS = 0.5 + 1e-6
"""Units of the last printed digit within which a number is printed so by rounding; beyond, by cutting digits off."""


@dataclass(frozen=True)
class Match:
    """A convention beside what is claimed."""

    convention: Convention
    measured: Measured
    fits: bool
    """Whether it gives all that is claimed."""
    group: int
    """Counted from 1, in order: conventions of one group score these images alike, as well as programs agree."""


def matched(known: Iterable[Convention], measured: Mapping[Scoring, Measured], claim: Claim) -> list[Match]:
    """Return all conventions: those that give the claim first, then the others, the nearest first.

    Of those that give it, those that round to it are first, then those of many code bases: digits that are not printed
    do not tell which is nearer. Those that print no SSIM, where one is claimed, are the last. Those of a group stand
    together, in the order in which they are known. Of a code base that prints several values under one name, the
    nearest counts; what could not be measured is left out.
    """

    def fits(each: Convention) -> bool:
        return claim.fits(measured[each.scoring])

    def order(group: list[Convention]) -> tuple[bool, bool, float, int]:
        mine = measured[group[0].scoring]
        away = claim.units(mine)
        if fits(group[0]):
            return False, False, away > _ROUNDS, -len(group)
        lacks = claim.ssim is not None and mine.ssim is None  # it may be near by the other number alone
        return True, lacks, round(away, 2), 0  # a hundredth of a digit is nothing

    groups = [
        list(members)
        for alike in _groups(_one_of_each_name(known, measured, claim), measured)
        for _, members in groupby(sorted(alike, key=lambda each: not fits(each)), key=fits)
    ]
    groups.sort(key=order)
    return [
        Match(each, measured[each.scoring], fits(each), number)
        for number, group in enumerate(groups, 1)
        for each in group
    ]


def alike(a: Measured, b: Measured) -> bool:
    """Tell whether two conventions score alike, as well as one convention agrees between programs."""
    if a.ssim is None or b.ssim is None:
        return a.ssim is b.ssim and _near(a.psnr, b.psnr, PSNR_AGREES)
    return _near(a.psnr, b.psnr, PSNR_AGREES) and _near(a.ssim, b.ssim, SSIM_AGREES)


def _near(a: float, b: float, most: float) -> bool:
    return a == b or abs(a - b) <= most  # both may be infinite


def _one_of_each_name(
    known: Iterable[Convention], measured: Mapping[Scoring, Measured], claim: Claim
) -> list[Convention]:
    found: dict[str, Convention] = {}
    for each in known:
        if each.scoring in measured:
            before = found.setdefault(each.name, each)
            found[each.name] = min(before, each, key=lambda one: _away(claim, measured[one.scoring]))
    return list(found.values())


def _away(claim: Claim, measured: Measured) -> tuple[bool, float]:
    return not claim.fits(measured), claim.units(measured)


def _groups(known: Iterable[Convention], measured: Mapping[Scoring, Measured]) -> list[list[Convention]]:
    """Return conventions in groups, each of those that score as its first does."""
    groups: list[list[Convention]] = []
    for each in known:
        own = [group for group in groups if alike(measured[group[0].scoring], measured[each.scoring])]
        if own:
            own[0].append(each)
        else:
            groups.append([each])
    return groups

"""What is said of a printed number, for every format: which conventions give it, and what would tell more."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from srbench.diagnosis.explanation import BASE
from srbench.specs import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from srbench.diagnosis.explanation import Candidate, Explanation

NEAREST = 5
"""How many groups are shown where none gives the number."""

PLAIN = "a plain choice, of no known code base"


class Member(NamedTuple):
    """A convention of a code base, and where it is defined."""

    name: str
    source: str


class Alike(NamedTuple):
    """Conventions that are told in the same words."""

    choices: str
    """What they do otherwise than protocol `basicsr`, and what that changes."""
    members: list[Member]
    """None of them where it is of no code base."""


class Group(NamedTuple):
    """Conventions that no number of the images tells apart."""

    number: int
    name: str
    """What its plain choices are called, and the code bases that are cited, the first few."""
    scores: str
    away: str
    """How far it is from what is claimed; empty where it gives that."""
    parts: list[Alike]


class Notes(NamedTuple):
    """What else is said, under a heading."""

    heading: str
    lines: list[str]


def headline(found: Explanation) -> str:
    """Return which number is explained, and how many conventions give it."""
    images = f"{counted(found.images, 'image')} at x{found.factor}"
    if not found.fitting:
        return f"{found.claim} on {images}: none of {len(found.nearest)} known conventions gives this"
    shown = _grouped(found.fitting, found)
    count = sum(len(part.members) or 1 for group in shown for part in group.parts)  # as many as are listed
    number = f"{counted(count, 'known convention')} {'gives' if count == 1 else 'give'} this"
    return f"{found.claim} on {images}: {number}" + f", in {len(shown)} groups" * (len(shown) > 1)


def explained(found: Explanation) -> str:
    """Return what groups and differences are."""
    if math.isinf(found.base_psnr):
        return "Equal images tell nothing of conventions, so none is shown."
    alike = "Conventions of one group score these images alike: no number tells them apart."
    base = (
        f"Each is described by what it does differently from protocol {BASE}, which scores luma, not rounded, with "
        f"{found.factor} pixels (the factor) cut from each side, and takes the mean over the images: here "
        f"{found.base_psnr:.4f} dB and SSIM {found.base_ssim:.5f}."
    )
    return f"{alike if found.fitting else f'The {NEAREST} nearest groups of conventions follow.'} {base}"


def groups(found: Explanation) -> list[Group]:
    """Return the groups that give the number, or else the nearest; none where SR equals HR."""
    if math.isinf(found.base_psnr):
        return []
    shown = _grouped(found.fitting or found.nearest, found)
    return shown if found.fitting else shown[:NEAREST]


def _grouped(candidates: Iterable[Candidate], found: Explanation) -> list[Group]:
    return [_group(list(group), found) for _, group in groupby(candidates, key=lambda each: each.group)]


def before(found: Explanation) -> list[Notes]:
    """Return what is said before the groups: what is wrong with SR, and why none may give the number."""
    if found.fitting:
        return _of_images(found) if found.offsets.get("findings") else []
    return [*_of_images(found), *_advice(found, "What else it may be")]


def after(found: Explanation) -> list[Notes]:
    """Return what is said after the groups."""
    if not found.fitting:
        return []
    return [*([] if before(found) else _of_images(found)), *_advice(found, "What to do next")]


def _advice(found: Explanation, heading: str) -> list[Notes]:
    return [Notes(heading, list(found.advice))] if found.advice else []


def _of_images(found: Explanation) -> list[Notes]:
    sections = {"SR on HR": found.offsets, "LR": found.lr}
    return [Notes(name, section["sentences"]) for name, section in sections.items() if section.get("sentences")]


def _group(group: list[Candidate], found: Explanation) -> Group:
    first = group[0]
    ssim = "no SSIM" if first.ssim is None else f"SSIM {first.ssim:.5f}"
    away = "" if found.fitting else _away(first, found)
    words = dict.fromkeys(each.choices for each in group)
    parts = [Alike(each, _members(one for one in group if one.choices == each)) for each in words]
    named = [each.name for each in group if each.is_group and not each.source]
    cited = [member.name for part in parts for member in part.members]
    name = listed([*named, *cited], separator="; ")
    return Group(first.group, name, f"PSNR {first.psnr:.4f} dB, {ssim}", away, parts)


def _away(candidate: Candidate, found: Explanation) -> str:
    """Return how far a convention is from what is claimed."""
    away = []
    if found.claimed:
        away.append(f"PSNR {_off(candidate.psnr, found.claimed, 2, ' dB')}")
    if found.claimed_ssim and candidate.ssim is not None:
        away.append(f"SSIM {_off(candidate.ssim, found.claimed_ssim, 4)}")
    return f"{', '.join(away)} what is claimed" if away else ""


def _off(measured: float, claimed: str, digits: int, unit: str = "") -> str:
    """Return how far a number is from the claimed one, with enough digits that it is not 0."""
    difference = measured - float(claimed)
    digits = next((each for each in range(digits, digits + 4) if abs(difference) >= 0.5 * 10.0**-each), digits)
    return f"{abs(difference):.{digits}f}{unit} {'above' if difference > 0 else 'below'}"


def _members(group: Iterable[Candidate]) -> list[Member]:
    """Return code bases with their sources; without any, that of the group itself."""
    sourced = [each for each in group if each.source]
    return [Member(each.name, each.source) for each in [one for one in sourced if not one.is_group] or sourced]

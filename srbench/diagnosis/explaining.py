"""Explaining a printed number: the images are scored under every known convention, then SR and LR are looked at."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from srbench.datasets.pairing import lr_pairs, pairs
from srbench.diagnosis import advice, lr_words, offsets
from srbench.diagnosis.explanation import Candidate, Explanation
from srbench.diagnosis.images import Pairs
from srbench.diagnosis.lr_kinds import LrPair, lr_kinds
from srbench.diagnosis.matching import matched
from srbench.errors import UsageError
from srbench.quality import conventions
from srbench.quality.differences import differences
from srbench.quality.image import is_grey
from srbench.quality.scoring import Scoring, measure
from srbench.specs import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from srbench.datasets import Dataset
    from srbench.diagnosis.claim import Claim
    from srbench.diagnosis.images import Pair, Tick
    from srbench.diagnosis.matching import Match
    from srbench.quality.conventions import Convention
    from srbench.quality.scoring import Measured

BASE = Scoring()
"""How protocol `basicsr` scores."""

OWN_LR = "LR is taken from the dataset. If SR was made from other LR, give that: --lr DIR."


def explain(  # noqa: PLR0913 - what is compared, and with what
    hr: Dataset,
    sr: Dataset,
    factor: int,
    claim: Claim,
    *,
    lr: Dataset | None = None,
    files: Iterable[Path] = (),
    tick: Tick = lambda *_: None,
) -> Explanation:
    """Return which conventions give what is claimed of the images of `sr`, and what else is known of them.

    Args:
        hr: the ground truth.
        sr: its SR, paired by name.
        factor: by how much SR was enlarged.
        claim: what is printed of them.
        lr: the LR that SR was made from, if it is at hand; without it, the published LR of `hr`, if there is any.
        files: users' own conventions, in TOML.
        tick: called for each image.

    Raises:
        UsageError: files do not pair, a file of conventions cannot be read, or no image is large enough.
        ImageError: an image cannot be read, or SR does not show what HR shows.

    """
    known = conventions.known(files)
    images = Pairs(pairs(hr, sr, factor), factor)
    low = _lr_files(hr, lr, factor)
    greys: list[bool] = []
    pixels = _watched(images.told("scoring", tick).placed(), greys)
    measured = measure({BASE, *(each.scoring for each in known)}, pixels, factor)
    if BASE not in measured:
        raise UsageError(f"{sr.root}: an image is too small to be scored; SSIM needs 11x11 pixels within the border")
    found = matched(known, measured, claim)
    candidates = [_candidate(each, measured[BASE], factor, grey=any(greys)) for each in found]
    fitting = [each for each in found if each.fits]
    wrong = _offsets(images, tick)
    told = [*_advice(found, claim, images, wrong["corrected"], lr=lr is not None), *_not_scored(known, measured)]
    return Explanation(
        claimed=claim.psnr.text if claim.psnr else "",
        claimed_ssim=claim.ssim.text if claim.ssim else "",
        factor=factor,
        images=len(images),
        base_psnr=measured[BASE].psnr,
        base_ssim=measured[BASE].ssim or 0.0,
        fitting=tuple(candidates[: len(fitting)]),
        nearest=tuple(candidates[len(fitting) :]),
        lr=_lr(low, factor, tick, [OWN_LR] if lr is None else []),
        offsets=wrong,
        advice=tuple(told),
    )


def _lr_files(hr: Dataset, lr: Dataset | None, factor: int) -> list[LrPair]:
    """Return HR beside its LR: that which is given, or that which the dataset has."""
    if lr is not None:
        return [LrPair(mine.name, mine.path, theirs.path) for mine, theirs in lr_pairs(hr, lr, factor)]
    published = {each.name: each.path for each in hr.published_lr(factor)}
    return [LrPair(each.name, each.path, published[each.name]) for each in hr.images if each.name in published]


def _lr(files: Sequence[LrPair], factor: int, tick: Tick, first: list[str]) -> dict[str, Any]:
    if not files:
        return {}
    found = lr_kinds(files, factor, progress=lambda what: tick(what, 0, 0))
    return found.facts | {"sentences": [*first, *lr_words.sentences(found)]}


def _offsets(images: Pairs, tick: Tick) -> dict[str, Any]:
    found = offsets.find(images.told("comparing SR with HR", tick), images.factor, BASE, images.names)
    resized = any(each.kind == "placement" for each in found.findings)
    scored = ["The conventions score what SR and HR both show."] if resized else []
    return found.as_json() | {"sentences": [*found.sentences, *scored]}


def _not_scored(known: Iterable[Convention], measured: Mapping[Scoring, Measured]) -> Iterator[str]:
    """Yield how many conventions cannot score the images."""
    if number := len({each.name for each in known if each.scoring not in measured}):
        yield f"{counted(number, 'convention')} cannot score these images: SR has one channel, or is too small."


def _watched(pairs: Iterable[Pair], greys: list[bool]) -> Iterator[Pair]:
    """Yield the pairs, and note of each whether an image of it is grey."""
    for pair in pairs:
        greys.append(is_grey(pair.hr) or is_grey(pair.sr))
        yield pair


def _candidate(match: Match, usual: Measured, factor: int, *, grey: bool) -> Candidate:
    convention, measured = match.convention, match.measured
    scoring = replace(convention.scoring, sr_rounded=BASE.sr_rounded)  # files are rounded already
    if not grey:
        scoring = replace(scoring, grey=BASE.grey)
    return Candidate(
        name=convention.name,
        is_group=convention.group == convention.name,
        psnr=measured.psnr,
        ssim=measured.ssim,
        group=match.group,
        differences=tuple(differences(scoring, BASE, factor)),
        psnr_difference=0.0 if measured.psnr == usual.psnr else measured.psnr - usual.psnr,
        repository=convention.repository,
        commit=convention.commit,
        where=convention.where,
        summary=convention.summary,
    )


def _advice(
    matches: Sequence[Match], claim: Claim, images: Pairs, corrected: float | None, *, lr: bool
) -> Iterable[str]:
    fitting = [each for each in matches if each.fits]
    if not fitting:
        return advice.not_found(matches, claim, corrected, lr=lr)

    @cache
    def cut(pixels: int) -> float:
        scoring = replace(BASE, shave_factor=0, shave_extra=pixels, ssim=None)
        return measure([scoring], images.placed(), images.factor)[scoring].psnr

    return advice.deciding(fitting, claim, images.factor, len(images), cut)

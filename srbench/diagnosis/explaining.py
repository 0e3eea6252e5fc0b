"""Explaining a printed number: the images are scored under every known convention, then SR and LR are looked at."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from srbench.datasets.pairing import pairs
from srbench.diagnosis import advice
from srbench.diagnosis.explanation import Candidate, Explanation
from srbench.diagnosis.images import Pairs
from srbench.diagnosis.matching import matched
from srbench.errors import UsageError
from srbench.quality import conventions
from srbench.quality.differences import differences
from srbench.quality.scoring import Scoring, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import TypeAlias

    from srbench.datasets import Dataset
    from srbench.diagnosis.claim import Claim
    from srbench.diagnosis.matching import Match
    from srbench.quality.scoring import Measured

    Tick: TypeAlias = Callable[[str, int, int], None]
    """Called with what is done, how much of it, and of how much."""

BASE = Scoring()
"""How protocol `basicsr` scores."""


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
        lr: the LR that SR was made from, if it is at hand.
        files: users' own conventions, in TOML.
        tick: called for each image.

    Raises:
        UsageError: files do not pair, or a file of conventions cannot be read.
        ImageError: an image cannot be read, or the sizes of HR and SR do not fit.

    """
    known = conventions.known(files)
    images = Pairs(pairs(hr, sr, factor))
    measured = measure({BASE, *(each.scoring for each in known)}, images.read(tick), factor)
    if BASE not in measured:
        raise UsageError(f"{sr.root}: images are too small to be scored; expected at least {0} pixels a side")
    found = matched(known, measured, claim)
    candidates = [_candidate(each, measured[BASE], factor) for each in found]
    fitting = [each for each in found if each.fits]
    return Explanation(
        psnr=claim.psnr.text if claim.psnr else "",
        ssim=claim.ssim.text if claim.ssim else "",
        factor=factor,
        images=len(images),
        base_psnr=measured[BASE].psnr,
        base_ssim=measured[BASE].ssim or 0.0,
        fitting=tuple(candidates[: len(fitting)]),
        nearest=tuple(candidates[len(fitting) :]),
        lr={},
        offsets={},
        advice=tuple(_advice(found, claim, images, factor, lr=lr is not None)),
    )


def _candidate(match: Match, usual: Measured, factor: int) -> Candidate:
    convention, measured = match.convention, match.measured
    return Candidate(
        name=convention.name,
        psnr=measured.psnr,
        ssim=measured.ssim,
        group=match.group,
        differences=tuple(differences(convention.scoring, BASE, factor)),
        psnr_difference=0.0 if measured.psnr == usual.psnr else measured.psnr - usual.psnr,
        repository=convention.repository,
        commit=convention.commit,
        where=convention.where,
        summary=convention.summary,
    )


def _advice(found: Iterable[Match], claim: Claim, images: Pairs, factor: int, *, lr: bool) -> Iterable[str]:
    matches = list(found)
    fitting = [each for each in matches if each.fits]
    if not fitting:
        return advice.not_found(matches, claim, lr=lr)

    @cache
    def cut(pixels: int) -> float:
        scoring = replace(BASE, shave_factor=0, shave_extra=pixels, ssim=None)
        return measure([scoring], images, factor)[scoring].psnr

    return advice.deciding(fitting, claim, factor, len(images), cut)

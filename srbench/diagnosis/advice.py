"""What would tell more about a number: another one, where several conventions give it, or what was not tried."""

from __future__ import annotations

import math
from itertools import combinations, groupby, pairwise
from typing import TYPE_CHECKING, TypeAlias

from srbench.diagnosis.claim import PSNR_AGREES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from srbench.diagnosis.claim import Claim
    from srbench.diagnosis.matching import Match

Cut: TypeAlias = "Callable[[int], float]"
"""Returns the PSNR in dB of the same images with so many pixels cut from each side."""

NOT_TRIED = (
    "other SR files: of other weights, of a self-ensemble (often marked +), or before they were rounded to 8 bits",
    "other HR files, another number of images, or the mean of several runs",
    "code bases that are not among the known conventions (srbench conventions lists these, --conventions FILE adds)",
)
"""What else a number may be of, where no convention gives it."""

_APART = 1.5
"""Units of a last printed digit beyond which a number fits one of two values alone, however it was rounded."""

_NOTHING = 0.005
"""dB that two decimals do not show."""

_FACTORS = (2, 3, 4)
"""At which numbers are printed."""


def deciding(fitting: Sequence[Match], claim: Claim, factor: int, images: int, cut: Cut) -> Iterator[str]:
    """Yield which further numbers would tell the conventions apart that give the claim, and by how much they differ."""
    groups = {each.group: each for each in reversed(fitting)}
    if claim.ssim is None:
        yield from _by_ssim(groups)
    if claim.psnr is None:
        yield from _by_psnr(groups, 2, "PSNR would tell more")
    elif claim.psnr.tolerance > 10 * PSNR_AGREES:
        yield from _by_psnr(groups, 4, "PSNR with 4 decimals would tell more")
    yield from _by_factor(fitting, claim, factor, cut)
    if images == 1 and len({each.convention.scoring.pooling for each in fitting}) > 1:
        yield "Several images would tell more: of one image, the mean and the PSNR of all pixels together are the same."


def not_found(matches: Sequence[Match], claim: Claim, corrected: float | None, *, lr: bool) -> Iterator[str]:
    """Yield what is known where nothing gives the claim, and what was not tried.

    `corrected` is the PSNR in dB by protocol `basicsr` with everything undone that is wrong with SR as it lies on HR.
    """
    if any(math.isinf(each.measured.psnr) for each in matches):
        yield "SR equals HR, so that nothing is left to score: is the folder of SR (--sr) that of HR?"
    elif claim.psnr and corrected is not None:
        away, value = abs(corrected - claim.psnr.value), claim.psnr.value
        if 2 * away < min(abs(each.measured.psnr - value) for each in matches):
            beside = "as claimed" if away < _NOTHING else f"{away:.2f} dB from what is claimed"
            gives = f"protocol basicsr gives {corrected:.2f} dB, {beside}"
            yield f"Repair SR first: with what is wrong with it undone, {gives}."
    if claim.psnr and claim.ssim:
        psnr, ssim = claim.psnr, claim.ssim
        alone = {
            "PSNR": [each.group for each in matches if psnr.fits(each.measured.psnr)],
            "SSIM": [each.group for each in matches if ssim.fits(each.measured.ssim)],
        }
        if any(alone.values()):
            text = "; ".join(f"{what} alone: {_groups(found)}" for what, found in alone.items() if found)
            yield f"One of the two numbers is given ({text}): they may be of different code or images."
    if not lr:
        yield (
            "Not tried: the LR that SR was made from. --lr DIR tells which degradation made it; another than that of "
            "training may cost several dB."
        )
    yield from (f"Not tried: {each}." for each in NOT_TRIED)


def _by_ssim(groups: Mapping[int, Match]) -> Iterator[str]:
    values = {number: each.measured.ssim for number, each in groups.items() if each.measured.ssim is not None}
    told = _told(values, 4)
    without = groups.keys() - values.keys()
    if len(told) + bool(without) > 1:
        none = [f"{_groups(without)} {'print' if without != {min(without)} else 'prints'} none"] if without else []
        yield f"SSIM would tell more (--claimed-ssim): {'; '.join([*told, *none])}."


def _by_psnr(groups: Mapping[int, Match], decimals: int, what: str) -> Iterator[str]:
    told = _told({number: each.measured.psnr for number, each in groups.items()}, decimals)
    if len(told) > 1:
        yield f"{what} (--claimed): {'; '.join(told)}."


def _told(values: Mapping[int, float], decimals: int) -> list[str]:
    """Return `value in groups` for each value that a number of so many decimals tells apart; what is near is one."""
    ordered = sorted(values, key=lambda number: -values[number])
    parts = [ordered[:1]] if ordered else []
    for before, number in pairwise(ordered):
        if values[before] - values[number] > _APART * 10.0**-decimals:
            parts.append([])
        parts[-1].append(number)
    return [f"{values[part[0]]:.{decimals}f} is {_groups(part)}" for part in parts]


def _groups(numbers: Iterable[int]) -> str:
    """Return the numbers of groups in words: `group 1`, `groups 1 to 4 and 7`."""
    ordered = sorted(set(numbers))
    runs = [list(run) for _, run in groupby(ordered, key=lambda number: number - ordered.index(number))]
    *said, last = (
        part for run in runs for part in ([f"{run[0]} to {run[-1]}"] if run[2:] else [str(each) for each in run])
    )
    return f"group{'s' * (len(ordered) > 1)} {' and '.join(filter(None, [', '.join(said), last]))}"


def _by_factor(fitting: Sequence[Match], claim: Claim, factor: int, cut: Cut) -> Iterator[str]:
    """Yield which other factor would tell more: one at which conventions cut other pixels, and that shows."""
    rules: dict[tuple[int, int], set[int]] = {}
    for each in fitting:
        scoring = each.convention.scoring
        rules.setdefault((scoring.shave_factor, scoring.shave_extra), set()).add(each.group)
    least = _APART * (claim.psnr.tolerance if claim.psnr else 0.01)
    for (one, groups), (other, others) in combinations(rules.items(), 2):
        apart = {
            each: abs(cut(pixels[0]) - cut(pixels[1]))
            for each in _FACTORS
            if each != factor and (pixels := (_pixels(one, each), _pixels(other, each)))
        }
        best = max(apart, key=lambda each: apart[each])
        if apart[best] > least:
            cuts = [
                f"{_groups(own)} cut{'s' * (len(own) == 1)} {_pixels(rule, best)}"
                for rule, own in ((one, groups), (other, others))
            ]
            if groups & others:
                cuts = [
                    f"some of {_groups(groups & others)} cut {_pixels(one, best)}",
                    f"others {_pixels(other, best)}",
                ]
            yield (
                f"A number at x{best} would tell more (a second run). Of the pixels at each side, {' and '.join(cuts)} "
                f"there; on these images that changes PSNR by {apart[best]:.2f} dB."
            )


def _pixels(rule: tuple[int, int], factor: int) -> int:
    return rule[0] * factor + rule[1]

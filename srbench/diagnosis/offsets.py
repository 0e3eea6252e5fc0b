"""Is SR shifted, cropped, in another channel order or on other levels than HR, and what does each of it cost?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from srbench.diagnosis import offset_words as words
from srbench.diagnosis.faults import agreed, look
from srbench.diagnosis.trial import KINDS, Trial
from srbench.quality.alignment import channels
from srbench.quality.alignment.levels import COLLAPSED
from srbench.quality.scoring import Scoring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srbench.diagnosis.faults import Fault, Faults
    from srbench.quality.image import Image

LEAST_COSTS = {"placement": -math.inf, "channels": 0.05, "levels": 0.05, "shift": 0.01}
"""What must be won by undoing a fault, in dB, for it to be reported: less is not told from chance."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with SR, and what it costs alone."""

    kind: str
    """`placement`, `channels`, `grey`, `levels` or `shift`."""
    what: str
    """In plain words: `SR is shifted by (0.50, 0.50) px: 0.50 down, 0.50 right`."""
    cost: float | None
    """What it alone costs, in dB: what SR with everything undone loses by this. None where it cannot be undone."""
    without: float | None
    """The score, in dB, with this undone and nothing else. None where that cannot be scored."""
    values: dict[str, Any]
    """What was measured, as JSON holds it: `{"down": 0.5, "right": 0.5, ...}`; `per_image` where images differ."""
    todo: str
    """What usually makes it, and what to do."""

    @property
    def sentence(self) -> str:
        """Return it as a line: `SR is shifted by ...; this alone costs 2.10 dB; 34.70 dB without it`."""
        if self.cost is None:
            return f"{self.what}; it cannot be undone"
        compared = "compared from the top left corner, " if self.kind == "placement" else ""
        said = f"{self.what}; {compared}this alone costs {self.cost:.2f} dB"
        return said if self.without is None else f"{said}; {self.without:.2f} dB without it"


@dataclass(frozen=True)
class Offsets:
    """What is wrong with SR images as they lie on HR; scores are PSNR over all images, in dB."""

    psnr: float | None
    """As SR is; None where it cannot be scored, because of its size or as no image has anything in common with HR."""
    corrected: float | None
    """With everything undone that was found."""
    findings: tuple[Finding, ...]
    """In the order in which they are undone."""
    notes: tuple[str, ...] = ()
    """Which images were left out, and why."""

    @property
    def sentences(self) -> list[str]:
        """Return all of it in plain words, one line each; also that nothing was found."""
        said = [each.sentence for each in self.findings]
        if len(said) > 1 and self.corrected is not None:
            instead = "" if self.psnr is None else f" instead of {self.psnr:.2f}"
            said.append(f"without all of these: {self.corrected:.2f} dB{instead}")
        return [*(said or ([words.NOTHING] if self.psnr is not None else [])), *self.notes]

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON holds it; a score that is infinite, as SR equals HR, is null."""
        return {
            "psnr": _finite(self.psnr),
            "corrected": _finite(self.corrected),
            "findings": [
                {
                    "kind": each.kind,
                    "what": each.what,
                    "cost_db": _finite(each.cost),
                    "without_db": _finite(each.without),
                    "values": each.values,
                    "todo": each.todo,
                    "sentence": each.sentence,
                }
                for each in self.findings
            ],
            "notes": list(self.notes),
        }


def find(
    pairs: Sequence[tuple[Image, Image]], factor: int, scoring: Scoring | None = None, names: Sequence[str] = ()
) -> Offsets:
    """Return what is wrong with the SR of `pairs`, and what it costs under a scoring.

    Args:
        pairs: HR as it is in its file, and SR of any size: uint8, (H, W) or (H, W, 3). Each pair is taken several times,
            so a sequence that reads its images when asked needs no memory for all.
        factor: by how much SR was enlarged.
        scoring: how SR is compared with HR; default: as `basicsr` does.
        names: what images are called.

    """
    trial = Trial(pairs, factor, scoring or Scoring())
    faults = agreed([look(*trial.pair(number), factor) for number in range(len(pairs))])
    return _told(trial, faults, names or [f"image {number + 1}" for number in range(len(pairs))])


def _told(trial: Trial, faults: Faults, names: Sequence[str]) -> Offsets:
    """Return what faults cost, without those that cost next to nothing."""
    best = trial.score(faults)
    present = [kind for kind in KINDS if getattr(faults, kind) is not None]
    costs = {kind: _less(best, trial.score(faults, [kind])) for kind in present}
    if slight := [kind for kind in present if _slight(kind, costs[kind], faults)]:
        return _told(trial, faults._replace(**dict.fromkeys(slight)), names)
    findings = [_finding(trial, faults, kind, costs[kind], names) for kind in present]
    as_is = trial.score(faults._replace(**dict.fromkeys(KINDS))) if faults.placement is None else None
    return Offsets(as_is, best, tuple(findings + _grey(faults)), tuple(_notes(faults, names)))


def _slight(kind: str, cost: float | None, faults: Faults) -> bool:
    return cost is not None and cost < LEAST_COSTS[kind] and not _collapsed(kind, faults)


def _collapsed(kind: str, faults: Faults) -> bool:
    """Tell whether nothing can be undone in some image, as its values are gone."""
    return kind == "levels" and faults.levels is not None and COLLAPSED in faults.levels.per_image


def _finding(trial: Trial, faults: Faults, kind: str, cost: float | None, names: Sequence[str]) -> Finding:
    fault: Fault[Any] = getattr(faults, kind)
    what, todo = _WORDS[kind]
    usual = next(each for each in fault.per_image if each is not None)
    if fault.common is not None:
        said, values = what(usual, trial.factor), _as_values(usual)
    else:
        said = words.differing(what, fault.per_image, trial.factor, names)
        values = {"per_image": {name: _as_values(each) for name, each in zip(names, fault.per_image, strict=True)}}
    undone = None if _collapsed(kind, faults) else cost
    others = [each for each in KINDS if each != kind]
    without = None if undone is None else trial.score(faults, others)
    return Finding(kind, said, undone, without, values, todo(usual, trial.factor))


def _grey(faults: Faults) -> list[Finding]:
    """Return that SR has no colours: nothing brings them back."""
    number, of = sum(faults.grey), len(faults.grey)
    return [Finding("grey", words.grey(number, of), None, None, {"images": number}, words.GREY_TODO)] if number else []


def _notes(faults: Faults, names: Sequence[str]) -> list[str]:
    """Return which images were left out, or lie otherwise than the rest."""
    alone = [name for name, aligned in zip(names, faults.aligned, strict=True) if not aligned]
    unlike = [name for name, away in zip(names, faults.unlike, strict=True) if away]
    notes = [words.unaligned(alone, len(names))] if alone else []
    return notes + ([words.unlike(unlike, len(names))] if unlike else [])


def _as_values(found: Any) -> dict[str, Any] | None:  # noqa: ANN401 - of any kind of fault
    """Return what was measured as JSON holds it."""
    if found is None:
        return None
    if not hasattr(found, "_asdict"):
        return {"order": channels.spelled(found)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found._asdict().items()}


def _less(best: float | None, left: float | None) -> float | None:
    return None if best is None or left is None else best - left


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


_WORDS = {
    "placement": (words.placed, words.placed_todo),
    "channels": (words.order, words.order_todo),
    "levels": (words.level, words.level_todo),
    "shift": (words.shift, words.shift_todo),
}

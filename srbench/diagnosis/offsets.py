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
    from collections.abc import Callable, Sequence

    from srbench.diagnosis.faults import Fault, Faults
    from srbench.quality.image import Image

LEAST_COSTS = {"placement": -math.inf, "channels": 0.05, "levels": 0.05, "shift": 0.01}
"""What must be won by undoing a fault, in dB, for it to be reported: less is not told from chance."""

_TOLD = 0.005
"""dB that two decimals show."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with SR, and what it costs alone."""

    kind: str
    """`placement`, `channels`, `levels`, `gamma`, `shift` or `grey`."""
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
            return f"{self.what}."
        if self.without is not None and math.isinf(self.without):
            return f"{self.what}; SR equals HR without it."
        compared = "compared from the top left corner, " if self.kind == "placement" else ""
        costs = f"this alone costs {self.cost:.2f} dB" if self.cost >= _TOLD else "this costs nothing"
        said = f"{self.what}; {compared}{costs}"
        return f"{said}." if self.without is None else f"{said}; {self.without:.2f} dB without it."


@dataclass(frozen=True)
class Offsets:
    """What is wrong with SR images as they lie on HR; scores are PSNR over all images, in dB."""

    psnr: float | None
    """As SR is; None where it cannot be scored, because of its size or its channels."""
    corrected: float | None
    """With everything undone that was found."""
    findings: tuple[Finding, ...]
    """In the order in which they are undone."""
    notes: tuple[str, ...] = ()
    """Which images were left out, and why."""

    @property
    def sentences(self) -> list[str]:
        """Return all of it in plain words, one line each, with what to do; also that nothing was found in any image."""
        said = [f"{each.sentence} {each.todo[0].upper()}{each.todo[1:]}." for each in self.findings]
        if len(said) > 1 and self.corrected is not None:
            instead = "" if self.psnr is None else f" instead of {self.psnr:.2f}"
            said.append(f"Without all of these: {self.corrected:.2f} dB{instead}.")
        return [*said, *self.notes] or [words.NOTHING]

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
        pairs: HR as it is in its file, and SR of any size: uint8, (H, W) or (H, W, 3). Each pair is taken several
            times, so a sequence that reads its images when asked needs no memory for all.
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
    costs = {kind: _cost(trial, faults, kind, best) for kind in present}
    if slight := [kind for kind, cost in costs.items() if cost is not None and cost < LEAST_COSTS[kind]]:
        return _told(trial, faults.without(slight), names)
    findings = [_finding(trial, faults, kind, costs[kind], best, names) for kind in present]
    as_is = trial.score(faults.without(KINDS)) if faults.placement is None else None
    return Offsets(as_is, best, tuple(findings + _grey(faults)), tuple(_notes(trial, faults, names)))


def _cost(trial: Trial, faults: Faults, kind: str, best: float | None) -> float | None:
    """Return what a kind of fault costs if everything else is undone; None where values are gone for good."""
    if kind == "levels" and faults.levels is not None and COLLAPSED in faults.levels.per_image:
        return None
    left = trial.score(faults, [kind])
    if best is None or left is None:
        return None
    return 0.0 if best == left else best - left  # both may be infinite


def _finding(  # noqa: PLR0913 - of one kind of fault
    trial: Trial, faults: Faults, kind: str, cost: float | None, best: float | None, names: Sequence[str]
) -> Finding:
    """Return what is said of one kind of fault, of which the cost is known, and the `best` score."""
    fault: Fault[Any] = getattr(faults, kind)
    usual = next(each for each in fault.per_image if each is not None)
    said = [None if each is None else _what(kind, each) for each in fault.per_image]
    per_image = {name: _as_values(each) for name, each in zip(names, fault.per_image, strict=True)}
    common = fault.common is not None
    others = [each for each in KINDS if each != kind and getattr(faults, each) is not None]
    return Finding(
        "gamma" if getattr(usual, "kind", "") in {"gamma", "srgb"} else kind,
        "".join(_what(kind, usual)) if common else words.differing(said, names),
        cost,
        None if cost is None else trial.score(faults, others) if others else best,
        _as_values(usual) if common else {"per_image": per_image},
        _todo(kind, usual, trial.factor),
    )


def _what(kind: str, found: Any) -> words.Said:  # noqa: ANN401 - of any kind of fault
    said: dict[str, Callable[[Any], words.Said]] = {
        "placement": words.placed,
        "channels": words.order,
        "levels": words.level,
        "shift": words.shift,
    }
    return said[kind](found)


def _todo(kind: str, found: Any, factor: int) -> str:  # noqa: ANN401 - likewise
    todo: dict[str, Callable[[Any, int], str]] = {
        "placement": words.placed_todo,
        "channels": words.order_todo,
        "levels": words.level_todo,
        "shift": words.shift_todo,
    }
    return todo[kind](found, factor)


def _grey(faults: Faults) -> list[Finding]:
    """Return that SR has no colours: nothing brings them back."""
    number, of = sum(faults.grey), len(faults.grey)
    return [Finding("grey", words.grey(number, of), None, None, {"images": number}, words.GREY_TODO)] if number else []


def _notes(trial: Trial, faults: Faults, names: Sequence[str]) -> list[str]:
    """Return what cannot be told of images, and which lie otherwise than the rest."""
    lost = [words.unaligned(*each, trial.factor) if each else "" for each in faults.lost]
    said = [words.UNLIKE if unlike else note for unlike, note in zip(faults.unlike, lost, strict=True)]
    images = {each: [name for name, mine in zip(names, said, strict=True) if mine == each] for each in said if each}
    return [words.note(each, whose, len(names)) for each, whose in images.items()]


def _as_values(found: Any) -> dict[str, Any]:  # noqa: ANN401 - likewise
    """Return what was measured as JSON holds it; nothing for an image that has not got the fault."""
    if found is None:
        return {}
    if not hasattr(found, "_asdict"):
        return {"order": channels.spelled(found)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found._asdict().items()}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None

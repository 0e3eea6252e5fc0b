"""Verdicts: what a run found, in one sentence per place, and who else differs from the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srbench.report.drawing import absent
from srbench.report.html.boards import place_of
from srbench.report.html.tabling import fixed, probability
from srbench.report.scoreboard import fair
from srbench.results.comparisons import PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.report.findings import Findings
    from srbench.report.html.legend import Place

_WORDS = {"better": "Better", "worse": "Worse", "equal": "Equal", "undecided": "Undecided", "too few images": "Too few"}
_SAYS = {
    "undecided": "undecided, {p}",
    "too few images": "too few images to decide: {pairs} cannot give a p-value below {smallest}",
    "equal": "equal on every image",
}


class Verdict(NamedTuple):
    """What was found in one place."""

    place: Place
    images: int
    method: str
    """The one with the best mean; empty where no mean may be called the best."""
    sentence: str
    others: list[tuple[str, list[str]]]
    """Verdicts on the others against the baseline, each with its methods."""


def verdicts(findings: Findings, board: pd.DataFrame) -> Iterator[Verdict]:
    """Yield a verdict for each place of `board` (`report.scoreboard`)."""
    for _, group in board.groupby(PLACE, sort=False):
        place = place_of(group.iloc[0])
        able = group[fair(group) & group["psnr"].notna()]
        best = able.sort_values("psnr").iloc[-1] if len(able) else None
        leader = "" if best is None else str(best["method"])
        sentence = (
            "No fair winner: each method lacks images, or was trained on some"
            if best is None
            else _sentence(best, findings.baseline, place)
        )
        others = group[group["method"] != leader]
        found = [(words, list(others.loc[others["psnr_verdict"] == name, "method"])) for name, words in _WORDS.items()]
        yield Verdict(
            place, int(group["images"].max()), leader, sentence, [(words, names) for words, names in found if names]
        )


def _sentence(best: pd.Series, baseline: str, place: Place) -> str:
    where = f"on {place.label}"
    if absent(best["psnr_difference"]):
        return f"{best['psnr']:.2f} dB {where}, the best mean{'' if best['method'] != baseline else ' (the baseline)'}"
    p = probability(best["psnr_p_holm"])
    p = f"p {p}" if p.startswith("<") else f"p = {p}"
    says = _SAYS.get(best["psnr_verdict"], f"{best['psnr_verdict']}, {p}")
    says = says.format(p=p, pairs=int(best["pairs"]), smallest=f"{best['smallest_p']:.2g}")
    difference = fixed(best["psnr_difference"], 2, sign=True).text
    return f"{difference} dB over {baseline} {where} ({says})"

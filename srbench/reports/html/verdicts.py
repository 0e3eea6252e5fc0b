"""Verdicts: what a run found, in one sentence per setting, and who else differs from the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srbench.analysis.columns import COLUMNS, LEADING, METRICS, absent
from srbench.analysis.settings import SETTING, rankable
from srbench.reports.html.legend import setting_of
from srbench.reports.html.tabling import number, probability

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.reports.findings import Findings
    from srbench.reports.html.legend import Setting

_VERDICT = f"{LEADING}_verdict"
_WORDS = {
    "better": "Better",
    "worse": "Worse",
    "equal": "Equal",
    "undecided": "Undecided",
    "too few images": "Too few images",
}
_SAYS = {
    "better": "significant, {p}",
    "worse": "significant, {p}",
    "undecided": "not significant, {p}",
    "too few images": "too few images: with {pairs}, p cannot be below {smallest}",
    "equal": "equal on every image",
}


class Verdict(NamedTuple):
    """What was found in one setting."""

    setting: Setting
    images: int
    method: str
    """The one with the best mean; empty where no mean is `rankable`."""
    sentence: str
    others: list[tuple[str, list[str]]]
    """Verdicts on the others against the baseline, each with its methods."""


def verdicts(findings: Findings) -> Iterator[Verdict]:
    """Yield a verdict for each setting of the scoreboard."""
    for _, group in findings.scoreboard.groupby(SETTING, sort=False):
        setting = setting_of(group.iloc[0])
        able = group[rankable(group) & group[LEADING].notna()]
        if able.empty:
            leader, sentence = "", "No fair winner: each method lacks images, or was trained on some"
        else:
            best = able.loc[(METRICS[LEADING].sign * able[LEADING]).sort_values().index[-1]]
            leader, sentence = str(best["method"]), _sentence(best, findings.baseline, setting)
        rest = group[group["method"] != leader]
        found = {words: list(rest.loc[rest[_VERDICT] == name, "method"]) for name, words in _WORDS.items()}
        others = [(words, names) for words, names in found.items() if names]
        yield Verdict(setting, int(group["images"].max()), leader, sentence, others)


def _sentence(best: pd.Series, baseline: str, setting: Setting) -> str:
    where, difference = f"on {setting.label}", best[f"{LEADING}_difference"]
    if absent(difference):
        of_baseline = "" if best["method"] != baseline else " (the baseline)"
        return f"{METRICS[LEADING].measure(best[LEADING])} {where}, the best mean{of_baseline}"
    p = probability(best[f"{LEADING}_p_holm"])
    p = f"p {p}" if p.startswith("<") else f"p = {p}"
    says = _SAYS[best[_VERDICT]].format(p=p, pairs=int(best["pairs"]), smallest=f"{best['smallest_p']:.2g}")
    gain = number(COLUMNS["difference"], difference, sign=True).text
    return f"{gain} {COLUMNS['difference'].unit} over {baseline} {where} ({says})"

"""Verdicts: what a run found, in one sentence per setting, and who else differs from the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from srbench.analysis.columns import absent, bound, probability
from srbench.analysis.places import alike
from srbench.analysis.settings import SETTING
from srbench.reports.cells import of_all
from srbench.reports.html.legend import setting_of
from srbench.reports.html.tabling import number
from srbench.reports.labels import amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from srbench.reports.findings import Findings
    from srbench.reports.html.legend import Setting

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
_NONE = "No fair winner: each method lacks images, or was trained on some"


class Verdict(NamedTuple):
    """What was found in one setting."""

    setting: Setting
    images: str
    """On how many images methods are compared."""
    methods: list[str]
    """Those with the best mean; empty where no method is judged."""
    sentence: str
    others: list[tuple[str, list[str]]]
    """Verdicts against the baseline, each with its methods; that of a method that is alone the best is the sentence."""


def verdicts(findings: Findings) -> Iterator[Verdict]:
    """Yield a verdict for each setting of the scoreboard."""
    verdict = findings.cells.source("verdict")
    for _, group in findings.scoreboard.groupby(SETTING, sort=False):
        setting = setting_of(group.iloc[0])
        leaders = alike(group, findings.metrics)
        first = group[group["method"].isin(leaders)]
        sentence = _sentence(first, findings, setting) if leaders else _NONE
        rest = group.drop(first.index) if len(leaders) == 1 else group
        found = {words: list(rest.loc[rest[verdict] == name, "method"]) for name, words in _WORDS.items()}
        others = [(words, names) for words, names in found.items() if names]
        yield Verdict(setting, _images(first if leaders else group), leaders, sentence, others)


def _images(lines: pd.DataFrame) -> str:
    line = lines.iloc[0]
    return f"{of_all(line)} image{'s' if line['of'] != 1 else ''}"


def _sentence(leaders: pd.DataFrame, findings: Findings, setting: Setting) -> str:
    found, baseline, leader = findings.cells, findings.baseline, leaders.iloc[0]
    where, difference = f"on {setting.label}", leader[found.source("difference")]
    if len(leaders) > 1 or absent(difference):
        of_baseline = "" if leader["method"] != baseline else " (the baseline)"
        what = "equal best means" if len(leaders) > 1 else f"the best mean{of_baseline}"
        alone = len(findings.methods) == 1
        mean = amount(found.leading, number(found.leading, leader[found.leading.name]).text)
        return f"{mean} {where}" + f", {what}" * (not alone)
    p = probability(leader[found.source("p")])
    p = f"p {p}" if p.startswith("<") else f"p = {p}"
    smallest = bound(leader["smallest_p"])
    says = _SAYS[leader[found.source("verdict")]].format(p=p, pairs=int(leader["pairs"]), smallest=smallest)
    gain = amount(found.leading, number(found.columns["difference"], difference, sign=True).text)
    against = "against" if found.leading.better == "lower" else "over"
    return f"{gain} {against} {baseline} {where} ({says})"

"""What is said about LR images that were given: whether the protocol would have made them, and else what may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.reports.labels import benchmark
from srbench.store.given_lr import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from srbench.store.given_lr import GivenLr

_UNLIKE = 0.6
"""Share of samples that differ, and"""
_FAR = 8
"""mean absolute difference of 0..255, beyond which LR is like nothing: noise and JPEG are nearer, turned LR is not."""


def sentences(info: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per dataset, factor and protocol with given LR, of which `info` is run.json."""
    for each in read(info):
        where = f"{benchmark(each.dataset, each.factor)}, {each.protocol}"
        yield f"{where}: {_said(each)} ({each.images} of {each.of} images compared)"


def doubts(info: Mapping[str, Any]) -> Iterator[str]:
    """Yield those of the `sentences` that say anything but that the protocol would have made all of LR."""
    for each, line in zip(read(info), sentences(info), strict=True):
        if not each.own or each.differs or each.not_compared:
            yield line


def _said(facts: GivenLr) -> str:
    left_out = f"; {facts.not_compared}" if facts.not_compared else ""
    if not facts.images:
        return f"these LR images are given{left_out}"
    if facts.own and not facts.differs:
        return f"these LR images are what this protocol makes of HR: {facts.own}{left_out}"
    if facts.others:
        differ = "differs" if facts.images - facts.exact == 1 else "differ"
        made = f"{facts.exact} of {facts.images} images are what this protocol makes of HR; {facts.others} {differ}"
        return f"{made} ({_percent(facts.differs)} of samples); {_closest(facts)}{left_out}"
    if not facts.own:
        return f"these LR images are given; {_closest(facts)}{left_out}"
    other = f"these LR images were not made by this protocol: {_percent(facts.differs)} of samples differ"
    return f"{other}; {_closest(facts)}{left_out}"


def _closest(facts: GivenLr) -> str:
    """Return what LR is nearest to, which may be exactly that, or nothing that has a name."""
    if not facts.closest_differs:
        return f"closest: {facts.closest}, exactly" + (f" ({facts.lr})" if facts.lr else "")
    if facts.closest_differs > _UNLIKE and facts.away > _FAR:
        return "close to no named degradation; LR may not belong to HR"
    if facts.closest == facts.own:
        return "no named degradation is closer"
    return f"closest: {facts.closest}, from which {_percent(facts.closest_differs)} differ"


def _percent(share: float) -> str:
    """Return a share that is never 0 or 100 % where it is not."""
    percent = 100 * share
    if 1 <= percent <= 99 or share == 1:  # noqa: PLR2004
        return f"{percent:.0f} %"
    return f"{min(percent, 99.9):.3g} %"

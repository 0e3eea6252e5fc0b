"""What is said about LR images that were given: whether the protocol would have made them, and else what may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.reports.labels import benchmark
from srbench.store.given_lr import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from srbench.store.given_lr import GivenLr


def sentences(info: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per dataset, factor and protocol with given LR, of which `info` is run.json."""
    for each in read(info):
        where = f"{benchmark(each.dataset, each.factor)}, {each.protocol}"
        yield f"{where}: {_said(each)} ({each.images} of {each.of} images compared)"


def _said(facts: GivenLr) -> str:
    if facts.own and not facts.differs:
        return f"these LR images are what this protocol makes of HR: {facts.own}"
    rest = f", from which {_percent(facts.closest_differs)} differ" if facts.closest_differs else ""
    closest = f"closest: {facts.closest}{rest}"
    if not facts.own:
        return f"these LR images are given; {closest}"
    return f"these LR images were not made by this protocol: {_percent(facts.differs)} of samples differ; {closest}"


def _percent(share: float) -> str:
    """Return a share that is never 0 or 100 % where it is not."""
    percent = 100 * share
    if 1 <= percent <= 99 or share == 1:  # noqa: PLR2004
        return f"{percent:.0f} %"
    return f"{min(percent, 99.9):.3g} %"

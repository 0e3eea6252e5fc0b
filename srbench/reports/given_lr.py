"""What is said about LR images that were given: whether the protocol would have made them, and else what may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.reports.labels import benchmark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def sentences(info: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per dataset, factor and protocol with given LR, of which `info` is run.json."""
    for dataset, factors in info.get("given_lr", {}).items():
        for factor, facts in factors.items():
            over = f"{facts['images']} of {facts['of']} images compared"
            for protocol, usual in facts["protocols"].items():
                where = f"{benchmark(dataset, factor.removeprefix('x'))}, {protocol}"
                yield f"{where}: {_said(facts['likeness'], usual)} ({over})"


def _said(likeness: Mapping[str, Mapping[str, Any]], usual: str) -> str:
    closest = next(iter(likeness.values()))
    own = likeness.get(usual)
    if own and not own["share"]:
        return f"these LR images are those that this protocol makes: {own['name']}"
    like = f"closest: {closest['name']}" + (f", of which {_percent(closest)} differ" if closest["share"] else "")
    if own is None:
        return f"these LR images are given; {like}"
    return f"these LR images were not made by this protocol: {_percent(own)} of samples differ; {like}"


def _percent(facts: Mapping[str, Any]) -> str:
    """Return a share, never as none or all where it is not."""
    percent = 100 * facts["share"]
    return f"{percent:.0f} %" if 1 <= percent <= 99 or percent in (0, 100) else f"{percent:.2g} %"  # noqa: PLR2004

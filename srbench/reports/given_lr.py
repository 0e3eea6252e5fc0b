"""What is said about LR images that were given: whether the protocol would have made them, and else what may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.reports.labels import benchmark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def sentences(info: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line per dataset, factor and protocol with given LR, of which `info` is run.json."""
    for each in records(info):
        where = f"{benchmark(each['dataset'], each['factor'])}, {each['protocol']}"
        over = f"{each['images']} of {each['of']} images compared"
        yield f"{where}: {_said(each)} ({over})"


def records(info: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what is known of given LR: of the `images` that were compared, which share of samples `differs`.

    From what the protocol would make (None where that has no name), called `own`, and from what is `closest`.
    """
    for dataset, factors in info.get("given_lr", {}).items():
        for factor, facts in factors.items():
            closest = next(iter(facts["likeness"].values()))
            for protocol, usual in facts["protocols"].items():
                own = facts["likeness"].get(usual, {})
                yield {
                    "dataset": dataset,
                    "factor": int(factor.removeprefix("x")),
                    "protocol": protocol,
                    "images": facts["images"],
                    "of": facts["of"],
                    "own": own.get("name"),
                    "differs": own.get("share"),
                    "closest": closest["name"],
                    "closest_differs": closest["share"],
                }


def _said(facts: Mapping[str, Any]) -> str:
    if facts["differs"] == 0:
        return f"these LR images are what this protocol makes of HR: {facts['own']}"
    rest = f", from which {_percent(facts['closest_differs'])} differ" if facts["closest_differs"] else ""
    closest = f"closest: {facts['closest']}{rest}"
    if facts["differs"] is None:
        return f"these LR images are given; {closest}"
    return f"these LR images were not made by this protocol: {_percent(facts['differs'])} of samples differ; {closest}"


def _percent(share: float) -> str:
    """Return a share that is never 0 or 100 % where it is not."""
    percent = 100 * share
    return f"{percent:.0f} %" if 1 <= percent <= 99 or percent == 100 else f"{percent:.2g} %"  # noqa: PLR2004

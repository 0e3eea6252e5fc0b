"""Who prints a number: a paper's method is of other weights than yours, which no convention makes up for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srbench.analysis import claims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.diagnosis.claim import Claim

_MOST = 3


def printed_of(claim: Claim, dataset: str, factor: int) -> Iterator[str]:
    """Yield of what the literature prints a PSNR, digit by digit: on a dataset, or on any where it does not know it."""
    if claim.psnr is None:
        return
    table = claims.published()
    same = (table["metric"] == "psnr") & (table["factor"] == factor) & (table["printed"] == claim.psnr.text)
    found = table[same & ((table["dataset"] == dataset) | (dataset not in set(table["dataset"])))]
    for each in found.head(_MOST).to_dict("records"):
        where = f"on {each['dataset']} x{factor}, protocol {each['protocol']} ({each['source']})"
        tells = f" srbench reproduce --methods {each['method']} tells." if each["method"] else ""
        of = f"{each['name'] or each['method']} {where}"
        yield f"{claim.psnr.text} dB is printed of {of}. Is SR made with its weights, and from such LR?{tells}"

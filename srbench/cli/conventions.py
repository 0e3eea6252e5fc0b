"""`srbench conventions`: how code bases score SR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.cli import options

if TYPE_CHECKING:
    from srbench.quality.conventions import Convention


def conventions(conventions: options.Conventions = None, json: options.Json = False) -> None:
    """List how code bases compute PSNR and SSIM, each by what it does differently from protocol `basicsr`.

    `srbench explain` scores images under all of them.
    """
    from srbench.cli import console
    from srbench.quality.conventions import known

    found = [_facts(each) for each in known(conventions or ())]
    if json:
        console.print_json(found)
        return
    names = {each["name"] for each in found}
    console.say(f"{len(names)} known conventions. Each is described by what it does differently from protocol basicsr:")
    console.say(
        'luma by MATLAB\'s rgb2ycbcr, not rounded; as many pixels cut from each side as the factor (the "shave" or'
    )
    console.say('"crop_border" of code); SSIM of Wang et al. 2004 with a Gaussian window; the mean over the images.')
    for each in found:
        console.say("")
        console.say(each["title"], style="bold")
        console.say(f"  {', '.join(each['differences']) or 'the same as protocol basicsr'}")
        if each["source"]:
            console.say(f"  {each['source']}", style="dim")


def _facts(convention: Convention) -> dict[str, Any]:
    """Return what there is to say of a convention, as JSON holds it."""
    from dataclasses import asdict

    from srbench.quality.differences import differences
    from srbench.quality.scoring import Scoring

    words = {"title": convention.title, "differences": differences(convention.scoring, Scoring())}
    source = " ".join(filter(None, [convention.repository, convention.commit, convention.where]))
    return asdict(convention) | words | {"source": source}

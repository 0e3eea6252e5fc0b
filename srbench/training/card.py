"""Model cards: `python -m srbench.training.card` writes those of the weights that come with srbench.

A card repeats what the weights' metadata say, and the reference tables for shipped weights: it cannot say otherwise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
from safetensors import safe_open

from srbench import weights_metadata as metadata
from srbench.folders import folder
from srbench.hashing import file_hash
from srbench.opening import check
from srbench.specs import canonical, parse_method
from srbench.training import share_alike

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WEIGHTS = folder("methods") / "weights"

_FACTS = ("method", "factor", "steps", "device", "threads", "srbench", "commit", "torch")
"""What a card names; damaged metadata may lack any."""

_SHOWN = 5
"""How many schedules a card names."""

_CARD = """\
# {name}

{parameters} weights of `{method}` for x{factor}: luma through the network, chroma by bicubic.
This card is written by `srbench.training.card` from the file's metadata{reference}.

* **File**: sha256 `{sha256}`
* **Training images**: {images}. The file's metadata holds the sha256 of the pixels of each, so that `srbench run` can
  mark scores on them. Images of test sets (`srbench datasets` lists them) are refused.
{data}
{share_alike}{near_copies}{start}{teacher}* **Recipe**: {steps} steps; {recipe}
{schedules}* **Made by** `srbench train`, srbench {srbench} (commit {commit}), torch {torch}, on {device}, {parallel}

{scores}
"""


def facts(weights: Path) -> dict[str, Any]:
    """Return the sound metadata of a file that `srbench train` wrote, and its number of `parameters`."""
    check(weights)
    with safe_open(weights, "numpy") as file:
        known = metadata.read(file.metadata())
        return {**known, "parameters": sum(file.get_tensor(name).size for name in file.keys())}  # noqa: SIM118 - no dictionary


def card(weights: Path, summary: pd.DataFrame | None = None) -> str:
    """Return the card of a file that `srbench train` wrote; `summary` holds the reference scores of shipped weights."""
    known = dict.fromkeys(_FACTS, "unknown") | facts(weights)
    data, recipe, own = (known.pop(name, {}) for name in ("data", "recipe", "scores"))
    copies = metadata.near_copies(known)
    known.pop("near_copies", None)
    licences = share_alike.attributions({**known, "data": data})
    start, teacher, schedules = (known.pop(key, {}) for key in ("started_from", "teacher", "schedules"))
    computed = known.pop("computed", [])
    images = known.pop("training_images", [])
    known |= {name: f"{known[name]:,}" for name in ("parameters", "steps") if isinstance(known[name], int)}
    return _CARD.format(
        **known,
        name=weights.stem if summary is not None else f"{known['method']} x{known['factor']}",
        sha256=file_hash(weights),
        reference="" if summary is None else " and `results/reference`",
        images=len(images) if isinstance(images, list) else images,
        data="\n".join(
            f"  * `{name}`: {each.get('images')}, fingerprint `{each.get('fingerprint')}`"
            for name, each in data.items()
        ),
        recipe=", ".join(f"{key} {_text(value)}" for key, value in recipe.items() if value not in ([], ())),
        share_alike=_licences(licences),
        near_copies=_copies(copies),
        start=_other("Started from", start, "sha256"),
        teacher=_other("Learned from", teacher, "fingerprint of code and weights"),
        schedules=_schedules(schedules, known.get("extended", ())),
        parallel=f"processes {known.get('processes', 1)}, threads {known['threads']}{_computed(computed)}",
        scores=_scores(own) if summary is None else _reference(known, summary),
    )


def _licences(attributions: Mapping[str, str]) -> str:
    """Return the line on training images under a share-alike licence; nothing where there are none."""
    if not attributions:
        return ""
    named = "; ".join(f"`{name}` ({text})" for name, text in attributions.items())
    return f"* **Trained on images under a share-alike licence**: {named}. Whoever passes the weights on says so.\n"


def _copies(copies: list[dict[str, str]]) -> str:
    """Return the line on training images that show what test images show; nothing where there are none."""
    if not copies:
        return ""
    named = "; ".join(f"{each['image']} shows {each['shows']}" for each in copies)
    return f"* **Near copies of test images, or photographs of their series**: {named}. Scores there may be too high.\n"


def _other(what: str, weights: dict[str, Any], kind: str) -> str:
    """Return the line on other weights that the training built on, with its hash, of a `kind`; nothing without any."""
    if not weights:
        return ""
    images = weights.get("training_images")
    trained = (
        "training images not all known: test images may be among them"
        if images is None
        else f"trained on {images} images, which are among the training images"
    )
    return f"* **{what}** `{weights.get('name')}`, {kind} `{weights.get('sha256')}`; {trained}\n"


def _schedules(schedules: list[list[int]], extended: Any) -> str:  # noqa: ANN401 - JSON
    """Return the line on a training whose length changed under way: which schedule held from which step on."""
    if not schedules:
        return ""
    shown = schedules if len(schedules) <= _SHOWN else [*schedules[:1], *schedules[1 - _SHOWN :]]
    told = "; ".join(f"that of {steps:,} steps from step {step:,} on" for step, steps in shown)
    left_out = f" ({len(schedules) - len(shown)} more in the metadata)" * (len(shown) < len(schedules))
    steps = ", ".join(f"{step:,}" for step in extended) if isinstance(extended, list) else ""
    return f"* **Schedule**: {told}{left_out}{f'; extended at step {steps}' if steps else ''}\n"


def _computed(before: list[list[Any]]) -> str:
    """Say where a training was computed before it was extended elsewhere; nothing where it was not."""
    return "".join(f"; up to step {step:,} on {device}, threads {threads}" for step, device, threads in before)


def _scores(lines: list[dict[str, Any]]) -> str:
    """Return the scores that the training took itself."""
    head = ["images", "protocol", "PSNR dB", "SSIM", "bicubic (MATLAB) PSNR dB"]
    others = ["bicubic", *["start"] * any("start" in each for each in lines)]
    head += ["starting weights PSNR dB"] * (len(others) - 1)
    rows: list[list[Any]] = [
        [
            *(each.get(name) for name in ("dataset", "protocol")),
            *(f"{each['psnr']:.4f}", f"{each['ssim']:.5f}"),
            *(f"{each.get(name, math.nan):.4f}" for name in others),
        ]
        for each in lines
    ]
    table = [" | ".join(map(str, row)) for row in [head, *rows]]
    first, *lines_below = (f"| {row} |" for row in table)
    return "\n".join([first, f"|{'---|' * len(head)}", *lines_below])


def _reference(facts: dict[str, Any], summary: pd.DataFrame) -> str:
    """Return the scores of the reference tables, which are those of torch."""
    spec = parse_method(facts["method"])
    method = canonical(spec.name, {**spec.options, "engine": "torch"})
    own = summary[(summary["method"] == method) & (summary["factor"] == facts["factor"])]
    cells = zip(own["dataset"], own["protocol"], own["psnr"], own["ssim"], strict=True)
    head = "| dataset | protocol | PSNR dB | SSIM |\n|---|---|---|---|\n"
    return head + "\n".join(f"| {dataset} | {name} | {psnr:.4f} | {ssim:.5f} |" for dataset, name, psnr, ssim in cells)


def _text(value: Any) -> str:  # noqa: ANN401 - TOML
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def main() -> None:
    """Write the cards of all weights that come with srbench."""
    summary = pd.read_csv(folder("results") / "reference" / "summary.csv")
    for weights in sorted(WEIGHTS.glob("*.safetensors")):
        weights.with_suffix(".md").write_text(card(weights, summary), encoding="utf-8")


if __name__ == "__main__":
    main()

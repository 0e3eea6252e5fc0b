"""Write the model card of every weight file: `python -m srbench.methods._card`.

A card repeats what the weights' metadata and the reference tables say, so that it cannot say anything else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import safe_open

from srbench import methods
from srbench.folders import folder
from srbench.plugins import file_hash

WEIGHTS = Path(__file__).parent / "weights"

# "none of them of BSDS500 val": `_train.training_sets` refuses them; a test holds the shipped weights to it
_CARD = """\
# {name}

`srbench run --methods {spec} --factor {factor}` uses these {parameters:,} weights: luma by ESPCN, chroma by bicubic.
This card is written by `python -m srbench.methods._card` from the file's metadata and `results/reference`.

* **File**: sha256 `{sha256}`
* **Training images**: {images}, none of them of BSDS500 val, which is BSD100. The file's metadata holds the sha256 of
  the pixels of each.
{data}
* **Recipe**: MSE on luma, Adam, cosine learning rate, averaged weights; {recipe}
* **Made by** `srbench.methods._train` with srbench {srbench} and torch {torch} on one CPU core in {minutes} minutes

| dataset | protocol | PSNR dB | SSIM |
|---|---|---|---|
{scores}
"""


def card(weights: Path, summary: pd.DataFrame) -> str:
    """Return the card of one weight file; `summary` holds the reference scores."""
    with safe_open(weights, "numpy") as file:
        metadata = file.metadata()
        parameters = sum(file.get_tensor(name).size for name in file.keys())  # noqa: SIM118 - not a dictionary
    facts: dict[str, Any] = json.loads(metadata["card"])
    spec = methods.choose(facts.pop("method"), methods.registry()).spec
    own = summary[(summary["method"] == spec) & (summary["factor"] == facts["factor"])]
    cells = zip(own["dataset"], own["protocol"], own["psnr"], own["ssim"], strict=True)
    data = facts.pop("data").items()
    return _CARD.format(
        name=weights.stem,
        spec=spec,
        parameters=parameters,
        sha256=file_hash(weights),
        images=len(json.loads(metadata["training_images"])),
        data="\n".join(f"  * `{name}`: {each['images']}, fingerprint `{each['fingerprint']}`" for name, each in data),
        recipe=", ".join(f"{key} {value}" for key, value in facts.pop("recipe").items()),
        scores="\n".join(f"| {dataset} | {name} | {psnr:.4f} | {ssim:.5f} |" for dataset, name, psnr, ssim in cells),
        **facts,
    )


def main() -> None:
    """Write all cards."""
    summary = pd.read_csv(folder("results") / "reference" / "summary.csv")
    for weights in sorted(WEIGHTS.glob("*.safetensors")):
        weights.with_suffix(".md").write_text(card(weights, summary), encoding="utf-8")


if __name__ == "__main__":
    main()

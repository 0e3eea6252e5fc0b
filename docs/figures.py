"""Draws the pictures of docs/espcn.md: `make figures`. They show what the shipped weights do, on images of `sample`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from srbench import datasets, methods
from srbench.contract import upscale
from srbench.plugins import import_module
from srbench.quality import metrics, protocol
from srbench.quality.files import read_image
from srbench.quality.image import to_uint8

if TYPE_CHECKING:
    from srbench.quality.image import Image

FOLDER = Path(__file__).parent / "images"
FACTOR = 3
METHODS = ("nearest", "bicubic-matlab", "espcn", "espcn:activation=relu")
CROPS = {"astronaut": (20, 170, 96, 96), "chelsea": (90, 120, 96, 96), "coffee": (130, 310, 96, 96)}
"""Top, left, height and width in HR pixels."""


def crops() -> None:
    """Draw HR and what each method makes of its LR, with the PSNR of the crop."""
    paths = {entry.name: entry.path for entry in datasets.get("sample").images}
    figure = Figure((2 * (len(METHODS) + 1), 2.3 * len(CROPS)), layout="constrained")
    axes = figure.subplots(len(CROPS), len(METHODS) + 1)
    basicsr = protocol.get("basicsr")
    for row, (name, (top, left, height, width)) in zip(axes, CROPS.items(), strict=True):
        hr = basicsr.reference(read_image(paths[name]), FACTOR)
        box = slice(top, top + height), slice(left, left + width)
        _show(row[0], hr[box], f"{name}, HR")
        for axis, spec in zip(row[1:], METHODS, strict=True):
            upscaler = methods.choose(spec, methods.registry()).load(FACTOR, "cpu")
            sr = to_uint8(upscale(upscaler, basicsr.degrade(hr, FACTOR), FACTOR))
            score = metrics.psnr(basicsr.channels(hr[box]), basicsr.channels(sr[box]))
            _show(axis, sr[box], f"{spec.replace('activation=', '')}\n{score:.2f} dB")
    figure.savefig(FOLDER / "espcn-crops.png", dpi=110, metadata={"Software": None})


def curves() -> None:
    """Draw how the shipped weights for x3 were found, from their metadata."""
    card, curve, plan = (import_module(f"srbench.methods._training.{name}") for name in ("card", "curve", "plan"))
    for kind in ("relu", "tanh"):
        facts = card.facts(card.WEIGHTS / f"espcn-{kind}-x{FACTOR}.safetensors")
        per_epoch = facts["steps"] / facts["recipe"]["epochs"]
        history = [plan.Moment(step, step / per_epoch, loss, psnr) for step, loss, psnr in facts["history"]]
        svg = curve.draw(history, title=f"espcn-{kind}-x{FACTOR}")["curve.svg"]
        (FOLDER / f"espcn-{kind}-curve.svg").write_bytes(svg)


def _show(axis: object, image: Image, title: str) -> None:
    axis.imshow(image, interpolation="nearest")  # type: ignore[attr-defined]
    axis.set_title(title, fontsize=9)  # type: ignore[attr-defined]
    axis.set_axis_off()  # type: ignore[attr-defined]


if __name__ == "__main__":
    crops()
    curves()

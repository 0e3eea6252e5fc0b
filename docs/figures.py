"""Draws the pictures of README.md and docs/espcn.md: `make figures`. They show today's output on images of `sample`."""

from __future__ import annotations

import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from rich.console import Console

import srbench
from srbench import datasets, methods
from srbench.contract import upscale
from srbench.plugins import import_module
from srbench.quality import metrics, protocols
from srbench.quality.files import read_image
from srbench.quality.image import to_uint8
from srbench.reports import findings, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from srbench.quality.image import Image

FOLDER = Path(__file__).parent / "images"
FACTOR = 3
BASICSR = protocols.get("basicsr")
METHODS = ("nearest", "bicubic-matlab", "espcn", "espcn:activation=relu")
CROPS = {"astronaut": (20, 170, 96, 96), "chelsea": (90, 120, 96, 96), "coffee": (130, 310, 96, 96)}
"""Top, left, height and width in HR pixels."""


def crops() -> None:
    """Draw HR and what each method makes of its LR, with the PSNR of the crop."""
    figure = Figure((2 * (len(METHODS) + 1), 2.3 * len(CROPS)), layout="constrained")
    axes = figure.subplots(len(CROPS), len(METHODS) + 1)
    for row, (name, (top, left, height, width)) in zip(axes, CROPS.items(), strict=True):
        box = slice(top, top + height), slice(left, left + width)
        hr, srs = _upscaled(name, METHODS)
        _show(row[0], hr[box], f"{name}, HR\n")
        for axis, (spec, sr) in zip(row[1:], srs.items(), strict=True):
            _show(axis, sr[box], _scored(spec, hr, sr, box).replace("  ", "\n"))
    figure.savefig(FOLDER / "espcn-crops.png", dpi=110, metadata={"Software": None})


def run() -> None:
    """Draw a run's report above what three of its methods make of one image."""
    names = "nearest,bilinear,bicubic,bicubic-matlab,espcn,fsrcnn,plain"
    with TemporaryDirectory() as folder:
        srbench.run(names, factors=FACTOR, device="cpu", out=folder)
        found = findings.load(Path(folder))
    report = Console(file=io.StringIO(), width=80)
    terminal.show(report, found)
    head, tail = names[: names.index("bicubic-matlab")], names[names.index("bicubic-matlab") :]
    table = report.file.getvalue().partition(f"sample x{FACTOR}, basicsr:")[0]  # type: ignore[attr-defined]
    text = f"$ srbench run --factor {FACTOR} --methods {head}\\\n    {tail}\n{table}"
    figure = Figure((10, 7.1), facecolor="#12161c")
    figure.text(0.03, 0.97, text, family="monospace", fontsize=12.5, color="#e6e6e6", va="top", linespacing=1.35)
    hr, srs = _upscaled("chelsea", ("nearest", "bicubic", "espcn"))
    box = slice(72, 162), slice(126, 216)
    for number, (title, image) in enumerate({"HR": hr, **srs}.items()):
        axis = figure.add_axes((0.03 + 0.24 * number, 0.063, 0.225, 0.317))
        _show(axis, image[box], "")
        figure.text(0.03 + 0.24 * number, 0.03, _scored(title, hr, image, box), color="#e6e6e6", family="monospace")
    figure.savefig(FOLDER / "run.png", dpi=120, metadata={"Software": None})


def curve() -> None:
    """Draw how the shipped ReLU weights for x3 were found, from their metadata."""
    card, curves, plan = (import_module(f"srbench.training.{name}") for name in ("card", "curve", "plan"))
    name = f"espcn-relu-x{FACTOR}"
    facts = card.facts(card.WEIGHTS / f"{name}.safetensors")
    per_epoch = facts["steps"] / facts["recipe"]["epochs"]
    level = facts["scores"][0]["bicubic"]
    history = [plan.Moment(step, step / per_epoch, loss, psnr, bicubic=level) for step, loss, psnr in facts["history"]]
    (FOLDER / "espcn-relu-curve.svg").write_bytes(curves.draw(history, title=name)["curve.svg"])


def _upscaled(name: str, specs: Sequence[str]) -> tuple[Image, dict[str, Image]]:
    """Return an image of `sample`, cropped as the protocol does, and what each method makes of its LR."""
    paths = {entry.name: entry.path for entry in datasets.get("sample").images}
    hr = BASICSR.reference(read_image(paths[name]), FACTOR)
    lr = BASICSR.degrade(hr, FACTOR)
    upscalers = {spec: methods.choose(spec, methods.registry()).load(FACTOR, "cpu") for spec in specs}
    return hr, {spec: to_uint8(upscale(upscaler, lr, FACTOR)) for spec, upscaler in upscalers.items()}


def _scored(title: str, hr: Image, sr: Image, box: tuple[slice, slice]) -> str:
    """Return the title of a crop, with its PSNR."""
    score = metrics.psnr(BASICSR.channels(hr[box]), BASICSR.channels(sr[box]))
    return f"{title.replace('activation=', '')}" + (f"  {score:.2f} dB" if sr is not hr else "")


def _show(axis: object, image: Image, title: str) -> None:
    axis.imshow(image, interpolation="nearest", cmap="grey")  # type: ignore[attr-defined]
    axis.set_title(title, fontsize=9)  # type: ignore[attr-defined]
    axis.set_axis_off()  # type: ignore[attr-defined]


if __name__ == "__main__":
    run()
    crops()
    curve()

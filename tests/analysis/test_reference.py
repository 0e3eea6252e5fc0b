"""The committed reference tables and model cards: today's code gives the numbers they hold."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import srbench
from srbench import methods
from srbench.plugins import import_module
from srbench.quality import protocols

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "results" / "reference"
SUMMARY = pd.read_csv(REFERENCE / "summary.csv").query("status != 'skipped'")  # espcn:network=article is for x3 alone
KEYS = ["method", "factor", "protocol"]
FILES = {"onnx", "torch"}
PROGRAMS = {"command", "ffmpeg", "imagemagick", "realesrgan-ncnn-vulkan", "vips", "waifu2x-ncnn-vulkan"}
RESIZERS = {"pillow", "skimage"}
"""Methods that run what a user has: their scores are of no version of srbench."""


def test_covers_every_method() -> None:
    """All methods but those of what a user has are there, on four datasets at three factors, on all images."""
    assert {spec.split(":")[0] for spec in SUMMARY["method"]} == set(methods.built_in()) - FILES - PROGRAMS - RESIZERS
    assert set(SUMMARY["dataset"]) == {"set5", "set14", "bsd100", "kodak24"}
    assert set(SUMMARY["factor"]) == {2, 3, 4}
    assert (SUMMARY["images"] == SUMMARY["of"]).all()


def test_environment() -> None:
    """Its run.json says what machine, versions and protocols the numbers come from; the protocols are today's."""
    info = json.loads((REFERENCE / "run.json").read_text(encoding="utf-8"))
    assert {"processor", "versions", "commit", "system"} <= set(info["environment"])
    assert info["protocols"] == {name: protocols.get(name).fingerprint for name in info["protocols"]}


@pytest.mark.processes
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_set5(data_folder: Path, tmp_path: Path) -> None:
    """Set5 comes out the same: to 1e-6 dB where arithmetic leaves no choice, to 0.002 dB through float32 networks."""
    expected = SUMMARY[SUMMARY["dataset"] == "set5"].set_index(KEYS)
    axes = {name: list(expected.index.unique(name)) for name in KEYS}
    tables = srbench.run(
        axes["method"],
        factors=axes["factor"],
        protocols=axes["protocol"],
        datasets="set5",
        data=data_folder,
        out=tmp_path,
        timing=False,
    )
    got = tables.summary.set_index(KEYS).loc[expected.index]
    trained = expected["parameters"].notna()
    for column, tolerance in (("psnr", 0.002), ("ssim", 0.0001)):
        difference = (got[column] - expected[column]).abs()
        assert difference[~trained].max() < 1e-6
        assert difference[trained].max() < tolerance


def test_cards() -> None:
    """Each weight file has a card, and the card says what the file's metadata and the reference tables say."""
    cards = import_module("srbench.training.card")
    weights = sorted(cards.WEIGHTS.glob("*.safetensors"))
    assert len(weights) == 16
    for path in weights:
        assert path.with_suffix(".md").read_text(encoding="utf-8") == cards.card(path, SUMMARY)

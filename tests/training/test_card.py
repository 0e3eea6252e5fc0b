"""A model card says what the metadata of its weights and the reference tables say, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from srbench.hashing import file_hash
from srbench.plugins import import_module
from srbench.weights_metadata import KNOWN_COPIES

if TYPE_CHECKING:
    from pathlib import Path

card = import_module("srbench.training.card")
FACTS: dict[str, Any] = {
    "method": "espcn:activation=relu",
    "factor": 3,
    "options": {"activation": "relu"},
    "recipe": {"data": "t91", "scales": ["1", "2/3"], "rate": 0.005},
    "steps": 12345,
    "device": "cpu",
    "threads": 1,
    "data": {"t91": {"images": 91, "fingerprint": "f1f2"}},
    "srbench": "9.9",
    "commit": "c0ffee",
    "torch": "8.8",
    "training_images": ["a", "b", "c"],
    "scores": [{"dataset": "sample", "protocol": "srcnn", "psnr": 30.12346, "ssim": 0.912345, "bicubic": 28.5}],
}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Return a weight file with these facts."""
    path = tmp_path / "espcn-relu-x3.safetensors"
    tensors = {"a": np.zeros((30, 40), np.float32), "b": np.zeros(34, np.float32)}
    save_file(tensors, path, {"srbench": json.dumps(FACTS)})
    return path


def test_facts(weights: Path) -> None:
    """They are the metadata, and the number of weights."""
    assert card.facts(weights) == {**FACTS, "parameters": 1234}


@pytest.mark.parametrize("lost", [*FACTS, "all"])
def test_a_card_of_damaged_metadata(tmp_path: Path, lost: str) -> None:
    """What is malformed, or missing, is unknown in the card, whatever fact it is."""
    path = tmp_path / "a.safetensors"
    text = "{" if lost == "all" else json.dumps(FACTS | {lost: [[[[[[[[[["x"]]]]]]]]]]})
    save_file({"a": np.zeros(3, np.float32)}, path, {"srbench": text})
    assert "File**: sha256" in card.card(path)
    assert "damaged" in card.facts(path)


def test_own_scores(weights: Path) -> None:
    """Without reference tables, the card has the scores that the training took itself, beside bicubic's."""
    lines = card.card(weights).splitlines()
    assert lines[0] == "# espcn:activation=relu x3"
    assert "Near copies" not in "\n".join(lines)
    text = "\n".join(lines)
    for part in (
        "1,234 weights of `espcn:activation=relu` for x3",
        f"sha256 `{file_hash(weights)}`",
        "**Training images**: 3.",
        "  * `t91`: 91, fingerprint `f1f2`",
        "**Recipe**: 12,345 steps; data t91, scales 1, 2/3, rate 0.005",
        "srbench 9.9 (commit c0ffee), torch 8.8, on cpu, processes 1, threads 1\n",
    ):
        assert part in text
    assert lines[-1] == "| sample | srcnn | 30.1235 | 0.91234 | 28.5000 |"
    assert "results/reference" not in text


def test_reference_scores(weights: Path) -> None:
    """With them, the scores are those of the same method and factor in torch, all of them."""
    lines = [
        ("set5", "espcn:activation=relu:engine=torch", 3, "srcnn", 33.0, 0.91),
        ("set14", "espcn:activation=relu:engine=torch", 3, "srcnn", 29.5, 0.82),
        ("set5", "espcn:activation=relu:engine=torch", 2, "srcnn", 36.0, 0.95),
        ("set5", "espcn:engine=torch", 3, "srcnn", 32.0, 0.90),
    ]
    summary = pd.DataFrame(lines, columns=["dataset", "method", "factor", "protocol", "psnr", "ssim"])
    text = card.card(weights, summary)
    assert text.splitlines()[-2:] == ["| set5 | srcnn | 33.0000 | 0.91000 |", "| set14 | srcnn | 29.5000 | 0.82000 |"]
    assert "metadata and `results/reference`." in text
    assert "sample" not in text


def test_near_copies(tmp_path: Path) -> None:
    """Training images that show test images are named, those that the file names and those that are known."""
    path = tmp_path / "a.safetensors"
    named = {"image": "photos/a.png", "shows": "zebra of set14", "pixels": "ab"}
    said = FACTS | {"near_copies": [named], "training_images": ["a", *KNOWN_COPIES]}
    save_file({"a": np.zeros(3, np.float32)}, path, {"srbench": json.dumps(said)})
    text = card.card(path)
    assert "of their series**: photos/a.png shows zebra of set14; 302003 of bsds500 shows woman of set5; " in text


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"data": {"mine.toml": {"images": 3, "share_alike": "C. Sa; CC BY-SA"}}}, "`mine.toml` (C. Sa; CC BY-SA)"),
        ({"data": {"cid22": {"images": 202}}}, "`cid22` (J. Sneyers et al., Cloudinary: Cloudinary Image Dataset '22"),
        ({"started_from": {"share_alike": {"cid22:train": "J. Sneyers"}}}, "`cid22:train` (J. Sneyers). "),
        ({"data": {"cid22/": {"images": 3}}}, ""),
        ({"started_from": {"share_alike": "x"}}, ""),
        ({}, ""),
    ],
)
def test_share_alike(tmp_path: Path, facts: dict[str, Any], line: str) -> None:
    """A card names share-alike images that weights or starting weights say they saw, or that manifests know of."""
    path = tmp_path / "a.safetensors"
    save_file({"a": np.zeros(3, np.float32)}, path, {"srbench": json.dumps(FACTS | facts)})
    text = card.card(path)
    assert line in text
    assert ("* **Trained on images under a share-alike licence**: " in text) == bool(line)


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (
            {"started_from": {"name": "b.safetensors", "sha256": "5ha", "training_images": 480}},
            "**Started from** `b.safetensors`, sha256 `5ha`; trained on 480 images, which are among the training",
        ),
        (
            {"started_from": {"name": "b.pth", "sha256": "5ha", "training_images": None}},
            "`b.pth`, sha256 `5ha`; training images not all known: test images may be among them",
        ),
        (
            {"schedules": [[0, 1000], [1000, 2000]], "extended": [1000]},
            "that of 1,000 steps from step 0 on; that of 2,000 steps from step 1,000 on; extended at step 1,000",
        ),
        (
            {"schedules": [[step, 90 - step] for step in range(9)]},
            "that of 90 steps from step 0 on; that of 85 steps from step 5 on; that of 84 steps from step 6 on; ",
        ),
        (
            {"schedules": [[step, 90 - step] for step in range(9)]},
            "on; that of 82 steps from step 8 on (4 more in the metadata)",
        ),
    ],
)
def test_start_and_schedules(tmp_path: Path, facts: dict[str, Any], line: str) -> None:
    """A card says what weights were the first, and how long the schedule of the learning rate was from when on."""
    path = tmp_path / "a.safetensors"
    save_file({"a": np.zeros(3, np.float32)}, path, {"srbench": json.dumps(FACTS | facts)})
    assert line in card.card(path)
    assert "damaged" not in card.facts(path)


def test_computed_elsewhere_and_start(tmp_path: Path) -> None:
    """A card names device and threads before an extension changed them, and has the scores of the starting weights."""
    path = tmp_path / "a.safetensors"
    scores = [FACTS["scores"][0] | {"start": 29.75}]
    facts = FACTS | {"computed": [[1000, "cuda", 2]], "scores": scores}
    save_file({"a": np.zeros(3, np.float32)}, path, {"srbench": json.dumps(facts)})
    text = card.card(path)
    assert "on cpu, processes 1, threads 1; up to step 1,000 on cuda, threads 2\n" in text
    head = "| images | protocol | PSNR dB | SSIM | bicubic (MATLAB) PSNR dB | starting weights PSNR dB |\n"
    assert f"{head}|---|---|---|---|---|---|\n| sample | srcnn | 30.1235 | 0.91234 | 28.5000 | 29.7500 |\n" in text


@pytest.mark.parametrize("fact", ["started_from", "schedules", "extended", "computed"])
def test_damaged_start_and_schedules(tmp_path: Path, fact: str) -> None:
    """What is malformed is left out of the card."""
    path = tmp_path / "a.safetensors"
    facts = {"schedules": [[0, 10], [5, 20]], "extended": [5], fact: "x"}
    save_file({"a": np.zeros(3, np.float32)}, path, {"srbench": json.dumps(FACTS | facts)})
    assert "Started from" not in card.card(path)


def test_main(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cards of all shipped weights are written beside them."""
    monkeypatch.setattr(card, "WEIGHTS", tmp_path)
    card.main()
    text = weights.with_suffix(".md").read_text(encoding="utf-8")
    assert "| set5 | srcnn |" in text
    assert text == card.card(weights, pd.read_csv(card.folder("results") / "reference" / "summary.csv"))

"""Tests of srbench.weights: what a file says about itself, as far as it can be believed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from srbench.weights import KEY, facts

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, said: Any) -> Path:  # noqa: ANN401 - JSON
    """Return a weight file that says this."""
    save_file({"w": np.zeros(1, np.float32)}, folder / "w.safetensors", {KEY: json.dumps(said)})
    return folder / "w.safetensors"


def test_training_images_are_counted(tmp_path: Path) -> None:
    """What is sound stays as it is, and training images are their number."""
    said = {"history": [[1, 0.5, None]], "scores": [{"psnr": 30.0, "ssim": 0.9, "bicubic": 29}], "steps": 3}
    assert facts(written(tmp_path, said | {"training_images": ["a", "b"]})) == said | {"training_images": 2}


@pytest.mark.parametrize("history", [None, 5, [[1, 2]], [[1, 2, "x"]], ["abc"]])
@pytest.mark.parametrize("scores", [None, {}, [5], [{"ssim": 0.9}], [{"psnr": "x", "ssim": 1}]])
def test_what_cannot_be_drawn_is_left_out(tmp_path: Path, history: Any, scores: Any) -> None:  # noqa: ANN401 - JSON
    """A history or scores of another shape are dropped, the rest is kept."""
    assert facts(written(tmp_path, {"history": history, "scores": scores, "steps": 3})) == {
        "steps": 3,
        "training_images": 0,
    }


def test_other_files_say_nothing(tmp_path: Path) -> None:
    """Files that are none, and those whose metadata are other JSON."""
    (tmp_path / "a.safetensors").write_bytes(b"junk")
    (tmp_path / "a.pt").write_bytes(b"junk")
    assert facts(tmp_path / "a.safetensors") == facts(tmp_path / "a.pt") == facts(written(tmp_path, [1])) == {}

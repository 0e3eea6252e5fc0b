"""Tests of srbench.weights_metadata: what a file says about itself, as far as it can be believed."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from srbench.formats import strict_json
from srbench.weights_metadata import DAMAGED, KEY, KNOWN_COPIES, bicubic, facts, near_copies, read, sound

if TYPE_CHECKING:
    from pathlib import Path

SOUND: dict[str, Any] = {
    "method": "espcn",
    "factor": 3,
    "options": {"activation": "relu"},
    "recipe": {"data": ["t91"], "rate": 0.001},
    "steps": 3,
    "threads": 2,
    "processes": 1,
    "data": {"t91": {"images": 91, "fingerprint": "abc"}},
    "scores": [{"dataset": "sample", "protocol": "srcnn", "psnr": 30.0, "ssim": 0.9, "bicubic": 29}],
    "history": [[1, 0.5, None], [2, None, 30.5]],
    "training_images": ["a", "b"],
    "near_copies": [{"image": "photos/a.png", "shows": "woman of set5", "pixels": "ab"}],
    "bicubic": 29.5,
}

NESTED = f"{'[' * 900}{']' * 900}"
DAMAGES = [
    "1" + "0" * 400,
    NESTED,
    "NaN",
    "Infinity",
    "1e400",
    "[[1, 2]]",
    '[[1, 2, "x"]]',
    '"\\ud800"',
    "true",
    "-1.5",
]
DAMAGES += [
    f"[[{'9' * 400}, 1, 1]]",
    f'[{{"psnr": {NESTED}, "ssim": 1}}]',
    '[{"psnr": 1e400, "ssim": 1}]',
    '[{"ssim": 1}]',
]
DAMAGES += [f'{{"a": {"9" * 30}}}', f'{{"a": {NESTED}}}', '{"\\ud800": 1}', f'{{"a": "{"x" * 10**5}"}}', '[3, "a"]']


def written(folder: Path, said: Any) -> Path:  # noqa: ANN401 - JSON
    """Return a weight file that says this."""
    save_file({"w": np.zeros(1, np.float32)}, folder / "w.safetensors", {KEY: json.dumps(said)})
    return folder / "w.safetensors"


def test_training_images_are_counted(tmp_path: Path) -> None:
    """What is sound stays as it is, and training images are their number."""
    assert facts(written(tmp_path, SOUND)) == SOUND | {"training_images": 2}


@pytest.mark.parametrize("key", SOUND)
@pytest.mark.parametrize("damage", [*DAMAGES, "null"])
def test_damage_is_left_out_and_named(key: str, damage: str) -> None:
    """A fact of another type, too long, too deep or too large is dropped and named; the rest is kept."""
    others = {name: value for name, value in SOUND.items() if name != key}
    text = f'{json.dumps(others)[:-1]}, "{key}": {damage}}}'
    assert read({KEY: text}) == others | {DAMAGED: [key]}


@pytest.mark.parametrize("images", [0, 3, True, None, "a", {"a": 1}, [1]])
def test_training_images_that_are_no_list(tmp_path: Path, images: Any) -> None:  # noqa: ANN401 - JSON
    """They are named as damaged, a bare number too, and count as none."""
    path = written(tmp_path, {"steps": 3, "training_images": images})
    assert facts(path) == {"steps": 3, "training_images": 0, DAMAGED: ["training_images"]}


@pytest.mark.parametrize("damage", ["{", "3", "[1]", "null", "[" * 10**5, '{"steps": ' + "9" * 5000 + "}", ""])
def test_metadata_that_are_no_facts(damage: str) -> None:
    """All of it is damaged where it is no JSON, or no object."""
    assert read({KEY: damage}) == {DAMAGED: [KEY]}


@pytest.mark.parametrize("name", ["\\ud800", "\\u001b[31m", "x" * 1000])
def test_names_of_unknown_facts(name: str) -> None:
    """Names are shown in a remark, so that they are written in ASCII, and short."""
    (shown,) = read({KEY: f'{{"{name}": 1e400}}'})[DAMAGED]
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 40


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_read_can_be_written(damage: str) -> None:
    """Whatever an unknown fact holds, what is kept of it is finite and strict JSON, and sound when it is read again."""
    found = read({KEY: f'{{"unknown": {damage}}}'})
    assert sound(json.loads(strict_json.dumps(found).encode())) == found
    assert not isinstance(found.get("unknown"), float) or math.isfinite(found["unknown"])


def test_other_files_say_nothing(tmp_path: Path) -> None:
    """Files that are none, and those without such metadata."""
    (tmp_path / "a.safetensors").write_bytes(b"junk")
    (tmp_path / "a.pt").write_bytes(b"junk")
    save_file({"w": np.zeros(1, np.float32)}, tmp_path / "b.safetensors")
    assert [facts(tmp_path / name) for name in ("a.safetensors", "a.pt", "b.safetensors", "none.safetensors")] == [
        {}
    ] * 4


def test_near_copies(tmp_path: Path) -> None:
    """Known copies are added to those that a file names, each once, and `facts` has them."""
    (pixels, known), *_ = KNOWN_COPIES.items()
    named = SOUND["near_copies"]
    found = SOUND | {"training_images": ["a", pixels]}
    assert near_copies(SOUND) == named
    assert near_copies(found) == [*named, known]
    assert near_copies(found | {"near_copies": [known]}) == [known]
    assert facts(written(tmp_path, found))["near_copies"] == [*named, known]
    assert near_copies({"training_images": 3}) == []


def test_bicubic() -> None:
    """Bicubic beside the history is what the file says, else that of all held-out images where all were watched."""
    score = {"dataset": "held out", "psnr": 31.0, "ssim": 0.9, "bicubic": 28.5}
    few = {"scores": [score], "recipe": {"validation": 0.1}, "data": {"t91": {"images": 91}}}
    assert bicubic(SOUND) == 29.5
    assert bicubic(few) == 28.5
    changes: list[dict[str, Any]] = [{"recipe": {"validation": 0.2}}, {"recipe": {}}]
    changes += [{"data": {"t91": {}}}, {"data": {"t91": {"images": "x"}}}]
    for change in changes:
        assert math.isnan(bicubic(few | change))
    assert math.isnan(bicubic({}))

"""Single checks: each finds what is broken on purpose, and nothing in what is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from srbench.checking import battery
from srbench.checking.battery import CHECKS, Task
from tests.checking.broken import ALONE, BASE, METHODS, SOUND, of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.checking.broken import Broken

SAID = {
    ("half-pixel", "shift"): "SR is shifted down by 0.50 and right by 0.50",
    ("fifth-of-a-pixel", "shift"): "SR is shifted right by 0.2",
    ("corner", "shift"): "SR is shifted up by 0.50 and left by 0.50",
    ("align-corners", "shift"): "SR's content is stretched about its centre by +1.0",
    ("mirrored", "shift"): "SR is mirrored left to right",
    ("transposed", "shift"): "SR is transposed (rows and columns swapped)",
    ("floats-moved", "shift"): "SR is shifted left by 0.3",
    ("colours-moved", "shift"): "SR's colours are shifted down by 0.",
    ("bgr", "colour"): "SR's channels are BGR, expected RGB",
    ("channels-turned", "colour"): "SR's channels are GBR, expected RGB",
    ("limited-range", "range"): "SR's values are not LR's: 16..235 instead of 0..255",
    ("gamma", "range"): "SR's values are not LR's: gamma 2.2",
    ("negative", "range"): "SR's values are not LR's: inverted",
    ("truncated", "rounding"): "8-bit results are 0.50 levels lower than its own RGB float32 results",
    ("truncated-8-bit-only", "rounding"): "8-bit results are 0.50 levels lower than LR",
    ("rounded-up", "rounding"): "8-bit results are 0.50 levels higher",
    ("wraps", "overshoot"): "values beside black and white edges are at the wrong end of 0..255",
    ("reused-buffer", "history"): "the result of a call changed when the next image was upscaled",
    ("cached-by-shape", "history"): "two images made the same SR",
    ("cached-by-address", "history"): "an array with new pixels made the SR of its old ones",
    ("cached-result", "history"): "writing to a result changed the next one",
    ("batch-norm", "batch"): "BatchNorm2d of torch ran in training mode",
    ("tiles-of-256-bicubic", "tiles"): "SR has seams: at row 512",
    ("keeps-results", "memory"): "memory of Python and NumPy grows by",
    ("reads-memory-behind", "arrays"): "a mirrored array with the same pixels makes another SR",
    ("repeats-last-rows", "sizes"): "SR differs from SR of 64x64 where both images are the same",
    ("bytes-for-sizes", "sizes"): "OverflowError: too large",
    ("writes-a-picture", "files"): "two calls leave files in the working directory: debug.png",
    ("relative-file", "contract"): "FileNotFoundError",
}
"""What findings of a check begin with or contain, by the method."""

COSTLY = {"caches-by-content", "leaks-and-reuses"}
"""What takes a second of computing, beside others that are found alike."""

CASES = [
    pytest.param(name, check, SAID.get((name, check), ""), marks=[pytest.mark.slow] if name in COSTLY else [])
    for name, broken in METHODS.items()
    if name not in ALONE
    for check in dict.fromkeys([*broken.checks, *(each for mine, each in SAID if mine == name)])
    if check in CHECKS
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let methods that write to the working directory write to a folder of the test."""
    monkeypatch.chdir(tmp_path)


def task(folder: Path, broken: Broken, factor: int = 2) -> Task:
    """Return the task of checking a method, whose plug-in is written to `folder`."""
    (folder / "mine.py").write_text(BASE + broken.code, encoding="utf-8")
    (folder / "private").mkdir(exist_ok=True)
    return Task("mine", (str(folder / "mine.py"),), factor, "cpu", str(folder / "private"))


@pytest.mark.parametrize(("name", "check", "words"), CASES)
def test_what_is_broken(tmp_path: Path, name: str, check: str, words: str) -> None:
    """The check finds it, and says what it measured, on which input, and what to do."""
    found = [each for each in battery.run(check, task(tmp_path, METHODS[name])) if each.kind == "finding"]
    assert found
    assert any(words in each.seen for each in found), found
    assert all(each.seen and each.advice and each.image for each in found)
    assert {(each.factors, each.check) for each in found} == {((2,), check)}


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_sound(tmp_path: Path, check: str) -> None:
    """Nothing is found, and all is checked: it takes every kind of image."""
    assert battery.run(check, task(tmp_path, SOUND, factor=3)) == []


def test_8_bits_alone(tmp_path: Path) -> None:
    """What a method does not take is not checked, and that is said."""
    body = "if image.dtype != np.uint8:\n    raise Unsupported('8 bits')\nreturn like(larger(image, factor), image)"
    given = task(tmp_path, of(body, before="from srbench import Unsupported"))
    assert battery.run("rounding", given) == []
    remarks = battery.run("kinds", given)
    assert {each.kind for each in remarks} == {"not checked"}
    assert remarks[0].seen == "whether RGB uint8 and RGB float32 images make the same SR: it does not take both"


def test_floats_alone(tmp_path: Path) -> None:
    """Checks of 8-bit results say that there are none."""
    body = "if image.dtype == np.uint8:\n    raise Unsupported('floats')\nreturn like(larger(image, factor), image)"
    given = task(tmp_path, of(body, before="from srbench import Unsupported"))
    for check in ("rounding", "overshoot"):
        assert [each.kind for each in battery.run(check, given)] == ["not checked"], check
    assert battery.run("shift", given) == []


@pytest.mark.slow
def test_networks_with_a_bias(tmp_path: Path) -> None:
    """A method of 8 bits that is brighter or darker than LR by some levels is not one that rounds wrongly."""
    for bias in (-0.3, 0.8, -1.5):
        body = (
            "if image.dtype != np.uint8:\n    raise Unsupported('8 bits')\n"
            f"return like(larger(image, factor) + {bias}, image)"
        )
        (tmp_path / str(bias)).mkdir()
        broken = of(body, before="from srbench import Unsupported")
        for check in ("rounding", "range"):
            assert battery.run(check, task(tmp_path / str(bias), broken)) == [], bias


def test_by_design(tmp_path: Path) -> None:
    """What a method declares to do on purpose is a note with its reason; other checks find as before."""
    broken = METHODS["half-pixel"]
    declared = "    upscale.by_design = {'shift': 'as the paper does'}\n    return upscale"
    given = task(tmp_path, broken._replace(code=broken.code.replace("    return upscale", declared)))
    (remark,) = battery.run("shift", given)
    assert (remark.kind, remark.advice) == ("note", "")
    assert remark.seen.endswith("(px of SR); by design: as the paper does")


def test_8_bits_that_wrap(tmp_path: Path) -> None:
    """Overshoot that wraps is found of a method of 8 bits, too; a network that overshoots a little wildly is none."""
    body = "if image.dtype != np.uint8:\n    raise Unsupported('8 bits')\n"
    wraps = "return np.floor(larger(image, factor) + 0.5).astype(np.int64).astype(np.uint8)"
    wild = "sr = like(larger(image, factor), image)\nsr[5, 5] = 255 - sr[5, 5]\nreturn sr"
    before = "from srbench import Unsupported"
    assert len(battery.run("overshoot", task(tmp_path, of(body + wraps, before=before)))) == 1
    (tmp_path / "wild").mkdir()
    assert battery.run("overshoot", task(tmp_path / "wild", of(body + wild, before=before))) == []


def test_another_result_each_time(tmp_path: Path) -> None:
    """What differs anyway is not laid to the kind of array or to the working directory."""
    before = "import itertools\ncount = itertools.count()"
    given = task(tmp_path, of("return like(larger(image, factor) + next(count) % 2, image)", before=before))
    for check in ("arrays", "settings"):
        assert [(each.kind, each.seen) for each in battery.run(check, given)] == [
            ("not checked", "it makes another SR each time")
        ], check


def test_views_that_are_refused(tmp_path: Path) -> None:
    """That a method raises on a view is a note, as srbench gives it copies."""
    body = (
        "if not image.flags.c_contiguous:\n    raise ValueError('strides')\nreturn like(larger(image, factor), image)"
    )
    remarks = battery.run("arrays", task(tmp_path, of(body)))
    assert {each.kind for each in remarks} == {"note"}
    assert remarks[0].seen == "a cut-out array is refused: ValueError: strides"


def test_sizes_that_are_declared(tmp_path: Path) -> None:
    """Images that a method declares not to take are left out, and named."""
    before = "from srbench import Takes"
    broken = of("return like(larger(image, factor), image)", before=before)
    code = broken.code.replace("    return upscale", "    upscale.takes = Takes(minimum=10)\n    return upscale")
    (remark,) = battery.run("sizes", task(tmp_path, broken._replace(code=code)))
    assert remark.kind == "not checked"
    assert remark.seen.startswith("sizes that it does not take: 1x1, 2x1, 3x2")


def test_own_tiles(tmp_path: Path) -> None:
    """Where a method has an option `tile`, its tiles have to make the SR of whole images."""
    code = of("return like(larger(image, factor) + tile / 64 * 5 / 255 * peak(image), image)").code
    broken = SOUND._replace(code=code.replace("load(factor, device)", "load(factor, device, tile: int = 0)"))
    (remark,) = battery.run("tiles", task(tmp_path, broken))
    assert remark.seen == "with tile=64 SR is another than without: by up to 5 levels of 255"


@pytest.mark.sampled
@pytest.mark.parametrize("spec", ["nearest", "bicubic-matlab"])
def test_built_in(tmp_path: Path, spec: str) -> None:
    """Nothing is found in what is built in; all methods and factors are in the slow tests of `checker`."""
    for check in ("contract", "shift", "range", "rounding", "overshoot", "kinds"):
        assert battery.run(check, Task(spec, (), 2, "cpu", str(tmp_path))) == [], check


def test_the_option_of_a_model_file(tmp_path: Path) -> None:
    """Where a model file's values are wrong, the advice names the option `range`; of a plug-in it does not."""
    broken = METHODS["limited-range"]
    code = broken.code.replace("def load(factor, device", "def load(factor, device, file: str = ''")
    base = BASE.replace("def load(factor, device", "def load(factor, device, file: str = ''")
    given = task(tmp_path, broken)
    assert "range=1" not in battery.run("range", given)[0].advice
    (tmp_path / "model").mkdir()
    given = task(tmp_path / "model", broken)
    (tmp_path / "model" / "mine.py").write_text(base + code, encoding="utf-8")
    (first, *_) = battery.run("range", given._replace(spec="mine:file=net"))
    assert "range=1 or range=255" in first.advice

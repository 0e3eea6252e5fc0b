"""Deciding by measurement whether a network is fed 0..1 or 0..255."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from srbench.errors import MethodError, Unsupported
from srbench.methods import choose, registry
from srbench.networks import deciding
from srbench.networks.choices import Choices
from srbench.networks.deciding import decide, settled
from srbench.networks.model import Model
from srbench.takes import Takes

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

ALL = 4
"""Crops, each of which runs once for a range."""

CPU = torch.device("cpu")


def larger(batch: Tensor) -> Tensor:
    """Enlarge by bicubic: of 0..255 as well as of 0..1."""
    return interpolate(batch, scale_factor=2, mode="bicubic")


class Enlarging(torch.nn.Module):
    """Repeats pixels."""

    def forward(self, batch: Tensor) -> Tensor:
        """Return four for each."""
        return batch.repeat_interleave(2, 2).repeat_interleave(2, 3).clamp(0.0, 1.0)


def model(run: Callable[[Tensor], Tensor] = larger, takes: Takes | None = None, **facts: object) -> Model:
    """Return a model of a function."""
    return Model(run, 2, takes or Takes(), CPU, **facts)  # type: ignore[arg-type]


NETWORKS = {
    1: lambda batch: larger(batch).clamp(0, 1),
    255: lambda batch: larger(batch).round(),  # of 0..1, all black or white
}


@pytest.mark.parametrize("channels", ["y", "rgb"])
@pytest.mark.parametrize("expected", [1, 255])
def test_range(expected: int, channels: str) -> None:
    """The right range is better by far, in RGB and in luma; both PSNRs are told, and bicubic's."""
    found = decide(model(NETWORKS[expected], Takes(channels=channels)))  # type: ignore[arg-type]
    assert found.range == expected
    psnr = {name: value or 0 for name, value in found.measured.items()}
    right, wrong = psnr.pop(f"0..{expected}"), psnr.pop(f"0..{256 - expected}")
    assert right > wrong + deciding.MARGIN
    assert psnr == {"bicubic": 31.69}
    assert found.doubts == {}


def test_a_network_that_fails() -> None:
    """What an engine raises is one line, with the size of the image."""

    def fails(batch: Tensor) -> Tensor:
        raise ValueError(f"no such size\n{batch.shape}")

    with pytest.raises(MethodError, match=r"^its network cannot run on 48x48 LR pixels: no such size$"):
        decide(model(fails))


def test_no_clear_range() -> None:
    """Where both do about as well, it is 0..1, and a note says how to say which; a warning, if that is behind."""
    found = decide(model())
    assert found.range == 1
    assert found.psnr[1] == pytest.approx(found.psnr[255], abs=0.01)
    text = "range 0..1 and 0..255 are 0.00 dB apart only; range=1 or range=255 says which"
    assert found.doubts == {"note": text}
    assert found._replace(psnr={1: 31.87, 255: 31.88}).doubts == {"warning": text.replace("0.00", "0.01")}
    assert found._replace(psnr={1: 31.6, 255: 31.6}).doubts == {"warning": text}


def test_no_single_crop_decides() -> None:
    """The mean over all crops does: here one of them is black in the right range."""
    runs: list[Tensor] = []

    def failing_once(batch: Tensor) -> Tensor:
        runs.append(batch)
        return NETWORKS[1](batch) * (len(runs) > 1)

    found = decide(model(failing_once))
    assert (found.range, len(runs)) == (1, 2 * ALL)
    assert found.psnr[1] < found.bicubic - 2  # type: ignore[operator]


@pytest.mark.parametrize(("off", "expected"), [(0.5, 1), (2.0, 255)])
def test_margin(off: float, expected: int) -> None:
    """0..255 is taken where it is better by the margin; up to there a wrong choice costs little."""

    def worse_in_1(batch: Tensor) -> Tensor:
        noise = torch.randn((1, 1, 96, 96), generator=torch.Generator().manual_seed(0)) * 0.01 * off
        return larger(batch) + (noise if batch.max() <= 1 else 0)

    found = decide(model(worse_in_1))
    gain = found.psnr[255] - found.psnr[1]  # type: ignore[operator]
    assert gain > 0
    assert (gain > deciding.MARGIN) == (expected == 255)
    assert found.range == expected
    assert ("warning" in found.doubts) == (expected == 1)


def test_a_network_that_is_no_upscaler() -> None:
    """One that passes every check of shapes, and tiles the picture, is far below bicubic."""
    found = decide(model(lambda batch: batch.repeat(1, 1, 2, 2).clamp(0, 1)))
    assert found.doubts == {"warning": "below bicubic by 18.85 dB"}


def test_nan() -> None:
    """NaN at one range decides for the other; at both, the network is refused."""

    def overflowing(batch: Tensor) -> Tensor:
        return larger(batch) if batch.max() <= 1 else larger(batch) * torch.nan

    found = decide(model(overflowing))
    assert (found.range, found.psnr[255]) == (1, None)
    assert json.loads(json.dumps(found.measured))["0..255"] is None
    with pytest.raises(MethodError, match="returned NaN"):
        decide(model(lambda batch: larger(batch) * torch.nan))


def test_sizes_are_kept() -> None:
    """Crops are of a size that the network takes, or is the only one; smaller photographs are padded to that."""
    seen: list[tuple[int, ...]] = []

    def watching(batch: Tensor) -> Tensor:
        seen.append(tuple(batch.shape[2:]))
        return NETWORKS[1](batch)

    decide(model(watching, Takes(minimum=70, multiple=8)))
    assert set(seen) == {(72, 72)}
    seen.clear()
    decide(model(watching, size=(80, 96)))
    assert set(seen) == {(80, 96)}
    assert len(seen) == 2 * ALL


def test_settled(tmp_path: Path) -> None:
    """All that was found about a file, as JSON values; choices that follow them leave nothing to find."""
    (tmp_path / "file").write_text("settled", encoding="utf-8")
    network = model(NETWORKS[255], Takes(minimum=2), kind="a network")
    found = settled(lambda _: network, Choices(luma="full"), 2, [tmp_path / "file"])
    assert Choices(luma="full").decided(found) == Choices("rgb", 255, "full", minimum=2, multiple=1)
    assert (found["kind"], found["range"]) == ("a network", 255)
    assert "luma" not in found
    assert json.loads(json.dumps(found)) == found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("door", ["onnx", "torch"])
def test_loading_measures_nothing(door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is loaded as was decided, tries no sizes and no ranges, and makes the same pixels."""
    if door == "onnx":
        pytest.importorskip("onnxruntime")
        from . import onnx_models  # noqa: PLC0415 - needs onnx

        spec = str(onnx_models.written(tmp_path / "net.onnx", onnx_models.model()))
    else:
        monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "1")
        spec = str(tmp_path / "net.torchscript")
        torch.jit.script(Enlarging()).save(spec)  # type: ignore[no-untyped-call]
    choice = choose(spec, registry())
    found = choice.decided(2)
    other = found | {"range": 256 - found["range"], "minimum": 7}
    image = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
    expected = choice.load(2, "cpu")(image)
    monkeypatch.setattr(deciding, "decide", lambda *_: pytest.fail("it was measured"))
    assert np.array_equal(choice.load(2, "cpu", found)(image), expected)
    assert choice.load(2, "cpu", other)._fed.facts.items() >= {"range": other["range"], "minimum": 7}.items()  # type: ignore[attr-defined]


def test_settled_by_the_user(tmp_path: Path) -> None:
    """A range that is given is not measured against the other, but against bicubic it is; it is a file of its own."""
    (tmp_path / "file").write_text("settled by the user", encoding="utf-8")
    given = settled(lambda choices: model(takes=choices.over(Takes())), Choices(range=255), 2, [tmp_path / "file"])
    assert given["range"] == 255
    assert set(given["measured"]) == {"0..255", "bicubic"}
    assert settled(lambda _: model(), Choices(), 2, [tmp_path / "file"])["range"] == 1


def test_another_factor(tmp_path: Path) -> None:
    """The reason names the file and the factor that it has; nothing is measured for it, and it is opened once."""
    (tmp_path / "x2.net").write_text("another factor", encoding="utf-8")
    opens: list[Choices] = []

    def open_(choices: Choices) -> Model:
        opens.append(choices)
        return model(lambda _: pytest.fail("it ran"))

    for factor in (3, 4):
        with pytest.raises(Unsupported, match=r"^the model in x2\.net is x2; give --factor 2$"):
            settled(open_, Choices(), factor, [tmp_path / "x2.net"])
    assert len(opens) == 1


FILES = {
    "onnx-span-x2/2xLiveActionV1_SPAN_490000.onnx": (2, "rgb", 1, 20),
    "onnx-span-x4/4xSPANkendata_fp32.onnx": (4, "rgb", 1, 15),
    "onnx-subpixel/super_resolution.onnx": (3, "y", 1, 3),
    "dctlsa/X4.pt": (4, "rgb", 1, 20),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_published_files(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Factor, channels and range of files that others published are found, by a clear margin in dB."""
    folder = os.environ.get("SRBENCH_MODELS")
    if not folder:
        pytest.skip("SRBENCH_MODELS is not set")
    if name.endswith(".pt") and find_spec("spandrel") is None:
        pytest.skip("needs spandrel: pip install --no-deps spandrel einops")
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "1")
    factor, channels, largest, margin = FILES[name]
    found = choose(str(Path(folder) / name), registry()).decided(factor)
    assert (found["factor"], found["channels"], found["range"]) == (factor, channels, largest)
    other = found["measured"][f"0..{256 - largest}"]
    assert found["measured"][f"0..{largest}"] > max(other + margin, found["measured"]["bicubic"])

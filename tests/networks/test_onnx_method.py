"""An ONNX file as a method: its scores, its key, and real files that others made."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import srbench
from srbench.contract import check
from srbench.errors import MethodError, Unsupported
from srbench.extras import INSTALL
from srbench.methods import choose, registry
from srbench.networks import onnx_metadata
from srbench.plugins import import_module
from srbench.pytorch import onnx_file
from srbench.takes import Takes

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from . import onnx_models

onnx: Any = import_module("onnx")

REAL = [
    ("onnx-span-x2/2xLiveActionV1_SPAN_490000.onnx", 2, (37.1898, 36.9020, 32.4808, 35.4201, 34.9067)),
    ("onnx-span-x4/4xSPANkendata_fp32.onnx", 4, (27.3591, 29.2118, 24.8708, 31.3096, 27.2158)),
    ("onnx-subpixel/super_resolution.onnx", 3, (34.0316, 33.8407, 26.3540, 33.1284, 29.4606)),
    ("onnx-subpixel-opset15/super_resolution.onnx", 3, (34.0131, 32.9074, 24.5469, 32.9492, 29.1126)),
]
"""Files that nobody here made, and the PSNR on Set5 (baby, bird, butterfly, head, woman) in dB that was measured here
with ONNX Runtime 1.32, at range 1 and limited luma: no source prints one."""


def written(folder: Path, **options: Any) -> Path:  # noqa: ANN401 - those of a network
    """Write a network."""
    return onnx_models.written(folder / "net.onnx", onnx_models.model(**options))


def load(spec: str, factor: int = 2) -> Any:  # noqa: ANN401 - an upscaler
    """Load a method on the CPU."""
    return choose(spec, registry()).load(factor, "cpu")


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("options", [{}, {"channels": 1}, {"sizes": (24, 32)}, {"last": True, "dtype": np.uint8}])
def test_contract(options: dict[str, Any], engine: str, tmp_path: Path) -> None:
    """Images of any size go through it, also where the network needs two pixels or takes one size alone."""
    pytest.importorskip(engine)
    upscaler = load(f"onnx:file={written(tmp_path, **options)}:engine={engine}")
    check(upscaler, 2)
    assert upscaler.parameters


def test_fixed_size(tmp_path: Path) -> None:
    """Tiles of a network that takes one size alone make the image that the same network makes at once."""
    image = np.random.default_rng(0).integers(0, 256, (70, 90, 3), np.uint8)
    whole = load(f"onnx:file={written(tmp_path)}")(image)
    fixed = load(f"onnx:file={written(tmp_path, sizes=(24, 32))}")(image)
    np.testing.assert_array_equal(fixed[1:-1, 1:-1], whole[1:-1, 1:-1])


@pytest.mark.slow
def test_how_it_is_run(tmp_path: Path) -> None:
    """Tiles make the image that the whole makes, and the ensemble the mean over flips and rotations of the square."""
    spec = f"onnx:file={written(tmp_path, channels=1)}"
    image = np.random.default_rng(0).random((150, 170), np.float32)
    whole = load(spec)(image)
    np.testing.assert_allclose(load(f"{spec}:tile=64")(image), whole, rtol=0, atol=1e-6)
    once = load(spec)
    turned = [np.rot90(once(np.rot90(image, turns)), -turns) for turns in range(4)]
    flipped = [np.rot90(once(np.rot90(image[:, ::-1], turns)), -turns)[:, ::-1] for turns in range(4)]
    mean = np.mean([*turned, *flipped], axis=0)
    np.testing.assert_allclose(load(f"{spec}:ensemble=8")(image), mean, rtol=0, atol=1e-6)


@pytest.mark.slow
def test_skipped(pictures: Path, tmp_path: Path) -> None:
    """With a file of another factor, rows are skipped with the reason; without one it cannot be loaded."""
    spec = f"onnx:file={written(tmp_path)}"
    tables = srbench.run(spec, factors=3, datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "run")
    assert set(tables.scores["status"]) == {"skipped"}
    assert set(tables.scores["reason"]) == {"the model in net.onnx is x2; give --factor 2"}
    with pytest.raises(Unsupported, match=r"needs a model, file=MODEL\.onnx"):
        load("onnx")


@pytest.mark.slow
def test_broken_file(pictures: Path, tmp_path: Path) -> None:
    """A file that is no network fails with one line, and the other methods go on."""
    (tmp_path / "net.onnx").write_bytes(onnx_models.model().SerializeToString()[:700])
    specs = ["bicubic", f"onnx:file={tmp_path}/net.onnx"]
    tables = srbench.run(specs, factors=2, datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "run")
    assert tables.scores.groupby("method")["status"].agg(set).tolist() == [{"ok"}, {"failed"}]  # sorted by name
    (reason,) = set(tables.scores["reason"]) - {""}
    assert reason == f"{tmp_path}/net.onnx is not an ONNX file, or a part of it is missing"


def outside(folder: Path, scale: float) -> Path:
    """Write a network whose weights lie in a file beside, times `scale`."""
    model = onnx_models.model()
    tensor = next(each for each in model.graph.initializer if each.name == "weights")
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    (folder / "weights.bin").write_bytes((onnx_models.kernel(3) * np.float32(scale)).tobytes())
    return onnx_models.written(folder / "net.onnx", model)


@pytest.mark.slow
def test_external_data_is_in_the_key(pictures: Path, tmp_path: Path) -> None:
    """Once weights beside the file are edited, no score of the old ones is shown."""
    spec = f"onnx:file={outside(tmp_path, 1)}"
    files = choose(spec, registry()).files(2)
    assert [file.name for file in files] == ["net.onnx", "weights.bin"]
    scores = []
    for scale in (1, 0.5):
        outside(tmp_path, scale)
        tables = srbench.run(spec, factors=2, datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "run")
        assert set(tables.scores["status"]) == {"ok"}
        scores.append(tables.scores["psnr"].mean())
    assert scores[0] != scores[1]
    fresh = srbench.run(spec, factors=2, datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "fresh")
    assert fresh.scores["psnr"].mean() == scores[1]


def test_shipped(tmp_path: Path) -> None:
    """A plug-in may come with a file for each factor that it has."""

    def shipped(factor: int) -> Path:
        if factor != 2:
            raise Unsupported(f"has no model for x{factor}")
        return written(tmp_path)

    method = onnx_file(shipped)
    assert method.files(2) == [tmp_path / "net.onnx"]
    assert method.load(2, "cpu").factor == 2
    with pytest.raises(Unsupported, match="has no model for x3"):
        method.load(3, "cpu")


def test_files_without_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package onnx, the line says what installs it."""
    choice = choose(f"onnx:file={written(tmp_path)}", registry())
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(Unsupported, match=f"^needs the package onnx: {INSTALL['onnx']}$"):
        choice.files(2)


@pytest.mark.slow
def test_what_srbench_exports(pictures: Path, tmp_path: Path) -> None:
    """espcn, exported and read back, has espcn's scores, but for single pixels whose rounding was close."""
    pytest.importorskip("onnxscript")
    load("espcn", 3).export(tmp_path / "espcn.onnx")
    specs = ["espcn:engine=torch", f"onnx:file={tmp_path}/espcn.onnx"]
    tables = srbench.run(specs, factors=3, datasets=f"{pictures}/", timing=False, report=False, out=tmp_path / "run")
    table = tables.scores.pivot_table(index="image", columns="method", values="psnr")
    (read,) = set(table) - {"espcn:engine=torch"}
    np.testing.assert_allclose(table[read], table["espcn:engine=torch"], rtol=0, atol=1e-3)


def declaring(folder: Path, takes: Takes, **options: Any) -> Path:  # noqa: ANN401 - those of a network
    """Write a network whose file says what it takes, and that it was trained on one image."""
    model = onnx_models.model(**options)
    onnx.helper.set_model_props(model, onnx_metadata.texts(takes, ["trained"]))
    return onnx_models.written(folder / "net.onnx", model)


@pytest.mark.slow
def test_what_the_file_says(tmp_path: Path) -> None:
    """It is taken instead of measured, and the upscaler says what it was trained on."""
    takes = Takes("y", 255, "full", 3, 2, ("uint8",))
    spec = f"onnx:file={declaring(tmp_path, takes, channels=1)}"
    found = choose(spec, registry()).decided(2)
    assert found.items() >= {**takes.facts, "range_from": "file"}.items()
    assert set(found["measured"]) == {"0..255", "bicubic"}
    assert choose(f"{spec}:range=1", registry()).decided(2).items() >= {"range": 1, "range_from": "option"}.items()
    upscaler = load(spec)
    assert (upscaler.training_images, upscaler.takes.dtypes) == ({"trained"}, ("uint8",))
    assert (upscaler._fed.luma, load(f"{spec}:luma=limited")._fed.luma) == ("full", "limited")


def test_other_channels_than_the_file_says(tmp_path: Path) -> None:
    """The user overrules a file that says other channels than its network has; else one line says what is wrong."""
    spec = f"onnx:file={declaring(tmp_path, Takes('y', 255))}"
    with pytest.raises(MethodError, match=r"net\.onnx takes .*, expected one image of 1 channel"):
        choose(spec, registry()).decided(2)
    found = choose(f"{spec}:channels=rgb", registry()).decided(2)
    assert (found["channels"], found["range_from"]) == ("rgb", "measured")


@pytest.mark.slow
@pytest.mark.parametrize(("file", "factor", "expected"), REAL)
@pytest.mark.usefixtures("data_folder")
def test_real_files(file: str, factor: int, expected: tuple[float, ...], tmp_path: Path) -> None:
    """Networks of others score on Set5 what they scored when their files came here."""
    folder = os.environ.get("SRBENCH_MODELS")
    if not folder:
        pytest.skip("SRBENCH_MODELS is not set")
    spec = f"onnx:file={Path(folder) / file}"
    tables = srbench.run(spec, factors=factor, datasets="set5", timing=False, report=False, out=tmp_path / "run")
    assert tables.scores["psnr"].tolist() == pytest.approx(expected, abs=2e-4)

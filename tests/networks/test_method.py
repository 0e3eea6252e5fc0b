"""Methods made of a network: their weight files, their options, what they take, the mean over flips and turns."""

from __future__ import annotations

import inspect
import io
import json
import pickle
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import srbench
from srbench import contract
from srbench.errors import MethodError, Unsupported, UsageError
from srbench.methods import choose, registry
from srbench.plugins import import_module
from srbench.pytorch import image_method, image_upscaler, luma_method, weights_beside
from srbench.quality.files import write_image
from srbench.quality.image import luma as luma_of
from srbench.takes import Takes

if TYPE_CHECKING:
    from numpy.typing import NDArray

espcn = import_module("srbench.methods.espcn")


def saved(path: Path, facts: dict[str, Any] | None = None, network: torch.nn.Module | None = None) -> Path:
    """Write the weights of a network, ESPCN x2 by default, with some facts, as `srbench train` does."""
    torch.manual_seed(1)
    tensors = (network or espcn.network(2)).state_dict()
    save_file(tensors, path, {"srbench": json.dumps(facts)} if facts is not None else None)
    return path


FACTS = {"factor": 2, "options": {"activation": "relu", "network": "paper"}, "training_images": ["1f", "2f"]}


def load(path: Path, options: str = "", factor: int = 2) -> Any:  # noqa: ANN401 - an upscaler
    """Load ESPCN with weights, as a user asks for it."""
    return choose(f'espcn:weights="{path}"{options}', registry()).load(factor, "cpu")


def refused(path: Path, options: str = "", factor: int = 2) -> str:
    """Return the one line with which weights are refused."""
    with pytest.raises(MethodError) as caught:
        load(path, options, factor)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(str(path))
    return line


def test_options_come_from_the_file(tmp_path: Path) -> None:
    """Weights of a relu training need no activation; the file knows its training images, too."""
    upscaler = load(saved(tmp_path / "w.safetensors", FACTS))
    assert [type(layer).__name__ for layer in upscaler.network][2] == "ReLU"
    assert upscaler.training_images == {"1f", "2f"}
    contract.check(upscaler, 2)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_options_that_agree(tmp_path: Path, activation: str) -> None:
    """What the file says may be said again."""
    facts = {**FACTS, "options": {"activation": activation}}
    load(saved(tmp_path / "w.safetensors", facts), f":activation={activation}")


def test_options_that_do_not_agree(tmp_path: Path) -> None:
    """What the file says otherwise is refused, also where the file was trained with the method's default."""
    path = saved(tmp_path / "w.safetensors", {"factor": 2, "options": {"activation": "tanh", "network": "paper"}})
    assert refused(path, ":activation=relu").endswith(
        "was trained with activation=tanh, not relu; leave activation out"
    )


def test_weights_of_others(tmp_path: Path) -> None:
    """A file that says nothing about itself is taken as it is asked for."""
    path = saved(tmp_path / "w.safetensors")
    assert type(load(path, ":activation=relu").network[2]).__name__ == "ReLU"
    assert load(path).training_images == frozenset()


@pytest.mark.slow
def test_another_factor(tmp_path: Path) -> None:
    """It cannot be done, and a run says so in a skipped row; the factor that it can do is scored."""
    path = saved(tmp_path / "w.safetensors", FACTS)
    with pytest.raises(Unsupported, match=r"the weights of w\.safetensors are for x2"):
        load(path, factor=3)
    folder = tmp_path / "images"
    folder.mkdir()
    write_image(folder / "a.png", np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8))
    method = f"espcn:weights={path}"
    tables = srbench.run(
        method, factors=[2, 3], datasets=f"{folder}/", timing=False, report=False, out=tmp_path / "run"
    )
    rows = {row.factor: (row.status, row.reason) for row in tables.scores.itertuples()}
    assert rows == {2: ("ok", ""), 3: ("skipped", "the weights of w.safetensors are for x2")}


def test_another_network(tmp_path: Path) -> None:
    """Weights that do not fit, and options that the network does not have, are one line."""
    article = saved(tmp_path / "article.safetensors", network=espcn.network(2, network="article"))
    assert "does not fit the network: " in refused(article)
    for options in ({"width": 32}, {"activation": "gelu"}):
        other = saved(tmp_path / "other.safetensors", {"factor": 2, "options": options})
        assert "does not fit the network: " in refused(other)
    facts = {"factor": 2, "method": "plain", "options": {"layers": 7, "width": 16}}
    line = refused(saved(tmp_path / "plain.safetensors", facts))
    assert line.endswith("it was trained as plain with layers=7, width=16; use that method")


@pytest.mark.slow
def test_no_safetensors(tmp_path: Path) -> None:
    """A file that is damaged, cut short, absent, a folder or a pickle is one line; nothing is unpickled."""
    whole = saved(tmp_path / "whole.safetensors", FACTS).read_bytes()
    content = io.BytesIO()
    torch.save({"weight": torch.zeros(3)}, content)
    trap = pickle.dumps(Trap(), protocol=2)
    for number, damaged in enumerate((b"", b"junk", whole[:-9], whole[:99], content.getvalue(), trap)):
        path = tmp_path / f"{number}.safetensors"
        path.write_bytes(damaged)
        assert "is not a safetensors file: " in refused(path)
    (tmp_path / "folder").mkdir()
    for name, reason in (("folder", "Is a directory"), ("absent", "No such file or directory")):
        assert refused(tmp_path / name).endswith(f"cannot be read: {reason}; check its path")


class Trap:
    """What a harmful file holds: unpickling it would run code."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Say what to call."""
        return pytest.fail, ("something was unpickled",)


@pytest.mark.slow
def test_files_of_the_fingerprint(tmp_path: Path) -> None:
    """The content of the weights decides the fingerprint of a choice, not the name of the file."""
    one, copy, other = (tmp_path / f"{name}.safetensors" for name in ("one", "copy", "other"))
    copy.write_bytes(saved(one, FACTS).read_bytes())
    saved(other, {**FACTS, "training_images": []})
    choices = [choose(f"espcn:weights={path}", registry()) for path in (one, copy, other)]
    assert choices[0].files(2) == [one]
    prints = [choice.fingerprint(2) for choice in choices]
    assert prints[0] == prints[1] != prints[2]


def test_without_weights() -> None:
    """A method that ships none says how to make some, and how to name them."""
    without = luma_method(lambda factor: espcn.network(factor))  # noqa: PLW0108 - without the options
    with pytest.raises(Unsupported, match="has no weights; train some with srbench train, and give them as weights="):
        without.load(2, "cpu")
    with pytest.raises(Unsupported, match=r"^has no weights; give them as weights=FILE$"):
        image_method(espcn.network).load(2, "cpu")  # of RGB, which `srbench train` does not train


def test_weights_beside_a_module(tmp_path: Path) -> None:
    """They are found by the module's name, what its options make of it and the factor; else it says what there is."""
    shipped = weights_beside(str(tmp_path / "mine.py"), lambda width=8: f"{width}")
    bare = weights_beside(str(tmp_path / "mine.py"))
    (tmp_path / "weights").mkdir()
    for name in ("mine-8-x10", "mine-8-x2", "mine-8-x4-old", "mine-x3", "mine-16-x2"):
        (tmp_path / "weights" / f"{name}.safetensors").touch()
    assert [path.stem for path in (shipped(2), shipped(2, width=16), bare(3))] == ["mine-8-x2", "mine-16-x2", "mine-x3"]
    for call, line in (
        (partial(shipped, 3), r"mine has no 8 weights for x3 \(has x2, x10\)"),
        (partial(shipped, 3, width=4), r"mine has no 4 weights for x3 \(has none\)"),
        (partial(bare, 2), r"mine has no weights for x2 \(has x3\)"),
    ):
        with pytest.raises(Unsupported, match=f"^{line}$"):
            call()


def eight(upscale: Any, image: NDArray[Any]) -> NDArray[Any]:  # noqa: ANN401 - an upscaler
    """Return the mean over the eight symmetries of a square, by hand."""
    results = []
    for turns in range(4):
        for flip in (np.asarray, np.flipud):
            turned = np.ascontiguousarray(np.rot90(flip(image), turns))
            results.append(flip(np.rot90(upscale(turned), -turns)))
    return np.asarray(np.mean(results, axis=0, dtype=np.float64))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(13, 18), (13, 18, 3)])
def test_ensemble(shape: tuple[int, ...]) -> None:
    """`ensemble=8` is the mean over flips and rotations, of luma; the method without it stays as it was."""
    image = np.random.default_rng(7).random(shape, np.float32)
    plain, ensemble = (choose(f"espcn{option}", registry()) for option in ("", ":ensemble=8"))
    upscale, upscale_all = (choice.load(3, "cpu") for choice in (plain, ensemble))
    before = upscale(image)
    result = upscale_all(image)
    assert np.abs(result - before).max() > 1e-3
    if len(shape) == 2:
        np.testing.assert_allclose(result, eight(upscale, image), rtol=0, atol=2e-6)
    else:  # luma alone
        expected = eight(upscale, luma_of(image) / 255)
        np.testing.assert_allclose(luma_of(result) / 255, expected, rtol=0, atol=2e-5)
    np.testing.assert_array_equal(upscale(image), before)
    assert plain.fingerprint(3) != ensemble.fingerprint(3)
    assert ensemble.files(3) == plain.files(3)


def test_ensemble_of_other_sizes() -> None:
    """There are one and eight, nothing else; 1 is the default."""
    with pytest.raises(UsageError, match=r"unknown value '4' of espcn:ensemble \(available: 1, 8\)"):
        choose("espcn:ensemble=4", registry())
    assert choose("espcn:ensemble=1", registry()).spec == "espcn"


def test_options_on_the_command_line() -> None:
    """A method has the options of its network, and those of every luma method; they are typed."""
    running = ["engine", "precision", "compile", "tile"]
    assert list(registry()["espcn"].defaults()) == ["activation", "network", "weights", "ensemble", *running]
    same = choose("espcn:engine=auto:precision=float32:compile=false:tile=0", registry())
    assert same.spec == "espcn"
    choice = choose("espcn:ensemble=8:activation=relu:weights=w", registry())
    assert dict(choice.options) == {"activation": "relu", "ensemble": 8, "weights": Path("w")}


@pytest.mark.parametrize(
    ("options", "absent", "device", "engine"),
    [
        ("", (), "cpu", "onnxruntime"),
        ("", ("onnxruntime",), "cpu", "openvino"),
        ("", ("onnx",), "cpu", "torch"),
        ("", (), "cuda", "torch"),
        (":compile=true", (), "cpu", "torch"),
        (":precision=bfloat16", (), "cpu", "torch"),
        (":precision=int8", (), "cpu", "openvino"),
        (":precision=int8", ("openvino",), "cpu", "onnxruntime"),
        (":engine=torch", (), "cpu", "torch"),
    ],
)
def test_the_fastest_engine(
    options: str, absent: tuple[str, ...], device: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the first that is installed and does what is asked for, and stands in the spec; torch does the rest."""
    for package in absent:
        monkeypatch.setitem(sys.modules, package, None)
    choice = choose(f"espcn{options}", registry())
    settled = choice.settled(device)
    assert dict(settled.options)["engine"] == engine
    assert settled.settled(device) == settled
    assert choose(settled.spec, registry()) == settled


def test_one_engine_is_no_choice() -> None:
    """A method that declares none runs in torch, whose name is no part of its spec."""
    load: Any = luma_method(espcn.network).load
    assert not hasattr(load, "settled")
    assert inspect.signature(load).parameters["engine"].default == "torch"


# Networks of RGB

PLUGIN = """
from srbench.pytorch import image_method

def network(factor, width: int = 4):
    from torch import nn
    return nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1, padding_mode="reflect"), nn.ReLU(),
        nn.Conv2d(width, 3 * factor**2, 3, padding=1), nn.PixelShuffle(factor)
    )

load, files = image_method(network, minimum=3, range=255)
"""


@pytest.fixture
def rgb(tmp_path: Path) -> tuple[Path, str]:
    """Return a plug-in whose network takes RGB in 0..255, and the method with weights for x2."""
    plugin = tmp_path / "rgb.py"
    plugin.write_text(PLUGIN, encoding="utf-8")
    network = choose("rgb", registry([plugin])).method.module().network(2)
    return plugin, f"rgb:weights={saved(tmp_path / 'rgb.safetensors', network=network)}"


@pytest.mark.sampled
@pytest.mark.parametrize("options", ["", ":ensemble=8", ":engine=onnxruntime", ":engine=openvino", ":tile=64"])
def test_image_method(options: str, rgb: tuple[Path, str]) -> None:
    """It has the options of every method of a network, and keeps the contract on grey and RGB of 8 bits."""
    plugin, spec = rgb
    upscaler: Any = choose(spec + options, registry([plugin])).load(2, "cpu")
    contract.check(upscaler, 2)
    with pytest.raises(Unsupported, match="takes uint8 images, and LR is float32 RGB"):
        contract.upscale(upscaler, np.zeros((20, 20, 3), np.float32), 2)


@pytest.mark.slow
def test_image_method_in_a_run(rgb: tuple[Path, str], pictures: Path, tmp_path: Path) -> None:
    """`srcnn`, whose LR is luma in floats, is skipped with the reason; other protocols are scored."""
    plugin, spec = rgb
    tables = srbench.run(
        spec,
        factors=2,
        datasets=f"{pictures}/",
        protocols="basicsr,srcnn",
        plugins=[plugin],
        timing=False,
        report=False,
        out=tmp_path / "run",
    )
    rows = {(row.protocol, row.status, row.reason) for row in tables.scores.itertuples()}
    skipped = ("skipped", "takes uint8 images, and LR is float64 luma")
    assert rows == {("basicsr", "ok", ""), ("srcnn", *skipped)}


def test_declared() -> None:
    """What a network takes is declared on `load`, and printed; of RGB it is 8 bits alone, unless it says otherwise."""

    def declared(**given: Any) -> Takes:  # noqa: ANN401 - the options
        load: Any = image_method(espcn.network, **given).load
        takes: Takes = load.takes
        return takes

    assert declared() == Takes("rgb", dtypes=("uint8",))
    assert declared(channels="y", luma="full") == Takes("y", luma="full")
    both = ("uint8", "float32")
    assert declared(range=255, minimum=15, multiple=4, dtypes=both) == Takes("rgb", 255, "limited", 15, 4, both)
    luma: Any = luma_method(espcn.network).load
    assert luma.takes == Takes("y")
    with pytest.raises(MethodError, match="range is 256, expected one of 1, 255"):
        declared(range=256)


@pytest.mark.slow
def test_image_upscaler() -> None:
    """A function of tensors, or a torch module, becomes an upscaler where it stands."""

    def twice(batch: torch.Tensor) -> torch.Tensor:
        assert float(batch.max()) > 1
        assert min(batch.shape[2:]) >= 5
        return batch.repeat_interleave(2, 2).repeat_interleave(2, 3)

    image = np.random.default_rng(0).integers(2, 256, (7, 3, 3), dtype=np.uint8)
    upscale: Any = image_upscaler(twice, 2, range=255, minimum=5)
    np.testing.assert_array_equal(upscale(image), image.repeat(2, 0).repeat(2, 1))
    assert upscale.takes == Takes("rgb", 255, dtypes=("uint8",))
    network: Any = image_upscaler(espcn.network(3), 3, channels="y", ensemble=8)
    contract.check(network, 3)
    assert network.parameters == 22729


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_image_upscaler_without_a_device() -> None:
    """An absent device is no failure."""
    with pytest.raises(Unsupported, match="no CUDA device"):
        image_upscaler(espcn.network(3), 3, "cuda", channels="y")

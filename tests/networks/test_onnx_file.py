"""The network of an ONNX file: what its graph does not say is found, and it computes what it should."""

from __future__ import annotations

import re
import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from srbench.errors import MethodError, Unsupported
from srbench.extras import INSTALL
from srbench.plugins import import_module

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from . import onnx_models

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

onnx: Any = import_module("onnx")
onnx_file, running, choices = (
    import_module(f"srbench.networks.{name}") for name in ("onnx_file", "running", "choices")
)

ENGINES = ("onnxruntime", "openvino")


def opened(path: Path, engine: str = "onnxruntime", **chosen: Any) -> Any:  # noqa: ANN401 - a model, and choices
    """Open a file on the CPU."""
    pytest.importorskip(engine)
    how = running.Running(engine=engine)
    return onnx_file.opened(path, "cpu", running=how, choices=choices.Choices(**chosen))


def check(found: Any, channels: int, size: tuple[int, int], largest: float = 1, atol: float = 1e-5) -> None:  # noqa: ANN401
    """Compare what a model computes with what it should."""
    batch = torch.rand((1, channels, *size), generator=torch.Generator().manual_seed(1)) * largest
    batch = batch.round() if largest == 255 else batch
    torch.testing.assert_close(found.run(batch), onnx_models.expected(batch, largest), rtol=0, atol=atol)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("opset", range(9, 21))
def test_every_opset(opset: int, engine: str, tmp_path: Path) -> None:
    """Opsets 9 to 20 are read by both engines: factor, channels and the shortest side are found."""
    path = onnx_models.written(tmp_path / "net.onnx", onnx_models.model(opset))
    found = opened(path, engine)
    assert (found.factor, found.size, found.parameters) == (2, None, 12 * 3 * 9)
    assert found.takes.facts == {
        "channels": "rgb", "range": 1, "luma": "limited", "minimum": 2, "multiple": 1, "dtypes": ["uint8"],
    }  # fmt: skip
    check(found, 3, (9, 14))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("options", "facts", "atol"),
    [
        ({"channels": 1}, {"channels": "y", "dtypes": ["uint8", "float32", "float64"]}, 1e-5),
        ({"last": True}, {"channels": "rgb"}, 1e-5),
        ({"last": True, "channels": 1}, {"channels": "y"}, 1e-5),
        ({"dtype": np.float16}, {"range": 1}, 2e-3),
        ({"dtype": np.uint8, "largest": 255}, {"range": 255}, 1),
        ({"dtype": np.uint8, "largest": 255, "last": True}, {"range": 255}, 1),
        ({"listed": True, "opset": 9}, {"channels": "rgb"}, 1e-5),
        ({"sizes": ("width", "height")}, {"channels": "rgb"}, 1e-5),
    ],
)
def test_what_files_differ_in(
    options: dict[str, Any], facts: dict[str, Any], atol: float, engine: str, tmp_path: Path
) -> None:
    """Channels, layout and types follow from numbers of the graph; initializers that are listed are no inputs."""
    found = opened(onnx_models.written(tmp_path / "net.onnx", onnx_models.model(**options)), engine)
    assert found.takes.facts.items() >= facts.items()
    assert (found.factor, found.size, found.takes.minimum) == (2, None, 2)
    check(found, options.get("channels", 3), (9, 14), options.get("largest", 1), atol)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("sizes", "expected"), [((24, 32), (24, 32)), ((24, "width"), (24, 24)), (("w", 5), (5, 5))])
def test_fixed_size(sizes: Any, expected: tuple[int, int], last: bool, tmp_path: Path) -> None:  # noqa: ANN401
    """A network of one size says which; where one side alone is fixed, the other is made the same."""
    model = onnx_models.model(sizes=sizes, last=last)
    found = opened(onnx_models.written(tmp_path / "net.onnx", model))
    assert (found.size, found.factor, found.takes.minimum) == (expected, 2, 1)
    check(found, 3, expected)


def _axis(name: str, at: int, size: int | str) -> Callable[[Any], None]:
    """Return what changes the size of an axis of the input or the output."""

    def change(model: Any) -> None:  # noqa: ANN401 - of protobuf
        value = (model.graph.input if name == "lr" else model.graph.output)[0]
        dim = value.type.tensor_type.shape.dim[at]
        dim.Clear()
        setattr(dim, "dim_value" if isinstance(size, int) else "dim_param", size)

    return change


def _without_axis(model: Any) -> None:  # noqa: ANN401 - of protobuf
    model.graph.input[0].type.tensor_type.shape.dim.pop()


def _of_int64(model: Any) -> None:  # noqa: ANN401 - of protobuf
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT64


def _two(model: Any) -> None:  # noqa: ANN401 - of protobuf
    model.graph.input.append(onnx.helper.make_tensor_value_info("noise", onnx.TensorProto.FLOAT, [1]))


def _huge(model: Any) -> None:  # noqa: ANN401 - of protobuf
    scales = next(each for each in model.graph.initializer if each.name == "scales")
    scales.CopyFrom(onnx.numpy_helper.from_array(np.array([1, 1, 4096, 4096], np.float32), "scales"))


def _future(model: Any) -> None:  # noqa: ANN401 - of protobuf
    model.opset_import[0].version = 99


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("change", "line"),
    [
        (_without_axis, "lr has 3 axes, expected 4: images, channels, height and width"),
        (_axis("lr", 0, 4), r"takes lr 4x3x\?x\?, expected one image of 1 or 3 channels"),
        (_axis("lr", 1, 4), r"takes lr \?x4x\?x\?, expected one image of 1 or 3 channels"),
        (_axis("lr", 2, 5000), r"takes lr \?x3x5000x\?, expected at most 4096 pixels a side"),
        (_of_int64, "lr holds int64, expected float, float16 or uint8"),
        (_two, r"has 2 inputs \(lr, noise\), expected one image"),
        (_huge, "its tensor 'nearest' would be 1x3x262144x262144 for a small image, expected at most 1073741824"),
    ],
)
def test_no_network_of_images(change: Callable[[Any], None], line: str, engine: str, tmp_path: Path) -> None:
    """What takes or makes no image, or a huge one, is refused with one line."""
    model = onnx_models.model()
    change(model)
    path = onnx_models.written(tmp_path / "net.onnx", model)
    with pytest.raises(MethodError, match=f"^{re.escape(str(path))}.*{line}"):
        opened(path, engine)


def slicing(begin: int, channels: int = 3) -> Any:  # noqa: ANN401 - a model
    """Return a network that leaves pixels of the border out."""
    info, tensor = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    values = {"begin": [begin] * 2, "end": [2**40] * 2, "axes": [2, 3]}
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Slice", ["lr", *values], ["sr"])],
        "network",
        [info("lr", tensor, [1, channels, "h", "w"])],
        [info("sr", tensor, [1, channels, "a", "b"])],
        [onnx.numpy_helper.from_array(np.array(value), name) for name, value in values.items()],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)


def test_no_integer_factor(tmp_path: Path) -> None:
    """A network whose output is no multiple of its input is refused, with an example; one of x1 is told."""
    path = onnx_models.written(tmp_path / "net.onnx", slicing(2))
    with pytest.raises(MethodError, match=r"its network makes 1x3x\d+x\d+ of 1x3x\d+x\d+, expected the same channels"):
        opened(path)
    assert opened(onnx_models.written(path, slicing(0))).factor == 1


def test_what_an_engine_says(tmp_path: Path) -> None:
    """The engine's reason is one line, without what it says of its own code."""
    model = onnx_models.model()
    _future(model)
    path = onnx_models.written(tmp_path / "net.onnx", model)
    with pytest.raises(MethodError, match=r"engine=onnxruntime cannot run it: ONNX Runtime only .* till opset \d+\.$"):
        opened(path)


@pytest.mark.parametrize(("last", "axes"), [(False, (1, 2, 3)), (True, (1, 2, 3)), (True, (3,)), (False, (1,))])
def test_axes_that_say_nothing(last: bool, axes: tuple[int, ...], tmp_path: Path) -> None:
    """Where no axis tells the channels, they are found by running the network; what is said of them is obeyed."""
    sizes = (11, 12) if len(axes) == 1 else ("x", "y")
    model = onnx_models.model(sizes=sizes, last=last)
    for axis in axes:
        _axis("lr", axis, "any")(model)
    path = onnx_models.written(tmp_path / "net.onnx", model)
    found = opened(path)
    assert (found.takes.channels, found.factor) == ("rgb", 2)
    check(found, 3, (11, 12))
    with pytest.raises(MethodError, match="its network cannot run on 1x1x"):
        opened(path, channels="y")


class Halving(torch.nn.Module):
    """Needs sides that are multiples, as it cuts images into windows."""

    def __init__(self, window: int) -> None:
        """Take the side of windows."""
        super().__init__()
        self.window = window

    def forward(self, lr: torch.Tensor) -> torch.Tensor:
        """Take each window's mean off it, and double."""
        batch, channels, height, width = lr.shape
        side = self.window
        windows = lr.reshape(batch, channels, height // side, side, width // side, side)
        flat = (windows - windows.mean((3, 5), keepdim=True)).reshape(lr.shape)
        return torch.nn.functional.interpolate(flat, scale_factor=2.0, mode="nearest")


@pytest.mark.parametrize("window", [1, 2, 3, 7, 8, 12])
def test_multiple(window: int, tmp_path: Path) -> None:
    """What sides must be multiples of is found, where a network needs that; what is said is not looked for."""
    path = tmp_path / "net.onnx"
    exported(Halving(window), path)
    takes = opened(path).takes
    assert (takes.multiple, takes.minimum) == (window, window)
    said = opened(path, multiple=window * 2, minimum=window * 4, range=255, dtypes="any").takes
    assert (said.multiple, said.minimum, said.range) == (window * 2, window * 4, 255)
    assert said.dtypes == ("uint8", "float32", "float64")


def exported(network: torch.nn.Module, path: Path) -> None:
    """Write a network of RGB that takes any size."""
    sides = {0: "batch", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this exporter is the older one
        torch.onnx.export(
            network.eval(),
            (torch.zeros(1, 3, 168, 336),),
            path,
            dynamo=False,
            input_names=["lr"],
            output_names=["sr"],
            dynamic_axes={"lr": sides, "sr": sides},
        )


def test_without_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is absent is named with what installs it."""
    path = onnx_models.written(tmp_path / "net.onnx", onnx_models.model())
    for package, engine in (("onnxruntime", "onnxruntime"), ("openvino", "openvino"), ("onnx", "openvino")):
        extra = "openvino" if engine == "openvino" else "onnx"
        with monkeypatch.context() as absent:
            absent.setitem(sys.modules, package, None)
            with pytest.raises(Unsupported, match=f"^needs the package {package}: {INSTALL[extra]}$"):
                onnx_file.opened(path, "cpu", running=running.Running(engine=engine))


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ({"precision": "tf32"}, "engine=onnxruntime computes in float32 or int8, not tf32"),
        (
            {"precision": "bfloat16"},
            "engine=onnxruntime computes in float32 or int8, not bfloat16",
        ),
        (
            {"engine": "openvino", "precision": "tf32"},
            "engine=openvino computes in float32, bfloat16 or int8, not tf32",
        ),
    ],
)
def test_what_an_engine_cannot(how: dict[str, Any], line: str, tmp_path: Path) -> None:
    """A precision that an engine has not is unsupported."""
    path = onnx_models.written(tmp_path / "net.onnx", onnx_models.model())
    with pytest.raises(Unsupported, match=line):
        onnx_file.opened(path, "cpu", running=running.Running(**{"engine": "onnxruntime", **how}))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_cuda(tmp_path: Path) -> None:
    """Without a CUDA device, cuda is unsupported."""
    path = onnx_models.written(tmp_path / "net.onnx", onnx_models.model())
    with pytest.raises(Unsupported, match="no CUDA device"):
        onnx_file.opened(path, "cuda")

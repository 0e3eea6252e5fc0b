"""The network of an ONNX file: what its graph does not say is found, and it computes what it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from srbench.plugins import import_module

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from . import onnx_models

if TYPE_CHECKING:
    from pathlib import Path

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
    assert (found.factor, found.size, found.parameters) == (2, None, 12 * 3 * 9 + 4)
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

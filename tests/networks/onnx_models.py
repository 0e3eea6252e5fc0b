"""Small networks as ONNX files, built node by node, and what they compute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch.nn import functional

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

FACTOR = 2

Sizes = tuple[int | str, int | str]

IR = {9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9}
"""The version of the file format that came with an opset."""


def kernel(channels: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the weights of the convolution, (4 C, C, 3, 3)."""
    random = np.random.default_rng(0).normal(size=(channels * FACTOR**2, channels, 3, 3))
    return (random / 30).astype(np.float32)


def expected(batch: Tensor, largest: float = 1) -> Tensor:
    """Return what the network makes of (1, C, H, W): nearest, and details on top by a convolution at LR size."""
    channels = batch.shape[1]
    details = functional.conv2d(functional.pad(batch, (1, 1, 1, 1), "reflect"), torch.from_numpy(kernel(channels)))
    height, width = details.shape[2:]
    apart = details.reshape(1, FACTOR, FACTOR, channels, height, width).permute(0, 3, 4, 1, 5, 2)
    details = apart.reshape(1, channels, height * FACTOR, width * FACTOR)
    return (functional.interpolate(batch, scale_factor=FACTOR, mode="nearest") + details).clamp(0, largest)


def model(  # noqa: PLR0913 - what files differ in
    opset: int = 17,
    channels: int = 3,
    sizes: Sizes = ("height", "width"),
    dtype: type = np.float32,
    largest: float = 1,
    *,
    last: bool = False,
    listed: bool = False,
) -> onnx.ModelProto:
    """Return the network: x2, reflecting one pixel at the border, so that it needs two.

    Args:
        opset: that of its operators, some of which have changed: Pad, Resize, Clip.
        channels: of its input and output.
        sizes: height and width of its input, numbers or names.
        dtype: of its input, output and weights; uint8 is cast to float32 and back.
        largest: to which it clips.
        last: channels are the last axis.
        listed: its weights are listed as inputs, as they were before IR version 4.

    """
    inner = np.float16 if dtype == np.float16 else np.float32
    initializers = {"weights": kernel(channels).astype(inner)}
    nodes = [
        *_before(last=last, cast=dtype == np.uint8),
        *_padded(opset, initializers),
        helper.make_node("Conv", ["padded", "weights"], ["convolved"]),
        helper.make_node("DepthToSpace", ["convolved"], ["details"], blocksize=FACTOR),
        *_nearest(opset, initializers),
        helper.make_node("Add", ["nearest", "details"], ["sum"]),
        *_clipped(opset, initializers, inner(largest)),
        *_after(last=last, cast=dtype == np.uint8),
    ]
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    larger = [size * FACTOR if isinstance(size, int) else f"{size}_of_sr" for size in sizes]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("lr", kind, _shape(channels, *sizes, last=last))],
        [helper.make_tensor_value_info("sr", kind, _shape(channels, *larger, last=last))],
        [numpy_helper.from_array(values, name) for name, values in initializers.items()],
    )
    if listed:
        for each in graph.initializer:
            graph.input.append(helper.make_tensor_value_info(each.name, each.data_type, list(each.dims)))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR[opset])


def written(path: Path, made: onnx.ModelProto) -> Path:
    """Write a network, and return the path."""
    path.write_bytes(made.SerializeToString())
    return path


def _shape(channels: int, height: int | str, width: int | str, *, last: bool) -> list[int | str]:
    return ["batch", height, width, channels] if last else ["batch", channels, height, width]


def _before(*, last: bool, cast: bool) -> list[onnx.NodeProto]:
    moved = helper.make_node("Transpose", ["lr"], ["first"], perm=[0, 3, 1, 2] if last else [0, 1, 2, 3])
    made = helper.make_node("Cast", ["first"], ["image"], to=TensorProto.FLOAT)
    return [moved, made if cast else helper.make_node("Identity", ["first"], ["image"])]


def _after(*, last: bool, cast: bool) -> list[onnx.NodeProto]:
    made = helper.make_node("Cast", ["clipped"], ["result"], to=TensorProto.UINT8)
    moved = helper.make_node("Transpose", ["result"], ["sr"], perm=[0, 2, 3, 1] if last else [0, 1, 2, 3])
    return [made if cast else helper.make_node("Identity", ["clipped"], ["result"]), moved]


def _padded(opset: int, initializers: dict[str, Any]) -> list[onnx.NodeProto]:
    pads = [0, 0, 1, 1, 0, 0, 1, 1]
    if opset < 11:
        return [helper.make_node("Pad", ["image"], ["padded"], mode="reflect", pads=pads)]
    initializers["pads"] = np.array(pads)
    return [helper.make_node("Pad", ["image", "pads"], ["padded"], mode="reflect")]


def _nearest(opset: int, initializers: dict[str, Any]) -> list[onnx.NodeProto]:
    initializers["scales"] = np.array([1, 1, FACTOR, FACTOR], np.float32)
    if opset < 11:
        kind = "Upsample" if opset < 10 else "Resize"
        return [helper.make_node(kind, ["image", "scales"], ["nearest"], mode="nearest")]
    how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    if opset < 13:
        initializers["roi"] = np.zeros(0, np.float32)
    roi = "roi" if opset < 13 else ""  # optional since then
    return [helper.make_node("Resize", ["image", roi, "scales"], ["nearest"], mode="nearest", **how)]


def _clipped(opset: int, initializers: dict[str, Any], largest: Any) -> list[onnx.NodeProto]:  # noqa: ANN401 - a number
    if opset < 11:
        return [helper.make_node("Clip", ["sum"], ["clipped"], min=0.0, max=float(largest))]
    initializers |= {"low": np.zeros_like(largest), "high": np.array(largest)}
    return [helper.make_node("Clip", ["sum", "low", "high"], ["clipped"])]

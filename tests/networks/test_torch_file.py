"""Files that torch wrote as methods: networks that the user names, what is refused, and files that others trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from srbench import contract
from srbench.errors import MethodError, Unsupported, UsageError
from srbench.methods import choose, registry
from srbench.plugins import import_module
from srbench.quality.files import read_image
from srbench.quality.protocols import get as protocol

if TYPE_CHECKING:
    from pathlib import Path

    from srbench.methods import Choice

torch_file, weights = (import_module(f"srbench.networks.{name}") for name in ("torch_file", "weights"))

NETS = '''
"""Networks of tests: a convolution and a pixel shuffle."""

import torch

from own_parts import after


class Net(torch.nn.Module):
    def __init__(self, factor, channels, sides):
        super().__init__()
        self.sides = sides
        self.conv = torch.nn.Conv2d(channels, channels * factor**2, 3, padding=1)
        self.up = torch.nn.PixelShuffle(factor)

    def forward(self, batch):
        height, width = batch.shape[2:]
        if min(height, width) < self.sides or height % self.sides or width % self.sides:
            raise ValueError(f"sides of {self.sides}")
        return after(self.up(self.conv(batch)))


def net(factor, samples: int = 3, sides: int = 1):
    return Net(factor, samples, sides)


def shrinking(factor):
    return torch.nn.Sequential(torch.nn.Conv2d(3, 3, 3, stride=2))
'''


pytestmark = pytest.mark.usefixtures("importing")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with networks and the file of one of x3; pickles are allowed."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_nets.py").write_text(NETS)
    (tmp_path / "own_parts.py").write_text("def after(batch): return batch")
    save(tmp_path / "x3.pth", 3)
    return tmp_path


def save(path: Path, factor: int, channels: int = 3) -> dict[str, torch.Tensor]:
    """Write the state dict of a network as training leaves it, wrapped, and return it."""
    torch.manual_seed(1)
    conv = torch.nn.Conv2d(channels, channels * factor**2, 3, padding=1)
    torch.save({"params": {f"conv.{name}": tensor for name, tensor in conv.state_dict().items()}}, path)
    return dict(conv.state_dict())


def chosen(options: str) -> Choice:
    """Return the method with options, as a user types them."""
    return choose(f"torch:{options}", registry())


def load(options: str, factor: int = 3) -> Any:  # noqa: ANN401 - an upscaler
    """Load it on the CPU."""
    return chosen(options).load(factor, "cpu")


@pytest.mark.sampled
@pytest.mark.parametrize("network", ["my_nets.net", '"./my_nets.py:net"'])
def test_the_network_of_a_user(folder: Path, network: str) -> None:
    """A function of a module or a file builds it, the file fills it, and images go through it."""
    upscaler = load(f"file=x3.pth:network={network}")
    contract.check(upscaler, 3)
    assert upscaler.takes.dtypes == ("uint8",)
    conv = save(folder / "again.pth", 3)
    lr = np.random.default_rng(0).integers(0, 256, (9, 8, 3), dtype=np.uint8)
    batch = torch.from_numpy(lr.transpose(2, 0, 1)[None] / np.float32(255))
    sr = torch.nn.functional.pixel_shuffle(
        torch.nn.functional.conv2d(batch, conv["weight"], conv["bias"], padding=1), 3
    )
    expected = (sr[0].permute(1, 2, 0) * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    assert np.abs(upscaler(lr).astype(int) - expected).max() <= 1


def test_luma(folder: Path) -> None:
    """A network of one channel is found to be one of luma; it takes images of any type."""
    save(folder / "y.pth", 2, 1)
    model = torch_file.opened(folder / "y.pth", "cpu", network="my_nets.net", options={"samples": "1"})
    assert (model.takes.channels, model.factor) == ("y", 2)
    assert model.takes.dtypes == ("uint8", "float32", "float64")


@pytest.mark.slow
def test_sizes_that_a_network_needs(folder: Path) -> None:
    """What its sides must be multiples of is found; what is said instead is held to."""
    found = torch_file.opened(folder / "x3.pth", "cpu", network="my_nets.net", options={"sides": "8"})
    assert (found.takes.multiple, found.takes.minimum) == (8, 8)
    contract.check(load("file=x3.pth:network=my_nets.net:sides=8"), 3)
    with pytest.raises(MethodError, match=r"its network cannot run on .*sides of 8"):
        load("file=x3.pth:network=my_nets.net:sides=8:multiple=5")


def test_another_factor_is_skipped(folder: Path) -> None:
    """The file is of one factor, which is found whichever is asked for."""
    with pytest.raises(Unsupported, match=r"^the model in x3\.pth is x3; give --factor 3$"):
        load("file=x3.pth:network=my_nets.net", 2)
    assert torch_file.opened(folder / "x3.pth", "cpu", network="my_nets.net").factor == 3


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("options", "error", "line"),
    [
        (
            "file=x3.pth:network=my_nets.net:channels=y",
            MethodError,
            "its network cannot run on 1x1x.*: Given groups",
        ),
        ("file=x3.pth:network=my_nets.shrinking", MethodError, r"x3.pth does not fit the network: .*Missing key"),
        ("file=x3.pth:network=my_nets.net:with=3", UsageError, "unknown option 'with' of my_nets.net.*samples, sides"),
        ("file=x3.pth:chanels=y", UsageError, "unknown option 'chanels' of torch; did you mean 'channels'"),
        ("network=my_nets.net", Unsupported, "needs a model, file=MODEL.pth"),
        ("file=absent.pth:network=my_nets.net", MethodError, "is not a file of torch.save: .*No such file"),
        ("file=x3.pth:network=my_nets.net:precision=float16", Unsupported, "precision=float16 needs a CUDA device"),
    ],
)
def test_mistakes(options: str, error: type[Exception], line: str) -> None:
    """Each is one line."""
    with pytest.raises(error, match=line) as caught:
        load(options)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_the_code_of_the_network_is_in_the_key(folder: Path) -> None:
    """An edit of it, or of what it imports of its folder, is not answered with an old result."""
    choice = chosen("file=x3.pth:network=my_nets.net")
    assert [path.name for path in choice.files(3)] == ["x3.pth", "my_nets.py", "own_parts.py"]
    keys = {choice.fingerprint(3)}
    (folder / "own_parts.py").write_text("def after(batch): return -batch")
    keys.add(choice.fingerprint(3))
    (folder / "my_nets.py").write_text(NETS + "\n")
    keys.add(choice.fingerprint(3))
    other = {f"conv.{name}": 2 * tensor for name, tensor in save(folder / "x3.pth", 3).items()}
    torch.save({"params": other}, folder / "x3.pth")
    assert len({*keys, choice.fingerprint(3)}) == 4


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("net.param", b"7767517\n75 83\n", "a network of ncnn, which is not read here; run it by a program"),
        ("net.bin", b"", "a network of ncnn"),
        ("net.pth", b"7767517\n", "a network of ncnn"),
        (
            "net.pth",
            b"version https://git-lfs.github.com/spec/v1",
            "a pointer of Git LFS, which is not read here; fetch the",
        ),
        (
            "net.bin",
            b"PK\x03\x04",
            "a file of torch.save by its first bytes, which is not read here; rename it to net.pth",
        ),
        ("net.pt", b"<!doctype html>", "a web page, which is not read here; download the file itself"),
        ("net.ckpt", b"junk", "is not a file of torch.save: it is no archive, and not what torch before 1.6 wrote"),
        ("net.mat", b"", "data of MATLAB, which is not read here; write a plug-in that reads it with scipy.io.loadmat"),
        (
            "net.pb",
            b"",
            "a network of TensorFlow, which is not read here; convert it with tf2onnx, and give onnx:file=net",
        ),
        ("net.h5", b"", "a network of Keras"),
        ("net.tflite", b"", "a network of TensorFlow Lite"),
        ("net.caffemodel", b"", "a network of Caffe"),
        ("net.onnx", b"", "an ONNX model, which is not read here; give it as onnx:file=net.onnx"),
        (
            "net.pkl",
            b"",
            r"net.pkl has the suffix \.pkl, expected one of \.pt, \.pth, \.ckpt, \.torchscript, \.safetensors",
        ),
    ],
)
def test_files_of_others(folder: Path, name: str, content: bytes, line: str) -> None:
    """The line says what a file is, by its suffix or its first bytes, and what to do with it."""
    (folder / name).write_bytes(content)
    with pytest.raises(MethodError, match=line):
        load(f"file={name}")


@pytest.mark.slow
def test_safetensors_need_no_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold numbers alone; cut short, they are one line."""
    monkeypatch.delenv("SRBENCH_ALLOW_PICKLE")
    with pytest.raises(MethodError, match="--allow-pickle"):
        load("file=x3.pth:network=my_nets.net")
    conv = save(folder / "x3.pth", 3)
    save_file({f"module.conv.{name}": tensor.half() for name, tensor in conv.items()}, folder / "a.safetensors")
    assert load("file=a.safetensors:network=my_nets.net").parameters == 27 * 28
    (folder / "b.safetensors").write_bytes((folder / "a.safetensors").read_bytes()[:-7])
    with pytest.raises(MethodError, match="is not a safetensors file"):
        load("file=b.safetensors:network=my_nets.net")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "tensors"),
    [
        ("unlicensed-imdn/IMDN_x4.pth", 92),
        ("unlicensed-pan/PANx4_DF2K.pth", 146),
        ("bsrn/net_g_BSRN_x4.pth", 346),
        ("rlfn/rlfn_x4.pth", 114),
    ],
)
def test_networks_that_spandrel_does_not_know(models_folder: Path, file: str, tensors: int) -> None:
    """State dicts in the layouts that papers publish are read; for the networks, the line asks."""
    with pytest.raises(
        MethodError, match=f"a state dict of {tensors} tensors that spandrel .* does not recognise; give"
    ):
        load(f"file={models_folder / file}", 4)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (
            "vdsr-pytorch/model_epoch_50.pth",
            r"it holds objects of vdsr\.Net, vdsr\.Conv_ReLU_Block, torch\.nn\.backends",
        ),
        ("vdsr-matlab/VDSR_Official.mat", "is data of MATLAB"),
        ("realesr-animevideov3-ncnn/realesr-animevideov3-x2.param", "is a network of ncnn"),
    ],
)
def test_files_that_hold_no_state_dict(models_folder: Path, file: str, line: str) -> None:
    """A pickled module and files of other frameworks, as others published them."""
    with pytest.raises(MethodError, match=line):
        load(f"file={models_folder / file}", 4)


@pytest.mark.slow
def test_dctlsa(models_folder: Path, data_folder: Path) -> None:
    """DCTLSA x4 on `bird` of Set5: the PSNR that was measured here when this was written, beside bicubic's 30.18 dB."""
    upscaler = load(f"file={models_folder}/dctlsa/X4.pt", 4)
    hr = read_image(data_folder / "Set5/HR/bird.bmp")
    assert upscaler.parameters == 885328
    sr = upscaler(protocol("basicsr").degrade(hr, 4))
    assert protocol("basicsr").compare(hr, sr, 4).psnr == pytest.approx(35.1606, abs=1e-3)

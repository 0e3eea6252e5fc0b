"""TorchScript archives: run as a network, and refused where their code reaches for files."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
import torch

from srbench.errors import MethodError
from srbench.plugins import import_module

if TYPE_CHECKING:
    from pathlib import Path

torch_file, torchscript, weights = (
    import_module(f"srbench.networks.{name}") for name in ("torch_file", "torchscript", "weights")
)


class Net(torch.nn.Module):
    """A network x2 of RGB."""

    def __init__(self) -> None:
        """Build it."""
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 12, 3, padding=1)

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Return SR."""
        return torch.pixel_shuffle(self.conv(batch), 2)


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow pickles."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "1")


@pytest.fixture(scope="module")
def traced() -> torch.jit.ScriptModule:
    """Return a network as TorchScript."""
    torch.manual_seed(1)
    with pytest.warns(DeprecationWarning, match="jit"):
        module: torch.jit.ScriptModule = torch.jit.trace(Net().eval(), torch.rand(1, 3, 8, 9))  # type: ignore[no-untyped-call]
    return module


@pytest.fixture
def path(tmp_path: Path, traced: torch.jit.ScriptModule) -> Path:
    """Return its file."""
    with pytest.warns(DeprecationWarning, match="jit"):
        torch.jit.save(traced, tmp_path / "net.pt")
    return tmp_path / "net.pt"


def test_a_network(path: Path, traced: torch.jit.ScriptModule) -> None:
    """Its factor, channels and sizes are found; what it computes is what it computed when it was saved."""
    model = torch_file.opened(path, "cpu")
    lr = torch.rand(1, 3, 7, 5)
    assert torch.allclose(model.run(lr), traced(lr), atol=1e-6)
    assert (model.factor, model.parameters, model.kind) == (2, 336, "TorchScript")
    assert (model.takes.channels, model.takes.minimum, model.takes.multiple) == ("rgb", 1, 1)
    assert model.multiply_adds() == 12 * 27 / 4


def test_a_frozen_network(tmp_path: Path, traced: torch.jit.ScriptModule) -> None:
    """Its weights are constants, which nobody counts and which have one precision."""
    with pytest.warns(DeprecationWarning, match="jit"):
        torch.jit.save(torch.jit.freeze(traced), tmp_path / "net.torchscript")
    assert torch_file.opened(tmp_path / "net.torchscript", "cpu").parameters is None


def test_where_it_was_traced(tmp_path: Path) -> None:
    """The names of files and functions there, which the archive keeps for tracebacks, may be any: none is run."""

    def save(path: Path) -> None:
        network = torch.jit.trace(Net().eval(), torch.rand(1, 3, 8, 9))  # type: ignore[no-untyped-call]
        torch.jit.save(network, path)

    with pytest.warns(DeprecationWarning, match="jit"):
        save(tmp_path / "net.pt")
    assert torch_file.opened(tmp_path / "net.pt", "cpu").factor == 2


def test_it_needs_permission(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a program, so that a file is run only where its user allows it."""
    monkeypatch.delenv("SRBENCH_ALLOW_PICKLE")
    with pytest.raises(MethodError, match="--allow-pickle"):
        torch_file.opened(path, "cpu")


def test_as_weights_or_with_a_network(path: Path) -> None:
    """It holds its own network: the lines say how it is given."""
    with pytest.raises(MethodError, match=r"is a TorchScript, .*; run it as torch:file=.*net.pt"), weights.opened(path):
        pass
    with pytest.raises(MethodError, match=r"leave network=a\.b out"):
        torch_file.opened(path, "cpu", network="a.b")


def rewritten(path: Path, old: bytes, new: bytes) -> Path:
    """Return a copy of an archive with other code."""
    copy = path.with_name("other.pt")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as other:
        for entry in archive.infolist():
            other.writestr(entry, archive.read(entry).replace(old, new))
    return copy


@pytest.mark.parametrize("call", ["torch.save(x, ", "torch . from_file(", "ops.aten.save(x, ", "ops.c10d.send("])
def test_operators_that_reach_out_are_barred(path: Path, call: str) -> None:
    """Whatever names one is not even loaded, as loading may run code."""
    with pytest.raises(MethodError, match=r"names '(save|from_file|c10d)' in .*; a network that reads or writes files"):
        torchscript.load(rewritten(path, b"return ", call.encode() + b'"/tmp/harm")\n    return '))


def renamed(path: Path) -> None:
    """Spell the folder of code in capitals."""
    with zipfile.ZipFile(path) as archive:
        held = [(entry.filename.replace("/code/", "/CODE/"), archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in held:
            archive.writestr(name, content)


def redirected(path: Path, harmless: Path) -> None:
    """Append a directory of harmless entries, which Python reads, while the end of the file points to the others."""
    content, other = path.read_bytes(), harmless.read_bytes()
    end, others_end = content.rindex(b"PK\x05\x06"), other.rindex(b"PK\x05\x06")
    directory = other[int.from_bytes(other[others_end + 16 : others_end + 20], "little") : others_end]
    start = int.from_bytes(content[end + 16 : end + 20], "little")
    tail = b"PK\x05\x06" + bytes(4) + other[others_end + 8 : others_end + 12]
    sizes = (len(directory).to_bytes(4, "little"), start.to_bytes(4, "little"), bytes(2))
    path.write_bytes(content[:end] + directory + tail + b"".join(sizes))


def test_code_is_found_where_torch_finds_it(path: Path) -> None:
    """In a folder in capitals, and in entries that other readers of zip files do not see."""
    harmful = rewritten(path, b"return ", b'torch.save(x, "/tmp/harm")\n    return ')
    renamed(harmful)
    with pytest.raises(MethodError, match=r"names 'save' in code/"):
        torchscript.load(harmful)
    harmful = rewritten(path, b"return ", b'torch.save(x, "/tmp/harm")\n    return ')
    redirected(harmful, path)
    with pytest.raises(MethodError, match=r"names 'save' in code/|is not a whole TorchScript"):
        torchscript.load(harmful)


@pytest.mark.slow
def test_damage(path: Path, tmp_path: Path) -> None:
    """Damaged or unfolding to gigabytes, it is one line."""
    broken = rewritten(path, b"return ", b"nonsense ")
    with pytest.raises(MethodError, match="is not a whole TorchScript"):
        torchscript.load(broken)
    bomb = tmp_path / "bomb.pt"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/version", b"3")
        archive.writestr("net/constants.pkl", bytes(10**6))
    with pytest.raises(MethodError, match="would unfold to 1000001 of numbers"):
        torchscript.load(bomb)
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("net/version", b"3")
        archive.writestr("net/constants.pkl", b"")
        archive.writestr("net/code/a.py", bytes(torchscript.MAX_CODE + 1))
    with pytest.raises(MethodError, match="would unfold to 1 of numbers and 67108865 of code"):
        torchscript.load(bomb)

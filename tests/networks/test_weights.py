"""Weight files that were given: nothing in them is run, and none takes more memory than its network is worth."""

from __future__ import annotations

import json
import os
import pickle
import struct
import tracemalloc
import zipfile
from copy import copy
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import save_file

from srbench.errors import MethodError, Unsupported
from srbench.methods import choose, registry
from srbench.plugins import import_module
from srbench.pytorch import luma_method

if TYPE_CHECKING:
    from pathlib import Path

espcn, weights = (import_module(name) for name in ("srbench.methods.espcn", "srbench.networks.weights"))


class Trap:
    """What a harmful file holds: unpickling it makes a file."""

    def __init__(self, marker: Path) -> None:
        """Make `marker` when unpickled."""
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        """Say what to call."""
        return os.mkdir, (str(self.marker),)


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow pickles."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "1")


def load(path: Path, options: str = "") -> Any:  # noqa: ANN401 - an upscaler
    """Load ESPCN x2 with weights, as a user asks for it."""
    return choose(f'espcn:weights="{path}"{options}', registry()).load(2, "cpu")


def refused(path: Path) -> str:
    """Return the one line with which weights are refused."""
    with pytest.raises(MethodError) as caught:
        load(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(str(path))
    return line


def pickled(path: Path, content: Any = None) -> Path:  # noqa: ANN401 - anything that can be pickled
    """Write a file of `torch.save`: the state dict of ESPCN x2, unless other content is given."""
    torch.manual_seed(1)
    torch.save(espcn.network(2).state_dict() if content is None else content, path)
    return path


@pytest.mark.parametrize("setting", ["", "0", "false"])
@pytest.mark.parametrize("name", ["a.pt", "a.pth", "A.PT"])
def test_a_pickle_needs_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, setting: str) -> None:
    """Without it the file is not even opened."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", setting)
    (tmp_path / name).write_bytes(pickle.dumps(Trap(tmp_path / "harm")))
    with pytest.raises(MethodError, match=r"is a pickle, .*; expected safetensors; --allow-pickle reads its tensors"):
        load(tmp_path / name)
    assert not (tmp_path / "harm").exists()


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_state_dict(tmp_path: Path, *, wrapped: bool) -> None:
    """With permission its tensors are the weights, flat or under `state_dict`; the options come from the spec."""
    torch.manual_seed(1)
    state = espcn.network(2, "relu").state_dict()
    path = pickled(tmp_path / "a.pt", {"state_dict": state, "epoch": 3} if wrapped else state)
    upscaler = load(path, ":activation=relu")
    assert type(upscaler.network[2]).__name__ == "ReLU"
    assert all(torch.equal(value, state[name]) for name, value in upscaler.network.state_dict().items())
    assert upscaler.training_images == frozenset()


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("where", ["itself", "state_dict", "beside"])
def test_a_malicious_pickle_is_not_executed(tmp_path: Path, where: str) -> None:
    """Permission is for tensors: a call in the pickle is refused wherever it hides, and torch's advice is not shown."""
    trap = Trap(tmp_path / "harm")
    content = {
        "itself": trap,
        "state_dict": {"state_dict": trap},
        "beside": {"x": trap, **espcn.network(2).state_dict()},
    }
    line = refused(pickled(tmp_path / "a.pt", content[where]))
    assert "holds something else than a state dict of tensors: it holds objects of posix.mkdir; none of its" in line
    assert "weights_only" not in line
    assert not (tmp_path / "harm").exists()


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("content", [[torch.zeros(1)], {"a": 3}, {"state_dict": 3}, {"a": {"b": torch.zeros(1)}}, 3])
def test_what_is_no_state_dict(tmp_path: Path, content: object) -> None:
    """Values other than tensors, and tensors in another order, are one line."""
    assert "holds something else than a state dict of tensors" in refused(pickled(tmp_path / "a.pt", content))


@pytest.mark.usefixtures("allowed")
def test_a_state_dict_under_another_name(tmp_path: Path) -> None:
    """The line says under which."""
    content = {"model": espcn.network(2).state_dict(), "optimizer": {"state": {}}, "epoch": 3}
    assert ": one is under 'model', so save that alone; none of" in refused(pickled(tmp_path / "a.pt", content))


@pytest.mark.slow
@pytest.mark.usefixtures("allowed")
def test_damaged_files(tmp_path: Path) -> None:
    """Files cut short, absent, of another format or of another network are one line each."""
    whole = pickled(tmp_path / "whole.pt").read_bytes()
    for number, content in enumerate((b"", b"junk", pickle.dumps({"a": 1}), whole[:-9], whole[:99])):
        path = tmp_path / f"{number}.pt"
        path.write_bytes(content)
        assert "is not a file of torch.save: " in refused(path)
    assert "is not a file of torch.save: " in refused(tmp_path / "absent.pt")
    assert "does not fit the network: " in refused(pickled(tmp_path / "a.pt", {"a": torch.zeros(3)}))
    for place in range(0, len(whole), len(whole) // 12):
        (tmp_path / "b.pt").write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            load(tmp_path / "b.pt")
        except MethodError as error:
            assert "\n" not in str(error)  # noqa: PT017 - both outcomes are allowed


@pytest.mark.usefixtures("allowed")
def test_a_compressed_pickle_is_refused(tmp_path: Path) -> None:
    """Kilobytes of it would become gigabytes in memory, since torch unfolds them."""
    pickled(tmp_path / "a.pt", {"a": torch.zeros(10**6)})
    with (
        zipfile.ZipFile(tmp_path / "a.pt") as plain,
        zipfile.ZipFile(tmp_path / "b.pt", "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for entry in plain.infolist():
            bomb.writestr(entry.filename, plain.read(entry))
    assert (tmp_path / "b.pt").stat().st_size < 10**4
    assert "bytes would unfold to 4000" in refused(tmp_path / "b.pt")


@pytest.mark.usefixtures("allowed")
def test_a_pickle_that_holds_its_bytes_twice_is_refused(tmp_path: Path) -> None:
    """Entries may overlap in the file: a hundred of them would each be read. Nor may they have one name."""
    pickled(tmp_path / "a.pt", {"a": torch.zeros(10**5)})
    with zipfile.ZipFile(tmp_path / "a.pt", "a") as archive:
        largest = max(archive.filelist, key=lambda entry: entry.file_size)
        again = [copy(largest) for _ in range(99)]
        for number, entry in enumerate(again):
            entry.filename = f"a/data/{100 + number}"
        archive.filelist += again
        archive._didModify = True  # type: ignore[attr-defined] # so that the list is written
    assert "bytes would unfold to 400" in refused(tmp_path / "a.pt")
    pickled(tmp_path / "b.pt", {"a": torch.zeros(2)})
    with zipfile.ZipFile(tmp_path / "b.pt", "a") as archive:
        archive.writestr("b/DATA.pkl", b"}.")
    assert "two records of one name" in refused(tmp_path / "b.pt")


@pytest.mark.sampled
@pytest.mark.parametrize("size", [weights.MAX_HEADER + 1, 2**40, 2**64 - 1])
def test_a_header_bomb(tmp_path: Path, size: int) -> None:
    """A header of some hundred megabytes, there or not, is refused by its announced length."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", size) + b"{")
    os.truncate(path, 2**28)
    tracemalloc.start()
    assert f"its header is {size} bytes long, expected at most {weights.MAX_HEADER}" in refused(path)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_a_file_much_larger_than_its_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused by the shapes in its header; no tensor is read."""
    path = tmp_path / "a.safetensors"
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**28], "data_offsets": [0, 2**30]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    os.truncate(path, 8 + len(header) + 2**30)
    monkeypatch.setattr(torch.nn.Module, "load_state_dict", lambda *_: pytest.fail("the tensors were read"))
    assert f"does not fit the network: it holds {2**28} numbers, expected" in refused(path)


def test_options_that_ask_for_a_huge_network(tmp_path: Path) -> None:
    """A file may say that it was trained with any width: the network is not built before the file is as large."""
    built = []

    def network(factor: int, width: int = 8) -> torch.nn.Module:
        layer = torch.nn.Conv2d(width, width, 3)
        built.append(layer.weight.device.type)
        return torch.nn.Sequential(torch.nn.Conv2d(1, width, 1), layer, torch.nn.Conv2d(width, factor**2, 1))

    path = tmp_path / "a.safetensors"
    facts = {"factor": 2, "options": {"width": 20000}}
    save_file(network(2).state_dict(), path, {"srbench": json.dumps(facts)})
    built.clear()
    with pytest.raises(MethodError, match="does not fit the network: it holds 636 numbers, expected 3600"):
        luma_method(network).load(2, "cpu", weights=str(path))
    assert built == ["meta"]


@pytest.mark.usefixtures("allowed")
def test_weights_that_fit_another_factor(tmp_path: Path) -> None:
    """A file that says nothing of its factor is of the one whose network it fits: at others, it cannot be done."""
    path = pickled(tmp_path / "a.pt", espcn.network(3).state_dict())
    with pytest.raises(Unsupported, match=r"^the weights of a\.pt are for x3$"):
        load(path)


def test_a_network_that_computes_while_it_is_built(tmp_path: Path) -> None:
    """One that cannot be built without memory is loaded all the same."""

    def network(factor: int) -> torch.nn.Module:
        layer = torch.nn.Conv2d(1, factor**2, 1)
        layer.weight.data /= layer.weight.abs().max().item()
        return torch.nn.Sequential(layer, torch.nn.PixelShuffle(factor))

    save_file(network(2).state_dict(), tmp_path / "a.safetensors")
    assert luma_method(network).load(2, "cpu", weights=str(tmp_path / "a.safetensors")).parameters == 8


@pytest.mark.sampled
@pytest.mark.parametrize(
    "facts",
    [
        "[" * 2000,
        "{",
        "3",
        "[[1, 2]]",
        '{"options": 3}',
        '{"options": [1]}',
        '{"factor": "3"}',
        '{"training_images": 3}',
        '{"training_images": [[]]}',
        '{"history": [[1e400, 1, 1]]}',
    ],
)
def test_malformed_metadata_do_not_fail_a_method(tmp_path: Path, facts: str) -> None:
    """Whatever a file says about itself, its tensors are loaded; what is malformed counts as not said."""
    path = tmp_path / "a.safetensors"
    save_file(espcn.network(2).state_dict(), path, {"srbench": facts})
    assert load(path).training_images == frozenset()

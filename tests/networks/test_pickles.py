"""Files of torch.save as people have them: old and new, wrapped and damaged; what else is in them is never built."""

from __future__ import annotations

import pickle
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import save_file

from srbench.errors import MethodError
from srbench.plugins import import_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TypeAlias

    Save: TypeAlias = Callable[[Path, object], Path]

pickles, weights = (import_module(f"srbench.networks.{name}") for name in ("pickles", "weights"))


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow pickles."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "1")


def old(path: Path, content: object) -> Path:
    """Write a file as torch did before 1.6."""
    torch.save(content, path, _use_new_zipfile_serialization=False)
    return path


def new(path: Path, content: object) -> Path:
    """Write a file as torch does."""
    torch.save(content, path)
    return path


def held(path: Path) -> dict[str, Any]:
    """Return the tensors of a weight file."""
    with weights.opened(path) as file:
        tensors: dict[str, Any] = file.tensors()
        assert {name: tuple(tensor.shape) for name, tensor in tensors.items()} == file.shapes
        return tensors


def refused(path: Path) -> str:
    """Return the one line with which a file is refused."""
    with pytest.raises(MethodError) as caught:
        held(path)
    line = str(caught.value)
    assert line.startswith(f"{path} ")
    assert "\n" not in line
    assert "weights_only" not in line
    return line


STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2), "a.steps": torch.tensor(3)}


@pytest.mark.parametrize("save", [old, new])
def test_old_and_new(tmp_path: Path, save: Save) -> None:
    """Both formats of torch.save are read, with a view of a larger tensor and two views of one."""
    large = torch.arange(10.0)
    state = {**STATE, "part": large[2:5], "tied": large[2:5], "turned": large[:6].reshape(2, 3).T}
    found = held(save(tmp_path / "a.pth", state))
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_tensors_of_a_gpu(tmp_path: Path) -> None:
    """A file that was saved on a GPU is read without one."""
    path = old(tmp_path / "a.pth", {"a": torch.ones(3)})
    content = path.read_bytes().replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0")
    path.write_bytes(content)
    assert held(path)["a"].device.type == "cpu"


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        ({"params": {"w": 1.0}, "params_ema": {"w": 2.0}, "state_dict": {"w": 3.0}}, {"w": 2.0}),
        ({"params": {"w": 1.0}, "state_dict": {"w": 3.0}, "epoch": 7}, {"w": 1.0}),
        ({"state_dict": {"w": 3.0}, "optimizer": {"lr": 0.1}}, {"w": 3.0}),
        ({"params_ema": {"module.w": 2.0, "module.v": 1.0}}, {"w": 2.0, "v": 1.0}),
        ({"module.w": 2.0, "v": 1.0}, {"module.w": 2.0, "v": 1.0}),
        ({"params": 4.0}, None),
    ],
)
def test_wrapped_state_dicts(tmp_path: Path, content: Any, taken: dict[str, float] | None) -> None:  # noqa: ANN401 - nested
    """`params_ema` comes before `params` and `state_dict`; `module.` is dropped where every name begins with it."""

    def tensors(of: Any) -> Any:  # noqa: ANN401 - nested
        if isinstance(of, dict):
            return {name: tensors(value) for name, value in of.items()}
        return torch.tensor([of]) if isinstance(of, float) else of

    path = new(tmp_path / "a.pth", tensors(content))
    if taken is None:
        assert "holds something else than a state dict" in refused(path)
    else:
        assert {name: float(value) for name, value in held(path).items()} == taken


def test_module_is_dropped_from_safetensors(tmp_path: Path) -> None:
    """As from pickles: training on several GPUs puts it there, whatever the file."""
    save_file({f"module.{name}": tensor for name, tensor in STATE.items()}, tmp_path / "a.safetensors")
    assert held(tmp_path / "a.safetensors").keys() == STATE.keys()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_floats_become_float32(tmp_path: Path, dtype: torch.dtype, name: str) -> None:
    """Weights of any float type are computed with in float32; integers stay."""
    state = {"a": torch.tensor([0.5, 2.0], dtype=dtype), "b": torch.tensor([7])}
    (save_file if name.endswith("safetensors") else torch.save)(state, tmp_path / name)
    found = held(tmp_path / name)
    assert (found["a"].dtype, found["b"].dtype) == (torch.float32, torch.int64)
    assert found["a"].tolist() == [0.5, 2.0]


@pytest.fixture
def pickled_module(monkeypatch: pytest.MonkeyPatch) -> torch.nn.Module:
    """Return a network of a class that is no torch's: `model.Net`."""
    source = ModuleType("model")
    net = type("Net", (torch.nn.Sequential,), {"__module__": "model"})
    source.Net = net  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "model", source)
    network: torch.nn.Module = net(torch.nn.Conv2d(1, 1, 1))
    return network


@pytest.mark.filterwarnings("ignore::torch.serialization.SourceChangeWarning")
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("save", [old, new])
def test_a_pickled_module_is_refused_by_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pickled_module: torch.nn.Module,
    save: Save,
    *,
    wrapped: bool,
) -> None:
    """The line says which classes the file would build, the user's own first; they are not even imported."""
    path = save(tmp_path / "a.pth", {"model": pickled_module, "epoch": 3} if wrapped else pickled_module)
    monkeypatch.setitem(sys.modules, "model", None)
    assert "it holds objects of model.Net, torch.nn.modules.conv.Conv2d; none of its code was run; " in refused(path)


class Call:
    """What pickles as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:  # noqa: ANN401 - of anything
        """Call `function` when unpickled."""
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        """Say what to call."""
        return self.call


@pytest.mark.parametrize("save", [old, new])
@pytest.mark.parametrize(
    ("call", "named"),
    [
        (Call(eval, "open('harm', 'w')"), "builtins.eval"),
        (Call(bytearray, 2**45), "builtins.bytearray"),
        (Call(torch.FloatTensor, 2**45), "torch.FloatTensor"),
        (Call(getattr, [], "append"), "builtins.getattr"),
    ],
)
def test_calls_are_refused_before_they_are_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    save: Save,
    call: Call,
    named: str,
) -> None:
    """What runs code is not run, and what takes terabytes does not take them: not what torch would allow either."""
    monkeypatch.chdir(tmp_path)
    line = refused(save(tmp_path / "a.pth", {**STATE, "x": call}))
    assert f"it holds objects of {named}; none of its code was run" in line
    assert not (tmp_path / "harm").exists()


def test_protocol_4(tmp_path: Path) -> None:
    """A call is named in a pickle of a later protocol, too, which spells names in another way."""
    path = tmp_path / "a.pth"
    torch.save({"x": Call(eval, "1")}, path, pickle_protocol=4)
    assert "it holds objects of builtins.eval" in refused(path)


@pytest.mark.parametrize("save", [old, new])
@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(1).expand(2**40),
        torch.zeros(3).to_sparse(),
    ],
    ids=["expanded", "sparse"],
)
def test_tensors_that_stand_for_more(tmp_path: Path, save: Save, tensor: torch.Tensor) -> None:
    """Weights are plain numbers: a tensor that would unfold to more than the file holds is refused."""
    assert "holds something else than a state dict of tensors" in refused(save(tmp_path / "a.pth", {"a": tensor}))


def test_tensors_that_share_their_numbers(tmp_path: Path) -> None:
    """Thousands of names for one tensor would make a network of thousands of them."""
    tensor = torch.zeros(10**5)
    path = new(tmp_path / "a.pth", {f"{number}": tensor[:] for number in range(30)})
    assert "tensors of 12000000, which share them" in refused(path)


def test_numbers_that_a_file_announces_and_lacks(tmp_path: Path) -> None:
    """They are counted before memory is taken for them."""
    announced = b"J\x00\x00\x00\x40"  # BININT 2**30
    path = old(tmp_path / "a.pth", {"a": torch.zeros(70000)})
    path.write_bytes(path.read_bytes().replace(b"J\x70\x11\x01\x00", announced, 1))
    assert f"announce {2**32} of numbers" in refused(path)
    path = new(tmp_path / "b.pth", {"a": torch.zeros(70000)})
    path.write_bytes(path.read_bytes().replace(b"J\x70\x11\x01\x00", announced, 1))
    assert "is not a file of torch.save: " in refused(path)


@pytest.mark.parametrize("save", [old, new])
def test_damaged_files(tmp_path: Path, save: Save) -> None:
    """Cut anywhere, a file is one line; with a bit turned it is one, or the network gets other numbers."""
    whole = save(tmp_path / "a.pth", {**STATE, "b": torch.zeros(50)}).read_bytes()
    path = tmp_path / "b.pth"
    for place in range(0, len(whole) - 1, len(whole) // 30):
        path.write_bytes(whole[:place])
        assert "is not a file of torch.save: " in refused(path)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :])
        try:
            held(path)
        except MethodError as error:
            assert "\n" not in str(error)  # noqa: PT017 - both outcomes are allowed


def test_plain_values_stay(tmp_path: Path) -> None:
    """`saved` returns numbers, texts and lists as they are: checkpoints of a training have them."""
    content = {"history": [(1, 0.5, None)], "name": "é", "flag": True, "large": 2**70, "a": torch.ones(2)}
    assert str(pickles.saved(new(tmp_path / "a.pt", content))) == str(content)


def test_a_memo_of_a_billion_places(tmp_path: Path) -> None:
    """Python's own reader would take memory for as many as a number in the file says."""
    torch.save({}, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    start = (tmp_path / "a.pt").read_bytes()
    body = b"\x80\x02}r\xff\xff\xff\xff."
    cut = start.index(pickle.dumps({}, 2)[2:]) - 2
    (tmp_path / "b.pt").write_bytes(start[:cut] + body + b"\x80\x02]q\x00.")
    assert held(tmp_path / "b.pt") == {}

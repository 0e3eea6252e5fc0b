"""A torch module of a notebook becomes a method whose factor, channels and range are found, or declared."""

# ruff: noqa: ANN401 - functions as notebooks have them say nothing of types

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from srbench import Takes, plugins
from srbench.errors import MethodError, Unsupported
from srbench.functions.given import given
from srbench.functions.plugin_files import written

if TYPE_CHECKING:
    from pathlib import Path

nn = pytest.importorskip("torch").nn


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """Compute with one thread."""


def plugin(network: Any, folder: Path) -> Any:
    """Return the plug-in of a network, as a worker imports it."""
    (folder / "run.json").touch()  # of a run: the file stays
    with written(given({"net": network}).functions, folder) as (file,):
        return plugins.import_file(file)


def enlarging(scale: float = 1.0) -> Any:
    """Return a network that repeats each pixel twice in both directions, times `scale`."""

    class Enlarging(nn.Module):  # type: ignore[misc,name-defined] # of torch, if there is any
        def forward(self, batch: Any) -> Any:
            return nn.functional.interpolate(batch, scale_factor=2) * scale

    return Enlarging()


def test_what_a_network_is_found_to_be(tmp_path: Path) -> None:
    """Its factor, its channels and its range are measured, and it upscales as that."""
    made = plugin(enlarging(), tmp_path)
    decided = made.decided(2)
    assert (decided["factor"], decided["channels"], decided["range"]) == (2, "rgb", 1)
    assert decided["kind"] == "torch module Enlarging"
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert np.array_equal(made.load(2, "cpu", decided=decided)(image), image.repeat(2, 0).repeat(2, 1))


def test_what_a_network_declares(tmp_path: Path) -> None:
    """`takes` of the module says what it is fed, and nothing is measured against it."""
    network = enlarging()
    network.takes = Takes(channels="y", range=255, dtypes=("uint8",))
    decided = plugin(network, tmp_path).decided(2)
    assert (decided["channels"], decided["range"], decided["range_from"]) == ("y", 255, "file")


def test_another_factor_is_skipped(tmp_path: Path) -> None:
    """A network of x2 has no result at x3, and says why."""
    with pytest.raises(Unsupported, match=r"the model in net\.pickle is x2"):
        plugin(enlarging(), tmp_path).decided(3)


def test_what_enlarges_nothing_is_no_method(tmp_path: Path) -> None:
    """The error names the network."""
    with pytest.raises(MethodError, match=r"net: its network makes 1x\d+ of 1x3x\d+x\d+"):
        plugin(nn.Flatten(), tmp_path).decided(2)

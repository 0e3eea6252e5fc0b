"""The order of SR's channels is found, and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.quality.alignment import channels
from srbench.quality.image import stacked

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image

    Scene = Callable[..., Image]


@pytest.mark.parametrize("order", channels.ORDERS)
def test_orders(scene: Scene, order: channels.Order) -> None:
    """Every order is found, though SR is shifted and has less contrast; undone, it is RGB."""
    hr, sr = scene() / 255, scene(down=1.5, right=0.5)[..., order] * 0.8 + 10
    assert channels.find(hr, sr / 255) == order
    assert (channels.undo(hr[..., order], order) == hr).all()


def test_nothing_to_tell(scene: Scene) -> None:
    """Of grey images the order is RGB, and they do not outvote those that tell."""
    hr = scene().astype(np.uint8)
    grey = stacked(hr[..., 0])
    assert channels.find(grey, grey) == channels.RGB
    told = [channels.unlike(grey, grey), channels.unlike(hr, hr[..., ::-1])]
    assert channels.spelled(channels.likeliest(told)) == "BGR"

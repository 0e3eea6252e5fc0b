"""Scores with some faults undone and others left in differ by what is undone alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from srbench.diagnosis.faults import Fault, Faults
from srbench.diagnosis.trial import Trial
from srbench.quality.alignment.placement import Placement
from srbench.quality.alignment.shift import Shift
from srbench.quality.metrics import psnr
from srbench.quality.scoring import Scoring

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.quality.image import Image

    Scene = Callable[..., Image]

NONE = Faults(None, None, None, None, aligned=(True,), grey=(False,), unlike=(False,), lost=(None,))
WHOLE = Scoring(channels="rgb", shave_factor=0)


def test_border(scene: Scene) -> None:
    """Pixels that a correction cannot know are cut before and after it, as far as the scoring does not cut them."""
    hr, sr = (each.astype(np.uint8) for each in (scene(), scene(down=-4)))
    faults = NONE._replace(shift=Fault((Shift(-4.0, 0.0),)))
    whole, shaved = Trial([(hr, sr)], 3, WHOLE), Trial([(hr, sr)], 3, replace(WHOLE, shave_extra=6))
    left = whole.score(faults, ["shift"])
    assert left == shaved.score(faults, ["shift"]) == pytest.approx(psnr(hr[6:-6, 6:-6], sr[6:-6, 6:-6]))
    assert whole.score(faults) == np.inf


def test_placement(scene: Scene) -> None:
    """SR of another size is scored where it shows HR, cropped to the factor; left as it is, from the corner on."""
    hr = scene(97, 121).astype(np.uint8)
    sr = hr[2:96, 1:120]
    trial, faults = Trial([(hr, sr)], 3, WHOLE), NONE._replace(placement=Fault((Placement(2, 0, 1, 0),)))
    assert trial.score(faults) == np.inf
    assert trial.score(faults, ["placement"]) == pytest.approx(psnr(hr[:93, :117], sr[:93, :117]))


def test_no_score(scene: Scene) -> None:
    """One channel has no score where RGB is scored, nor have images that do not lie on HR."""
    hr = scene(96, 120).astype(np.uint8)
    assert Trial([(hr, hr[..., 0])], 3, WHOLE).score(NONE) is None
    assert Trial([(hr, hr[:40])], 3, WHOLE).score(NONE._replace(aligned=(False,))) is None

"""What is wrong with SR as it lies on HR is found, and what it costs is measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import ndimage

from srbench import datasets
from srbench.diagnosis import offsets
from srbench.methods import choose, registry
from srbench.quality import protocols
from srbench.quality.degradation import bicubic
from srbench.quality.files import read_image
from srbench.quality.image import from_255, grey, stacked, to_uint8
from srbench.quality.resize import imresize
from srbench.quality.scoring import Scoring

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from srbench.quality.image import Image

    Scene = Callable[..., Image]

RGB = Scoring(channels="rgb")

# RCAN's Set5 x3 images score 34.742155 dB: rcan_set5_x3_under_conventions.tsv of the facts about conventions
RCAN = 34.7422


def saved(values: Image) -> Image:
    """Return values on 0..255 as files hold them."""
    return from_255(np.asarray(values, np.float64), np.dtype(np.uint8))


def shifted(image: Image, down: float, right: float) -> Image:
    """Return an image moved by a Fourier shift, mirrored at its border, and rounded to 8 bits."""
    margin = 16
    wide = np.pad(image.astype(np.float64), ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
    moved = [ndimage.fourier_shift(np.fft.fft2(wide[..., each]), (down, right)) for each in range(3)]
    whole = np.stack([np.fft.ifft2(each).real for each in moved], axis=-1)
    return saved(whole[margin:-margin, margin:-margin])


def limited(image: Image) -> Image:
    """Return 16..235 instead of 0..255."""
    return saved(16 + image * (219 / 255))


def darkened(image: Image) -> Image:
    """Return an image after a gamma of 2.2."""
    return saved(255 * (image / 255) ** 2.2)


@pytest.fixture(scope="module")
def pairs(scene: Scene) -> list[tuple[Image, Image]]:
    """Return HR of 97x122 pixels and SR of 96x120 that bicubic made of it at x3, twice."""
    found = []
    for size in (1.0, 1.3):
        hr = saved(scene(97, 122, size=size))
        found.append((hr, imresize(bicubic().apply(hr, 3), 3)))
    return found


def found(pairs: Sequence[tuple[Image, Image]], change: Callable[[Image], Image], **options: Any) -> offsets.Offsets:  # noqa: ANN401
    """Return what is wrong with SR after a change."""
    return offsets.find([(hr, change(sr)) for hr, sr in pairs], 3, names=["a", "b"], **options)


def test_nothing(pairs: list[tuple[Image, Image]]) -> None:
    """Of sound SR nothing is reported, and its score is that of the protocol."""
    told = found(pairs, lambda sr: sr)
    basicsr = protocols.get("basicsr")
    expected = np.mean([basicsr.compare(hr, sr, 3).psnr for hr, sr in pairs])
    assert told.psnr == told.corrected == pytest.approx(expected)
    assert told.findings == ()
    assert told.sentences == ["SR lies on HR to 0.05 px, in HR's channel order and on its levels: nothing to undo."]


def test_shift(pairs: list[tuple[Image, Image]]) -> None:
    """A shift is told with what it costs: the score without it is that of SR before it was shifted."""
    before = found(pairs, lambda sr: sr).psnr
    told = found(pairs, lambda sr: shifted(sr, 0.5, -0.25))
    (finding,) = told.findings
    assert finding.kind == "shift"
    assert finding.values == pytest.approx({"down": 0.5, "right": -0.25, "taller": 0, "wider": 0}, abs=0.02)
    assert before is not None
    assert told.psnr is not None
    assert finding.without == told.corrected == pytest.approx(before, abs=0.1)
    assert finding.cost == pytest.approx(before - told.psnr, abs=0.1)
    assert finding.sentence.startswith("SR is shifted by (0.50, -0.25) px: 0.50 down, 0.25 left; this alone costs ")
    assert finding.sentence.endswith(f" dB; {finding.without:.2f} dB without it.")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("change", "kind", "what"),
    [
        (lambda sr: sr[..., ::-1], "channels", "SR has its channels as BGR instead of RGB"),
        (limited, "levels", "SR has other values than HR: 16..235 instead of 0..255"),
        (darkened, "gamma", "SR has other values than HR: gamma 2.2: not encoded for display"),
        (lambda sr: sr[1:-1, 1:-1], "placement", "SR has not HR's size: it lacks 1 pixel at each side"),
        (lambda sr: np.pad(sr, ((3, 0), (1, 1), (0, 0))), "placement", (
            "SR has not HR's size: it has 3 pixels at the top, 1 pixel at the left and 1 pixel at the right beyond HR"
        )),
    ],
)  # fmt: skip
def test_each_kind(pairs: list[tuple[Image, Image]], change: Callable[[Image], Image], kind: str, what: str) -> None:
    """Channel order, levels, gamma and crop are found alone, and undone to nearly the score before."""
    told = found(pairs, change)
    assert [(each.kind, each.what) for each in told.findings] == [(kind, what)]
    before = found(pairs, lambda sr: sr).psnr
    assert told.corrected == pytest.approx(before, abs=0.35)
    assert told.findings[0].cost is not None
    assert told.findings[0].cost > 0.5
    assert (told.psnr is None) == (kind == "placement")


@pytest.mark.slow
def test_combined(pairs: list[tuple[Image, Image]]) -> None:
    """Of several faults each is told with what it costs alone, and the score without all."""
    told = found(pairs, lambda sr: limited(shifted(sr, 1, -0.5)[2:, ..., ::-1]))
    assert [each.kind for each in told.findings] == ["placement", "channels", "levels", "shift"]
    assert told.corrected == pytest.approx(found(pairs, lambda sr: sr).psnr, abs=0.3)
    alone = found(pairs, lambda sr: sr[..., ::-1]).findings[0].cost
    assert told.findings[1].cost == pytest.approx(alone, abs=0.3)
    assert told.sentences[-1] == f"Without all of these: {told.corrected:.2f} dB."


def test_a_scoring_that_does_not_see_it(pairs: list[tuple[Image, Image]]) -> None:
    """What costs nothing under a scoring is not reported; another may see it."""
    chroma = [(stacked(hr[..., 1]), stacked(sr[..., 1])) for hr, sr in pairs]
    assert found(chroma, lambda sr: sr[..., ::-1]).findings == ()
    assert found(pairs, lambda sr: sr[..., ::-1], scoring=RGB).findings[0].kind == "channels"


def test_grey(pairs: list[tuple[Image, Image]]) -> None:
    """Grey SR of HR with colours is told, and cannot be undone; where RGB is scored, one channel has no score."""
    told = found(pairs, lambda sr: stacked(saved(grey(sr))))
    (said,) = told.sentences
    assert said.startswith("SR is grey, HR has colours: nothing brings them back. Scores of luma do not see it")
    told = found(pairs, lambda sr: saved(grey(sr)))
    assert [each.kind for each in told.findings] == ["levels", "grey"]  # it is scored as luma, 16..235
    told = found(pairs, lambda sr: saved(grey(sr)), scoring=RGB)
    assert told.psnr is told.corrected is told.findings[0].cost is None


def test_values_that_are_gone(pairs: list[tuple[Image, Image]]) -> None:
    """0..1 saved as 0..255 is told, without a score that undoing it would give."""
    told = found(pairs, lambda sr: np.round(sr / 255).astype(np.uint8))
    (finding,) = told.findings
    assert finding.cost is finding.without is None
    assert "0..1 saved as 0..255: all pixels are 0 or 1, which cannot be undone." in finding.sentence


def test_images_differ(pairs: list[tuple[Image, Image]]) -> None:
    """A shift of one image is told as such; what SR lacks may differ between images."""
    mixed = [pairs[0], (pairs[1][0], shifted(pairs[1][1], 1, 0))]
    told = offsets.find(mixed, 3, names=["a", "b"])
    assert told.findings[0].what == "SR is shifted by (1.00, 0.00) px: 1.00 down (1 of 2 images: b)"
    assert told.findings[0].values["per_image"]["a"] == {}
    cropped = [(pairs[0][0], pairs[0][1][1:]), (pairs[1][0], pairs[1][1][:, :-2])]
    told = offsets.find(cropped, 3, names=["a", "b"])
    assert told.findings[0].what == (
        "SR has not HR's size: a: it lacks 1 pixel at the top; b: it lacks 2 pixels at the right"
    )


def test_left_out(pairs: list[tuple[Image, Image]]) -> None:
    """SR that cannot be laid on HR is named, with what its size says."""
    low = [(hr, bicubic().apply(hr, 3)) for hr, _ in pairs]
    told = offsets.find(low, 3, names=["a", "b"])
    assert (told.psnr, told.findings) == (None, ())
    assert told.sentences == ["Not scored: SR is as large as LR itself, not enlarged by 3 (2 of 2 images: a, b)."]
    larger = [(hr, imresize(lr, 5)) for hr, lr in low]
    assert offsets.find(larger, 3).notes[0].startswith("Not scored: SR is as large as LR enlarged by 5, not")
    other = [(pairs[0][0], np.random.default_rng(4).integers(0, 256, (96, 120, 3), np.uint8)), pairs[1]]
    assert offsets.find(other, 3, names=["a", "b"]).sentences == [
        "SR shows nothing of HR that could be found: it is of another image, or flat (1 of 2 images: a)."
    ]


def test_json(pairs: list[tuple[Image, Image]]) -> None:
    """All of it is JSON, a score that is infinite as null."""
    equal = [(hr, hr[:96, :120, ::-1]) for hr, _ in pairs]
    told = offsets.find(equal, 3)
    assert told.findings[0].sentence == "SR has its channels as BGR instead of RGB; SR equals HR without it."
    content = json.loads(json.dumps(told.as_json(), allow_nan=False))
    assert content["corrected"] is None
    assert content["findings"][0]["values"] == {"order": "BGR"}
    assert told.sentences[0].startswith(f"{content['findings'][0]['sentence']} OpenCV reads and writes BGR: turn it")


def test_what_to_do(scene: Scene) -> None:
    """Usual causes are named: enlargement from corner to corner, LR of the first pixels of blocks."""
    hr = saved(scene())
    stretched = offsets.find([(hr, saved(scene(size=1 + 2 / 95)))], 3).findings[0]
    assert "taller" in stretched.what
    moved = offsets.find([(hr, saved(scene(down=1, right=1)))], 3).findings[0]
    assert "hr[::3, ::3]" in moved.todo
    less = offsets.find([(hr, hr[:-1, :-1])], 3).findings[0]
    assert less.todo.startswith("HR cropped to a multiple of another factor has such a size: is factor 3 right?")


@pytest.fixture(scope="module")
def rcan(data_folder: Path, golden_folder: Path) -> list[tuple[Image, Image]]:
    """Return Set5 and what RCAN's authors made of it at x3."""
    images = datasets.get("set5", data_folder).images
    folder = golden_folder / "rcan_set5_x3"
    return [(read_image(each.path), read_image(folder / f"{each.path.stem}_RCAN_x3.png")) for each in images]


@pytest.mark.slow
@pytest.mark.parametrize(("down", "right"), [(0.1, -0.1), (-0.25, 0), (0, 0.5), (1, 1)])
def test_shifts_of_published_images(rcan: list[tuple[Image, Image]], down: float, right: float) -> None:
    """RCAN's images, shifted: found to 0.01 px, and measured: without it they score what RCAN's authors print."""
    told = offsets.find([(hr, shifted(sr, down, right)) for hr, sr in rcan], 3)
    (finding,) = told.findings
    assert (finding.values["down"], finding.values["right"]) == pytest.approx((down, right), abs=0.01)
    assert finding.without == pytest.approx(RCAN, abs=0.02)
    assert told.psnr is not None
    assert finding.cost == pytest.approx(RCAN - told.psnr, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "kinds", "away"),
    [
        (lambda sr: sr, [], 1e-4),
        (lambda sr: sr[..., ::-1], ["channels"], 1e-4),
        (limited, ["levels"], 0.02),
        (darkened, ["gamma"], 1.0),  # 8 bits of the dark are lost
        (lambda sr: sr[1:-1, 1:-1], ["placement"], 0.02),
        (lambda sr: shifted(sr, 0.5, 0.25)[..., ::-1], ["channels", "shift"], 0.02),
        (lambda sr: darkened(sr)[1:-1, 1:-1], ["placement", "gamma"], 1.0),
        (
            lambda sr: limited(shifted(sr, 0.5, -0.25)[1:-1, 1:-1, ::-1]),
            ["placement", "channels", "levels", "shift"],
            0.05,
        ),
    ],
)
def test_faults_of_published_images(
    rcan: list[tuple[Image, Image]], change: Callable[[Image], Image], kinds: list[str], away: float
) -> None:
    """RCAN's images in another order, on other levels, cropped, and all at once: found, and undone."""
    told = offsets.find([(hr, change(sr)) for hr, sr in rcan], 3)
    assert [each.kind for each in told.findings] == kinds
    assert told.corrected == pytest.approx(RCAN, abs=away)


@pytest.mark.slow
@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "bicubic-matlab", "lanczos", "espcn"])
def test_methods_are_sound(data_folder: Path, method: str, factor: int) -> None:
    """Of SR of the built-in methods nothing is reported, however blurry or blocky it is."""
    basicsr, upscaler = protocols.get("basicsr"), choose(method, registry()).load(factor, "cpu")
    images = [read_image(each.path) for each in datasets.get("set5", data_folder).images]
    told = offsets.find([(hr, to_uint8(upscaler(basicsr.degrade(hr, factor)))) for hr in images], factor)
    assert (told.findings, told.notes) == ((), ())

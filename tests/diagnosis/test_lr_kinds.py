"""LR images are named right, whoever made them: the libraries themselves make them here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from srbench import datasets
from srbench.diagnosis.lr_kinds import LrPair, lr_kinds
from srbench.diagnosis.lr_words import sentences
from srbench.errors import UsageError
from srbench.quality.files import read_image, write_image
from srbench.quality.protocols import get

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from srbench.diagnosis.lr_facts import LrKinds
    from srbench.quality.image import Image

    Make = Callable[[Image, int], Image]


def opencv(name: str) -> Make:
    """Return OpenCV's resize."""
    return lambda hr, factor: np.asarray(cv2.resize(hr, size(hr, factor), interpolation=getattr(cv2, f"INTER_{name}")))


def pillow(name: str) -> Make:
    """Return Pillow's resize."""
    return lambda hr, factor: np.asarray(Pillow.fromarray(hr).resize(size(hr, factor), Pillow.Resampling[name]))


def skimage(hr: Image, factor: int) -> Image:
    """Shrink by scikit-image, from 0..255 to 0..1, as its users do."""
    from skimage.transform import resize  # noqa: PLC0415 - half a second, of every process that collects tests

    values = resize(hr, size(hr, factor)[::-1], order=3, anti_aliasing=True)  # type: ignore[no-untyped-call]
    return np.asarray(np.clip(np.round(255 * values), 0, 255), np.uint8)


def torch_like(*, antialias: bool, dtype: str = "float32", peak: int = 255) -> Make:
    """Return torch's interpolate, of values on 0..peak; floats are rounded as torch's `round` does."""

    def make(hr: Image, factor: int) -> Image:
        import torch  # noqa: PLC0415 - two seconds, of every process that collects tests

        planes = torch.from_numpy(hr.reshape(*hr.shape[:2], -1).copy()).permute(2, 0, 1)[None].to(getattr(torch, dtype))
        planes = planes if peak == 255 else planes / (255 / peak)
        made = torch.nn.functional.interpolate(
            planes, size(hr, factor)[::-1], mode="bicubic", align_corners=False, antialias=antialias
        )
        values = (made[0].permute(1, 2, 0).to(torch.float32) * (255 // peak)).round().clamp(0, 255)
        return np.asarray(values).astype(np.uint8).reshape(*size(hr, factor)[::-1], *hr.shape[2:])

    return make


def protocol(spec: str) -> Make:
    """Return what a protocol makes of HR: MATLAB's, of which there is no library here."""
    return lambda hr, factor: get(spec).degrade(hr, factor)


def size(hr: Image, factor: int) -> tuple[int, int]:
    """Return width and height of LR."""
    return hr.shape[1] // factor, hr.shape[0] // factor


MATLAB: dict[str, Make] = {
    "MATLAB bicubic": protocol("basicsr"),
    "MATLAB bicubic with mirrored border": protocol("basicsr:border=mirror"),
    "MATLAB bicubic in double, rounded once": protocol("basicsr:rounding=once"),
    "BasicSR's imresize": protocol("basicsr:border=mirror:rounding=once"),
    "MATLAB bicubic, antialiasing off": protocol("basicsr:lr=bicubic-matlab-no-antialias"),
    "Gaussian blur of sigma 1.6, then MATLAB bicubic": protocol("basicsr:lr=blur-bicubic"),
}
LIBRARIES: dict[str, Make] = {
    **{f"OpenCV INTER_{name}": opencv(name) for name in ("CUBIC", "LINEAR", "AREA", "LANCZOS4", "NEAREST")},
    **{f"Pillow {name}": pillow(name) for name in ("BICUBIC", "LANCZOS", "BILINEAR", "BOX")},
    "torch bicubic antialias=True, rounded half to even": torch_like(antialias=True),
    "torch bicubic antialias=True of uint8 tensors": torch_like(antialias=True, dtype="uint8"),
    "torch bicubic antialias=False, rounded half to even": torch_like(antialias=False),
    "torch bicubic antialias=False of tensors in 0..1": torch_like(antialias=False, peak=1),
    "torch bicubic antialias=False of uint8 tensors": torch_like(antialias=False, dtype="uint8"),
    "scikit-image resize order 3 anti_aliasing": skimage,
}
EIGHT = {
    "MATLAB bicubic",
    "MATLAB bicubic with mirrored border",
    "MATLAB bicubic in double, rounded once",
    "BasicSR's imresize",
    "Pillow BICUBIC",
    "OpenCV INTER_CUBIC",
    "OpenCV INTER_AREA",
    "torch bicubic antialias=True, rounded half to even",
}
NO_ANTIALIASING = {
    *(f"OpenCV INTER_{name}" for name in ("CUBIC", "LINEAR", "LANCZOS4")),
    "MATLAB bicubic, antialiasing off",
    "torch bicubic antialias=False, rounded half to even",
    "torch bicubic antialias=False of tensors in 0..1",
    "torch bicubic antialias=False of uint8 tensors",
}


def made(folder: Path, images: Sequence[tuple[str, Path]], factor: int, make: Make) -> list[LrPair]:
    """Write LR files under other names than those of HR."""
    folder.mkdir(exist_ok=True)
    pairs = []
    for name, path in images:
        hr = read_image(path)
        cropped = hr[: hr.shape[0] // factor * factor, : hr.shape[1] // factor * factor]
        lr = folder / f"{name}x{factor}.png"
        write_image(lr, make(np.ascontiguousarray(cropped), factor))
        pairs.append(LrPair(name, path, lr))
    return pairs


def names(found: LrKinds) -> set[str]:
    """Return what LR is said to be: one kind, and those that are the same images."""
    (kind,) = [kind for kind in found.nearest if kind.name == found.made_by]
    return {kind.name, *kind.alike}


@pytest.fixture
def smooth(tmp_path: Path) -> list[tuple[str, Path]]:
    """Return two HR images with slopes, edges and detail, one of them grey."""
    random = np.random.default_rng(8)
    images = []
    for name, shape in (("a", (97, 118, 3)), ("b", (90, 110))):
        path = tmp_path / f"{name}.png"
        write_image(path, cv2.GaussianBlur(random.integers(0, 256, shape, dtype=np.uint8), (0, 0), 0.8))
        images.append((name, path))
    return images


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("kind", [*MATLAB, *LIBRARIES])
def test_every_kind_is_named(smooth: list[tuple[str, Path]], tmp_path: Path, kind: str, factor: int) -> None:
    """What a library made is called so, or by what makes the same at this factor; names of files do not matter."""
    pairs = made(tmp_path / "lr", smooth[factor % 2 :][:1], factor, (MATLAB | LIBRARIES)[kind])
    found = lr_kinds(pairs, factor, losses=False)
    assert kind in names(found)
    assert found.is_own == (kind == "MATLAB bicubic")
    if factor == 3 and kind in NO_ANTIALIASING:
        assert names(found) >= NO_ANTIALIASING | {"centre pixel"}
    if factor == 2 and kind in ("OpenCV INTER_AREA", "OpenCV INTER_LINEAR"):
        assert names(found) >= {"OpenCV INTER_AREA", "OpenCV INTER_LINEAR", "block mean"}


@pytest.mark.slow
@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("kind", sorted(EIGHT))
def test_named_on_bsd100(data_folder: Path, tmp_path: Path, kind: str, factor: int) -> None:
    """LR of BSD100, made in eight ways, is named right: at every factor in four images of its own."""
    images = [(entry.name, entry.path) for entry in datasets.get("bsd100", data_folder).images[factor::25]]
    found = lr_kinds(made(tmp_path / "lr", images, factor, (MATLAB | LIBRARIES)[kind]), factor, losses=False)
    assert (found.images, kind in names(found)) == (4, True)


@pytest.mark.slow
def test_published_lr(data_folder: Path) -> None:
    """LR of a dataset is looked at as any: that of Set5 was made by MATLAB."""
    set5 = datasets.get("set5", data_folder)
    pairs = [LrPair(hr.name, hr.path, lr.path) for hr, lr in zip(set5.images, set5.published_lr(3), strict=True)]
    found = lr_kinds(pairs, 3)
    assert sentences(found) == [
        "LR is what basicsr makes of HR (MATLAB bicubic), in every sample (5 of 5 images compared)."
    ]
    assert found.losses == ()


@pytest.mark.slow
def test_what_methods_lose(data_folder: Path, tmp_path: Path) -> None:
    """From OpenCV's LR bicubic has 29.7403 dB instead of 30.4047 (lr_kinds_set5.tsv); a network loses far more."""
    images = [(entry.name, entry.path) for entry in datasets.get("set5", data_folder).images]
    found = lr_kinds(made(tmp_path / "lr", images, 3, opencv("CUBIC")), 3)
    espcn, bicubic = found.losses
    assert (espcn.method, bicubic.method, espcn.images) == ("espcn", "bicubic-matlab", 5)
    assert (bicubic.from_this, bicubic.from_own) == pytest.approx((29.7403, 30.4047), abs=0.5e-4)
    assert espcn.from_own - espcn.from_this > 5
    said = "\n".join(sentences(found))
    assert (
        "LR is not what basicsr makes of HR (MATLAB bicubic): 79 % of samples differ (5 of 5 images compared)." in said
    )
    assert "It is OpenCV INTER_CUBIC (lr=bicubic-opencv), in every sample.\nAt x3 these make the same images" in said
    assert "it loses 0.66 dB by it." in said
    assert said.endswith("Scores from such LR have a protocol of their own: basicsr:lr=bicubic-opencv.")


@pytest.mark.slow
def test_losses_are_measured_beside_each_other(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """A method that has no such factor is named with the reason, and the other is measured."""
    found = lr_kinds(made(tmp_path / "lr", smooth, 5, opencv("AREA")), 5)
    assert [loss.method for loss in found.losses] == ["bicubic-matlab"]
    assert "espcn was not measured: " in found.not_compared[0]


def test_as_json(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """The facts are values that JSON has."""
    found = lr_kinds(made(tmp_path / "lr", smooth, 2, opencv("AREA")), 2, losses=False)
    facts = json.loads(json.dumps(found.facts))
    assert facts["made_by"] == "block mean"
    assert facts["nearest"][0]["alike"] == ["OpenCV INTER_LINEAR", "OpenCV INTER_AREA"]


def test_the_protocols_own_kind(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """What is expected is the LR of the protocol; where that is given, the LR of the protocol it is based on."""
    pairs = made(tmp_path / "lr", smooth, 3, opencv("CUBIC"))
    own = lr_kinds(pairs, 3, "basicsr:lr=bilinear-opencv")
    assert (own.own, own.is_own, own.made_by) == ("OpenCV INTER_LINEAR", True, "OpenCV INTER_LINEAR")
    assert lr_kinds(pairs, 3, "basicsr:lr=given", losses=False).own == "MATLAB bicubic"
    assert lr_kinds(pairs, 3, "basicsr:lr=jpeg:quality=80", losses=False).own == ""
    assert not lr_kinds(pairs, 3, "srcnn", losses=False).is_own
    with pytest.raises(UsageError, match="nosuch"):
        lr_kinds(pairs, 3, "nosuch")


def test_rounded_otherwise(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """A few samples that differ by 1 are another rounding of the same: nothing else is that near."""

    def make(hr: Image, factor: int) -> Image:
        lr = pillow("LANCZOS")(hr, factor).copy()
        lr.flat[7] += 1 if lr.flat[7] < 255 else -1
        return lr

    found = lr_kinds(made(tmp_path / "lr", smooth, 2, make), 2, losses=False)
    assert found.made_by == "Pillow LANCZOS"
    assert sentences(found)[1].startswith("It is Pillow LANCZOS (lr=lanczos-pillow), but for rounding: 0.0")


def test_some_images_made_otherwise(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """Where the images of a folder were made in different ways, each way has its images."""
    pairs = made(tmp_path / "lr", smooth[:1], 4, pillow("BOX")) + made(tmp_path / "lr", smooth[1:], 4, skimage)
    found = lr_kinds(pairs, 4, losses=False)
    assert found.made_by == ""
    assert found.images_of == {"Pillow BOX": ("a",), "scikit-image resize order 3 anti_aliasing": ("b",)}
    assert any(line.startswith("Its images were made in different ways") for line in sentences(found))


def test_all_images_are_looked_at(
    smooth: list[tuple[str, Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the first pixels images are compared with what made those; one that was made otherwise is still named."""
    monkeypatch.setattr("srbench.diagnosis.lr_kinds.ALL_KINDS", 1)
    found = lr_kinds(made(tmp_path / "lr", smooth, 4, skimage), 4, losses=False)
    assert (found.images, found.made_by, len(found.nearest)) == (2, "scikit-image resize order 3 anti_aliasing", 30)
    pairs = made(tmp_path / "lr", smooth[:1], 4, pillow("BOX")) + made(tmp_path / "lr", smooth[1:], 4, skimage)
    assert lr_kinds(pairs, 4, losses=False).images_of == {
        "Pillow BOX": ("a",), "scikit-image resize order 3 anti_aliasing": ("b",)
    }  # fmt: skip


@pytest.mark.slow
def test_unknown(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """LR that nothing known made has the nearest kinds; LR of other images is said to be like none."""
    found = lr_kinds(
        made(tmp_path / "lr", smooth, 2, lambda hr, factor: cv2.GaussianBlur(pillow("BOX")(hr, factor), (0, 0), 0.4)), 2
    )
    assert found.made_by == ""
    assert "It is none of the 30 kinds of LR that are known. Nearest: " in sentences(found)[1]
    other = lr_kinds(made(tmp_path / "lr", smooth, 2, lambda hr, factor: 255 - pillow("BOX")(hr, factor)), 2)
    assert "LR may not belong to HR" in sentences(other)[1]


@pytest.mark.slow
def test_shifted(data_folder: Path, tmp_path: Path) -> None:
    """LR that lies a pixel beside where it should is said to, with the way and how far."""
    images = [(entry.name, entry.path) for entry in datasets.get("set5", data_folder).images]
    make = protocol("basicsr")
    found = lr_kinds(
        made(tmp_path / "lr", images, 4, lambda hr, factor: np.roll(make(hr, factor), 1, 1)), 4, losses=False
    )
    assert found.shift == pytest.approx((1, 0), abs=0.05)
    assert "LR pixels to the right and 0.00 down" in sentences(found)[1]


def test_red_and_blue_swapped(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """LR whose colours are exchanged is named, too."""
    found = lr_kinds(
        made(tmp_path / "lr", smooth[:1], 2, lambda hr, factor: opencv("CUBIC")(hr, factor)[..., ::-1]), 2, losses=False
    )
    assert (found.made_by, found.swapped) == ("OpenCV INTER_CUBIC", True)
    assert sentences(found)[1:3] == [
        "Its red and its blue are swapped; with both exchanged:",
        "It is OpenCV INTER_CUBIC (lr=bicubic-opencv), in every sample.",
    ]


def cut(hr: Image, multiple: int) -> Image:
    """Return HR cropped to multiples."""
    return np.ascontiguousarray(hr[: hr.shape[0] // multiple * multiple, : hr.shape[1] // multiple * multiple])


SIZES: dict[str, tuple[Make, str]] = {
    "HR itself": (lambda hr, _: hr, "LR is 118x97 pixels, expected 39x32: it is as large as HR, so it is not LR"),
    "not cropped": (
        lambda hr, _: cv2.resize(hr, (40, 33)),
        "expected 39x32: HR was not cropped to a multiple of 3 before it was shrunk",
    ),
    "crop=12": (
        lambda hr, _: pillow("BOX")(cut(hr, 12), 3),
        "expected 39x32: HR was cropped to multiples of 12 before it was shrunk (crop=12 of protocols)",
    ),
    "other factor": (lambda hr, _: pillow("BOX")(cut(hr, 4), 4), "expected 39x32: it is 1/4 of HR; is the factor 4?"),
    "turned": (lambda hr, _: pillow("BOX")(cut(hr, 3), 3).swapaxes(0, 1), "expected 39x32: it is turned by 90 degrees"),
    "another image": (
        lambda hr, _: hr[:20, :20],
        "LR is 20x20 pixels, expected 39x32, HR of 118x97 cropped to a multiple of 3, / 3",
    ),
}


@pytest.mark.parametrize("case", SIZES)
def test_wrong_size(smooth: list[tuple[str, Path]], tmp_path: Path, case: str) -> None:
    """LR of a wrong size is one line that says what explains it; the other images are compared."""
    make, expected = SIZES[case]
    lr = tmp_path / "ax3.png"
    write_image(lr, np.ascontiguousarray(make(read_image(smooth[0][1]), 3)))
    pairs = [LrPair("a", smooth[0][1], lr), *made(tmp_path / "lr", smooth[1:], 3, pillow("BOX"))]
    found = lr_kinds(pairs, 3, losses=False)
    assert (found.images, found.of, found.made_by) == (1, 2, "Pillow BOX")
    (line,) = found.not_compared
    assert line.startswith("a: LR is ")
    assert line.endswith(expected)


def test_crop_of_the_protocol(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """LR of a protocol that crops to multiples of 12 is that protocol's own."""
    pairs = made(tmp_path / "lr", smooth, 3, lambda hr, _: get("basicsr:crop=12").degrade(hr, 3))
    assert lr_kinds(pairs, 3, "basicsr:crop=12").is_own


def test_nothing_to_compare(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """Files that are not there, or no images, are lines; there is nothing else to say."""
    (tmp_path / "junk.png").write_bytes(b"junk")
    pairs = [LrPair("a", smooth[0][1], tmp_path / "junk.png"), LrPair("b", tmp_path / "absent.png", smooth[1][1])]
    found = lr_kinds(pairs, 2)
    assert (found.images, found.of, len(found.not_compared)) == (0, 2, 2)
    assert sentences(found)[0] == "No LR image could be compared (0 of 2 images compared)."


@pytest.mark.slow
@pytest.mark.processes
def test_in_a_process_of_its_own(smooth: list[tuple[str, Path]], tmp_path: Path) -> None:
    """Methods are run, and torch is imported, in a worker."""
    seen: list[Any] = []
    found = lr_kinds(made(tmp_path / "lr", smooth, 2, pillow("BOX")), 2, progress=seen.append)
    assert [loss.method for loss in found.losses] == ["espcn", "bicubic-matlab"]
    assert seen[0] == "comparing LR of b (1 of 2)"

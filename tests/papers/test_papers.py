"""Networks of four papers, with their authors' weights, score what the papers print and what an author's log says."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pytest
import torch

from srbench import contract, datasets, methods
from srbench.pytorch import image_upscaler
from srbench.quality.files import read_image
from srbench.quality.protocols import get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench.quality.degradation import Degradation
    from srbench.quality.image import Image
    from srbench.quality.protocol import Score

Folders: TypeAlias = "tuple[Path, Path]"
"""Those of data and models."""

HERE = Path(__file__).parent

FILES = {
    "pan": ("unlicensed-pan/PANx4_DF2K.pth", 4, 272_419),
    "imdn": ("unlicensed-imdn/IMDN_x4.pth", 4, 715_176),
    "imdn:network=rtc": ("unlicensed-imdn/model_RTC.pth", 2, 20_190),
    "bsrn": ("bsrn/net_g_BSRN_x4.pth", 4, 352_400),
    "bsrn:network=small": ("bsrn/net_g_BSRN-S.pth", 4, 156_288),
    "rlfn": ("rlfn/rlfn_x4.pth", 4, 543_740),
}
"""Weight files, their factors, and how many numbers they hold."""

TILED = {"pan", "imdn:network=rtc"}
"""Networks whose SR is the same in tiles."""

# What the papers print of x4: PSNR and SSIM of Set5 and Set14. RLFN's SSIM is 1e-4 less in the paper, 0.8952 and 0.7813
PRINTED = [
    ("pan", "basicsr-mirror", "set5", "32.13", "0.8948"),
    ("pan", "basicsr-mirror", "set14", "28.61", "0.7822"),
    ("imdn", "basicsr-mirror", "set5", "32.21", "0.8948"),
    ("imdn", "basicsr-mirror", "set14", "28.58", "0.7811"),
    ("bsrn", "basicsr-mirror-once", "set5", "32.35", "0.8966"),
    ("bsrn", "basicsr-mirror-once", "set14", "28.73", "0.7847"),
    ("rlfn", "basicsr-mirror", "set5", "32.24", "0.8953"),
    ("rlfn", "basicsr-mirror", "set14", "28.62", "0.7814"),
]


@pytest.fixture(autouse=True)
def _pickles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let weights be read from files of `torch.save`."""
    monkeypatch.setenv("SRBENCH_ALLOW_PICKLE", "1")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Keep torch to one thread: the last bits of some of its functions, such as sigmoid, depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def upscaler(spec: str, models: Path) -> Any:  # noqa: ANN401 - an upscaler
    """Return the upscaler of a spec with the weights of its authors."""
    file, factor, _ = FILES[spec]
    plugin = HERE / f"{spec.partition(':')[0]}.py"
    return methods.choose(f"{spec}:weights={models / file}", methods.registry([plugin])).load(factor, "cpu")


@pytest.fixture(name="folders")
def _folders(data_folder: Path, models_folder: Path) -> Folders:
    return data_folder, models_folder


def hr_of(dataset: str, image: str, folders: Folders) -> Image:
    """Return one image of a dataset."""
    return read_image({each.name: each.path for each in datasets.get(dataset, folders[0]).images}[image])


@lru_cache(maxsize=64)
def sr_of(spec: str, degradation: Degradation, dataset: str, image: str, folders: Folders) -> Image:
    """Return SR of one image."""
    lr = degradation.apply(hr_of(dataset, image, folders), FILES[spec][1])
    sr: Image = upscaler(spec, folders[1])(lr)
    return sr


def scored(spec: str, protocol: str, dataset: str, image: str, folders: Folders) -> Score:
    """Return the score of one image."""
    rules = get(protocol)
    sr = sr_of(spec, rules.degradation, dataset, image, folders)
    return rules.compare(hr_of(dataset, image, folders), sr, FILES[spec][1])


@pytest.mark.sampled
@pytest.mark.parametrize("spec", FILES)
def test_the_authors_weights_load(models_folder: Path, spec: str) -> None:
    """All of a file's tensors have a place in the network, and none is left without; images of any size go through."""
    loaded = upscaler(spec, models_folder)
    _, factor, parameters = FILES[spec]
    assert loaded.parameters == parameters
    lr = np.full((11, 19, 3), 100, np.uint8)  # less than the 15 pixels that two of them need
    assert (loaded(lr).shape, loaded(lr).dtype) == ((11 * factor, 19 * factor, 3), np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("spec", FILES)
def test_plug_ins_keep_the_contract(models_folder: Path, spec: str) -> None:
    """Whatever sizes they need, as `image_method` is told of them."""
    contract.check(upscaler(spec, models_folder), FILES[spec][1])


@pytest.mark.slow
@pytest.mark.parametrize("spec", FILES)
def test_tiles_show_nowhere(models_folder: Path, spec: str) -> None:
    """PAN's are those of the whole image, to the bit; networks whose attention looks farther get the whole image."""
    loaded = upscaler(spec, models_folder)
    loaded._tiles.asked = 64
    image = np.random.default_rng(0).integers(0, 256, (70, 130, 3), dtype=np.uint8)
    steps, told = loaded.in_tiles(image), 0
    while True:
        try:
            told = next(steps)[1]
        except StopIteration as end:
            np.testing.assert_array_equal(end.value, loaded(image))
            break
    assert told == (6 if spec in TILED else 1)


LOGGED = [
    ("set5", "baby"), ("set5", "bird"), ("set5", "butterfly"), ("set5", "head"), ("set5", "woman"),
    ("set14", "baboon"), ("set14", "barbara"), ("set14", "bridge"), ("set14", "coastguard"), ("set14", "comic"),
    ("set14", "face"), ("set14", "flowers"), ("set14", "foreman"), ("set14", "lenna"), ("set14", "man"),
    ("set14", "monarch"), ("set14", "pepper"), ("set14", "ppt3"), ("set14", "zebra"),
]  # fmt: skip
FAST = {"butterfly", "woman"}


@pytest.mark.parametrize(
    ("dataset", "image"),
    [pytest.param(*each, marks=[] if each[1] in FAST else [pytest.mark.slow]) for each in LOGGED],
)
def test_pan_scores_as_its_authors_logged(folders: Folders, dataset: str, image: str) -> None:
    """PSNR of luma and of RGB agree to 5e-5 dB, SSIM to 2e-6, image by image; `bridge` is grey, and counts as RGB.

    Source: the log of the authors' test, beside their weights (github.com/zhaohengyuan1/PAN, `experiments`).
    """
    log = json.loads((folders[1] / "unlicensed-pan/authors_log_per_image.json").read_text(encoding="utf-8"))
    psnr, ssim, psnr_rgb = log[f"{dataset.capitalize()} x4"][image]
    luma = scored("pan", "basicsr-mirror", dataset, image, folders)
    rgb = scored("pan", "basicsr-mirror:scored=rgb", dataset, image, folders)
    assert (luma.psnr, rgb.psnr) == pytest.approx((psnr, psnr_rgb), rel=0, abs=5e-5)
    assert luma.ssim == pytest.approx(ssim, rel=0, abs=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("image", "least", "most"), [("260058", 0, 0.001), ("253027", 0.02, 0.04)])
def test_bsd100_was_decoded_otherwise(folders: Folders, image: str, least: float, most: float) -> None:
    """Images of BSD100 are JPEGs; the PNGs of the community were decoded by something else, and some differ."""
    log = json.loads((folders[1] / "unlicensed-pan/authors_log_per_image.json").read_text(encoding="utf-8"))
    score = scored("pan", "basicsr-mirror", "bsd100", image, folders)
    assert least <= abs(score.psnr - log["B100 x4"][image][0]) <= most


@pytest.mark.slow
@pytest.mark.parametrize("printed", PRINTED, ids=lambda line: f"{line[0]}-{line[2]}")
def test_means_are_those_that_papers_print(folders: Folders, printed: tuple[str, str, str, str, str]) -> None:
    """To every digit, with the protocol that the papers followed."""
    spec, protocol, dataset, psnr, ssim = printed
    names = [image for name, image in LOGGED if name == dataset]
    scores = [scored(spec, protocol, dataset, name, folders) for name in names]
    found = np.mean(scores, axis=0)
    assert (f"{found[0]:.2f}", f"{found[1]:.4f}") == (psnr, ssim)


def test_rlfn_is_fed_0_to_255(folders: Folders) -> None:
    """The other range loses more than 3 dB: a network that was given it by mistake is told by its score."""
    right = upscaler("rlfn", folders[1])
    assert right.takes.range == 255
    rules = get("basicsr")
    hr = hr_of("set5", "butterfly", folders)
    lr = rules.degrade(hr, 4)
    wrong = image_upscaler(right.network, 4, minimum=15)
    found = [rules.compare(hr, each(lr), 4).psnr for each in (right, wrong)]
    assert found[0] > found[1] + 3

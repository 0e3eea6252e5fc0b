"""Every convention gives what was measured of it; users' own files add to them, or are refused in one line."""

from __future__ import annotations

import csv
import re
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from srbench.errors import UsageError
from srbench.quality.channels import rounded
from srbench.quality.conventions import Convention, known
from srbench.quality.files import read_image
from srbench.quality.image import stacked
from srbench.quality.protocols import get
from srbench.quality.scoring import Measured, Scoring, measure
from srbench.quality.similarity import Ssim

if TYPE_CHECKING:
    from srbench.quality.image import Image

DOCS = Path(__file__).parents[2] / "docs"
BUILT_IN = {each.title: each for each in known()}

# What RCAN's own SR of Set5 x3 gives under each, measured before this code was written: by the code bases themselves,
# by MATLAB's log of RCAN's authors, or by their formulas. The first 30 are groups, the others code bases; a code base
# that prints two values has a row for each. They agree among themselves to 1e-4 dB and 1e-5 of SSIM
with Path(__file__).with_suffix(".tsv").with_stem("conventions").open(encoding="utf-8") as _file:
    ROWS = list(csv.DictReader(_file, delimiter="\t"))
GROUPS = [row["name"] for row in ROWS[:30]]
PSNR, SSIM = 1e-4, 1e-5

PLAIN = {
    "Y 601, whole image (no shave)",
    "Y 601 rounded, whole image",
    "Y 601 shave factor, pooled over pixels",
    "Y 601 shave factor, PSNR of mean MSE (images equal)",
}
"""Groups that no code base is known to score by."""

UNMEASURED = {"torchSR --eval-luminance --shave-border s"}
"""Its SSIM was not measured."""


@pytest.fixture(scope="session")
def rcan(data_folder: Path, golden_folder: Path) -> dict[Scoring, Measured]:
    """Score RCAN's images of Set5 x3 under all conventions at once."""
    names = ("baby", "bird", "butterfly", "head", "woman")
    folder = golden_folder / "rcan_set5_x3"
    files = [(data_folder / "Set5" / "HR" / f"{name}.bmp", folder / f"{name}_RCAN_x3.png") for name in names]
    pairs = ((read_image(hr), read_image(sr)) for hr, sr in files)
    return measure((each.scoring for each in BUILT_IN.values()), pairs, 3)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(filter(None, [row["name"], row["value"]])))
def test_each_gives_what_was_measured(row: dict[str, str], rcan: dict[Scoring, Measured]) -> None:
    """PSNR to 1e-4 dB, SSIM to 1e-5; where none was measured none is printed."""
    (convention,) = (each for each in known() if (each.name, each.value) == (row["name"], row["value"]))
    found = rcan[convention.scoring]
    assert found.psnr == pytest.approx(float(row["psnr"]), abs=PSNR)
    if row["ssim"]:
        assert found.ssim == pytest.approx(float(row["ssim"]), abs=SSIM)
    else:
        assert found.ssim is None or convention.name in UNMEASURED


def test_all_that_were_measured_and_no_others() -> None:
    """39 code bases and 30 groups, by exactly these names."""
    assert {each.name for each in known()[:30]} == set(GROUPS)
    assert sorted((each.name, each.value) for each in known()) == sorted((row["name"], row["value"]) for row in ROWS)
    assert len({each.name for each in known()}) == 30 + 39


def test_each_has_a_group_and_a_source() -> None:
    """A group is its own; a code base belongs to one, and says where it is defined and what it is."""
    for each in known():
        assert each.group in GROUPS
        assert each.group == each.name or each.name not in GROUPS
        assert bool(each.repository and each.where) == (each.name not in PLAIN), each.name
        assert each.summary
        assert bool(each.commit) == bool(each.repository) or each.repository in {
            "opencv core",
            "file id 6897690725 (NTIRE_SSIM_imgs.m)",
        }


def test_protocols_are_conventions() -> None:
    """The protocols of published tables score as the code bases that they are named after."""
    for spec, title in {
        "basicsr": "RCAN / RDN MATLAB",
        "basicsr:grey=rgb": "BasicSR test_y_channel",
        "selfexsr": "SelfExSR",
        "srcnn": "SRCNN / VDSR / DRCN",
        "ntire2017": "NTIRE 2017/18 MATLAB",
        "ntire-esr": "NTIRE 2025 / 2026 efficient SR",
    }.items():
        assert get(spec).scoring == BUILT_IN[title].scoring


# Against libraries that are here


def pair() -> tuple[Image, Image]:
    """Return a photograph-like image and a blurred one, uint8 RGB."""
    rng = np.random.default_rng(5)
    hr = cv2.GaussianBlur(rng.integers(0, 256, (66, 90, 3), dtype=np.uint8), (0, 0), 1.5) * np.uint8(2)
    return hr, cv2.GaussianBlur(hr, (0, 0), 0.8)


def value(title: str) -> Measured:
    """Return what the pair scores under a convention."""
    scoring = BUILT_IN[title].scoring
    return measure([scoring], [pair()], 3)[scoring]


def test_as_scikit_image() -> None:
    """Its functions with their defaults."""
    hr, sr = pair()
    similarity = structural_similarity(hr, sr, channel_axis=-1)  # type: ignore[no-untyped-call]
    expected = peak_signal_noise_ratio(hr, sr), similarity  # type: ignore[no-untyped-call]
    assert value("scikit-image defaults") == pytest.approx(expected, abs=1e-9)


def test_as_opencv() -> None:
    """`cv2.PSNR` of colour images."""
    assert value("cv2.PSNR").psnr == pytest.approx(cv2.PSNR(*pair()), abs=1e-9)


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("Pillow L (full range), shave factor", lambda rgb: np.asarray(Pillow.fromarray(rgb).convert("L"))),
        (
            "OpenCV YCrCb Y (uint8, full range), shave factor",
            lambda rgb: cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)[..., 0],
        ),
        ("IMDN", lambda rgb: np.round(rgb2ycbcr(rgb)[..., 0])),
    ],
)
def test_luma_as_libraries_make_it(title: str, made: Any) -> None:  # noqa: ANN401 - a function of images
    """Rounded luma is that of Pillow, of OpenCV, and of scikit-image as IMDN rounds it, for every sample."""
    rgb = np.random.default_rng(6).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    scoring = BUILT_IN[title].scoring
    assert np.array_equal(rounded(scoring.luma.of(rgb), scoring.luma_rounded), made(rgb))


def test_rgb_of_grey_images() -> None:
    """Conventions of RGB score a grey image as R = G = B, also where all samples of all images count alike."""
    hr, sr = pair()
    grey = hr[:33, :45, 0], sr[:33, :45, 0]
    scorings = {each.scoring for each in BUILT_IN.values() if each.scoring.channels == "rgb"}
    kept = measure(scorings, [(hr, sr), grey], 3)
    read = measure(scorings, [(hr, sr), (stacked(grey[0]), stacked(grey[1]))], 3)
    for scoring in scorings:
        assert kept[scoring] == pytest.approx(read[scoring], abs=1e-9)


# Users' own


def own(folder: Path, text: str) -> Convention:
    """Return the last convention of a file with this text."""
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    found = known([file])
    assert found[: len(BUILT_IN)] == known()
    return found[-1]


def test_the_example_of_the_docs(tmp_path: Path) -> None:
    """The file that docs/conventions.md shows is read; what it does not say is that of the entry it is like."""
    (text,) = re.findall(r"```toml\n(.*?)```", (DOCS / "conventions.md").read_text(encoding="utf-8"), re.DOTALL)
    found = own(tmp_path, text)
    assert (found.name, found.where) == ("my lab, 2024", "evaluate.py:31-58")
    assert (found.scoring.luma.weights, found.scoring.shave(3)) == ((0.2126, 0.7152, 0.0722), 4)
    assert found.scoring.ssim == Ssim()


def test_all_keys(tmp_path: Path) -> None:
    """Each key is the choice of its name."""
    found = own(
        tmp_path,
        """
        [luma.x]
        weights = [1, 2, 3.5]
        divisor = 7
        [[convention]]
        name = "x"
        value = "Y"
        channels = "y"
        luma = "x"
        luma_rounded = "half-up"
        ssim_luma_rounded = "half-even"
        sr_rounded = "clipped"
        grey = "rgb"
        crop = 8
        shave = "2*factor+1"
        psnr_channels = "apart"
        psnr_epsilon = 1e-6
        pooling = "pixels"
        [convention.ssim]
        window = "box"
        size = 9
        sigma = 2
        boundary = "symmetric"
        covariance = "sample"
        downsampled = true
        negative = "cut"
        border = "after"
        """,
    )
    assert (found.title, found.group) == ("x (Y)", "x")
    assert found.scoring == Scoring(
        "y",
        luma=type(found.scoring.luma)((1, 2, 3.5), 7, 0),
        luma_rounded="half-up",
        ssim_luma_rounded="half-even",
        sr_rounded="clipped",
        grey="rgb",
        crop=8,
        shave_factor=2,
        shave_extra=1,
        psnr_channels="apart",
        psnr_epsilon=1e-6,
        pooling="pixels",
        ssim=Ssim("box", 9, 2, "symmetric", "sample", True, "cut", "after"),
    )


def test_like(tmp_path: Path) -> None:
    """An entry that is like another scores as it does, its source with it; with a choice of its own it has none."""
    same = own(tmp_path, '[[convention]]\nname = "same"\nlike = "LapSRN"')
    lapsrn = BUILT_IN["LapSRN"]
    assert (same.scoring, same.group, same.where) == (lapsrn.scoring, lapsrn.group, lapsrn.where)
    other = own(tmp_path, '[[convention]]\nname = "other"\nlike = "LapSRN"\nshave = 0')
    assert (other.repository, other.commit, other.where) == ("", "", "")
    chain = own(tmp_path, '[[convention]]\nname = "a"\ncrop = 2\n[[convention]]\nname = "b"\nlike = "a"\nssim = "none"')
    assert chain.scoring == Scoring(crop=2, ssim=None)


def test_several_files(tmp_path: Path) -> None:
    """A later file may be like an entry of an earlier one, and name its luma."""
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text('[luma.z]\nweights = [1, 0, 0]\n[[group]]\nname = "red"\nluma = "z"')
    two.write_text('[[convention]]\nname = "mine"\nlike = "red"\n[[convention]]\nname = "other"\nluma = "z"')
    assert [each.group for each in known([one, two])[-3:]] == ["red", "red", "other"]
    assert len(known()) == len(BUILT_IN)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("= 1", r"cannot be read as conventions in TOML \(.*\)"),
        (
            "conventions = []",
            r"unknown key 'conventions'; did you mean 'convention'\? \(available: luma, group, convention\)",
        ),
        ("convention = [1]", "convention 1: it is 1, expected a table"),
        ("[[convention]]\ncrop = 2", "convention 1: name is '', expected a line of up to 200 characters"),
        ('[[convention]]\nname = "a\\nb"', r"convention 'a\\nb': name is 'a\\nb', expected a line .*"),
        ('[[convention]]\nname = "a"\nsummary = "b\\nc"', r"convention 'a': summary is 'b\\nc', expected one line"),
        ('[[convention]]\nname = "LapSRN"', "convention 'LapSRN': there is one of that name already; .*"),
        (
            '[[convention]]\nname = "a"\nlike = "LapSRM"',
            "convention 'a': like is 'LapSRM', expected the name of an earlier entry, such as 'LapSRN'",
        ),
        ('[[convention]]\nname = "a"\nshaved = 4', "convention 'a': unknown key 'shaved'; did you mean 'shave'.*"),
        (
            '[[convention]]\nname = "a"\nshave = "four"',
            "convention 'a': shave is 'four', expected pixels such as 4, .*",
        ),
        ('[[convention]]\nname = "a"\ncrop = "4"', "convention 'a': crop is '4', expected int"),
        ('[[convention]]\nname = "a"\nchannels = "bgr"', "convention 'a': channels is 'bgr', expected one of y, rgb"),
        ('[[convention]]\nname = "a"\nluma = "bt6"', "convention 'a': unknown luma 'bt6'; did you mean 'bt601'.*"),
        (
            '[[convention]]\nname = "a"\nssim = "no"',
            "convention 'a': ssim is 'no', expected none or a table such as .*",
        ),
        ('[[convention]]\nname = "a"\nssim = { sice = 7 }', "convention 'a': unknown key 'ssim.sice'; did you .*"),
        ('[[convention]]\nname = "a"\nssim = { size = 1 }', "convention 'a': size is 1, expected 2 to 255 pixels"),
        ("[luma.x]\nweights = [1, 2]", r"luma 'x': weights is \[1, 2\], expected three numbers, of R, G and B"),
        (f"[luma.x]\nweights = [1, 2, {10**400}]", "luma 'x': weights is .*, expected at most 1e.09"),
        ("[luma.x]\nweights = [1, 2, 3]\ndivisor = 0", "luma 'x': divisor is 0, expected what .* is divided by"),
        ("[luma.full]\nweights = [1, 2, 3]", "luma 'full' is there already; give it a name of its own"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, line: str) -> None:
    """One line says the file, the entry, what was got and what was expected."""
    with pytest.raises(UsageError) as caught:
        own(tmp_path, text)
    assert re.fullmatch(f"{re.escape(str(tmp_path / 'mine.toml'))}: {line}", str(caught.value)), str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is said so."""
    with pytest.raises(UsageError, match=r"none.toml: cannot be read as conventions in TOML \(No such file"):
        known([tmp_path / "none.toml"])


# Docs


def test_the_table_of_the_docs() -> None:
    """It lists every convention, how it scores and its source; `python docs/conventions.py` writes it."""
    assert runpy.run_path(str(DOCS / "conventions.py"))["table"]() in (DOCS / "conventions.md").read_text(
        encoding="utf-8"
    )


def test_the_keys_of_the_docs() -> None:
    """It explains every key of an entry."""
    page = (DOCS / "conventions.md").read_text(encoding="utf-8")
    cells = " ".join(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE))
    named = set(re.findall(r"`([a-z_.]+)`", cells))
    fields = {*Scoring.__dataclass_fields__, *Convention.__dataclass_fields__} - {
        "scoring",
        "shave_factor",
        "shave_extra",
    }
    assert named == {*fields, "like", "shave", "ssim.window", *(f".{each}" for each in ("size", "sigma"))} | {
        f"ssim.{each}" for each in Ssim.__dataclass_fields__ if each not in {"window", "size", "sigma"}
    }

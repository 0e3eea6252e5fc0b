"""Printed numbers: what they are read as, how precisely, and what is none."""

from __future__ import annotations

import pytest

from srbench.diagnosis.claim import claim
from srbench.errors import UsageError
from srbench.quality.scoring import Measured


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [("34", 1), ("34.7", 0.1), ("34.74", 0.01), ("34.740", 0.001), ("34.7422", 1e-4), ("34.742155", 1e-4)],
)
def test_tolerance_of_psnr(text: str, tolerance: float) -> None:
    """It is one unit of the last printed digit, zeros included, and never less than programs agree."""
    number = claim(text).psnr
    assert number is not None
    assert number.text == text
    assert number.tolerance == pytest.approx(tolerance)


@pytest.mark.parametrize(("text", "tolerance"), [("0.93", 0.01), (".9299", 1e-4), ("0.929886", 1e-5)])
def test_tolerance_of_ssim(text: str, tolerance: float) -> None:
    """The same of SSIM, which agrees to 1e-5."""
    number = claim(None, text).ssim
    assert number is not None
    assert number.tolerance == pytest.approx(tolerance)


@pytest.mark.parametrize(("psnr", "fits"), [(34.75, True), (34.73, True), (34.7501, False), (34.7299, False)])
def test_fits_within_one_unit(psnr: float, fits: bool) -> None:
    """A claim fits within one unit of its last digit, the ends included, whatever binary numbers make of them."""
    assert claim("34.74").fits(Measured(psnr, None)) is fits


def test_both_must_fit() -> None:
    """PSNR and SSIM are claimed of one code: what gives one alone gives neither, and no SSIM fits no claim of it."""
    both = claim("34.74", "0.9299")
    assert both.fits(Measured(34.7422, 0.92989))
    assert not both.fits(Measured(34.7422, 0.92961))
    assert not both.fits(Measured(34.6, 0.92989))
    assert not both.fits(Measured(34.7422, None))
    assert str(both) == "PSNR 34.74 dB, SSIM 0.9299"


@pytest.mark.parametrize("given", ["34.74dB", " 34.74 dB ", "34.74 DB", 34.74])
def test_unit_and_numbers(given: str | float) -> None:
    """The unit may stand behind PSNR, and Python's numbers are read as they are printed."""
    assert str(claim(given)) == "PSNR 34.74 dB"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("34,74", "did you mean 34.74?"),
        ("0.93", "looks like an SSIM (--claimed-ssim 0.93)"),
        ("inf", "SR equals HR, by any convention"),
        ("-inf", "SR equals HR, by any convention"),
        ("nan", "expected a PSNR in dB"),
        ("", "expected a PSNR in dB"),
        (".", "expected a PSNR in dB"),
        ("3474", "expected a PSNR in dB"),
        ("-34.74", "expected a PSNR in dB"),
        ("3.474e1", "expected a PSNR in dB"),
        ("34.74/0.9299", "did you mean --explain 34.74 --claimed-ssim 0.9299?"),
        ("34.74 / .9299", "did you mean --explain 34.74 --claimed-ssim .9299?"),
        ("34." + "7" * 30, "expected a PSNR in dB"),
    ],
)
def test_no_psnr(text: str, says: str) -> None:
    """What is no PSNR is refused in one line, which names the option and what was probably meant."""
    with pytest.raises(UsageError) as caught:
        claim(text, option="--explain")
    assert says in str(caught.value)
    assert str(caught.value).startswith("--explain is ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["34.74", "92.99", "inf", "0,93", "high"])
def test_no_ssim(text: str) -> None:
    """Nor is every number an SSIM."""
    with pytest.raises(UsageError, match=r"--claimed-ssim is .* such as 0\.9299"):
        claim(None, text)


@pytest.mark.parametrize(("text", "meant"), [("92.99", "0.9299"), ("93", "0.93"), ("91.710", "0.91710")])
def test_percent(text: str, meant: str) -> None:
    """An SSIM in percent is said as it is to be given, with as many digits; what may be a PSNR is not guessed at."""
    with pytest.raises(UsageError, match=rf"did you mean {meant}, which is {text} %\?$"):
        claim(None, text)
    with pytest.raises(UsageError, match=r"\(PSNR is given apart, in dB\)$"):
        claim(None, "34.74")


def test_nothing() -> None:
    """Without a number there is nothing to explain."""
    with pytest.raises(UsageError, match="no number is claimed"):
        claim(None)

"""What would tell more: which other number tells groups apart, by how much, and what was not tried."""

from __future__ import annotations

from srbench.diagnosis.advice import deciding, not_found
from srbench.diagnosis.claim import claim
from srbench.diagnosis.matching import Match
from srbench.quality.conventions import Convention
from srbench.quality.scoring import Measured, Scoring


def match(group: int, psnr: float, ssim: float | None, scoring: Scoring | None = None, *, fits: bool = True) -> Match:
    """Return a convention of a group."""
    return Match(Convention(f"c{group}", scoring or Scoring()), Measured(psnr, ssim), fits, group)


def asked(matches: list[Match], psnr: str | None, ssim: str | None = None, images: int = 5) -> list[str]:
    """Return the advice where a pixel that is cut is worth 0.01 dB, at x3."""
    return list(deciding(matches, claim(psnr, ssim), 3, images, lambda pixels: 30 + pixels / 100))


def test_nothing_to_decide() -> None:
    """Conventions of one group are told apart by no number of these images."""
    assert asked([match(1, 34.7422, 0.92989), match(1, 34.7422, 0.92989)], "34.74") == []


def test_ssim() -> None:
    """Of PSNR alone SSIM is asked for: which value is which group, and that some print none; near ones are together."""
    values = [0.92881, None, 0.92989, 0.92961, 0.92992, None]
    (said,) = asked([match(number, 34.742, each) for number, each in enumerate(values, 1)], "34.7420")
    assert said == (
        "SSIM would tell more (--claimed-ssim): 0.9299 is groups 3 and 5; 0.9296 is group 4; 0.9288 is group 1; "
        "groups 2 and 6 print none."
    )


def test_ssim_that_tells_nothing() -> None:
    """It is not asked for where it is the same in all groups, or given."""
    apart = [match(1, 34.742, 0.92989), match(2, 34.7478, 0.92992)]
    assert not any("SSIM" in each for each in [*asked(apart, "34.74"), *asked(apart, "34.74", "0.93")])


def test_digits() -> None:
    """More digits of PSNR tell groups apart that differ by more than the last of them; runs are written as such."""
    values = [34.7420, 34.7422, 34.74215, 34.7421, 34.7478]
    said = asked([match(number, each, 0.9) for number, each in enumerate(values, 1)], "34.74")
    assert said == ["PSNR with 4 decimals would tell more (--claimed): 34.7478 is group 5; 34.7422 is groups 1 to 4."]
    assert asked([match(number, each, 0.9) for number, each in enumerate(values, 1)], "34.742") == []


def test_psnr_of_an_ssim() -> None:
    """Of SSIM alone PSNR is asked for."""
    (said,) = asked([match(1, 34.74, 0.9), match(2, 32.73, 0.9)], None, "0.9000")
    assert said == "PSNR would tell more (--claimed): 34.74 is group 1; 32.73 is group 2."


def test_another_factor() -> None:
    """It is asked for where conventions cut other pixels there and that shows, with pixels and dB."""
    always_3 = Scoring(shave_factor=0, shave_extra=3)
    (said,) = asked([match(1, 34.7422, 0.9), match(1, 34.7422, 0.9, always_3)], "34.7422")
    assert said == (
        "A number at x2 would tell more (a second run). Of the pixels at each side, some of group 1 cut 2 and others 3 "
        "there; on these images that changes PSNR by 0.01 dB."
    )
    apart = [match(1, 34.7422, 0.9), match(2, 34.7423, 0.9, Scoring(shave_factor=0, shave_extra=4))]
    (said,) = asked(apart, "34.7422")
    assert "group 1 cuts 2 and group 2 cuts 4 there; on these images that changes PSNR by 0.02 dB" in said
    assert asked(apart, "34.7") == []


def test_one_image() -> None:
    """Of one image, pooling changes nothing: several are asked for."""
    pooled = [match(1, 34.7422, None), match(1, 34.7422, None, Scoring(pooling="pixels"))]
    assert "Several images" in asked(pooled, "34.7422", images=1)[0]
    assert asked(pooled, "34.7422", images=2) == []


def test_not_found() -> None:
    """Where nothing fits, what was not tried is listed: LR, unless it was given, other SR, other HR, other code."""
    matches = [match(1, 34.7, 0.93, fits=False)]
    said = list(not_found(matches, claim("36"), 34.7, lr=False))
    assert said[0].startswith("Not tried: the LR that SR was made from. --lr DIR")
    assert any("other weights" in each for each in said)
    assert any("--conventions FILE" in each for each in said)
    assert len(list(not_found(matches, claim("36"), 34.7, lr=True))) == len(said) - 1


def test_equal_images() -> None:
    """Where SR equals HR, that is what is said first."""
    first = next(not_found([match(1, float("inf"), 1.0, fits=False)], claim("36"), None, lr=True))
    assert first == "SR equals HR, so that nothing is left to score: is the folder of SR (--sr) that of HR?"


def test_many_groups() -> None:
    """Groups are listed in runs."""
    numbers = (1, 2, 5, 6, 7, 9, 23)
    matches = [match(number, 36.0, 0.5, fits=False) for number in numbers]
    first = next(not_found(matches, claim("36", "0.9"), None, lr=True))
    assert "(PSNR alone: groups 1, 2, 5 to 7, 9 and 23)" in first


def test_one_of_two_numbers() -> None:
    """Where one number fits alone, or each fits another convention, that is said first."""
    matches = [match(1, 34.74, 0.91, fits=False), match(2, 31.0, 0.93, fits=False), match(3, 34.74, None, fits=False)]
    first = next(not_found(matches, claim("34.74", "0.9300"), None, lr=True))
    assert first == (
        "One of the two numbers is given (PSNR alone: groups 1 and 3; SSIM alone: group 2): they may be of different "
        "code or images."
    )


def test_corrected() -> None:
    """Where the number is nearly that of SR with its faults undone, this is the answer, and comes first."""
    matches = [match(1, 30.0, 0.8, fits=False)]
    first = next(not_found(matches, claim("34.74"), 34.71, lr=True))
    gives = "protocol basicsr gives 34.71 dB, 0.03 dB from what is claimed"
    assert first == f"Repair SR first: with what is wrong with it undone, {gives}."
    assert next(not_found(matches, claim("34.74"), 34.742, lr=True)).endswith("gives 34.74 dB, as claimed.")
    assert "Repair" not in next(not_found(matches, claim("34.74"), 31.0, lr=True))

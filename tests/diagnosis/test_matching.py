"""Which conventions give a number: on RCAN's images against others' table, and by what they measure."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srbench.diagnosis.claim import PSNR_AGREES, SSIM_AGREES, claim
from srbench.diagnosis.matching import matched
from srbench.quality import conventions
from srbench.quality.conventions import Convention
from srbench.quality.scoring import Measured, Scoring

if TYPE_CHECKING:
    from srbench.diagnosis.claim import Claim, Number
    from srbench.diagnosis.matching import Match

TABLE = Path(__file__).parents[1] / "quality" / "conventions.tsv"
"""What others measured on RCAN's images of Set5 x3; tests/quality/test_conventions.py says who."""
with TABLE.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file, delimiter="\t"))
CASES = sorted({(row["psnr"], row["ssim"]) for row in ROWS})


def printed(number: str, digits: int | None) -> str | None:
    """Return a number of the table as a paper prints it; None where there is none."""
    return (number if digits is None else f"{float(number):.{digits}f}") if number else None


def expected(claimed: Claim, slack: float) -> set[str]:
    """Return the names whose numbers in the table give what is claimed, with so much of the tables' agreement added."""

    def near(number: Number | None, value: str, agrees: float) -> bool:
        return number is None or (
            bool(value) and abs(float(value) - number.value) <= number.tolerance + slack * agrees + 1e-9
        )

    return {
        row["name"]
        for row in ROWS
        if near(claimed.psnr, row["psnr"], PSNR_AGREES) and near(claimed.ssim, row["ssim"], SSIM_AGREES)
    }


def named(found: list[Match]) -> list[str]:
    """Return the names of the conventions that fit."""
    return [each.convention.name for each in found if each.fits]


@pytest.mark.parametrize("digits", [(2, 4), (None, None)], ids=["as papers print", "all digits"])
@pytest.mark.parametrize("case", CASES, ids="/".join)
def test_each_number_of_the_table(
    measured: dict[Scoring, Measured], case: tuple[str, str], digits: tuple[int | None, int | None]
) -> None:
    """With its SSIM, each number is named right: all that give it by the table are named, and no others."""
    claimed = claim(printed(case[0], digits[0]), printed(case[1], digits[1]))
    names = named(matched(conventions.known(), measured, claimed))
    own = {row["name"] for row in ROWS if (row["psnr"], row["ssim"]) == case}
    assert own <= set(names)
    assert expected(claimed, -1) | own <= set(names) <= expected(claimed, 1)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("psnr", sorted({row["psnr"] for row in ROWS}))
def test_psnr_alone(measured: dict[Scoring, Measured], psnr: str) -> None:
    """PSNR alone is given by all that have it, whatever SSIM they print; groups differ in SSIM, or in PSNR."""
    found = matched(conventions.known(), measured, claimed := claim(printed(psnr, 2)))
    assert expected(claimed, -1) <= set(named(found)) <= expected(claimed, 1)
    assert {row["name"] for row in ROWS if row["psnr"] == psnr} <= set(named(found))


def test_groups_of_a_usual_claim(measured: dict[Scoring, Measured]) -> None:
    """34.74 alone does not tell RCAN's convention from others; with SSIM, one group beside it is left: 4 pixels cut."""
    found = matched(conventions.known(), measured, claim("34.74"))
    assert len({each.group for each in found if each.fits}) == 9
    assert "RCAN / RDN MATLAB" in {each.convention.name for each in found if each.group == 1}
    both = [each for each in matched(conventions.known(), measured, claim("34.74", "0.9299")) if each.fits]
    assert [each.group for each in both] == sorted(each.group for each in both)
    first = {each.convention.name for each in both if each.group == 1}
    assert {"RCAN / RDN MATLAB", "BasicSR test_y_channel", "SwinIR / HAT"} <= first
    assert {each.convention.scoring.shave(3) for each in both if each.group == 2} == {4}


def test_all_are_there(measured: dict[Scoring, Measured]) -> None:
    """What does not give the claim follows, the nearest first; nothing is left out, and nothing is there twice."""
    found = matched(conventions.known(), measured, claim("33"))
    assert sorted(each.convention.name for each in found) == sorted({row["name"] for row in ROWS})
    misses = [abs(each.measured.psnr - 33) for each in found if not each.fits]
    assert misses == sorted(misses, key=lambda away: round(away, 2))


def one(name: str, shave: int, **more: Any) -> Convention:  # noqa: ANN401 - fields of a convention
    """Return a convention that cuts so many pixels."""
    return Convention(name, Scoring(shave_factor=0, shave_extra=shave), **more)


def test_groups_and_order() -> None:
    """Those that agree to 1e-4 dB and 1e-5 SSIM are one group, in the order in which they are known."""
    known = [one("far", 1), one("near", 2), one("as near", 3), one("no SSIM", 4), one("too small", 5)]
    values = [(31.0, 0.9), (30.001, 0.8), (30.00105, 0.800005), (30.001, None)]
    measures = {each.scoring: Measured(*value) for each, value in zip(known, values, strict=False)}
    found = [(each.convention.name, each.group, each.fits) for each in matched(known, measures, claim("30.00"))]
    assert found == [("near", 1, True), ("as near", 1, True), ("no SSIM", 2, True), ("far", 3, False)]


def test_order_of_those_that_give_it() -> None:
    """Rounding to the claim counts, then the number of code bases; digits that are not printed do not."""
    known = [one("nearest", 1), one("cut off", 2), one("many", 3), one("many, too", 4), one("missed", 5)]
    values = [30.0000, 30.0090, 30.0030, 30.0030, 30.0200]
    measures = {each.scoring: Measured(value, None) for each, value in zip(known, values, strict=True)}
    found = [each.convention.name for each in matched(known, measures, claim("30.00"))]
    assert found == ["many", "many, too", "nearest", "cut off", "missed"]


def test_without_ssim() -> None:
    """What prints no SSIM is not near a claim of one, however near its PSNR is."""
    known = [one("no SSIM", 1), one("both", 2)]
    measures = {known[0].scoring: Measured(30.0, None), known[1].scoring: Measured(31.0, 0.8)}
    found = matched(known, measures, claim("30.00", "0.9000"))
    assert [each.convention.name for each in found] == ["both", "no SSIM"]


def test_several_values_of_one_name() -> None:
    """Of a code base that prints several numbers, the one that is nearest counts, and it is named once."""
    known = [one("both", 1, value="RGB"), one("both", 2, value="Y")]
    measures = {known[0].scoring: Measured(28.0, 0.8), known[1].scoring: Measured(30.0, 0.9)}
    (found,) = matched(known, measures, claim("30.00"))
    assert (found.convention.value, found.fits) == ("Y", True)


def test_equal_images() -> None:
    """Where SR equals HR every convention gives infinity, which is far from any claim."""
    known = [one("a", 1), one("b", 2)]
    found = matched(known, {each.scoring: Measured(float("inf"), 1.0) for each in known}, claim("30.00"))
    assert [(each.group, each.fits) for each in found] == [(1, False), (1, False)]

"""What is reported beside what was measured: whose claims they are, differences and verdicts."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from srbench.analysis.claims import COLUMNS, OTHER, published
from srbench.analysis.columns import metrics_of
from srbench.analysis.reported import VERDICTS, beside, of_methods
from srbench.metrics.declaration import Metric

METRICS = metrics_of({})

# SRCNN, VDSR, EDSR and RCAN (ECCV 2018, Table 2) all print this row; set5, bicubic
CLASSICAL = {2: (33.66, 0.9299), 3: (30.39, 0.8682), 4: (28.42, 0.8104)}

PAN = "739fab99ee7b7058dab4d1b84aa2869bb9fc3995a1c08789c20355bee943833c"
"""The sha256 of PAN's weights, as results/published.csv has it."""


def claim(printed: str = "30.39", metric: str = "psnr", **fields: str) -> pd.DataFrame:
    """Return a table of one claim: bicubic-matlab on set5 x3 under srcnn."""
    line = dict.fromkeys(COLUMNS, "") | {"method": "bicubic-matlab", "dataset": "set5", "protocol": "srcnn"} | fields
    numbers = {"factor": 3, "metric": metric, "reported": float(printed), "printed": printed}
    return pd.DataFrame([line | numbers])


def measured(psnr: float = 30.39, ssim: float = 0.8682, **fields: object) -> pd.DataFrame:
    """Return a summary of one line, which fits."""
    line = {"method": "bicubic-matlab", "dataset": "set5", "factor": 3, "protocol": "srcnn", "psnr": psnr, "ssim": ssim}
    return pd.DataFrame([line | {"images": 5, "of": 5, "reason": ""} | fields])


def compared(claims: pd.DataFrame, summary: pd.DataFrame, **files: set[str]) -> pd.Series:
    """Return the one claim beside what was measured."""
    table = beside(claims, summary, METRICS, files)
    assert len(table) == len(claims)
    return table.iloc[0]


@pytest.mark.parametrize("factor", CLASSICAL)
def test_the_classical_row_is_there(factor: int) -> None:
    """33.66 / 30.39 / 28.42 dB: the bicubic of every SR paper, under protocol srcnn."""
    claims = of_methods(published(), ["bicubic-matlab"])
    here = claims[(claims["dataset"] == "set5") & (claims["factor"] == factor) & (claims["protocol"] == "srcnn")]
    assert dict(zip(here["metric"], here["reported"], strict=True)) == dict(
        zip(METRICS, CLASSICAL[factor], strict=True)
    )


def test_only_the_methods_asked_for_are_returned() -> None:
    """Claims of methods that srbench does not have stay out."""
    assert set(of_methods(published(), ["bicubic-matlab", "espcn"])["method"]) == {"bicubic-matlab", "espcn"}
    assert of_methods(published(), []).empty
    assert of_methods(published(), ["nothing of this name"]).empty


@pytest.mark.parametrize(
    ("printed", "metric", "value", "expected"),
    [
        ("30.39", "psnr", 30.39, "equal"),
        ("30.39", "psnr", 30.3949, "equal"),
        ("30.39", "psnr", 30.3851, "equal"),
        ("30.39", "psnr", 30.3999, "agrees"),
        ("30.39", "psnr", 30.38, "agrees"),
        ("30.39", "psnr", 30.4011, "off"),
        ("30.39", "psnr", 30.3789, "off"),
        ("30.39", "psnr", math.inf, "off"),
        ("30.4", "psnr", 30.36, "equal"),
        ("30.4", "psnr", 30.31, "agrees"),
        ("30.4", "psnr", 30.29, "off"),
        ("30.390", "psnr", 30.3939, "close"),
        ("30.390", "psnr", 30.4002, "off"),
        ("0.8682", "ssim", 0.86824, "equal"),
        ("0.8682", "ssim", 0.8681, "agrees"),
        ("0.8682", "ssim", 0.8673, "close"),
        ("0.8682", "ssim", 0.8671, "off"),
        (".868", "ssim", 0.8671, "agrees"),
    ],
)
def test_verdicts_go_by_the_printed_digits(printed: str, metric: str, value: float, expected: str) -> None:
    """Equal where it rounds to them, agrees within one unit of the last, close within 0.01 dB or 0.001, else off."""
    row = compared(claim(printed, metric), measured(**{metric: value}))
    assert row["verdict"] == expected
    assert expected in VERDICTS


def test_differences_are_measured_less_reported() -> None:
    """A positive difference is better than the paper; each metric has a line of its own."""
    claims = pd.concat([claim(), claim("0.8682", "ssim")])
    table = beside(claims, measured(30.40, 0.8672), METRICS, {})
    assert table["measured"].tolist() == [30.40, 0.8672]
    assert table["difference"].tolist() == pytest.approx([0.01, -0.001])


def test_weights_that_nobody_has_give_no_verdict() -> None:
    """Other weights give other numbers: the verdict is `trained`, near or far."""
    for psnr in (30.39, 20.0):
        assert compared(claim(weights=OTHER), measured(psnr))["verdict"] == "trained"


def test_a_network_with_the_authors_weights_is_held_to_their_numbers() -> None:
    """Weights are known by their sha256, whatever the method is called; others, and ensembles, have no such claims."""
    files = {"mine": {PAN, "a file"}, "other": {"1" * 64}, "mine:ensemble=8": {PAN}}
    claims = of_methods(published(), ["mine", "other"], files)
    assert set(claims["method"]) == {"mine"}
    assert set(claims["name"]) == {"PAN"}
    line = {"method": "mine", "dataset": "set5", "factor": 4, "protocol": "basicsr:border=mirror:grey=rgb"}
    for psnr, expected in ((32.1311, "equal"), (32.0, "off")):
        table = beside(claims, measured(psnr, 0.8948, **line), METRICS, files)
        here = table[(table["dataset"] == "set5") & (table["metric"] == "psnr")]
        assert here["verdict"].tolist() == [expected]


def test_a_claim_of_a_method_with_other_weights() -> None:
    """A method is held to a claim of certain weights only if it has these, and has it once if it is named, too."""
    row = claim(method="mine", weights=PAN)
    here = measured(20.0, method="mine")
    assert compared(row, here, mine={"1" * 64})["verdict"] == "trained"
    assert compared(row, here, mine={PAN})["verdict"] == "off"
    assert len(of_methods(row, ["mine"], {"mine": {PAN}})) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"images": 4, "reason": "fell over"}, "fell over"),
        ({"images": 4}, "scored on 4 of 5 images"),
        ({"protocol": "article"}, "not scored"),
        ({"factor": 5}, "not scored"),
        ({"dataset": "set6"}, "not scored"),
        ({"method": "bicubic"}, "not scored"),
    ],
)
def test_what_was_not_measured_alike_is_not_compared(fields: dict[str, object], reason: str) -> None:
    """Some of the images, another protocol, factor, dataset or method: the claim stays, and says why it is empty."""
    for weights in ("", OTHER):
        row = compared(claim(weights=weights), measured(**fields))  # type: ignore[arg-type]
        assert (row["verdict"], row["reason"]) == ("not measured", reason)
        assert math.isnan(row["measured"])
        assert math.isnan(row["difference"])
    assert compared(claim(), measured())["reason"] == ""


LPIPS = METRICS | metrics_of({"metrics": {"lpips": Metric(label="LPIPS", better="lower").facts}})


@pytest.mark.parametrize(
    ("value", "fields", "verdict", "reason"),
    [
        (0.3402, {}, "equal", ""),
        (0.3407, {}, "agrees", ""),
        (0.3422, {}, "off", ""),
        (0.3402, {"lpips_images": 4}, "not measured", "LPIPS of 4 of 5 images"),
        (0.3402, {"lpips_images": 4, "lpips_reason": "skipped: no weights"}, "not measured", "skipped: no weights"),
    ],
)
def test_any_metric_may_be_reported(value: float, fields: dict[str, object], verdict: str, reason: str) -> None:
    """A claim names its metric by its spec; a mean over some of the images is not compared."""
    summary = measured(lpips=value, lpips_images=5).assign(**fields)  # type: ignore[arg-type]
    (row,) = beside(claim("0.340", "lpips"), summary, LPIPS, {}).to_dict("records")
    assert (row["verdict"], row["reason"]) == (verdict, reason)


def test_a_metric_that_was_not_measured() -> None:
    """The claim says so."""
    assert compared(claim("0.34", "lpips"), measured())["reason"] == "lpips is none of the metrics that were measured"

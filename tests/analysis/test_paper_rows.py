"""Rows that papers report: which match the settings of a run, and why none does."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from srbench import datasets
from srbench.analysis.paper_rows import claimed_names, elsewhere, matching, paper_rows, why_none, without

METRICS: dict[str, Any] = dict.fromkeys(["psnr", "ssim"])


def claim(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - cells
    """Return a claim of a network on Set5 x3, other fields as given."""
    same = {"method": "", "name": "net", "dataset": "set5", "factor": 3, "protocol": "basicsr", "metric": "psnr"}
    return {**same, "printed": "34.70", "reported": 34.7, "source": "Net, 2020, Table 1", "params": "900", **fields}


CLAIMS = pd.DataFrame(
    [
        claim(),
        claim(metric="ssim", printed="0.9290", reported=0.929),
        claim(factor=4, printed="32.4", reported=32.4, params="900/950"),
        claim(protocol="basicsr:lr=bd"),
        claim(protocol="srcnn", name="other"),
        claim(dataset="set14"),
        claim(metric="lpips"),
        claim(name="", method="mine"),
    ]
)


def settings(dataset: str = "set5", factor: int = 3, protocol: str = "basicsr") -> pd.DataFrame:
    """Return the settings of a run of two methods."""
    return pd.DataFrame([{"dataset": dataset, "factor": factor, "protocol": protocol}] * 2)


def test_a_row_has_the_numbers_of_one_method_under_one_setting() -> None:
    """Metrics stand side by side with the digits of the paper; one number of weights for all factors is a number."""
    found = paper_rows(matching(CLAIMS, settings(), METRICS, {"set5": "set5"}), METRICS)
    (row,) = found.to_dict("records")
    assert (row["method"], row["dataset"], row["psnr"], row["printed_psnr"]) == ("net", "set5", 34.7, "34.70")
    assert (row["printed_ssim"], row["parameters"], row["source"]) == ("0.9290", 900, "Net, 2020, Table 1")


def test_what_a_paper_lacks_is_empty() -> None:
    """A metric that it does not print is NaN and no text; weights that differ by factor are no number."""
    found = paper_rows(matching(CLAIMS, settings(factor=4), METRICS, {"set5": "set5"}), METRICS)
    assert found["ssim"].isna().all()
    assert found["printed_ssim"].tolist() == [""]
    assert found["parameters"].isna().all()


@pytest.mark.parametrize(
    ("setting", "metrics", "why"),
    [
        ({"dataset": "mine"}, METRICS, "papers report the datasets set5, set14, and the run has mine"),
        ({"factor": 8}, METRICS, "papers report set5 with the factors 3, 4, and the run has 8"),
        (
            {"protocol": "basicsr:lr=dn"},
            METRICS,
            "papers report set5 with the protocols basicsr, basicsr:lr=bd, srcnn, and the run has basicsr:lr=dn",
        ),
        ({}, ["gmsd"], "papers report psnr, ssim, lpips, and the run has gmsd"),
    ],
)
def test_one_thing_that_differs_matches_nothing(setting: Any, metrics: Any, why: str) -> None:  # noqa: ANN401
    """Dataset, factor, protocol with its degradation, and a metric must all be those of the claim; else it says why."""
    run, called = settings(**setting), {"set5": "set5"}
    assert matching(CLAIMS, run, metrics, called).empty
    assert why_none(CLAIMS, run, metrics, called) == why


def test_a_dataset_is_known_by_its_files() -> None:
    """A folder with the files of Set5 is Set5, and a folder of that name with other files is not."""
    set5 = datasets.get("set5").fingerprint
    assert claimed_names({"HR": set5, "set5": "other"}, ["set5", "set14"]) == {"HR": "set5"}
    assert claimed_names({"set5": "", "manga109": "any"}, ["set5", "manga109"]) == {
        "set5": "set5",
        "manga109": "manga109",
    }
    run = settings(dataset="set5")
    assert why_none(CLAIMS, run, METRICS, {}).endswith("and the run has set5 of other files")
    found = paper_rows(matching(CLAIMS, settings(dataset="HR"), METRICS, {"HR": "set5"}), METRICS)
    assert found["dataset"].tolist() == ["HR"]


def test_what_stands_beside_a_measured_number_is_no_row() -> None:
    """A claim of a method that was measured is left out: its own row has it."""
    left = without(CLAIMS, CLAIMS.iloc[:2])
    assert len(left) == len(CLAIMS) - 2
    assert matching(left, settings(), METRICS, {"set5": "set5"}).empty


def test_other_protocols_are_named() -> None:
    """Methods of the same dataset and factor under another protocol are found, to say that they are not shown."""
    found = elsewhere(CLAIMS, settings(), {"set5": "set5"})
    assert sorted(zip(found["name"], found["protocol"], strict=True)) == [("net", "basicsr:lr=bd"), ("other", "srcnn")]

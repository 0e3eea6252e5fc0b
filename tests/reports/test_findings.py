"""What is found in a run folder, and with which method others are compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.errors import UsageError
from srbench.plan import Plan
from srbench.reports import findings
from srbench.reports.remarks import papers
from srbench.store.rows import ScoreRow

PLAN = Plan(("bicubic", "espcn"), (2,), ("set",), ("p",))


@pytest.mark.slow
def test_baseline_in_another_spelling(runs: Any) -> None:  # noqa: ANN401 - of conftest
    """A default that is spelled out means the method without it; another option is another method, and refused."""
    folder = runs.write("a", PLAN)
    assert findings.load(folder).baseline == "bicubic"
    assert findings.load(folder, "espcn:activation=tanh").baseline == "espcn"
    for absent in ("espcn:activation=relu", "espcn:activation=typo", "typo"):
        with pytest.raises(UsageError, match=f"--baseline is '{absent}', expected a method of the run: bicubic, espcn"):
            findings.load(folder, absent)


@pytest.mark.slow
def test_papers_are_found_by_specs() -> None:
    """A method with a label has what papers report of its spec beside its own: 30.39 dB, RCAN, ECCV 2018, Table 2."""
    about: dict[str, Any] = {"method": "bicubic-matlab", "dataset": "set5", "factor": 3, "protocol": "srcnn"}
    rows = [ScoreRow(**about, image=each, device="cpu", psnr=30.39, ssim=0.8682, channels=1) for each in "abcde"]
    labels = {"bicubic-matlab": "Keys"}
    order = Order(["bicubic-matlab"], {"set5": 5}, [3], ["srcnn"], metrics_of({}), labels=labels)
    found = findings.of(tables(rows, order), Path(), {"labels": labels})
    assert found.claims[["method", "spec"]].drop_duplicates().to_numpy().tolist() == [["Keys", "bicubic-matlab"]]
    assert found.claims["verdict"].tolist() == ["equal", "equal"]
    board = found.scoreboard[["method", "reported_psnr", "reported_ssim", "reported_source"]].to_numpy().tolist()
    assert board == [["Keys", 30.39, 0.8682, "RCAN, ECCV 2018, Table 2"]]


PAN = "739fab99ee7b7058dab4d1b84aa2869bb9fc3995a1c08789c20355bee943833c"
"""The sha256 of PAN's weights (x4), as results/published.csv has it."""


@pytest.mark.parametrize(
    ("protocols", "factor", "found"),
    [
        (["basicsr"], 4, {"PAN": ["basicsr-mirror"]}),
        (["basicsr", "basicsr:border=mirror:grey=rgb"], 4, {}),
        (["basicsr"], 3, {}),
    ],
)
def test_papers_of_other_protocols(protocols: list[str], factor: int, found: dict[str, list[str]]) -> None:
    """A method that has a paper's weights says which protocol its numbers are of, where the run has no such scores."""
    about: dict[str, Any] = {"dataset": "set5", "factor": factor, "device": "cpu", "psnr": 30.0, "ssim": 0.9}
    rows = [
        ScoreRow(**about, method=method, protocol=protocol, image="a", channels=1)
        for method in ("bicubic", "net")
        for protocol in protocols
    ]
    info = {"labels": {"net": "PAN"}, "methods": {"net": {"files": {"pan.pth": PAN}}}}
    order = Order(["bicubic", "net"], {"set5": 1}, [factor], protocols, metrics_of({}), labels={"net": "PAN"})
    run = findings.of(tables(rows, order), Path(), info)
    assert run.papers_protocols == found
    lines = ["PAN: its paper's numbers are of protocol basicsr-mirror (--protocol basicsr-mirror)"] if found else []
    assert list(papers(run.papers_protocols)) == lines

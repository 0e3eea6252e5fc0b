"""The literature's tables: what they hold, and how a measured mean is held against them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from srbench import datasets, methods
from srbench.analysis import published as module
from srbench.analysis.columns import metrics_of
from srbench.analysis.published import TOLERANCES, beside, published
from srbench.metrics.declaration import Metric
from srbench.quality.protocols import get

if TYPE_CHECKING:
    from pathlib import Path

METRICS = metrics_of({})

# SRCNN, VDSR, EDSR and RCAN (ECCV 2018, Table 2) all print this row; set5, bicubic
CLASSICAL = {2: (33.66, 0.9299), 3: (30.39, 0.8682), 4: (28.42, 0.8104)}


def measured(psnr: float = 30.39, ssim: float = 0.8682, **fields: object) -> pd.DataFrame:
    """Return a summary of one line: bicubic-matlab on set5 x3 under srcnn."""
    line = {"method": "bicubic-matlab", "dataset": "set5", "factor": 3, "protocol": "srcnn", "psnr": psnr, "ssim": ssim}
    return pd.DataFrame([line | {"images": 5, "of": 5, "reason": ""} | fields])


def verdict(psnr: float, ssim: float) -> str:
    """Return the verdict on the classical cell of set5 x3."""
    return str(compared(measured(psnr, ssim))["verdict"])


def compared(summary: pd.DataFrame, fixed: tuple[str, ...] = ("bicubic-matlab",)) -> pd.Series:
    """Return the classical cell of set5 x3 beside what was measured; every other cell says that it was not."""
    cells = published(["bicubic-matlab"], METRICS)
    table = beside(cells, summary, fixed, METRICS)
    assert len(table) == len(cells)
    here = (table["dataset"] == "set5") & (table["factor"] == 3) & (table["protocol"] == "srcnn")
    assert set(table[~here]["verdict"]) <= {"not measured"}
    (row,) = (line for _, line in table[here].iterrows())
    return row


@pytest.mark.parametrize("factor", CLASSICAL)
def test_the_classical_row_is_there(factor: int) -> None:
    """33.66 / 30.39 / 28.42 dB: the bicubic of every SR paper, under protocol srcnn."""
    cells = published(["bicubic-matlab"], METRICS)
    cell = cells[(cells["dataset"] == "set5") & (cells["factor"] == factor) & (cells["protocol"] == "srcnn")]
    assert list(zip(cell["psnr"], cell["ssim"], strict=True)) == [CLASSICAL[factor]]
    assert cell["source"].str.len().all()


def test_only_the_methods_asked_for_are_returned() -> None:
    """Cells of methods that srbench does not have stay out."""
    assert set(published(["bicubic-matlab", "espcn"], METRICS)["spec"]) == {"bicubic-matlab", "espcn"}
    assert published([], METRICS).empty
    assert published(["nothing of this name"], METRICS).empty


def test_every_cell_says_where_it_comes_from_and_what_it_means() -> None:
    """Cells that can be compared name a known protocol; all name a source, a paper's method and a sound number."""
    cells = published(["bicubic-matlab", "espcn", ""], METRICS)
    assert len(cells) > 100
    assert cells["source"].str.len().all()
    assert cells["method"].str.len().all()
    specs = set(cells["protocol"]) - {""}
    assert {get(spec).name for spec in specs} == specs
    assert cells["psnr"].dropna().between(15, 50).all()
    assert cells["ssim"].dropna().between(0.3, 1).all()
    assert not cells[["psnr", "ssim"]].isna().all(axis=1).any()


def test_cells_of_our_methods_name_specs_that_exist() -> None:
    """A spec in the table is a canonical spec of a registered method, or it would never be compared."""
    registry = methods.registry()
    specs = set(published([*registry, "espcn:activation=relu"], METRICS)["spec"])
    assert {methods.choose(spec, registry).spec for spec in specs} == specs
    assert specs >= {"bicubic-matlab", "espcn"}


def test_cells_name_datasets_as_srbench_does() -> None:
    """Set5, Set14, BSD100 and Urban100 are spelt as their manifests, or they would never be compared."""
    named = set(published(["bicubic-matlab"], METRICS)["dataset"])
    assert named & set(datasets.names()) >= {"set5", "set14", "bsd100", "urban100"}


@pytest.mark.parametrize(
    ("psnr", "ssim", "expected"),
    [
        (30.39, 0.8682, "agrees"),
        (30.39 + 0.9 * TOLERANCES["psnr"], 0.8682 - 0.9 * TOLERANCES["ssim"], "agrees"),
        (30.39 - 1.1 * TOLERANCES["psnr"], 0.8682, "off"),
        (30.39 + 1.1 * TOLERANCES["psnr"], 0.8682, "off"),
        (30.39, 0.8682 + 1.1 * TOLERANCES["ssim"], "off"),
        (30.39, 0.8682 - 1.1 * TOLERANCES["ssim"], "off"),
        (math.inf, 1.0, "off"),
    ],
)
def test_a_mean_agrees_within_the_tolerances(psnr: float, ssim: float, expected: str) -> None:
    """0.01 dB and 0.001 of SSIM either way; both must hold."""
    assert verdict(psnr, ssim) == expected


def test_differences_are_measured_less_published() -> None:
    """A positive difference is better than the paper."""
    row = compared(measured(30.40, 0.8672))
    assert (row["measured_psnr"], row["measured_ssim"], row["psnr"]) == (30.40, 0.8672, 30.39)
    assert row["psnr_difference"] == pytest.approx(0.01)
    assert row["ssim_difference"] == pytest.approx(-0.001)


def test_a_trained_network_is_not_held_to_the_papers_number() -> None:
    """Other weights give other numbers: its verdict is `trained`, near or far."""
    for psnr in (30.39, 20.0):
        assert compared(measured(psnr), fixed=())["verdict"] == "trained"


def test_a_network_with_the_authors_weights_is_held_to_it() -> None:
    """Weights are known by their sha256, whatever the method is called; others, and ensembles, have no such cells."""
    pan = "739fab99ee7b7058dab4d1b84aa2869bb9fc3995a1c08789c20355bee943833c"
    cells = published(
        ["mine", "other"], METRICS, {"mine": {pan, "a file"}, "other": {"1" * 64}, "mine:ensemble=8": {pan}}
    )
    assert set(cells["spec"]) == {"mine"}
    assert set(cells["method"]) == {"PAN"}
    line = {"method": "mine", "dataset": "set5", "factor": 4, "protocol": "basicsr:border=mirror:grey=rgb"}
    for psnr, expected in ((32.1311, "agrees"), (32.0, "off")):
        table = beside(cells, measured(psnr, 0.8948, **line), (), METRICS)
        assert dict(zip(table["dataset"], table["verdict"], strict=True))["set5"] == expected


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"images": 4, "reason": "fell over"}, "fell over"),
        ({"protocol": "article"}, "not scored"),
        ({"factor": 5}, "not scored"),
        ({"dataset": "set6"}, "not scored"),
        ({"method": "bicubic"}, "not scored"),
    ],
)
def test_what_was_not_measured_alike_is_not_compared(fields: dict[str, object], reason: str) -> None:
    """Some of the images, another protocol, factor, dataset or method: the cell stays, and says why it is empty."""
    for fixed in ((), ("bicubic-matlab",)):
        row = compared(measured(**fields), fixed)  # type: ignore[arg-type]
        assert (row["verdict"], row["reason"]) == ("not measured", reason)
        assert math.isnan(row["measured_psnr"])
        assert math.isnan(row["psnr_difference"])
    assert compared(measured())["reason"] == ""


def test_a_cell_without_ssim_is_judged_by_psnr() -> None:
    """Papers that print PSNR alone are compared by it."""
    cells = published(["bicubic-matlab"], METRICS).assign(ssim=math.nan)
    cells = cells[(cells["dataset"] == "set5") & (cells["factor"] == 3) & (cells["protocol"] == "srcnn")]
    assert beside(cells, measured(30.39, 0.1), ["bicubic-matlab"], METRICS)["verdict"].tolist() == ["agrees"]
    assert beside(cells, measured(30.49, 0.1), ["bicubic-matlab"], METRICS)["verdict"].tolist() == ["off"]


LPIPS = metrics_of({"metrics": {"lpips": Metric(label="LPIPS", better="lower").facts}})


@pytest.mark.parametrize(
    ("lpips", "images", "verdict", "reason"),
    [
        (0.3402, 5, "agrees", ""),
        (0.3422, 5, "off", ""),
        (0.3402, 4, "not measured", "no metric that the paper has on all images"),
    ],
)
def test_any_metric_may_be_published(  # noqa: PLR0913 - fixtures and parameters
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lpips: float, images: int, verdict: str, reason: str
) -> None:
    """A column of the literature's table is a metric by its spec; a mean over some of the images is not compared."""
    head = "method,spec,dataset,factor,psnr,ssim,lpips,params,protocol,source"
    lines = ["Bicubic,bicubic-matlab,set5,3,30.39,0.8682,0.340,0,srcnn,x", "Net,net,set5,3,33.0,0.9,,0,srcnn,x"]
    (tmp_path / "published.csv").write_text("\n".join([head, *lines]), encoding="utf-8")
    monkeypatch.setattr(module, "folder", lambda _: tmp_path)
    cells = published(["bicubic-matlab", "net"], LPIPS)
    assert list(cells) == ["method", "spec", "dataset", "factor", "lpips", "params", "protocol", "source", "weights"]
    assert cells["spec"].tolist() == ["bicubic-matlab"]  # of the other, nothing that the run has is published
    (line,) = beside(cells, measured(lpips=lpips, lpips_images=images), ["bicubic-matlab"], LPIPS).to_dict("records")
    assert (line["verdict"], line["reason"]) == (verdict, reason)
    both = beside(
        published(["bicubic-matlab"], METRICS | LPIPS),
        measured(lpips=lpips, lpips_images=images),
        ["bicubic-matlab"],
        METRICS | LPIPS,
    )
    assert both["verdict"].tolist() == ["off" if verdict == "off" else "agrees"]


def test_metrics_that_no_paper_has() -> None:
    """A run by metrics that the table lacks has nothing to be compared with."""
    assert published(["bicubic-matlab"], LPIPS).empty
    assert published(["bicubic-matlab"], METRICS | LPIPS)["lpips"].isna().all()

"""The LaTeX table: one for each protocol, factors below each other, datasets side by side, names of papers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.tables import Order, tables
from srbench.errors import UsageError
from srbench.reports import findings, formats, latex
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    from srbench.reports.findings import Findings

FACTORS, DATASETS, PROTOCOLS = (2, 3), ("set5", "set14"), ("basicsr", "srcnn")


COPY = {"image": "1 of bsds500", "shows": "woman of set5", "pixels": "ab"}


def load(factors: tuple[int, ...] = FACTORS, failing: int = 0) -> Findings:
    """Return the findings of a run in several settings; net fails on an image of set5 at the factor `failing`."""
    rows = [
        row(method, dataset, factor, protocol, image, failed=(factor, dataset, image) == (failing, "set5", "y"))
        for protocol in PROTOCOLS
        for dataset in DATASETS
        for factor in factors
        for method in ("bicubic", "my_net")
        for image in "xy"
    ]
    order = Order(("bicubic", "my_net"), dict.fromkeys(DATASETS, 2), factors, PROTOCOLS, metrics_of({}))
    return findings.of(tables(rows, order), Path("run"), {})


def row(method: str, dataset: str, factor: int, protocol: str, image: str, *, failed: bool) -> ScoreRow:  # noqa: PLR0913
    """Return a score: 40 dB less the factor, and one more for the network."""
    where: Any = {"method": method, "dataset": dataset, "factor": factor, "protocol": protocol, "image": image}
    if failed and method == "my_net":
        return ScoreRow(**where, device="cpu", status="failed", reason="boom")
    psnr = 40.0 - factor + (method == "my_net")
    return ScoreRow(**where, device="cpu", psnr=psnr, ssim=0.9, key=f"{where}")


@pytest.mark.slow
def test_one_table_for_each_protocol() -> None:
    """Rows are methods within each factor, columns the metrics of each dataset."""
    text = latex.render(load())
    assert text.count(r"\begin{table}") == len(PROTOCOLS)
    first = text.partition(r"\end{table}")[0]
    assert r" &  & \multicolumn{2}{c}{Set5} & \multicolumn{2}{c}{Set14} \\" in first
    assert r"\cmidrule(lr){3-4}\cmidrule(lr){5-6}" in first
    assert r"Method & Scale & PSNR & SSIM & PSNR & SSIM \\" in first
    rows = [line for line in first.splitlines() if line.startswith(("Bicubic", "my", r"\midrule"))]
    best = r"\textbf{39.00} & \textbf{0.9000} & \textbf{39.00} & \textbf{0.9000} \\"
    assert rows[2] == rf"my\_net & $\times$2 & {best}"
    assert [line.partition(" & ")[0] for line in rows] == [r"\midrule", "Bicubic (OpenCV)", r"my\_net"] * 2


def test_one_factor_needs_no_column() -> None:
    """It stands in the caption."""
    text = latex.render(load((3,)))
    assert r"Method & PSNR & SSIM & PSNR & SSIM \\" in text
    assert "PSNR (dB) and SSIM at factor 3, protocol basicsr." in text


@pytest.mark.slow
def test_images_that_lack_at_one_factor_are_said() -> None:
    """Where means at one factor lack images, the head of the dataset says at which."""
    text = latex.render(load(failing=3))
    assert r"\multicolumn{2}{c}{Set5 (1 of 2 images at x3)}" in text


@pytest.mark.slow
def test_names_are_shown_as_asked() -> None:
    """`--names` names datasets and methods, escaped, in heads, rows and the caption."""
    text = formats.render("latex", load(), ["set5=Set_5,my_net=Mine & yours"])
    assert r"\multicolumn{2}{c}{Set\_5}" in text
    assert r"Mine \& yours & $\times$2" in text
    assert r"images of Set\_5 (2), Set14 (2)" in text
    with pytest.raises(UsageError, match="unknown dataset or method 'set6'"):
        formats.render("latex", load(), ["set6=Six"])


@pytest.mark.slow
def test_methods_without_numbers_have_no_row() -> None:
    """A method that is skipped at a factor has no row there, and one that lacks a dataset has a dash."""
    found = load()
    board = found.scoreboard
    skipped = (board["method"] == "my_net") & ((board["factor"] == 3) | (board["dataset"] == "set14"))
    board.loc[skipped, "images"], board.loc[skipped, "status"] = 0, "skipped"
    text = latex.render(found)
    assert r"my\_net & $\times$2 & \textbf{39.00} & \textbf{0.9000} & -- & -- \\" in text
    assert r"my\_net & $\times$3" not in text


@pytest.mark.slow
def test_caption_is_in_words_of_papers() -> None:
    """It says which datasets have too few images, which means are not compared, and which rows are from which paper."""
    partial = latex.render(load(failing=2))
    assert "have too few images for a test of significance" in latex.render(load())
    assert "In brackets" not in latex.render(load())
    assert "Set5 (1 of 2 images at x2)" in partial
    info = {"methods": {"my_net": {"models": {"x2": {"near_copies": [COPY]}}}}}
    found = replace(load(), info=info, reported=True)
    found.tables.scores["hr_sha256"] = "ab"
    text = latex.render(found).replace("{}", "")
    assert (
        "my\\_net was trained at x2 on images that are nearly some of Set5's (x; y): its scores may be too high" in text
    )
    assert "reported, not measured here. " in text
    assert "; RCAN: RCAN, ECCV 2018, Table 2; " in text


@pytest.mark.slow
def test_means_over_fewer_images_are_explained() -> None:
    """Behind a mean that is not compared stand its images in brackets, and the caption says what these are."""
    found = load(failing=2)
    board = found.scoreboard
    board.loc[(board["method"] == "my_net") & (board["images"] < board["of"]), "judged"] = False
    text = latex.render(found)
    assert "(1 of 2)" in text
    assert "In brackets: on how many of the images a mean is that is not compared with others." in text

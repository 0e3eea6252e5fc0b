"""The scoreboard, and all scores image by image, as tables of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from srbench.report.drawing import absent
from srbench.report.html.legend import Place
from srbench.report.html.tabling import NONE, Cell, Column, Line, Table, fixed, probability, short, whole
from srbench.report.remarks import TRAINED_ON
from srbench.results.comparisons import PLACE
from srbench.results.rows import DEVICES

if TYPE_CHECKING:
    import pandas as pd

    from srbench.report.findings import Findings
    from srbench.report.html.legend import Legend

LINES = 5000
"""Lines of the table of images; browsers sort as many in a second or two."""

_STYLES = {1: "best", 2: "second"}
_VERDICTS = {"": NONE, "too few images": "too few images to decide"}
_PLACES = [Column("Dataset"), Column("Factor", number=True), Column("Protocol")]


def scoreboard(findings: Findings, board: pd.DataFrame, legend: Legend) -> Table:
    """Return `board` (`report.scoreboard`) as a table; columns that nothing fills are left out."""
    baseline = findings.baseline
    columns = [
        *_PLACES,
        Column("PSNR dB", number=True, hint="peak signal-to-noise ratio, the mean over images; higher is better"),
        Column("SSIM", number=True, hint="structural similarity, 1 is identical; higher is better"),
        Column(f"Over {baseline}, dB", number=True, hint="mean difference of PSNR, with its 95 % interval below"),
        Column("p", number=True, hint="how often chance alone gives such a difference, corrected for several methods"),
        Column("Verdict", hint="at a level of 0.05"),
        Column("Published dB", number=True, hint="what a paper reports for this cell"),
        Column("Rank", number=True, hint="mean rank by PSNR over the images, 1 is the best"),
        *(Column(f"{name.upper()} ms/Mpx", number=True, hint="milliseconds per output megapixel") for name in DEVICES),
        Column("Weights", number=True, hint="trained parameters"),
    ]
    lines = [Line(line["method"], legend.places[place_of(line)], _cells(line)) for _, line in board.iterrows()]
    table = Table("scoreboard", "Scores of every method, dataset, factor and protocol", columns, lines)
    always = {*_PLACES, columns[3], columns[4]}
    return table.without_empty([column.title for column in columns if column not in always])


def place_of(line: Any) -> Place:  # noqa: ANN401 - a line of a table
    """Return the place of a line."""
    return Place(str(line["dataset"]), int(line["factor"]), str(line["protocol"]))


def _place(line: Any) -> list[Cell]:  # noqa: ANN401 - as above
    return [Cell(line["dataset"]), Cell(f"x{line['factor']}", float(line["factor"])), Cell(line["protocol"])]


def _cells(line: pd.Series) -> list[Cell]:
    psnr = fixed(line["psnr"], 2, style=_STYLES.get(line["psnr_place"], ""), note=_remark(line))
    if line["trained_on"]:
        psnr = psnr._replace(text=TRAINED_ON + psnr.text, style="warn")
    low, high = (fixed(line[f"psnr_{end}"], 2, sign=True).text for end in ("low", "high"))
    interval = "" if absent(line["psnr_low"]) else f"{low} to {high}"
    p = line["psnr_p_holm"]
    published = fixed(line["published_psnr"], 2, note=line["published_source"])
    return [
        *_place(line),
        psnr,
        fixed(line["ssim"], 4, style=_STYLES.get(line["ssim_place"], "")),
        fixed(line["psnr_difference"], 2, sign=True, note=interval),
        Cell(NONE, p, "none") if absent(p) else Cell(probability(p), float(p)),
        Cell(_VERDICTS.get(line["psnr_verdict"], line["psnr_verdict"]), style=f"v {line['psnr_verdict']}"),
        published,
        fixed(line["rank"], 2),
        *(short(line[f"{name}_ms_per_mpx"]) for name in DEVICES),
        whole(line["parameters"]),
    ]


def _remark(line: pd.Series) -> str:
    """Say why a mean is not one over all images."""
    if not line["images"]:
        return str(line["status"])
    return "" if line["images"] == line["of"] else f"{line['images']} of {line['of']} images"


def images(findings: Findings, legend: Legend) -> Table:
    """Return the first `LINES` lines of scores as a table."""
    columns = [*_PLACES, Column("Image"), Column("PSNR dB", number=True), Column("SSIM", number=True)]
    columns += [Column(f"Over {findings.baseline}, dB", number=True), Column("Size, px"), Column("Status")]
    scores = with_differences(findings)
    lines = [
        Line(line["method"], legend.places[place_of(line)], _image(line))
        for line in scores.head(LINES).to_dict("records")
    ]
    return Table("images", "Scores of every image", columns, lines)


def _image(line: Any) -> list[Cell]:  # noqa: ANN401 - a line of scores
    psnr = fixed(line["psnr"], 2)
    if line["trained_on"]:
        psnr = psnr._replace(text=TRAINED_ON + psnr.text, style="warn")
    size = f"{int(line['width'])}×{int(line['height'])}" if line["width"] > 0 else NONE  # noqa: RUF001 - times
    return [
        *_place(line),
        Cell(line["image"], style="open"),
        psnr,
        fixed(line["ssim"], 4),
        fixed(line["difference"], 2, sign=True),
        Cell(size),
        Cell(line["status"], style="" if line["status"] == "ok" else "warn", note=line["reason"]),
    ]


def with_differences(findings: Findings) -> pd.DataFrame:
    """Return the scores with `difference`: PSNR less that of the baseline on the same image, dB."""
    scores = findings.tables.scores
    base = scores.loc[scores["method"] == findings.baseline, [*PLACE, "image", "psnr"]]
    found = scores.merge(base.rename(columns={"psnr": "base"}), how="left", on=[*PLACE, "image"])
    finite = found["psnr"].abs() != float("inf")
    difference = (found["psnr"] - found["base"]).where(finite & (found["method"] != findings.baseline))
    return found.assign(difference=difference.replace(float("-inf"), float("nan"))).drop(columns="base")

"""Tables of claims: what a line says, and what is said of lines that are wrong."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from srbench import datasets, methods
from srbench.analysis.claims import COLUMNS, MEASURED, OTHER, WrongLines, published, read, written
from srbench.errors import UsageError
from srbench.quality import protocol_file, protocols

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[..., Path]

HEAD = "method,dataset,factor,protocol,degradation,metric,reported,source,weights"
LITERATURE = Path(__file__).parents[2] / "results" / "published.csv"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a table and returns its file."""

    def table(*lines: str, head: str = HEAD) -> Path:
        file = tmp_path / "claims.csv"
        file.write_text("\n".join([head, *lines]), encoding="utf-8")
        return file

    return table


def test_a_line_is_a_claim(write: Write) -> None:
    """Digits stay as printed; protocol and degradation make the spec of rows, whichever column says what."""
    lines = [
        "nearest,set5,3,basicsr,,psnr,26.30,me,",
        "nearest,set5,3,selfexsr:lr=bd,,ssim,.75,me,",
        "nearest,set5,3,selfexsr,dn:sigma=50,ms-ssim,12,me,",
        "nearest,set5,3,selfexsr:lr=dn:sigma=30,dn,lpips,0.3000,me,",
        "nearest,set5,4,basicsr-mirror,,PSNR,30,me,other",
    ]
    found = read(write(*lines)).claims
    assert found[["reported", "printed"]].to_numpy().tolist() == [
        [26.3, "26.30"],
        [0.75, ".75"],
        [12.0, "12"],
        [0.3, "0.3000"],
        [30.0, "30"],
    ]
    assert found["protocol"].tolist() == [
        "basicsr",
        "selfexsr:lr=bd",
        "selfexsr:lr=dn:sigma=50.0",
        "selfexsr:lr=dn",
        "basicsr:border=mirror:grey=rgb",
    ]
    assert found["degradation"].tolist() == ["bicubic", "bd", "dn:sigma=50.0", "dn", "bicubic:border=mirror"]
    assert found["metric"].tolist() == ["psnr", "ssim", "ms-ssim", "lpips", "psnr"]
    assert set(found["name"]) == {""}


def test_columns_may_be_left_out_and_stand_in_any_order(write: Write) -> None:
    """Only what a number means nothing without is needed; a name alone is a claim of the literature."""
    head = "reported,protocol,factor,dataset,name"
    (claim,) = read(write("26.30,basicsr,3,set5,RCAN", head=head)).claims.to_dict("records")
    assert (claim["name"], claim["method"], claim["metric"], claim["weights"]) == ("RCAN", "", "psnr", "")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nearest,set5,3x,basicsr,,psnr,27.9,x,", "factor is '3x', expected one integer of at least 2, such as 3"),
        ("nearest,set5,x4,basicsr,,psnr,27.9,x,", "factor is 'x4', expected one integer of at least 2, such as 4"),
        ("nearest,set5,1,basicsr,,psnr,27.9,x,", "factor is '1'"),
        ("nearest,set5,3,basiscr,,psnr,27.9,x,", "unknown protocol 'basiscr'; did you mean 'basicsr'?"),
        ("nearest,set5,3,basicsr,bdd,psnr,27.9,x,", "unknown degradation 'bdd'; did you mean 'bd'?"),
        ("nearest,set5,3,basicsr:lr=bd,dn,psnr,27.9,x,", "contradict each other in lr; name it once"),
        ("nearest,set5,3,basicsr,,pnsr,27.9,x,", "unknown metric 'pnsr'; did you mean 'psnr'?"),
        ('nearest,set5,3,basicsr,,psnr,"27,9",x,', "reported is '27,9', expected a number as it is printed"),
        ("nearest,set5,3,basicsr,,psnr,27.9 dB,x,", "without its unit: 27.9"),
        ("nearest,set5,3,basicsr,,psnr,27.9±0.1,x,", "without its unit: 27.9"),
        ("nearest,set5,3,basicsr,,psnr,inf,x,", "reported is 'inf'"),
        ("nearest,set5,3,basicsr,,psnr,27.9,x,abc", "weights is 'abc', expected the sha256"),
        (",set5,3,basicsr,,psnr,27.9,x,", "method and name are empty"),
        ("A=nearest,set5,3,basicsr,,psnr,27.9,x,", "has a label; expected it in the column name"),
        ("nearest:x,set5,3,basicsr,,psnr,27.9,x,", "cannot read 'x' in method 'nearest:x'"),
        ("nearest,,3,,,psnr,,x,", "dataset is empty; and protocol is empty; and reported is empty"),
        ("nearest,set5,3,basicsr,,psnr,27.9,RCAN, Table 2,", "10 cells, expected 9 as in the first line"),
        ("nearest,set5,3,basicsr,,psnr,27.9", "7 cells, expected 9"),
    ],
)
def test_a_wrong_line(write: Write, line: str, said: str) -> None:
    """What was got, what is expected, and in which line of the file, behind a sound and an empty one."""
    file = write("nearest,set5,3,basicsr,,psnr,27.9,x,", "", line)
    with pytest.raises(WrongLines) as caught:
        read(file)
    (wrong,) = caught.value.lines
    assert wrong.startswith(f"{file}, line 4: ")
    assert said in wrong


def test_all_wrong_lines_are_named(write: Write) -> None:
    """Not the first alone, and of each all that is wrong."""
    with pytest.raises(WrongLines) as caught:
        read(
            write(
                "nearest,set5,0,basicsr,,psnr,x,,", "nearest,set5,3,basicsr,,psnr,27.9,x,", "nearest,set5,3,no,,,1,x,"
            )
        )
    first, second = caught.value.lines
    assert "line 2: factor is '0'" in first
    assert "; and reported is 'x'" in first
    assert "line 4: unknown protocol 'no'" in second
    assert str(caught.value) == f"{first}; {second}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "the first line has no column dataset, factor, protocol, reported; expected method,name,"),
        (b"method;dataset\n", "its cells are apart by ;, expected commas"),
        (b"method\tdataset\n", "its cells are apart by tabs, expected commas"),
        (b"Method,Dataset,Factor,Protocol,Reported\n", "expected lower case: method,dataset,factor,protocol,reported"),
        (b"method,dataset,factor,psnr,ssim,protocol\n", "it has psnr and ssim, but a table has one number a line"),
        (b"method,dataset,factor,protocol,reported,weigths\n", "unknown column 'weigths' .*did you mean 'weights'"),
        (b"method,dataset,factor,protocol,reported,method\n", "a column is there twice"),
        (b'method,dataset,factor,protocol,reported\n"a', "line 2: unexpected end of data"),
        (b"\xff\xfe", "is no text in UTF-8"),
    ],
)
def test_what_is_no_table(tmp_path: Path, text: bytes, said: str) -> None:
    """One line that names the file says what is expected."""
    (tmp_path / "claims.csv").write_bytes(text)
    with pytest.raises(UsageError, match=said):
        read(tmp_path / "claims.csv")
    with pytest.raises(UsageError, match=r"cannot read .*: Is a directory"):
        read(tmp_path)


def test_files_of_spreadsheets(tmp_path: Path) -> None:
    """A mark at the beginning and Windows' ends of lines are no part of a table."""
    text = "method,dataset,factor,protocol,reported\r\nnearest,set5,3,basicsr,26.30\r\n"
    (tmp_path / "claims.csv").write_bytes(text.encode("utf-8-sig"))
    assert read(tmp_path / "claims.csv").claims["printed"].tolist() == ["26.30"]


def test_protocols_and_metrics_of_files(write: Write, tmp_path: Path) -> None:
    """A protocol may be a TOML file, whose name rows carry; a metric may be one of a plug-in."""
    text = protocol_file.text(replace(protocols.get("ntire-esr"), name="mine"))
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    plugin = tmp_path / "sharp.py"
    plugin.write_text(
        "from srbench.metrics.declaration import Metric\nMETRIC = Metric(label='S', better='higher')\n",
        encoding="utf-8",
    )
    line = f"nearest,set5,3,{tmp_path / 'own.toml'},,sharp,0.5,me,"
    with pytest.raises(WrongLines, match="unknown metric 'sharp'"):
        read(write(line))
    found = read(write(line), [str(plugin)])
    assert found.claims[["protocol", "metric"]].to_numpy().tolist() == [["mine", "sharp"]]
    assert found.protocol_files == (tmp_path / "own.toml",)


def test_what_is_written_can_be_read_again(write: Write, tmp_path: Path) -> None:
    """Digits and all; what `srbench reproduce` adds is left out then."""
    found = read(write("nearest,set5,3,selfexsr,bd,ssim,0.8300,x,other")).claims
    written(found.assign(**dict.fromkeys(MEASURED, "x"))).to_csv(tmp_path / "again.csv", index=False)
    assert read(tmp_path / "again.csv").claims.equals(found)


def test_the_literature_says_where_each_claim_comes_from_and_what_it_means() -> None:
    """All name a source, a paper's method, a protocol by its canonical spec and a sound number; none is there twice."""
    claims = published()
    assert len(claims) == 402
    assert not (claims[["source", "name", "params"]] == "").any().any()
    assert {protocols.get(spec).name for spec in claims["protocol"]} == set(claims["protocol"])
    assert set(claims["metric"]) == {"psnr", "ssim"}
    assert claims.loc[claims["metric"] == "psnr", "reported"].between(15, 50).all()
    assert claims.loc[claims["metric"] == "ssim", "reported"].between(0.3, 1).all()
    assert not claims.drop(columns=["reported", "printed"]).duplicated().any()


def test_the_literature_has_the_columns_of_every_table() -> None:
    """All of them, in the order of the documentation, so that it is a table to begin with."""
    with LITERATURE.open(encoding="utf-8", newline="") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS


def test_methods_of_the_literature_exist() -> None:
    """A spec in the table is a canonical spec of a registered method, or it would never be compared."""
    registry = methods.registry()
    specs = set(published()["method"]) - {""}
    assert {methods.choose(spec, registry).spec for spec in specs} == specs == {"bicubic-matlab", "espcn", "fsrcnn"}


def test_networks_of_the_literature_name_their_weights() -> None:
    """Those of the papers of ESPCN and FSRCNN nobody has; four networks are known by the files of their authors."""
    claims = published()
    assert set(claims.loc[claims["method"].isin(["espcn", "fsrcnn"]), "weights"]) == {OTHER}
    assert set(claims.loc[claims["weights"].str.len() == 64, "name"]) == {"BSRN", "IMDN", "PAN", "RLFN"}


def test_the_literature_names_datasets_as_srbench_does() -> None:
    """Set5, Set14, BSD100 and Urban100 are spelt as their manifests, or they would never be compared."""
    assert set(published()["dataset"]) & set(datasets.names()) == {"set5", "set14", "bsd100", "urban100"}

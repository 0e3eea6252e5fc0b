"""The site of a board as files: what its pages say and link to; what a browser makes of them is in test_browser."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from srbench.boards import data
from srbench.boards.pages.site import POLICY, files

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench.boards.content import Board

EVIL = "<script>alert(1)</script>"


class Parsed(HTMLParser):
    """A page: its elements, in order, with their attributes; its texts."""

    def __init__(self, text: str) -> None:
        """Parse a page, or a part of one."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """Return all texts, with single spaces."""
        return " ".join(" ".join(self.texts).split())

    def values(self, name: str) -> list[str]:
        """Return the values of an attribute."""
        return [attributes[name] for _, attributes in self.elements if name in attributes]


@pytest.fixture
def site(board: Board) -> dict[str, bytes]:
    """Return the files of the site by name."""
    return dict(files(board))


def _pages(site: dict[str, bytes]) -> dict[str, Parsed]:
    return {name: Parsed(content.decode()) for name, content in site.items() if name.endswith(".html")}


def _data(site: dict[str, bytes], page: str, identity: str = "data") -> dict[str, object]:
    found = re.search(rf'id="{identity}">(.*?)</script>', site[page].decode(), re.DOTALL)
    assert found
    parsed: dict[str, object] = json.loads(found[1])
    return parsed


def test_a_page_for_each_method_and_image(board: Board, site: dict[str, bytes]) -> None:
    """The site has an index, the runs, and one page for each method and each image."""
    methods = {f"methods/{method.id}.html" for method in board.methods}
    images = {f"images/{image.id}.html" for image in board.images}
    assert {name for name in site if name.endswith(".html")} == {"index.html", "runs.html", *methods, *images}


def test_links_resolve(site: dict[str, bytes]) -> None:
    """Every link is relative, and leads to a file of the site, and there to an id."""
    pages = _pages(site)
    for name, page in pages.items():
        for link in [*page.values("href"), *page.values("src")]:
            path, _, fragment = link.partition("#")
            target = normpath(join(dirname(name), path)) if path else name
            assert target in {*site, data.CSV, data.TIMES, data.JSON}, (name, link)
            assert not fragment or fragment in pages[target].values("id"), (name, link)


def test_pictures_of_the_viewer_resolve(site: dict[str, bytes]) -> None:
    """So do the pictures that the viewer loads."""
    gallery = _data(site, "images/set-a.html", "gallery")
    pictures = gallery["pictures"]
    assert isinstance(pictures, dict)
    assert pictures
    assert {normpath(join("images", each)) for each in pictures.values()} <= set(site)


def test_no_request_leaves(site: dict[str, bytes]) -> None:
    """No page or style names an address; the policy of each page lets nothing in but files of the site."""
    for name, page in _pages(site).items():
        assert not re.search(rb"https?:|url\(|@import", site[name]), name
        metas = [each for tag, each in page.elements if tag == "meta" and "http-equiv" in each]
        assert [each["content"] for each in metas] == [POLICY]
        scripts = [each for tag, each in page.elements if tag == "script"]
        assert all("src" in each or each["type"] == "application/json" for each in scripts)
        assert "style" not in {tag for tag, _ in page.elements}
        assert not [each for each in page.elements if any(key.startswith("on") or key == "style" for key in each[1])]
    assert not re.search(rb"url\(|@import", site["assets/board.css"])


def test_same_board_same_bytes(board: Board, site: dict[str, bytes]) -> None:
    """Equal boards make equal sites."""
    assert dict(files(board)) == site


def test_every_line_is_on_the_index(board: Board, site: dict[str, bytes]) -> None:
    """Each line stands in its table: method, means, verdict, paper, weights, parameters, machine, commit and run."""
    text = _pages(site)["index.html"].text
    for line in (line for table in board.tables for line in table.lines):
        run = next(run for run in board.runs if run.id == line.run)
        machine = next(machine for machine in board.machines if machine.id == run.machine)
        assert run.folder in text
        assert run.commit[:9] in text
        assert machine.name in text
        assert all(sha256[:8] in text for sha256 in line.weights.values())
        assert line.parameters is None or f"{line.parameters:,}" in text
        assert all(failure in text for failure in line.failures)
    rows = re.findall(r"<tr data-method.*?</tr>", site["index.html"].decode(), re.DOTALL)
    assert len(rows) == sum(len(table.lines) for table in board.tables) + 12  # and two clocks, two tables, three points
    first = Parsed(rows[0]).text
    assert first.startswith(f"{EVIL} 1 33.00 0.9000 > next > better by 1.000 dB, p = 0.25")
    assert first.endswith("0a0a0a0a 2,000 Xeon, 8 cores new run commit c0ffeec0f+, and 1 more")
    second = Parsed(rows[1]).text
    assert "espcn trained on 1 of the images 2 32.00 0.8900 ~ next ~ undecided" in second
    assert "32.75 off; Shi et al. 2016, Table 1" in second
    assert "espcn (older) trained on 1 of the images older 31.00" in Parsed(rows[3]).text


def test_what_was_refused_is_said(board: Board, site: dict[str, bytes]) -> None:
    """Refusals are sentences of the index, each in one place; so is a folder that is not on the board."""
    text = _pages(site)["index.html"].text
    assert "broken is not on the board: its journal is damaged" in text
    assert [text.count(line) for line in board.refusals] == [1, 1]
    assert "kept apart from this table" in text


def test_machines_share_no_axis(board: Board, site: dict[str, bytes]) -> None:
    """Charts are drawn together only if they are of one machine, device and set of conditions."""
    clocks = _data(site, "index.html")["clocks"]
    assert isinstance(clocks, list)
    assert [[chart["title"] for chart in clock["charts"]] for clock in clocks] == [
        ["set x2, basicsr", "set x3, basicsr"]
    ] * 2
    one, two = board.tables[0].charts
    others = replace(one, conditions=(("device", "cpu"), ("threads", "2"))), two
    tables = (replace(board.tables[0], charts=others), board.tables[1])
    clocks = _data(dict(files(replace(board, tables=tables))), "index.html")["clocks"]
    assert isinstance(clocks, list)
    assert sorted(len(clock["charts"]) for clock in clocks) == [1, 1, 2]


def test_page_of_a_method(site: dict[str, bytes]) -> None:
    """It has all settings, what papers print, times by machine, versions, and whole hashes."""
    text = _pages(site)["methods/espcn.html"].text
    assert "Parameters 2,000 (x2), 3,000 (x3)" in text
    assert "set x2, basicsr trained on 1 of the images 2 of 3 32.00 31.90 to 32.10" in text
    assert "~ undecided against bicubic by 1.000 dB" in text
    assert "PSNR dB 32.75 32.00 −0.750 off ESPCN Shi et al. 2016, Table 1" in text  # noqa: RUF001 - minus
    assert (
        "Opteron, 2 cores cpu threads 1; precision float32; LR RGB uint8; sizes of LR 100x100 4.00 2.90 to 3.20 noisy"
        in text
    )
    assert "library numpy 2.4.6, not 2.4.1 32.00 0.9000" in text
    assert "1a" * 32 in text
    assert _data(site, "methods/espcn.html")["histories"]
    assert "one version of this method" in _pages(site)["methods/bicubic.html"].text


def test_page_of_an_image(site: dict[str, bytes]) -> None:
    """It has the scores of all methods in all settings, reasons of failures, and HR first among the pictures."""
    page = _pages(site)["images/set-c.html"]
    assert "failed: boom" in page.text
    assert page.text.count("32.00") >= 2
    alts = page.values("alt")
    assert alts[:2] == ["Crop of HR", "Crop of LR"]
    assert f"Crop of {EVIL}" not in alts  # it failed here
    assert "set x3, basicsr" in page.text


def test_runs(board: Board, site: dict[str, bytes]) -> None:
    """The page of runs has each with its whole commit, libraries, remarks; machines, protocols and datasets."""
    text = _pages(site)["runs.html"].text
    for run in board.runs:
        assert run.commit in text
        assert all(remark in text for remark in run.remarks)
    assert "python 3.12.1, numpy 2.4.6" in text
    assert "GPU H200" in text
    assert "LR by bicubic." in text
    assert board.datasets[0].fingerprint in text


def test_names_are_text(site: dict[str, bytes]) -> None:
    """Names are never markup, and none hides or turns the text around it."""
    for name, page in _pages(site).items():
        content = site[name].decode()
        assert "<script>alert" not in content
        assert "<img src=x" not in content
        assert "\u202e" not in content
        assert all(each["src"].startswith(("pictures/", "../pictures/")) for tag, each in page.elements if tag == "img")
    assert "c\\u202egnp" in _pages(site)["images/set-c.html"].text


def test_structure(site: dict[str, bytes]) -> None:
    """Ids are unique, headings leave out no level, headings of tables have a scope, tables have a caption."""
    for name, page in _pages(site).items():
        ids = page.values("id")
        assert len(ids) == len(set(ids)), name
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), name
        assert all(each.get("scope") in {"col", "row"} for tag, each in page.elements if tag == "th")
        tags = [tag for tag, _ in page.elements]
        assert tags.count("table") == tags.count("caption")
        assert all(link in ids for link in (each[1:] for each in page.values("aria-labelledby") if each[:1] == "#"))
        assert set(page.values("aria-labelledby")) <= set(ids)


def test_pictures_within_a_budget(board: Board) -> None:
    """Pictures take no more than the budget; an image without its pictures says so, and keeps its scores."""
    whole = sum(len(content) for name, content in files(board) if name.startswith("pictures/"))
    site = dict(files(board, whole // 2))
    taken = sum(len(content) for name, content in site.items() if name.startswith("pictures/"))
    assert 0 < taken <= whole // 2
    texts = [page.text for name, page in _pages(site).items() if name.startswith("images/")]
    assert any("left out to keep the site small" in text for text in texts)
    assert all("PSNR" in text for text in texts)
    test_links_resolve(site)


def test_lost_pictures(board: Board) -> None:
    """A run folder that has lost its crops leaves pages without pictures."""
    for path in board.images[0].grounds[0].hr_crop.source.parent.iterdir():  # type: ignore[union-attr] # there is one
        path.unlink()
    site = dict(files(board))
    assert not [name for name in site if name.startswith("pictures/")]
    test_links_resolve(site)


def test_pictures_keep_their_pixels(board: Board, site: dict[str, bytes]) -> None:
    """Crops are written without loss, equal ones once; thumbnails, which are JPEG, as they are."""
    names = [name for name in site if name.startswith("pictures/")]
    kept = [files_to_array(site[name]) for name in names]
    ground = board.images[0].grounds[0]
    crops = [ground.hr_crop, ground.lr_crop, *(score.crop for score in ground.scores)]
    for crop in crops:
        assert crop
        pixels = files_to_array(crop.source.read_bytes())
        assert sum(each.shape == pixels.shape and bool((each == pixels).all()) for each in kept) == 1


def files_to_array(content: bytes) -> NDArray[np.uint8]:
    """Return the pixels of a picture."""
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def test_files_that_are_no_pictures(board: Board) -> None:
    """Files in the place of crops that hold something else, or a huge picture, are left out."""
    places = [score.crop for score in board.images[0].grounds[0].scores if score.crop]
    places[0].source.write_bytes(b"no picture")
    huge = io.BytesIO()
    Image.new("L", (5000, 5000)).save(huge, "PNG")
    places[1].source.write_bytes(huge.getvalue())
    before = sum(name.startswith("pictures/") for name, _ in files(board))
    places[0].source.unlink()
    places[1].source.unlink()
    assert sum(name.startswith("pictures/") for name, _ in files(board)) == before


def test_an_empty_board(board: Board) -> None:
    """A board of refused folders alone says so."""
    empty = replace(board, tables=(), methods=(), images=(), runs=(), machines=(), protocols=(), datasets=())
    site = dict(files(empty))
    text = _pages(site)["index.html"].text
    assert "None of the runs has scores." in text
    assert "its journal is damaged" in text
    test_links_resolve(site)

"""The gallery: what the viewer is given, and which images when not all fit."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from srbench.reports.html import gallery as module
from srbench.reports.html.gallery import gallery, name_of
from srbench.store import pictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from srbench.reports.findings import Findings

    Run = Callable[..., Findings]

TWO = [{"method": "same", "psnr": math.inf, "ssim": 1.0}, {"method": "lighter", "psnr": 18.6, "ssim": 0.9}]


def many(*psnr: tuple[str, str, float, float]) -> list[dict[str, Any]]:
    """Return rows of two methods, from dataset, image and their PSNR."""
    return [
        {"dataset": dataset, "image": image, "method": method, "psnr": value, "ssim": 0.5}
        for dataset, image, *values in psnr
        for method, value in zip(("bicubic", "espcn"), values, strict=True)
    ]


def names(found: dict[str, Any]) -> list[str]:
    """Return dataset and image of what is shown."""
    return [f"{image['dataset']}/{image['image']}" for image in found["images"]]


@pytest.mark.slow
def test_panes(make_run: Run) -> None:
    """An image has its place, size and box, and a pane for HR, LR and each method with its score."""
    (image,) = gallery(make_run(TWO))["images"]
    assert image["id"] == "set/basicsr-x2/a"
    assert (image["whole"], image["box"], image["factor"]) == ([40, 30], [12, 8, 16, 12], 2)
    assert [(pane["name"], pane["psnr"], pane["ssim"]) for pane in image["panes"]] == [
        ("HR", None, None),
        ("LR", None, None),
        ("same", "inf", 1.0),
        ("lighter", 18.6, 0.9),
    ]


@pytest.mark.slow
def test_pictures(make_run: Run) -> None:
    """Pictures are the stored bytes, and of equal ones there is one."""
    run = make_run([*TWO, TWO[1] | {"image": "b"}])
    found = gallery(run)
    rows = list(run.tables.scores.itertuples())
    (run.folder / pictures.crops_of(rows[2]).sr).write_bytes((run.folder / pictures.crops_of(rows[0]).sr).read_bytes())
    fewer = gallery(run)
    assert len(fewer["pictures"]) == len(found["pictures"]) - 1
    for image in fewer["images"]:
        for pane in image["panes"]:
            kind, _, text = fewer["pictures"][pane["picture"]].partition(",")
            assert kind == "data:image/png;base64"
            assert name_of(base64.b64decode(text)) == pane["picture"]
        assert fewer["pictures"][image["small"]].startswith("data:image/jpeg;base64,")


@pytest.mark.slow
def test_json(make_run: Run) -> None:
    """All of it is strict JSON, also where scores are infinite or missing."""
    rows = [*TWO, {"method": "broken", "status": "failed", "reason": "<b>no</b>"}]
    found = gallery(make_run(rows))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    pane = found["images"][0]["panes"][-1]
    assert pane == {
        "name": "broken",
        "role": "",
        "picture": None,
        "psnr": None,
        "ssim": None,
        "best": False,
        "mark": "",
        "status": "failed",
        "reason": "<b>no</b>",
        "full": None,
    }


@pytest.mark.slow
def test_best_is_rankable(make_run: Run) -> None:
    """A score of a training image is marked and never the best; equal ones are the best alike.

    A method that is not compared is never the best, and no method on an image that does not count.
    """
    rows = [
        {"method": "base", "psnr": 30.0},
        {"method": "twin", "psnr": 30.0},
        {"method": "seen", "psnr": 40.0, "trained_on": True},
        {"method": "exact", "psnr": math.inf, "trained_on": True},
        *(
            {"method": name, "image": "b", "psnr": psnr}
            for name, psnr in (("base", 30.0), ("twin", 31.0), ("seen", 40.0))
        ),
        {"method": "base", "image": "c", "psnr": 30.0},
        *({"method": name, "image": "d", "psnr": 30.0} for name in ("base", "twin")),
        *({"method": name, "image": "e", "psnr": 30.0} for name in ("base", "twin")),
    ]
    panes = [image["panes"][2:] for image in gallery(make_run(rows))["images"]]
    best, marked = ([[pane["name"] for pane in each if pane[what]] for each in panes] for what in ("best", "mark"))
    assert best == [["base", "twin"], ["twin"], [], ["base", "twin"], ["base", "twin"]]
    assert marked == [["seen", "exact"], [], [], [], []]


@pytest.mark.slow
def test_devices_of_one_method_are_apart(make_run: Run) -> None:
    """Where a method has scores of both devices, there is an image for each, with every method once."""
    rows = [{"method": "bicubic", "psnr": 30.0}]
    rows += [{"method": "net", "psnr": 31.0, "device": device} for device in ("cpu", "cuda")]
    images = gallery(make_run(rows))["images"]
    assert [(each["id"], each["on_device"]) for each in images] == [
        ("set/basicsr-x2-cpu/a", "cpu"),
        ("set/basicsr-x2-cuda/a", "cuda"),
    ]
    assert [[pane["name"] for pane in each["panes"]] for each in images] == [["HR", "LR", "bicubic", "net"]] * 2


@pytest.mark.slow
def test_ids_are_unique(make_run: Run) -> None:
    """Slashes and percent signs in names make no two ids alike."""
    rows = [
        TWO[1] | {"dataset": dataset, "image": image} for dataset, image in (("a", "x"), ("a%2F", "x"), ("a/", "x"))
    ]
    ids = [image["id"] for image in gallery(make_run(rows))["images"]]
    assert len(set(ids)) == 3
    assert all(each.count("/") == 2 for each in ids)


@pytest.mark.slow
def test_budget(make_run: Run) -> None:
    """If not all fit, each place shows what says most: the largest disagreement, then each method's worst."""
    rows = many(
        *(("one", "plain", 30, 31), ("one", "apart", 30, 39), ("one", "worst", 20, 21)),
        *(("two", "plain", 30, 31), ("two", "apart", 30, 39)),
    )
    run = make_run(rows)
    everything = gallery(run)
    assert len(everything["images"]) == 5
    assert everything["note"] == ""
    shown = [image for image in everything["images"] if image["image"] != "plain"]
    used = {pane["picture"] for image in shown for pane in image["panes"]} | {image["small"] for image in shown}
    budget = sum(len(everything["pictures"][each]) for each in used)
    some = gallery(run, budget=budget)
    assert names(some) == ["one/apart", "one/worst", "two/apart"]
    assert some["pictures"].keys() == used
    assert names(gallery(run, budget=budget - 1)) == ["one/apart", "two/apart"]
    assert some["note"].startswith("2 of 5 images are left out to keep this file small")


@pytest.mark.slow
def test_missing_crops(make_run: Run) -> None:
    """An image without crops is left out and counted; so is one whose HR does not say where it lies."""
    run = make_run([*TWO, *(row | {"image": "b"} for row in TWO)])
    row = next(run.tables.scores.itertuples())
    hr = run.folder / pictures.crops_of(row).hr
    hr.write_bytes((run.folder / pictures.crops_of(row).lr).read_bytes())
    found = gallery(run)
    assert names(found) == ["set/b"]
    assert found["note"] == "1 of 2 images is left out because the run folder has no crops of them."
    hr.unlink()
    assert names(gallery(run)) == ["set/b"]


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "words"), [(TWO, "no crops: the run was made with --no-report"), ([], "no images")])
def test_nothing_to_show(make_run: Run, rows: list[dict[str, Any]], words: str) -> None:
    """A run without any crop, or without scores, says in one sentence why nothing is shown."""
    found = gallery(make_run(rows, cropped=False))
    assert found["images"] == []
    assert found["pictures"] == {}
    assert words in found["note"]


@pytest.mark.slow
def test_whole_images(make_run: Run) -> None:
    """With full images, panes link to those that lie in the run folder, by key; otherwise to none."""
    run = make_run([TWO[0], {"method": "a b?#%é", "psnr": 20.0, "ssim": 0.5}], full=True)
    first, second = map(pictures.images_of, run.tables.scores.itertuples())
    (run.folder / first.lr).unlink()
    (image,) = gallery(run, images="full")["images"]
    assert [pane["full"] for pane in image["panes"]] == [
        first.hr,
        None,
        first.sr,
        second.sr,
    ]
    assert {pane["full"] for pane in gallery(run)["images"][0]["panes"]} == {None}


@pytest.mark.slow
def test_pair(make_run: Run) -> None:
    """Compared first are the baseline and the best of the others; a lone method with HR."""
    rows = many(("set", "a", 30, 31))
    assert gallery(make_run([*rows, TWO[1]]))["pair"] == ["bicubic", "espcn"]
    assert gallery(make_run(rows[:1]))["pair"] == ["bicubic", "HR"]


def test_scripts_are_there() -> None:
    """Every script that the page is told to inline is a file beside the module."""
    folder = Path(module.__file__).parent
    assert set(module.SCRIPTS) <= {path.name for path in folder.glob("*.js")}

"""Settings: which scores are compared with which, whatever devices they are of, and which may be called best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from srbench.analysis.columns import metrics_of
from srbench.analysis.common_images import best_of_image
from srbench.analysis.comparisons import comparisons
from srbench.analysis.places import places
from srbench.analysis.settings import devices, in_settings, setting_name
from srbench.analysis.tables import Order, Tables, tables
from srbench.store.rows import ScoreRow

if TYPE_CHECKING:
    import pandas as pd

METRICS = metrics_of({})

IMAGES = "abcdefgh"


def scored(method: str, psnr: float, device: str = "cpu", images: str = IMAGES, **changes: Any) -> list[ScoreRow]:  # noqa: ANN401 - fields
    """Return scores of one method on one device; each image is a little better than the one before."""
    fixed: dict[str, Any] = {
        "dataset": "set",
        "factor": 3,
        "protocol": "basicsr",
        "channels": 3,
        "dtype": "uint8",
    } | changes
    found = [psnr + number / 10 for number in range(len(images))]
    return [
        ScoreRow(method=method, image=image, device=device, psnr=each, ssim=each / 100, **fixed)
        for image, each in zip(images, found, strict=True)
    ]


def tabled(*rows: list[ScoreRow]) -> Tables:
    """Return the tables of rows."""
    flat = [row for each in rows for row in each]
    return tables(
        flat, Order(list(dict.fromkeys(row.method for row in flat)), {"set": len(IMAGES)}, [3], ["basicsr"], METRICS)
    )


def judged(found: Tables) -> pd.DataFrame:
    """Return the scores that methods are judged by."""
    scores = in_settings(found.scores, found.scores)
    return scores[scores["judged"]]


def compared(*rows: list[ScoreRow]) -> pd.DataFrame:
    """Return the comparisons with `base`."""
    return comparisons(judged(tabled(*rows)), "base", METRICS)


def test_methods_of_different_devices_are_compared() -> None:
    """Under --device auto a method runs where it can: one setting, each image once."""
    found = compared(scored("base", 30, "cpu"), scored("net", 31, "cuda"))
    assert found[["method", "on_device", "device", "pairs"]].to_numpy().tolist() == [["net", "", "cuda", len(IMAGES)]]
    assert found["psnr_verdict"].tolist() == ["better"]
    assert found["psnr_p"].tolist() == pytest.approx([2 / 2 ** len(IMAGES)])


@pytest.mark.parametrize("base", [["cpu"], ["cuda"], ["cpu", "cuda"]])
def test_devices_of_one_method_are_judged_apart(base: list[str]) -> None:
    """A method with scores of both devices has a line for each, no image twice; the baseline stands in for both."""
    both = [scored("base", 30, device) for device in base]
    found = compared(*both, scored("net", 31, "cpu"), scored("net", 29, "cuda"), scored("only", 31, "cuda"))
    lines = found.set_index(["method", "on_device"])
    assert lines["pairs"].to_dict() == {(m, d): len(IMAGES) for m in ("net", "only") for d in ("cpu", "cuda")}
    assert lines["psnr_verdict"].to_dict() == {
        ("net", "cpu"): "better",
        ("net", "cuda"): "worse",
        ("only", "cpu"): "better",
        ("only", "cuda"): "better",
    }
    assert lines["device"].to_dict() == {(m, d): "cuda" if m == "only" else d for m, d in lines.index}


def test_ranks_are_of_one_device() -> None:
    """Each method has one rank on each device, over each image once."""
    found = tabled(scored("base", 30), *(scored("net", 31 - 2 * number, each) for number, each in enumerate("xy")))
    ranked = places(judged(found), METRICS).set_index(["on_device", "method"])
    assert ranked["rank"].to_dict() == {("x", "net"): 1, ("x", "base"): 2, ("y", "base"): 1, ("y", "net"): 2}
    assert (ranked["images"] == len(IMAGES)).all()


def test_images_shared_out_between_devices() -> None:
    """Half of the images on either device: none has two scores, so nothing is apart; the first half is judged."""
    found = tabled(scored("base", 30, "cpu", "abcd"), scored("base", 30, "cuda", "efgh"), scored("net", 31))
    assert set(devices(found.scores)["on_device"]) == {""}
    lines = found.summary.set_index(["method", "device"])
    assert lines["judged"].to_dict() == {("base", "cpu"): True, ("base", "cuda"): False, ("net", "cpu"): True}
    assert judged(found).groupby("method")["image"].agg("".join).to_dict() == {"base": "abcd", "net": "abcd"}


def test_a_device_without_scores_parts_nothing() -> None:
    """Rows of a device that is absent are no scores; where others are parted, they stay with their device."""
    skipped = scored("base", 30, "cuda", status="skipped")
    assert set(devices(tabled(scored("base", 30), skipped).scores)["on_device"]) == {""}
    found = tabled(scored("base", 30), skipped, scored("net", 31), scored("net", 31, "cuda"))
    lines = in_settings(found.summary, found.scores).set_index(["method", "device", "on_device"])["images"]
    everywhere = {("base", "cpu", "cpu"): 8, ("base", "cpu", "cuda"): 8, ("base", "cuda", "cuda"): 0}
    assert lines.to_dict() == everywhere | {("net", each, each): 8 for each in ("cpu", "cuda")}


def test_other_settings_are_not_parted() -> None:
    """Both devices in one setting leave another as it is."""
    other = [scored(method, 30, factor=2) for method in ("base", "net")]
    flat = [*scored("base", 30), *scored("net", 31), *scored("net", 31, "cuda"), *other[0], *other[1]]
    found = tables(flat, Order(["base", "net"], {"set": 8}, [3, 2], ["basicsr"], METRICS))
    settings = in_settings(found.scores, found.scores).groupby("factor")["on_device"].unique()
    assert {key: set(each) for key, each in settings.items()} == {2: {""}, 3: {"cpu", "cuda"}}


@pytest.mark.slow
def test_best_of_an_image() -> None:
    """The best score of each image that counts, ties all; one of another device, or not judged, never is."""
    few = scored("few", 50, images="c")
    seen = scored("seen", 40, images="a", trained_on=True) + scored("seen", 40, images="bcdefgh")
    found = tabled(scored("base", 30), scored("twin", 30), scored("net", 29, "cuda"), scored("net", 29, "cpu"), few)
    scores = in_settings(found.scores, found.scores)
    best = scores[best_of_image(scores, METRICS)].groupby(["on_device", "image"])["method"].agg(set)
    assert {key: best[key, "c"] for key in ("cpu", "cuda")} == {"cpu": {"base", "twin"}, "cuda": {"base", "twin"}}
    found = tabled(scored("base", 30), scored("twin", 30), scored("net", 29, "cuda"), scored("net", 29, "cpu"), seen)
    scores = in_settings(found.scores, found.scores)
    best = scores[best_of_image(scores, METRICS)].groupby(["on_device", "image"])["method"].agg(set)
    assert "a" not in best["cpu"]
    assert best["cpu", "b"] == best["cuda", "b"] == {"seen"}


def test_names() -> None:
    """A setting is named with the device that decides it, where one does."""
    assert setting_name(("set", 3, "basicsr", "")) == "set x3, basicsr"
    assert setting_name(("set", 3, "basicsr", "cuda")) == "set x3, basicsr, on cuda"

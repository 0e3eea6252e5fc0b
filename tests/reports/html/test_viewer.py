"""The viewer in a real browser: what is seen is compared pixel by pixel."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from srbench.reports.html import gallery as module
from srbench.reports.html.gallery import SCRIPTS, gallery
from srbench.store import pictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from playwright.sync_api import Page

    from srbench.reports.findings import Findings

    Pixels = NDArray[np.uint8]
    Run = Callable[..., Findings]
    Open = Callable[..., Page]
    Scene = Callable[[str], Pixels]

pytestmark = pytest.mark.slow

ROWS: list[dict[str, Any]] = [
    {"method": "same", "psnr": math.inf, "ssim": 1.0},
    {"method": "lighter", "psnr": 18.59, "ssim": 0.9876},
    {"method": "failing", "status": "failed", "reason": "<b>too</b> hard"},
    {"method": "same", "image": "b", "psnr": math.inf, "ssim": 1.0},
    {"method": "lighter", "image": "b", "psnr": 17.5, "ssim": 0.9},
    {"method": "same", "image": "c", "dataset": "other", "psnr": math.inf, "ssim": 1.0},
]
"""Crops are 16x12 pixels at (12, 8); `lighter` is HR plus 30."""

POLICY = "default-src 'none'; img-src data: 'self' file:; style-src 'unsafe-inline'; script-src 'sha256-{}'"


def page_of(found: dict[str, Any]) -> str:
    """Return a page with a viewer and nothing else, under the policy of the report."""
    folder = Path(module.__file__).parent
    scripts = "\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)
    scripts += "\nnew Viewer(document.querySelector('main'), JSON.parse(document.querySelector('#data').textContent));"
    policy = POLICY.format(base64.b64encode(hashlib.sha256(scripts.encode()).digest()).decode())
    data = json.dumps(found, allow_nan=False).replace("<", "\\u003c")
    style = (folder / "viewer.css").read_text(encoding="utf-8")
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><title>viewer</title>'
        f"<style>:root {{ color-scheme: light dark }} body {{ font-family: sans-serif }} {style}</style></head>"
        f"<body><main></main><script type='application/json' id=data>{data}</script><script>{scripts}</script></body>"
    )


@pytest.fixture
def view(open_page: Open, make_run: Run) -> Open:
    """Return `view(fragment="", rows=ROWS, images="crops", **options)`: the viewer of a run, opened and at rest."""

    def view(fragment: str = "", rows: list[dict[str, Any]] = ROWS, images: Any = "crops", **options: Any) -> Page:  # noqa: ANN401
        run = make_run(rows, full=images == "full")
        file = run.folder / "report.html"
        file.write_text(page_of(gallery(run, images)), encoding="utf-8")
        page = open_page(file, fragment, **options)
        rest(page)
        return page

    return view


def rest(page: Page) -> None:
    """Wait until everything is drawn, and the address is written."""
    page.wait_for_timeout(180)
    page.wait_for_selector("main:not([aria-busy=true])")


def press(page: Page, *keys: str) -> None:
    """Press keys on the stage."""
    page.locator(".v-stage").focus()
    for key in keys:
        page.keyboard.press(key)
    rest(page)


def pixels(page: Page, selector: str = ".v-stage > canvas") -> Pixels:
    """Return the pixels of a canvas, (H, W, 3)."""
    text = page.locator(selector).first.evaluate("canvas => canvas.toDataURL()")
    return decoded(base64.b64decode(text.partition(",")[2]))


def decoded(png: bytes) -> Pixels:
    """Return an image, (H, W, 3)."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def pane(name: str) -> str:
    """Return the selector of a pane's canvas."""
    return f".v-panes figure:has(.v-name[title='{name}']) canvas"


def enlarged(image: Pixels, scale: int) -> Pixels:
    """Return each pixel as a block."""
    return image.repeat(scale, axis=0).repeat(scale, axis=1)


def crop(image: Pixels) -> Pixels:
    """Return what the run folder holds of an HR or SR image."""
    return image[8:20, 12:28]


@pytest.fixture
def hr(make_scene: Scene) -> Pixels:
    """Return the crop of HR, image `a`."""
    return crop(make_scene("a"))


@pytest.mark.parametrize("percent", [0, 25, 50, 100])
def test_divider(view: Open, hr: Pixels, percent: int) -> None:
    """Left of the divider lies A, right of it B, to the pixel; at its ends only one of them."""
    shown = pixels(view(f"a=HR&b=lighter&split={percent}"))
    scale = shown.shape[1] // 16
    assert scale >= 20
    left, right = enlarged(hr, scale), enlarged(hr + np.uint8(30), scale)
    at = round(shown.shape[1] * percent / 100)
    np.testing.assert_array_equal(shown[:, :at], left[:, :at])
    np.testing.assert_array_equal(shown[:, at:], right[:, at:])


def test_divider_by_keyboard_and_mouse(view: Open) -> None:
    """The slider says where it is, moves by one, by ten and to its ends, and follows the mouse."""
    page = view("a=HR&b=lighter")
    slider = page.get_by_role("slider")
    slider.focus()
    values = []
    for key in ("ArrowRight", "PageUp", "Shift+ArrowLeft", "ArrowLeft", "End", "ArrowRight", "Home"):
        page.keyboard.press(key)
        rest(page)
        values.append(slider.get_attribute("aria-valuenow"))
    assert values == ["51", "61", "51", "50", "100", "100", "0"]
    assert page.evaluate("location.hash").endswith("split=0")
    page.keyboard.press("End")
    rest(page)
    box = page.locator(".v-stage").bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 5, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, middle, steps=4)
    page.mouse.up()
    rest(page)
    assert slider.get_attribute("aria-valuenow") == "25"


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_zoom(view: Open, hr: Pixels, ratio: int) -> None:
    """All panes are enlarged alike about the middle; pixels are blocks of one size, whatever the screen."""
    page = view("zoom=4", device_scale_factor=ratio)
    whole = page.locator(pane("HR")).evaluate("canvas => [canvas.width, canvas.height, canvas.clientWidth]")
    scale = whole[0] // 16
    assert (whole[0], whole[1]) == (16 * scale, 12 * scale)
    assert abs(whole[2] * ratio - whole[0]) <= ratio
    part = enlarged(hr, 4 * scale)[18 * scale : 30 * scale, 24 * scale : 40 * scale]
    np.testing.assert_array_equal(pixels(page, pane("HR")), part)
    np.testing.assert_array_equal(pixels(page, pane("lighter")), part + np.uint8(30))
    np.testing.assert_array_equal(
        pixels(page, pane("LR")), enlarged(lr_of(hr), 4 * scale)[18 * scale : 30 * scale, 24 * scale : 40 * scale]
    )


def lr_of(hr: Pixels) -> Pixels:
    """Return LR as large as HR, its pixels blocks of two by two."""
    return enlarged(hr[::2, ::2], 2)


def test_move(view: Open, hr: Pixels) -> None:
    """Dragging and arrow keys move all panes together, up to the crop's edges; zero shows all of it again."""
    page = view("zoom=2&x=20&y=14")
    before = pixels(page)
    box = page.locator(".v-stage").bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 130, box["y"] + 300, steps=5)
    page.mouse.up()
    rest(page)
    scale = 2 * before.shape[1] // 16
    assert scale == 70
    np.testing.assert_array_equal(pixels(page)[:, 350:], before[:, 280:-70])
    press(page, *["ArrowLeft"] * 30, *["ArrowUp"] * 30)
    assert {"zoom=2", "x=16", "y=11"} <= set(page.evaluate("location.hash.slice(1)").split("&"))
    small = pixels(page, pane("HR")).shape[1] // 16
    np.testing.assert_array_equal(pixels(page, pane("HR")), enlarged(hr[:6, :8], 2 * small))
    press(page, "0")
    np.testing.assert_array_equal(pixels(page, pane("HR")), enlarged(hr, small))


def test_wheel(view: Open) -> None:
    """The wheel scrolls the page until the reader has clicked into the viewer; then what is under it stays there."""
    page = view("a=HR&b=HR", viewport={"width": 1000, "height": 500})
    box = page.locator(".v-stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 4, box["y"] + 30
    page.mouse.move(x, y)
    before = pixels(page)
    page.mouse.wheel(0, 100)
    rest(page)
    assert page.evaluate("scrollY") > 0
    page.evaluate("scrollTo(0, 0)")
    page.mouse.click(x, y)
    page.mouse.wheel(0, -100)
    rest(page)
    assert page.evaluate("scrollY") == 0
    assert "zoom=1.5" in page.evaluate("location.hash")
    at = before.shape[1] // 4
    assert (pixels(page)[300, at] == before[300, at])[1]  # green tells the column


def test_pinch(view: Open) -> None:
    """Two fingers that part zoom in by as much."""
    page = view("a=HR&b=HR", has_touch=True)
    box = page.locator(".v-stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *half: float) -> None:
        points = [{"x": x + sign * each, "y": y, "id": index} for each in half for index, sign in enumerate((-1, 1))]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 40)
    for half in (50, 60, 70, 80):
        touch("touchMove", half)
    touch("touchEnd")
    rest(page)
    zoom = page.evaluate("Number(new URLSearchParams(location.hash.slice(1)).get('zoom'))")
    assert zoom == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("gain", [1, 2, 4, 8, 16])
def test_difference(view: Open, gain: int) -> None:
    """The map of two pictures is their absolute difference, amplified and clipped; it says so."""
    page = view(f"a=HR&b=lighter&show=difference&gain={gain}")
    assert set(np.unique(pixels(page))) == {min(30 * gain, 255)}
    assert page.get_by_role("status").inner_text() == (
        f"Absolute difference of HR and lighter, times {gain}, clipped; black means no difference. "
        "Zoom 3500 %, a pixel of HR on 35 × 35 of the screen."  # noqa: RUF001 - times
    )
    assert not page.get_by_role("slider").is_visible()


def test_equal_pictures(view: Open) -> None:
    """The difference of equal pictures is black."""
    assert not pixels(view("a=HR&b=same&show=difference&gain=16")).any()


def test_errors(view: Open, hr: Pixels) -> None:
    """The map of errors shows every pane's difference from HR, LR's too, and both sides of the divider."""
    page = view("a=same&b=lighter&show=errors&gain=4")
    assert not pixels(page, pane("HR")).any()
    assert not pixels(page, pane("same")).any()
    assert set(np.unique(pixels(page, pane("lighter")))) == {120}
    error = np.abs(hr.astype(int) - lr_of(hr)) * 4
    scale = pixels(page, pane("LR")).shape[1] // 16
    np.testing.assert_array_equal(pixels(page, pane("LR")), enlarged(error.astype(np.uint8), scale))
    stage = pixels(page)
    assert (int(stage[0, 0, 0]), int(stage[-1, -1, 0])) == (0, 120)


def test_fragment(view: Open, open_page: Open, tmp_path: Path) -> None:
    """The address that a reader copies shows a colleague the same pixels."""
    page = view()
    page.get_by_label("Image", exact=True).select_option("b")
    page.get_by_label("A, left").select_option("LR")
    page.get_by_label("B, right").select_option("lighter")
    press(page, "+", "+", "+", "ArrowLeft", "ArrowUp", "m")
    page.get_by_label("Amplified").select_option(index=1)
    page.get_by_role("slider").focus()
    page.keyboard.press("PageUp")
    rest(page)
    fragment = page.evaluate("location.hash.slice(1)")
    keys = dict(each.split("=") for each in fragment.split("&"))
    assert keys.keys() == {"image", "a", "b", "split", "zoom", "x", "y", "show", "gain"}
    other = open_page(tmp_path / "report.html", fragment)
    rest(other)
    page.get_by_role("slider").blur()
    for selector in (".v-stage > canvas", *map(pane, ("HR", "LR", "same", "lighter"))):
        np.testing.assert_array_equal(pixels(page, selector), pixels(other, selector))
    seen = [decoded(each.screenshot(full_page=True)).astype(int) for each in (page, other)]
    assert np.abs(seen[0] - seen[1]).max() <= 8  # round corners are antialiased now and then by a shade


def test_fragment_by_hand(view: Open, hr: Pixels) -> None:
    """What is edited in the address is shown; keys of others stay, an anchor changes nothing."""
    page = view("table=psnr&a=HR&b=HR")
    page.evaluate("location.hash = 'table=psnr&a=lighter&b=lighter&zoom=1'")
    rest(page)
    np.testing.assert_array_equal(pixels(page), enlarged(hr + np.uint8(30), pixels(page).shape[1] // 16))
    page.evaluate("location.hash = '#section'")
    rest(page)
    np.testing.assert_array_equal(pixels(page), enlarged(hr + np.uint8(30), pixels(page).shape[1] // 16))
    assert page.evaluate("location.hash") == "#section"
    page.evaluate("location.hash = 'table=psnr&a=HR&b=HR'")
    rest(page)
    press(page, "f")
    assert page.evaluate("location.hash").startswith("#table=psnr&a=HR&b=HR&image=")


BAD = (
    "image=<img src=x onerror=alert(1)>&a=javascript:alert(1)&b=__proto__&split=1e9&zoom=-5&x=NaN&y=Infinity"
    "&show=constructor&gain=1000000&whole=1"
)


@pytest.mark.parametrize("fragment", [BAD, "=&&&=%E0%A4%A&image", "split=&zoom=0x10&x=1,5&gain=", "a" * 50_000 + "=1"])
def test_fragment_of_nonsense(view: Open, fragment: str) -> None:
    """Unknown and malicious values are as if they were left out."""
    page = view(fragment)
    odd = pixels(page)
    page.evaluate("location.hash = 'a=same&b=lighter'")
    rest(page)
    np.testing.assert_array_equal(pixels(page), odd)


def test_open(view: Open) -> None:
    """A chart or a table opens an image: the method is compared with HR, and the viewer comes into sight."""
    page = view("zoom=3", viewport={"width": 1000, "height": 500})
    page.evaluate("document.body.style.paddingTop = '2000px'")
    detail = {"dataset": "set", "factor": 2, "protocol": "basicsr", "image": "b", "method": "lighter"}
    page.evaluate("detail => dispatchEvent(new CustomEvent('srbench:open', {detail}))", detail)
    rest(page)
    assert page.evaluate("location.hash") == "#image=set%2Fbasicsr-x2%2Fb&a=lighter&b=HR"
    assert page.evaluate("document.querySelector('main').getBoundingClientRect().top") == pytest.approx(0, abs=1)
    assert page.get_by_label("Image", exact=True).input_value() == "b"
    page.evaluate("dispatchEvent(new CustomEvent('srbench:open', {detail: {dataset: 'set', image: '<b>'}}))")
    assert "<b> of set" in page.get_by_role("status").inner_text()
    page.evaluate("dispatchEvent(new CustomEvent('srbench:open'))")


def test_choosing(view: Open) -> None:
    """Places, images, neighbours and shortcuts lead to the images that they name."""
    page = view()
    image = page.get_by_label("Image", exact=True)

    def shown() -> str:
        rest(page)
        assert page.locator(".v-strip [aria-pressed=true] .v-name").inner_text() == image.input_value()
        return image.input_value()

    assert shown() == "a"
    page.get_by_label("Next image").click()
    assert shown() == "b"
    press(page, "]")
    assert shown() == "a"
    press(page, "[")
    assert shown() == "b"
    page.get_by_role("button", name="a", exact=True).click()
    assert shown() == "a"
    page.get_by_label("Worst for").select_option("lighter")
    assert shown() == "b"
    assert page.get_by_label("A, left").input_value() == "lighter"
    page.get_by_label("Dataset and factor").select_option("other x2, basicsr")
    assert shown() == "c"


def test_scores_and_reasons(view: Open) -> None:
    """A pane tells its score, or why there is no picture; whatever the reason holds is text."""
    page = view("a=failing&b=HR")
    text = page.locator(".v-panes").inner_text()
    assert "18.59 dB · 0.9876" in text
    assert "∞ dB · 1.0000" in text
    assert "failed: <b>too</b> hard" in text
    assert page.locator(".v-stage").inner_text().startswith("failing: failed: <b>too</b> hard")
    assert not page.get_by_role("slider").is_visible()


def test_names_are_text(view: Open) -> None:
    """Names that look like markup are shown, not run."""
    name = "<img src=x onerror=alert(1)>\"'"
    page = view(rows=[ROWS[1] | {"method": name, "image": name}, ROWS[0] | {"image": name}])
    assert page.locator(".v-panes").inner_text().count(name) == 1
    assert page.locator("img").count() == 1
    assert page.get_by_label("Image", exact=True).input_value() == name
    press(page, "f")
    page.reload()
    rest(page)
    assert page.locator(".v-stage").inner_text().count(name) == 1


def test_whole_images(view: Open, make_scene: Scene) -> None:
    """Whole images come from the run folder, keep their place, and their maps work as well."""
    page = view("a=HR&b=lighter", images="full")
    press(page, "+")
    page.get_by_label("Whole image").check()
    rest(page)
    assert "zoom" not in page.evaluate("location.hash")  # all of it
    shown = decoded(page.locator(".v-stage").screenshot())
    for at, x, lighter in ((6, 0, 0), (-6, -1, 30)):  # the lower corners, which no label covers
        assert np.abs(shown[-6, at].astype(int) - make_scene("a")[-1, x] - lighter).max() <= 3
    press(page, *["+"] * 3)
    scale = page.locator(pane("HR")).evaluate("canvas => canvas.width") // 16
    image = make_scene("a")[9:21, 12:28]  # the middle: y from 15 - 6, x from 20 - 8
    for name, expected in (("HR", image), ("lighter", image + np.uint8(30))):
        shown = decoded(page.locator(pane(name)).screenshot())
        np.testing.assert_array_equal(shown[scale // 2 :: scale, scale // 2 :: scale][:12, :16], expected)
    page.get_by_label("Show", exact=True).select_option("Error against HR")
    rest(page)
    shown = decoded(page.locator(pane("lighter")).screenshot())
    assert set(np.unique(shown[scale:-scale, scale:-scale])) == {120}


def test_damaged_pictures(open_page: Open, make_run: Run, hr: Pixels) -> None:
    """A crop that is no picture is said to be none; of a whole image that is none, the crop stays."""
    run = make_run(ROWS, full=True)
    row = next(run.tables.scores.itertuples())
    (run.folder / pictures.crops_of(row).sr).write_bytes(b"no picture")
    (run.folder / pictures.images_of(row).hr).write_bytes(b"no picture")
    file = run.folder / "report.html"
    file.write_text(page_of(gallery(run, "full")), encoding="utf-8")
    page = open_page(file, "a=HR&b=HR&whole=1&zoom=1&x=20&y=14")
    rest(page)
    assert "Only the crop of HR is available" in page.get_by_role("status").inner_text()
    np.testing.assert_array_equal(pixels(page), enlarged(hr, pixels(page).shape[1] // 16))
    page.get_by_label("Whole image").uncheck()
    rest(page)
    assert "the picture cannot be read" in page.locator(".v-panes figure", has_text="same").inner_text()
    assert "Only the crop" not in page.get_by_role("status").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768])
def test_narrow(view: Open, width: int, scheme: str) -> None:
    """The page does not scroll sideways, and nothing is cut off."""
    page = view(viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for element in page.locator("canvas, button:not(.v-strip *), select").all():
        box = element.bounding_box()
        assert box is None or box["x"] + box["width"] <= width


def test_nothing_to_show(open_page: Open, make_run: Run) -> None:
    """Without pictures there is one sentence that says why, also when a chart asks for an image."""
    run = make_run(ROWS, cropped=False)
    file = run.folder / "report.html"
    file.write_text(page_of(gallery(run)), encoding="utf-8")
    page = open_page(file)
    assert page.locator("main").inner_text().startswith("The run folder has no crops")
    detail = {"dataset": "set", "factor": 2, "protocol": "basicsr", "image": "a", "method": "same"}
    page.evaluate("detail => dispatchEvent(new CustomEvent('srbench:open', {detail}))", detail)
    assert "a of set x2, basicsr, has no pictures" in page.locator("main").inner_text()


def test_scores_of_training_images_are_not_bold(view: Open) -> None:
    """The best PSNR is bold; a score of a training image has a star instead, however high."""
    rows = [{"method": "same", "psnr": math.inf, "trained_on": True}, {"method": "lighter", "psnr": 18.5, "ssim": 0.9}]
    page = view(rows=rows)
    assert page.locator(".v-best").all_text_contents() == ["18.50 dB · 0.9000"]
    assert page.locator(".v-score").all_text_contents()[2] == "*∞ dB · –"  # noqa: RUF001 - a dash is what is meant


def test_devices_are_chosen_apart(view: Open) -> None:
    """A method with scores of both devices is shown on each, under a setting of its own."""
    rows = [{"method": "same", "psnr": 30.0, "ssim": 0.9, "device": device} for device in ("cpu", "cuda")]
    page = view(rows=rows)
    names = page.get_by_label("Dataset and factor").locator("option").all_text_contents()
    assert names == ["set x2, basicsr, on cpu", "set x2, basicsr, on cuda"]

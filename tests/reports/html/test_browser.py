"""The page in a real browser, opened from disk: what a reader does with it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from srbench.metrics import Metric
from srbench.metrics.classical import PSNR, SSIM
from srbench.reports.html.page import render
from srbench.store.rows import TimingRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from srbench.reports.findings import Findings

    Run = Callable[..., Findings]
    Open = Callable[..., Page]

pytestmark = pytest.mark.slow

EVIL = "<script>alert(1)</script>"
METHODS = ("bicubic", "better", EVIL)
HISTORY = [[step, 0.01 / step, 30 + step / 100] for step in range(1, 50)]


def _rows(**others: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - fields
    """Return two datasets of seven images; each method is better than the one before."""
    return [
        {"method": method, "dataset": dataset, "image": f"i{number}"}
        | {"psnr": 30 + place + number / 10, "ssim": 0.8 + place / 50, "channels": 3, **others}
        for dataset in ("first", "second")
        for place, method in enumerate(METHODS)
        for number in range(7)
    ]


def _timings() -> list[TimingRow]:
    fields: dict[str, Any] = {"factor": 2, "device": "cpu", "phase": "call", "height": 100, "width": 100, "channels": 3}
    fields["dtype"] = "uint8"
    return [
        TimingRow(
            method=method, seconds=10.0**place * 1e-3 * (1 + number / 50), process=process, round=number, **fields
        )
        for place, method in enumerate(METHODS)
        for process in range(3)
        for number in range(1, 6)
    ]


@pytest.fixture
def view(open_page: Open, make_run: Run) -> Open:
    """Return `view(fragment="", **options)`: the report of a run with times and a trained method, opened."""

    def view(fragment: str = "", **options: Any) -> Page:  # noqa: ANN401 - of the browser's context
        models = {"better": {"x2": {"history": HISTORY, "steps": 49, "bicubic": 29.5}}}
        run = make_run(
            _rows(), timings=_timings(), info={"methods": {name: {"models": facts} for name, facts in models.items()}}
        )
        file = run.folder / "report.html"
        file.write_text(render(run), encoding="utf-8")
        return open_page(file, fragment, **options)

    return view


def _names(page: Page, table: str = "#scoreboard") -> list[str]:
    names: list[str] = page.locator(f"{table} tbody tr:not([hidden], .group) th").all_inner_texts()
    return [name.strip() for name in names]


def _columns(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('#scoreboard thead th')].map((heading) => heading.ariaSort)"
    )
    return found


def test_sorting(view: Open) -> None:
    """A heading sorts its column by value in each setting, best first, then the other way; aria-sort says so."""
    page = view()
    heading = page.get_by_role("button", name="PSNR dB").first
    heading.click()
    assert _names(page) == [EVIL, "better", "bicubic"] * 2
    assert _columns(page)[1] == "descending"
    heading.press("Enter")
    assert _names(page) == ["bicubic", "better", EVIL] * 2
    assert page.locator("#scoreboard .group").all_inner_texts() == [
        "first x2, basicsr, 7 images",
        "second x2, basicsr, 7 images",
    ]
    assert _columns(page)[1] == "ascending"
    assert set(_columns(page)) == {"none", "ascending"}


def test_rows_of_papers_stay_below(open_page: Open, make_run: Run) -> None:
    """Whatever is sorted, what papers report stays below what was measured, and picks no method."""
    rows = [row | {"dataset": "set5"} for row in _rows() if row["dataset"] == "first"]
    run = replace(make_run(rows), reported=True)
    file = run.folder / "report.html"
    file.write_text(render(run), encoding="utf-8")
    page = open_page(file)
    heading = page.locator("#scoreboard").get_by_role("button", name="PSNR dB")
    heading.click()
    assert _names(page)[:3] == [EVIL, "better", "bicubic"]
    assert _names(page)[3] == "HAT (reported)"
    heading.click()
    assert _names(page)[:3] == ["bicubic", "better", EVIL]
    assert _names(page)[-1] == "HAT (reported)"
    page.locator("#scoreboard .reported th").first.click()
    assert page.locator(".picked").count() == 0


def test_nothing_sorts_last(view: Open) -> None:
    """Lines without a value stay at the end in both directions: the baseline has no difference to itself."""
    page = view()
    heading = page.locator("#scoreboard").get_by_role("button", name="Over bicubic, dB")
    for _ in range(2):
        heading.click()
        assert _names(page)[2::3] == ["bicubic", "bicubic"]


def test_filters(view: Open) -> None:
    """Text and place leave the lines that have both, and the number of lines is said."""
    page = view()
    page.locator("#all summary").click()
    sheet = page.locator("[data-sheet=images]")
    sheet.get_by_role("searchbox").fill("BETTER")
    assert sheet.get_by_role("status").inner_text() == "14 of 42 lines"
    sheet.get_by_label("Setting").select_option("second x2, basicsr")
    assert sheet.get_by_role("status").inner_text() == "7 of 42 lines"
    assert set(_names(page, "#images")) == {"better"}


def test_charts_of_times(open_page: Open, make_run: Run) -> None:
    """Quality against the time of an image, and time against size, have a mark for each method, and the budget."""
    large = [replace(row, height=200, seconds=2 * row.seconds) for row in _timings()]
    run = make_run(_rows(), timings=[*_timings(), *large], info={"frame_budget": "12ms"})
    file = run.folder / "report.html"
    file.write_text(render(run), encoding="utf-8")
    page = open_page(file)
    for name in ("frames", "growth"):
        chart = page.locator(f"[data-chart={name}]")
        assert chart.locator(".point").count() == len(METHODS)
        assert chart.locator("line.budget").count() == 1
    assert page.locator("[data-chart=samples] line.budget").count() == 1
    page.locator("[data-chart=growth] .point[data-method=better] path").last.hover()
    assert "ms" in page.locator("#tip").inner_text()
    page.locator("[data-chart=frames]").get_by_label("Size").select_option(index=1)
    assert page.locator("[data-chart=frames] .point").count() == len(METHODS)
    page.locator("[data-chart=frames] .point[data-method=better] path").hover()
    assert "ms per image" in page.locator("#tip").inner_text()


def test_latency_chart(view: Open) -> None:
    """A point tells its numbers under the pointer and on focus; a click picks its method in all charts and tables."""
    page = view()
    point = page.locator("[data-chart=latency] .point[data-method=better]")
    point.locator("path").hover()
    tip = page.locator("#tip")
    assert "better" in tip.inner_text()
    assert "PSNR 31.30 dB, SSIM 0.8200" in tip.inner_text()
    page.mouse.move(0, 0)
    assert tip.is_hidden()
    point.focus()
    assert tip.is_visible()
    point.press("Enter")
    picked = "[...document.querySelectorAll('.picked')].map((each) => each.dataset.method)"
    assert set(page.evaluate(picked)) == {"better"}
    assert page.locator("#scoreboard tr.picked").count() == 2
    assert page.locator("[data-chart=strips] .strip.picked").count() == 1
    page.wait_for_url("**/*method=better*")
    point.press("Enter")
    assert page.evaluate(picked) == []


def test_picked_method_is_in_the_address(view: Open) -> None:
    """Whoever opens an address with a method sees it picked; one that does not exist is none."""
    assert view("method=better").locator("#scoreboard tr.picked").count() == 2
    assert view("method=constructor").locator(".picked").count() == 0


def test_methods_are_picked_by_keyboard(view: Open) -> None:
    """The name of a method is a button: Enter highlights its lines everywhere, and again no longer."""
    page = view()
    name = page.locator("#scoreboard tr[data-method=better] .method").first
    name.press("Enter")
    assert page.locator("#scoreboard tr.picked").count() == 2
    assert name.get_attribute("aria-pressed") == "true"
    name.press(" ")
    assert page.locator(".picked").count() == 0


def test_strip_opens_the_viewer(view: Open) -> None:
    """A point of a strip names its image; a click shows that image of that dataset with its method."""
    page = view()
    chart = page.locator("[data-chart=strips]")
    chart.get_by_label("Setting").select_option("second x2, basicsr")
    point = chart.get_by_role("button", name="i3, better")
    point.hover()
    assert "i3" in page.locator("#tip").inner_text()
    point.click()
    page.wait_for_url(
        lambda url: {"image=second/basicsr-x2/i3", "a=better"} <= set(unquote(url).replace("#", "&").split("&"))
    )


def test_strips_by_keyboard(view: Open) -> None:
    """A strip is one stop of the tab key; arrow keys go from image to image."""
    page = view()
    strip = page.locator("[data-chart=strips] .strip[data-method=better]")
    assert strip.locator("circle[tabindex='0']").count() == 1
    strip.locator("circle[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "i1, better: 31.1 dB"


def test_measures(view: Open) -> None:
    """Strips show PSNR, SSIM or the difference to the baseline; the baseline has none to itself."""
    page = view()
    chart = page.locator("[data-chart=strips]")
    assert chart.locator(".strip").count() == 3
    chart.get_by_label("Show").select_option("PSNR over bicubic, dB")
    assert chart.locator(".strip").count() == 2
    assert chart.get_by_role("button", name="i3, better: 1 dB").count() == 1


def test_table_opens_the_viewer(view: Open) -> None:
    """An image's name in the table of all scores shows it among the pictures."""
    page = view()
    page.locator("#all summary").click()
    page.locator("#images tbody tr").last.get_by_role("button", name="i6").click()
    page.wait_for_url(lambda url: "image=second/basicsr-x2/i6" in unquote(url))


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_sideways_scrolling(view: Open, width: int) -> None:
    """The page is as wide as its window; what is wider scrolls in its own box."""
    page = view(viewport={"width": width, "height": 800})
    page.locator("#all summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(view: Open, scheme: Any) -> None:  # noqa: ANN401 - Playwright's literal
    """Texts, tips and warnings have a contrast of 4.5, and marks of methods one of 3, in both themes."""
    page = view(color_scheme=scheme)
    values = page.evaluate(CONTRASTS)
    texts = {pair: value for pair, value in values.items() if not pair.startswith("--m")}
    assert min(texts.values()) >= 4.5, texts
    assert min(value for pair, value in values.items() if pair not in texts) >= 3, values


CONTRASTS = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  const light = (name) => {
    probe.style.color = `var(${name})`;
    const parts = getComputedStyle(probe).color.match(/[0-9.]+/g).slice(0, 3).map((each) => each / 255);
    const [r, g, b] = parts.map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const found = { "warning": ratio("--fg", "--warn-bg") };
  for (const text of ["--fg", "--muted", "--accent", "--warn", "--good", "--bad"])
    for (const ground of ["--bg", "--card"]) found[`${text} on ${ground}`] = ratio(text, ground);
  for (let number = 0; number < 8; number++) found[`--m${number}`] = ratio(`--m${number}`, "--card");
  return found;
}"""


def test_theme(view: Open) -> None:
    """The page is as dark as the system until its button says otherwise."""
    page = view(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Light theme").click()
    assert page.evaluate(ground) != dark
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(ground) == dark


def test_names_are_shown_and_not_run(view: Open) -> None:
    """A method called <script> is a name in tables, charts, tips and the viewer; no dialog opens (see `open_page`)."""
    page = view()
    assert EVIL in _names(page)
    label = page.locator("[data-chart=strips] .strip .label").nth(2)
    label.hover()
    assert EVIL in page.locator("#tip").inner_text()
    assert page.locator("main script").count() == 0
    assert EVIL in page.locator("#viewer-root").inner_text()


def test_training_curve(view: Open) -> None:
    """Loss and PSNR of a training are drawn as lines over the steps, PSNR with the level of bicubic."""
    page = view()
    assert page.locator("[data-chart=curve] .curve").count() == 2
    assert page.locator("[data-chart=curve] .zero").count() == 1
    assert "bicubic (MATLAB) 29.50" in page.locator("[data-chart=curve]").inner_text()


def test_drawn_anew_for_another_width(view: Open) -> None:
    """Charts follow the window, and keep the picked method."""
    page = view("method=better")
    page.set_viewport_size({"width": 500, "height": 800})
    page.locator("[data-chart=latency] svg:not([width='1152'])").wait_for()
    assert page.evaluate("document.querySelector('[data-chart=latency] svg').clientWidth") < 500
    assert page.locator("[data-chart=latency] .picked").count() == 1


def test_tables_need_no_script(view: Open) -> None:
    """Without JavaScript the tables are there, and a sentence says what is not."""
    page = view(java_script_enabled=False)
    assert page.locator("#scoreboard tbody tr[data-method]").count() == 6
    assert "need JavaScript" in page.locator("noscript").inner_text()


def _opened(open_page: Open, run: Findings) -> Page:
    file = run.folder / "report.html"
    file.write_text(render(run), encoding="utf-8")
    return open_page(file)


def test_axis_of_one_score(open_page: Open, make_run: Run) -> None:
    """Where all values of an axis are one, or nearly, its labels still differ, and the mean is on its point."""
    scores = [{"method": "only", "image": "a", "psnr": 37.4512345678, "ssim": 0.98}]
    page = _opened(open_page, make_run(scores, timings=_timings()))
    labels = page.locator('[data-chart="strips"] text.tick').all_text_contents()
    assert len(labels) == len(set(labels)) > 1
    where = page.locator('[data-chart="strips"] .dot'), page.locator('[data-chart="strips"] .mean')
    (dot, mean) = (each.bounding_box() for each in where)
    assert dot
    assert mean
    assert abs(dot["x"] + dot["width"] / 2 - mean["x"] - mean["width"] / 2) < 1


def test_infinite_scores_are_drawn(open_page: Open, make_run: Run) -> None:
    """A mean that is infinite is at the top and says so; images that do not count are hollow; ranks tell verdicts."""
    scores = _rows()
    scores[0]["psnr"] = float("inf")
    scores[-1] |= {"status": "failed", "reason": "boom", "psnr": float("nan")}
    page = _opened(open_page, make_run(scores, timings=_timings()))
    points = page.locator('[data-chart="latency"] .point')
    names = points.all_text_contents()
    assert names == ["bicubic (∞)", "better", EVIL]
    tops = [box["y"] for number in range(3) if (box := points.nth(number).locator("circle").bounding_box())]
    assert tops[0] == min(tops)
    assert "∞" in page.locator('[data-chart="strips"] text.tick').all_text_contents()
    assert page.locator('[data-chart="ranks"] text.tick', has_text="undecided").count() >= 1
    page.locator('[data-chart="strips"]').get_by_label("Setting").select_option("second x2, basicsr")
    assert page.locator('[data-chart="strips"] .dot.apart').count() == 2


def test_metrics_that_are_better_lower(open_page: Open, make_run: Run) -> None:
    """Such a metric sorts upwards first, its chart is upside down; all metrics can be chosen and are in captions."""
    facts = {
        "lpips": Metric(label="LPIPS", better="lower").facts,
        "psnr": PSNR.facts,
        "ms-ssim": Metric(label="MS-SSIM", better="higher").facts,
    }
    own = [row for row in _rows() if row["dataset"] == "first"]
    rows = [{**row, "lpips": 1 - row["ssim"], "ms-ssim": row["ssim"]} for row in own]
    page = _opened(open_page, make_run(rows, timings=_timings(), info={"metrics": facts}))
    page.get_by_role("button", name="LPIPS ↓").first.click()
    assert _names(page) == [EVIL, "better", "bicubic"]
    chart = page.locator("[data-chart=latency]")

    def heights() -> list[float]:
        points = [chart.locator(f'.point[data-method="{name}"] .target') for name in ("bicubic", "better")]
        return [float(point.get_attribute("cy") or 0) for point in points]

    assert heights()[1] < heights()[0]
    assert chart.get_by_text("LPIPS (axis inverted: lower is better)").count() == 1
    chart.get_by_label("Metric").select_option("MS-SSIM")
    assert heights()[1] < heights()[0]
    assert chart.get_by_text("axis inverted").count() == 0
    page.locator("[data-chart=strips]").get_by_label("Show").select_option("LPIPS (lower is better)")
    caption = page.locator("#viewer-root figcaption", has_text="better").first
    assert caption.locator(".v-score").all_inner_texts() == ["LPIPS 0.1800", "PSNR 31.00 dB", "MS-SSIM 0.8200"]


def test_five_metrics_have_room(open_page: Open, make_run: Run) -> None:
    """A table that is wider than the text takes the page's margins; metrics and their arrows stay in a line."""
    names = ("ms-ssim", "lpips", "gmsd")
    further = {name: Metric(label=name.upper(), better="lower").facts for name in names}
    rows = [{**row, **dict.fromkeys(names, row["ssim"])} for row in _rows() if row["method"] != EVIL]
    page = _opened(
        open_page,
        make_run(rows, timings=_timings(), info={"metrics": {"psnr": PSNR.facts, "ssim": SSIM.facts, **further}}),
    )
    page.set_viewport_size({"width": 1400, "height": 800})
    scroll = page.locator("[data-sheet=scoreboard] .scroll")
    assert scroll.evaluate("each => each.scrollWidth - each.clientWidth") == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 1400
    heights = [page.locator("#scoreboard th", has_text=text).bounding_box() for text in ("Method", "MS-SSIM")]
    assert len({box["height"] for box in heights if box}) == 1
    texts = page.locator("#scoreboard th.whole").all_inner_texts()
    assert not any("\n" in text for text in texts)


def test_captions_of_two_metrics(open_page: Open, make_run: Run) -> None:
    """A value beside PSNR that is not SSIM has its name, and is not bold where the PSNR is the best."""
    facts = {"psnr": PSNR.facts, "lpips": Metric(label="LPIPS", better="lower").facts}
    rows = [{**row, "lpips": row["ssim"]} for row in _rows() if row["dataset"] == "first"]
    page = _opened(open_page, make_run(rows, info={"metrics": facts}))
    caption = page.locator("#viewer-root figcaption", has_text="better").first
    assert caption.locator(".v-score").all_inner_texts() == ["PSNR 31.00 dB", "LPIPS 0.8200"]
    best = page.locator("#viewer-root .v-best").all_inner_texts()
    assert [text.split()[0] for text in best] == ["PSNR"]


def test_pictures_without_hr(open_page: Open, make_run: Run) -> None:
    """Without HR and metrics the page is a viewer: the input is beside the methods, and no error can be shown."""
    info: dict[str, Any] = {"metrics": {}}
    rows = [{"method": name, "protocol": "none", "image": image} for name in ("bicubic", "net") for image in "ab"]
    page = _opened(open_page, make_run(rows, info=info))
    root = page.locator("#viewer-root")
    assert root.locator("figcaption .v-name").all_inner_texts() == ["input", "bicubic", "net"]
    assert "1/2 of the size" in root.locator("figcaption").first.inner_text()
    shows = root.get_by_label("Show", exact=True).locator("option").all_inner_texts()
    assert shows == ["Pictures", "Difference of A and B"]
    assert root.get_by_label("Worst for").count() == 0
    assert "HR" not in root.inner_text()
    assert page.locator("#scores").count() == 0


PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}


def test_matrix(open_page: Open, make_run: Run) -> None:
    """A matrix shows one measure, which a select chooses; header and first column stay in sight while it scrolls."""
    rows = [
        {"method": f"method{place}", "dataset": f"set{dataset}", "image": "a", "psnr": 30 + place, "ssim": 0.8}
        for place in range(16)
        for dataset in range(8)
    ]
    page = _opened(open_page, make_run(rows, cropped=False))
    page.set_viewport_size({"width": 600, "height": 500})
    shown = page.locator(".matrix:visible")
    assert shown.get_attribute("id") == "matrix-0"
    page.locator("#scores").get_by_label("Show").select_option("SSIM")
    assert shown.get_attribute("id") == "matrix-1"
    scroll = page.locator(".scroll", has=shown)
    scroll.evaluate("each => each.scrollTo(50, 100)")
    assert scroll.evaluate("each => [each.scrollLeft, each.scrollTop]") == [50, 100]
    frame, corner = scroll.bounding_box(), shown.locator("thead th").first.bounding_box()
    head, name = shown.locator("thead tr").nth(1).bounding_box(), shown.locator("tbody th").nth(5).bounding_box()
    assert frame and corner and head and name  # noqa: PT018 - all have boxes
    assert (corner["x"], corner["y"]) == pytest.approx((frame["x"] + 1, frame["y"] + 1), abs=1)
    assert name["x"] == corner["x"]
    assert frame["y"] < head["y"] < frame["y"] + 60
    shown.get_by_role("button", name="x2").first.press("Enter")
    assert shown.locator("tbody th").count() == 16


def test_phone(open_page: Open, make_run: Run) -> None:
    """On a phone the leading mean is in sight beside its method, and there is no help about keys."""
    run = make_run(_rows())
    file = run.folder / "report.html"
    file.write_text(render(run), encoding="utf-8")
    page = open_page(file, **PHONE)
    box = page.locator("#scoreboard tbody td").first.bounding_box()
    assert box
    assert box["x"] + box["width"] <= PHONE["viewport"]["width"]
    assert page.locator(".v-touch").is_visible()
    assert not page.locator(".v-keys").is_visible()
    pictures = page.locator(".v-stage").bounding_box()
    assert pictures
    assert pictures["y"] < 1200


def test_paper_has_all(view: Open) -> None:
    """Printed tables are whole: nothing scrolls, and nothing lies over the lines."""
    page = view()
    page.emulate_media(media="print")
    scroll = page.locator("[data-sheet=scoreboard] .scroll")
    assert scroll.evaluate("each => getComputedStyle(each).maxHeight") == "none"
    assert page.locator("#scoreboard thead").evaluate("each => getComputedStyle(each).position") == "static"

"""The site of a board in a real browser, opened from disk: what a reader does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from srbench.boards.publishing import publish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from srbench.boards.content import Board

    Open = Callable[..., Page]

pytestmark = pytest.mark.slow

EVIL = "<script>alert(1)</script>"
PAGES = ("index.html", "runs.html", "methods/espcn.html", "images/set-a.html")


@pytest.fixture
def view(open_page: Open, board: Board, tmp_path: Path) -> Open:
    """Return `view(page, fragment="", **options)`: a page of the site, opened."""
    publish(board, tmp_path / "site")

    def view(page: str = "index.html", fragment: str = "", **options: Any) -> Page:  # noqa: ANN401 - of the context
        return open_page(tmp_path / "site" / page, fragment, **options)

    return view


def test_sorting(view: Open) -> None:
    """A heading sorts its table alone; the script of the site runs under its policy."""
    page = view()
    table = page.locator("#table-set-x2-basicsr-lines")
    table.get_by_role("button", name="Rank").click()
    table.get_by_role("button", name="PSNR dB").click()
    table.get_by_role("button", name="PSNR dB").click()
    names = [name.split("\n")[0].strip() for name in table.locator("tbody th").all_inner_texts()]
    assert names == ["bicubic", "espcn (older)", "espcn", EVIL]


def test_choosing_tables(view: Open) -> None:
    """A choice of a factor leaves its tables and their links, and says how many."""
    page = view()
    page.get_by_label("Factor").select_option("x3")
    assert page.locator(".ranking:visible").count() == 1
    assert page.locator(".jump li:visible").all_inner_texts() == ["set x3, basicsr"]
    assert page.get_by_role("status").filter(has_text="of 2 tables").inner_text() == "1 of 2 tables"


def test_charts(view: Open) -> None:
    """Each machine has a chart of its own; a point tells its numbers, and a click marks its method in the tables."""
    page = view()
    charts = page.locator("[data-clock]")
    assert charts.count() == 2
    assert [charts.nth(place).locator(".point").count() for place in range(2)] == [3, 3]
    point = charts.first.locator('.point[data-method="espcn"]')
    point.locator("path").hover()
    assert "PSNR 32.00 dB" in page.locator("#tip").inner_text()
    point.focus()
    point.press("Enter")
    assert page.locator("#table-set-x2-basicsr-lines tr.picked").count() == 2


def test_picked_method_is_in_the_address(view: Open) -> None:
    """Whoever opens an address with a method sees it picked; one that does not exist is none."""
    assert view(fragment="method=espcn").locator("#table-set-x2-basicsr-lines tr.picked").count() == 2
    assert view(fragment="method=constructor").locator(".picking").count() == 0


def test_name_leads_to_its_page(view: Open) -> None:
    """The name of a method leads to its page, and from there back to the table."""
    page = view()
    page.locator("#table-set-x3-basicsr-lines").get_by_role("link", name="espcn", exact=True).click()
    assert page.url.endswith("/methods/espcn.html")
    page.locator("#scores-list").get_by_role("link", name="set x3, basicsr").first.click()
    assert page.url.endswith("/index.html#table-set-x3-basicsr")


def test_versions(view: Open) -> None:
    """The versions of a method are a line; each says what changed."""
    page = view("methods/espcn.html")
    points = page.locator("[data-history] .version")
    assert points.count() == 2
    points.last.hover()
    assert page.locator("#tip span").all_text_contents() == [  # the chart may be drawn anew, which hides it
        "new run",
        "32.00 dB",
        "changed: library",
        "numpy 2.4.6, not 2.4.1",
    ]


def test_viewer(view: Open) -> None:
    """Pictures are drawn from files of the site, HR first; a setting has its own metrics."""
    page = view("images/set-a.html")
    page.locator("#viewer-root[aria-busy=false]").wait_for()
    names = page.locator("#viewer-root figcaption .v-name").all_inner_texts()
    assert names == ["HR", "LR", EVIL, "espcn", "bicubic", "espcn (older)"]
    assert page.locator("#viewer-root .v-message").all_inner_texts() == [""] * 7
    assert "LPIPS" not in page.locator("#viewer-root figure").nth(2).inner_text()
    page.get_by_label("Dataset and factor").select_option("set x3, basicsr")
    assert "LPIPS 0.1000" in page.locator("#viewer-root figure").nth(2).inner_text()


def test_failures_in_the_viewer(view: Open) -> None:
    """A method that failed on the image says so in the place of its picture."""
    page = view("images/set-c.html")
    page.locator("#viewer-root[aria-busy=false]").wait_for()
    assert "failed: boom" in page.locator("#viewer-root figure").nth(2).inner_text()


@pytest.mark.parametrize("width", [360, 1280, 1920])
@pytest.mark.parametrize("name", PAGES)
def test_no_sideways_scrolling(view: Open, width: int, name: str) -> None:
    """A page is as wide as its window; what is wider scrolls in its own box."""
    page = view(name, viewport={"width": width, "height": 800})
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", PAGES)
def test_printed(view: Open, name: str) -> None:
    """On paper, which is lying, no table is wider than its box, and what is folded on the screen is open."""
    page = view(name, viewport={"width": 1045, "height": 700})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    wide = "[...document.querySelectorAll('.scroll')].filter((each) => each.scrollWidth > each.clientWidth).length"
    assert page.evaluate(wide) == 0
    assert page.locator("details:not([open])").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_contrast(view: Open, scheme: Any, name: str) -> None:  # noqa: ANN401 - Playwright's literal
    """Every text has a contrast of 4.5 against what is behind it, in both themes."""
    page = view(name, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert page.evaluate(FAINT) == []


FAINT = """() => {
  const parts = (text) => (text.startsWith("color(srgb")
    ? text.match(/-?[0-9.]+/g).map((each, index) => (index < 3 ? each * 255 : Number(each)))
    : text.match(/[0-9.]+/g).map(Number));
  const light = ([r, g, b]) => {
    const linear = (each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((each) => linear(each / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = parts(getComputedStyle(each).backgroundColor);
      if (found[3] === undefined || found[3] > 0.5) return found;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility()) continue;
    if (element.closest("script, noscript, svg, .v-stage, select:disabled")) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${walker.currentNode.textContent.trim()} ${ratio.toFixed(2)}`);
  }
  return faint;
}"""


@pytest.mark.parametrize("name", PAGES)
def test_without_a_script(view: Open, name: str) -> None:
    """Without JavaScript all tables, and the pictures, are there."""
    page = view(name, java_script_enabled=False)
    assert page.locator("table, dl").first.is_visible()
    if name.startswith("images"):
        assert page.locator(".stills img").count() == 12
    if name == "index.html":
        assert page.locator(".ranking tbody tr").count() == 8


def test_by_keyboard(view: Open) -> None:
    """The first stop skips to the content; tables that scroll are stops."""
    page = view()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.locator(".scroll[tabindex='0'][role=region]").count() == page.locator("table").count()

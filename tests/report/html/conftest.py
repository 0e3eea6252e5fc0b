"""A browser that opens reports from disk; a complaint, or a request that leaves the machine, fails the test."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

    Opener = Callable[..., Page]

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",  # some machines that run tests have no user namespaces
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",  # pixels in screenshots are those of the pictures
]
LOCAL = ("file:", "data:", "blob:", "about:")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium, or skip.

    For one module: Playwright keeps an event loop running, which tests of other modules may not find.
    """
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'srbench[dev]'")
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"needs a browser: {', '.join(PROGRAMS)}")
    with api.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Opener]:
    """Return `open_page(file, fragment="", **options of a browser context)`, which opens a file from disk.

    When the test is over, it fails if a page wrote an error or a warning to the console, threw, or asked for anything
    that is not on this machine. Options are Playwright's, such as `color_scheme="dark"`,
    `viewport={"width": 390, "height": 800}`, `device_scale_factor=2`, `has_touch=True`.
    """
    complaints: list[str] = []
    contexts = []

    def open_page(file: Path, fragment: str = "", **options: Any) -> Page:  # noqa: ANN401 - options of any kind
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        _watch(page, complaints)
        page.goto(file.as_uri() + (f"#{fragment}" if fragment else ""))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _watch(page: Page, complaints: list[str]) -> None:
    def line(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def request(asked: Request) -> None:
        if not asked.url.startswith(LOCAL):
            complaints.append(f"asked for {asked.url}")

    def dialog(shown: Dialog) -> None:
        complaints.append(f"dialog: {shown.message}")
        shown.dismiss()

    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", line)
    page.on("request", request)
    page.on("dialog", dialog)

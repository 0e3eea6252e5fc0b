"""The viewer in a real browser: what is seen is compared pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow


def test_browser(open_page: Callable[..., Page], tmp_path: Path) -> None:
    """A file on disk is shown as it is, at a size and in a scheme of choice."""
    file = tmp_path / "page.html"
    file.write_text("<!doctype html><meta charset=utf-8><title>é</title><p>here</p>", encoding="utf-8")
    page = open_page(file, "x=1", viewport={"width": 390, "height": 700}, color_scheme="dark")
    assert page.title() == "é"
    assert page.evaluate("[innerWidth, location.hash, matchMedia('(prefers-color-scheme: dark)').matches]") == [
        390,
        "#x=1",
        True,
    ]

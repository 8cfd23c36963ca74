"""The browsers that the page is tried in, each where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.remote.webdriver import WebDriver

from tests.browser import chromium, firefox
from tests.browser.page import Page

__all__ = ["page_in", "started"]


def started(name: str, profile: Path) -> WebDriver:
    """Start `chromium` or `firefox`; skips the test where it is not installed."""
    kind = {"chromium": chromium, "firefox": firefox}[name]
    if kind.MISSING:
        pytest.skip(kind.MISSING)
    browser: WebDriver = kind.start_browser(profile)
    return browser


def page_in(browser: WebDriver, address: str) -> Page:
    """Return the page of a server in that browser, from which nothing is remembered."""
    kind = firefox.FirefoxPage if isinstance(browser, firefox.Firefox) else chromium.ChromiumPage
    page = kind(browser, address)
    page.requested(), page.complaints()
    return page

"""One browser of each kind for all tests of the page; each test has a server and an empty store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.stub import Stub, StubServer

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

    from tests.browser.page import Page

Opened = tuple["Page", Stub, StubServer]


@pytest.fixture(scope="session", params=["chromium", "firefox"])
def browser(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebDriver]:
    pytest.importorskip("selenium", reason="selenium is not installed")
    from tests.browser.browsers import started

    browser = started(request.param, tmp_path_factory.mktemp(request.param))
    yield browser
    browser.quit()


@pytest.fixture
def page_of(browser: WebDriver) -> Iterator[Callable[..., Opened]]:
    """Opens the page of a `Stub` with these attributes: `page_of("?q=a", width=360, photos=9)`."""
    from tests.browser.browsers import page_in

    with ExitStack() as servers:

        def open_page(query: str = "", *, width: int = 1200, **bent: Any) -> Opened:
            stub = Stub(**bent)
            server = servers.enter_context(StubServer(stub))
            page = page_in(browser, server.address)
            page.open(query, width=width)
            return page, stub, server

        yield open_page
        # The page must not go on asking a server that is gone.
        browser.get("about:blank")

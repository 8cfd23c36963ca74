"""One browser for all tests of the page; each test has a server of its own and an empty store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.stub import Stub, StubServer

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

    from tests.browser.chromium import Page

Opened = tuple["Page", Stub, StubServer]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    pytest.importorskip("selenium", reason="selenium is not installed")
    from tests.browser.chromium import BROWSER, DRIVER, start_browser

    if BROWSER is None or DRIVER is None:
        pytest.skip("chromium and chromedriver are not installed")
    started = start_browser(tmp_path_factory.mktemp("chromium"))
    yield started
    started.quit()


@pytest.fixture
def page_of(browser: Chrome) -> Iterator[Callable[..., Opened]]:
    """Opens the page of a `Stub` with these attributes: `page_of("?q=a", width=360, photos=9)`."""
    from tests.browser.chromium import Page

    with ExitStack() as servers:

        def open_page(query: str = "", *, width: int = 1200, **bent: Any) -> Opened:
            stub = Stub(**bent)
            server = servers.enter_context(StubServer(stub))
            page = Page(browser, server.address)
            page.requested(), page.complaints()
            page.open(query, width=width)
            return page, stub, server

        yield open_page
        # The page must not go on asking a server that is gone.
        browser.get("about:blank")

"""What the page does when the server goes away, refuses, wants a key or builds its index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

keys = pytest.importorskip("selenium.webdriver.common.keys", reason="selenium is not installed")
Keys = keys.Keys
pytestmark = pytest.mark.slow


def test_an_error_of_the_server_is_shown_as_it_is(page_of: Callable[..., Any]) -> None:
    said = "the filter, column 1: 'widht' is no field; did you mean 'width'?"
    page, _, _ = page_of(
        "?q=a&where=widht+>+1", refuse=lambda body: said if body["where"] else None
    )
    page.says("#error", said)
    page.find("#filters-open").click()
    page.find("#filters .plain").click()
    page.until(lambda: not page.find("#error").is_displayed(), "the error stays")


def test_a_server_that_goes_away_comes_back_by_itself(page_of: Callable[..., Any]) -> None:
    page, stub, server = page_of("?q=a+dog")
    page.says("#status", "a dog")
    server.stop()
    page.type(" asleep")
    page.until(lambda: page.find("#banner").is_displayed(), "no banner")
    page.says("#banner", "does not answer")
    assert page.photos()[0] == 1  # what was found stays
    server.start()
    page.until(lambda: not page.find("#banner").is_displayed(), "the banner stays")
    page.says("#status", "a dog asleep")
    assert stub.searches[-1]["text"] == "a dog asleep"


def test_a_key_is_asked_for_once(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of("?q=a+dog", key="sesame")
    page.until(lambda: page.find("#key").is_displayed(), "no key is asked for")
    page.find("#key-text").send_keys("wrong", Keys.ENTER)
    page.says("#key-said", "not accepted")
    page.until(lambda: page.find("#key").is_displayed(), "not asked again")
    page.run("document.querySelector('#key-text').value = ''")
    page.find("#key-text").send_keys("sesame", Keys.ENTER)
    page.says("#status", "a dog")
    page.until(lambda: page.all(".tile img.there"), "no thumbnails")
    assert page.all(".tile img.there")[0].get_attribute("src").startswith("blob:")
    page.browser.refresh()
    page.says("#status", "a dog")
    assert not page.find("#key").is_displayed()


def test_an_index_that_grows_can_be_watched(page_of: Callable[..., Any]) -> None:
    page, stub, _ = page_of(photos=20, building={"done": 20, "total": 50, "rate_per_second": 0.5})
    page.says("#building", "Indexing 20 of 50, 0.5 a second, 60 seconds left")
    stub.photos = 50
    page.says("#status", "50 photos")
    page.until(lambda: 21 in page.photos(), "the new photos do not show")
    stub.building = None
    page.until(lambda: not page.find("#building").is_displayed(), "it never ends")


def test_nothing_is_asked_of_another_host(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of("?q=a+dog")
    page.says("#status", "a dog")
    page.open_photo(0)
    page.until(lambda: page.all(".word"), "no words")
    asked = page.requested()
    own = (page.address, "data:", "blob:", "about:")
    assert len(asked) > 20
    assert [address for address in asked if not address.startswith(own)] == []
    assert page.complaints() == []


def test_photos_of_a_missing_index_are_said_to_be_left_out(page_of: Callable[..., Any]) -> None:
    page, stub, _ = page_of("?q=a+dog", missing=["/b.index no longer exists"])
    page.says("#degraded", "Some photos are left out")
    page.says("#degraded", "/b.index no longer exists")
    assert page.all("#notes li") == []  # it is said once
    assert page.photos()[0] == 1
    stub.missing = []
    page.type(" asleep")
    page.until(lambda: not page.find("#degraded").is_displayed(), "the notice stays")

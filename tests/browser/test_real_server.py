"""The page before the real server, whose model knows four colours."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.browser.listening import listening
from tests.integration.colours import COLOURS
from tests.integration.server.served import Served, make_index, serve

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

    from tests.browser.page import Page

pytestmark = pytest.mark.slow
keys = pytest.importorskip("selenium.webdriver.common.keys", reason="selenium is not installed")
Opened = tuple["Page", Served]


@pytest.fixture
def opened(browser: WebDriver, tmp_path: Path) -> Iterator[Opened]:
    from tests.browser.browsers import page_in

    served = serve(*make_index(tmp_path))
    with listening(served.client.app) as address:
        page = page_in(browser, address)
        page.open("?fold=no")  # plain colours are all alike
        yield page, served
        browser.get("about:blank")
    assert served.service.close(5)


def test_from_the_collection_to_why_a_photo_was_found(opened: Opened) -> None:
    page, served = opened
    page.says("#status", "4 photos")
    page.until(lambda: len(page.all(".tile img.there")) == 4, "a thumbnail does not show")

    page.type("a red wall")
    page.says("#status", "for “a red wall”")
    assert page.photos()[0] == served.ids["red.png"]
    page.open_photo(0)
    page.until(lambda: page.all(".word"), "no words")
    page.hover(page.all(".word")[0])
    page.says(".word-said", "“red” added +1.000")
    assert page.text("#detail h2") == "a red wall"
    assert "red.png" in page.text("#detail .facts")
    page.until(lambda: page.all(".held img.there"), "the photo itself does not show")
    own = (page.address, "blob:", "about:", "data:")
    assert [each for each in page.requested() if not each.startswith(own)] == []
    assert page.complaints() == []


def test_a_filter_its_mistakes_and_more_like_a_photo(opened: Opened) -> None:
    page, served = opened
    page.find("#filters-open").click()
    field = page.find("#filters .where")
    page.type("red")
    field.send_keys("category = wall", keys.Keys.ENTER)
    page.says("#status", "2 photos for “red”")
    assert set(page.photos()) == {served.ids["red.png"], served.ids["green.png"]}
    field.send_keys(" and widht > 3", keys.Keys.ENTER)
    page.says("#error", "did you mean 'width'?")
    page.find("#filters .plain").click()
    page.says("#status", "4 photos for “red”")
    page.find(f".tile[data-id='{served.ids['green.png']}']").send_keys("m")
    page.says("#status", "3 photos for a photo")  # the others
    assert served.ids["green.png"] not in page.photos()


def test_a_photo_is_dropped_in_and_a_text_subtracted(opened: Opened) -> None:
    page, served = opened
    page.says("#status", "4 photos")
    held = io.BytesIO()
    Image.new("RGB", (32, 32), COLOURS["blue"]).save(held, "png")
    page.drop("sea.png", base64.b64encode(held.getvalue()).decode())
    page.says("#status", "for a photo, best likeness")
    assert page.photos()[0] == served.ids["redblue.png"]
    page.type("-red")
    page.says("#status", "for a photo without “red”")
    page.until(lambda: page.photos()[-1] == served.ids["red.png"], "red is not last")

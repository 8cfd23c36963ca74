"""The page in a headless Chromium, against a server whose answers are known."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.stub import jpeg

keys = pytest.importorskip("selenium.webdriver.common.keys", reason="selenium is not installed")
Keys = keys.Keys
pytestmark = pytest.mark.slow


def test_before_anything_is_asked_it_shows_the_collection(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of(photos=60)
    page.says("#status", "60 photos")
    assert page.photos()[:3] == [1, 2, 3]
    assert page.complaints() == []


def test_photos_come_as_one_types_and_the_link_brings_them_back(
    page_of: Callable[..., Any],
) -> None:
    page, stub, _ = page_of()
    page.type("a dog")
    page.says("#status", "59 photos for “a dog”, best match 91\u202f%")
    page.says("#took", "24 ms")
    assert page.browser.current_url.endswith("?q=a+dog")
    assert stub.searches[-1]["text"] == "a dog"

    page.browser.refresh()
    page.says("#status", "for “a dog”")
    assert page.find("#text").get_attribute("value") == "a dog"
    page.browser.back()
    page.says("#status", "60 photos")
    page.until(lambda: "for" not in page.text("#status"), "Back does not lead to the collection")


def test_an_older_answer_never_shows_over_a_newer_one(page_of: Callable[..., Any]) -> None:
    def slow_first(body: dict[str, Any]) -> float:
        return 1.5 if body["text"] == "a" else 0.0

    page, stub, _ = page_of(delay=slow_first)
    page.type("a")
    page.until(lambda: stub.searches, "nothing was asked")
    page.type(" cat")
    page.says("#status", "for “a cat”")
    time.sleep(1.8)
    assert "for “a cat”" in page.text("#status")


@pytest.mark.parametrize(
    ("target", "side"), [("body", "positive"), ("[data-sign='-']", "negative")]
)
def test_a_photo_is_dropped_in(page_of: Callable[..., Any], target: str, side: str) -> None:
    page, stub, _ = page_of("?q=a+dog")
    page.says("#status", "a dog")
    sent = base64.b64encode(jpeg(1, (640, 427))).decode()
    page.drop("mine.jpg", sent, target)
    page.until(lambda: page.all(".term img"), "no chip for the photo")
    page.says("#status", "a photo")
    assert {"image": sent, "weight": 1} in stub.searches[-1][side]
    assert not page.find("#drop").is_displayed()


def test_terms_are_added_weighed_turned_and_left_out(page_of: Callable[..., Any]) -> None:
    page, stub, _ = page_of("?q=a+dog")
    page.says("#status", "a dog")
    page.find("#text").send_keys(Keys.ENTER)
    page.find("#also").click()
    page.type("-snow")
    page.says("#status", "“a dog” without “snow”")
    page.find("#text").send_keys(Keys.ENTER)
    page.until(lambda: len(page.all(".term")) == 2, "no two chips")
    assert stub.searches[-1]["negative"] == [{"text": "snow", "weight": 1}]

    page.find(".term.minus select").send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    page.until(lambda: stub.searches[-1]["negative"] == [{"text": "snow", "weight": 2}], "weight")
    page.find(".term.minus .sign").click()
    page.says("#status", "“a dog” and “snow”")
    page.find(".term .away").click()
    page.says("#status", "for “snow”")
    page.find(".term .sign").click()
    page.says("#status", "Say also what is wanted.")


def test_choosers_write_the_filter_and_typing_it_moves_them(page_of: Callable[..., Any]) -> None:
    page, stub, _ = page_of("?q=a+dog")
    page.says("#status", "a dog")
    page.find("#filters-open").click()
    page.find("#filters [list]").send_keys("traffic light", Keys.TAB)
    page.run("document.querySelector('.segments [value=portrait]').click()")
    where = 'category = "traffic light" and orientation = portrait'
    page.until(lambda: stub.searches[-1]["where"] == where, "the filter is not asked for")
    typed = page.find("#filters .where")
    assert typed.get_attribute("value") == where

    typed.clear()
    typed.send_keys("orientation = square and (width > 9 or has camera)", Keys.ENTER)
    page.until(lambda: page.find(".segments [value=square]").is_selected(), "not square")
    page.run("document.querySelector('.segments [value=\"\"]').click()")
    page.until(lambda: stub.searches[-1]["where"] == "(width > 9 or has camera)", "not left out")
    assert page.text("#filters-count") == "1"


def test_an_error_of_the_server_is_shown_as_it_is(page_of: Callable[..., Any]) -> None:
    said = "the filter, column 1: 'widht' is no field; did you mean 'width'?"
    page, _, _ = page_of(
        "?q=a&where=widht+>+1", refuse=lambda body: said if body["where"] else None
    )
    page.says("#error", said)
    page.find("#filters-open").click()
    page.find("#filters .plain").click()
    page.until(lambda: not page.find("#error").is_displayed(), "the error stays")


def test_the_slider_cuts_what_is_there_without_asking(page_of: Callable[..., Any]) -> None:
    page, stub, _ = page_of("?q=a+dog")
    page.says("#status", "59 photos")
    asked = len(stub.searches)
    slider = page.find("#cut")
    for _ in range(5):
        slider.send_keys(Keys.PAGE_UP)
    page.until(lambda: "of 59 for" in page.text("#status"), "nothing is cut")
    cut = int(slider.get_attribute("value"))
    kept = sum(0.93 * 0.5 ** (rank / 30) >= cut / 100 for rank in range(1, 60))
    assert page.text("#status").startswith(f"{kept} photos of 59")
    assert len(stub.searches) == asked
    slider.send_keys(Keys.END)
    page.says("#weak", "No photo reaches that")


def test_it_says_where_nothing_matches_well(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of("?q=a+stadium", best=0.3)
    page.says("#weak", "Nothing here matches well")
    assert page.photos()[0] == 1


def test_pointing_at_a_word_shows_where_it_was_read_and_back(page_of: Callable[..., Any]) -> None:
    page, stub, _ = page_of("?q=a+brown+dog")
    page.says("#status", "brown")
    page.all(".tile")[2].click()
    page.until(lambda: len(page.all(".word")) == 3, "no words")
    assert stub.searches[-1]["where"] == "id = 3"
    page.hover(page.all(".word")[1])
    page.says(".word-said", "“brown” added +0.050")
    boxes = [line.get_attribute("x") for line in page.all(".regions .line")]
    assert boxes == ["0.2", "0.6"]

    page.hover(page.all(".regions .target")[0])
    page.says(".word-said", "Read here: “a”")
    assert [word.text for word in page.all(".word.on")] == ["a"]


def test_all_can_be_done_with_keys(page_of: Callable[..., Any]) -> None:
    page, stub, _ = page_of()
    page.until(page.photos, "no photos")
    page.press("/")
    page.type("a dog")
    page.says("#status", "a dog")
    page.press(Keys.ARROW_DOWN)
    assert page.focused() == 1
    page.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.focused() == 3
    below = page.run(
        "const row = document.activeElement.parentElement; return [...row.nextSibling.children]"
        ".map((tile) => +tile.dataset.id)"
    )
    page.press(Keys.ARROW_DOWN)
    assert page.focused() in below
    page.press(Keys.ARROW_UP, Keys.HOME, Keys.ENTER)
    page.until(lambda: page.all("#detail[open]"), "not open")
    page.press(Keys.ARROW_RIGHT)
    page.until(lambda: "photo=2" in page.browser.current_url, "no next photo")
    page.press(Keys.ESCAPE)
    page.until(lambda: page.focused() == 2, "the focus is lost")
    page.press("-")
    page.until(lambda: stub.searches[-1]["negative"] == [{"id": 2, "weight": 1}], "minus")
    page.press(Keys.ARROW_DOWN)
    page.find("#photos .tile").send_keys("m")
    page.until(lambda: stub.searches[-1]["positive"] == [{"id": 1, "weight": 1}], "more like it")
    assert stub.searches[-1]["negative"] == []
    page.press("?")
    page.until(lambda: page.find("#help").is_displayed(), "no help")
    page.press(Keys.ESCAPE)
    page.press(Keys.ESCAPE)
    page.until(lambda: page.browser.current_url == page.address, "not anew")


def test_near_duplicates_are_folded_and_unfold(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of("?q=a+dog", photos=40)
    page.says("#status", "a dog")
    assert page.photos()[:3] == [1, 2, 3]
    page.find(".duplicates").click()
    page.until(lambda: page.photos()[:4] == [1, 2, 40, 3], "not unfolded")
    page.find(".duplicates").click()
    page.until(lambda: page.photos()[:3] == [1, 2, 3], "not folded")


def test_it_fits_a_narrow_screen(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of("?q=a+dog+on+the+grass&term=-2:text:a+very+long+thing+indeed", width=360)
    page.says("#status", "grass")
    for selector in ("#filters-open", ".tile"):
        page.find(selector).click()
        widest = page.run("return document.documentElement.scrollWidth")
        assert widest <= 360, selector
    page.until(lambda: page.all(".word"), "no words")
    side = page.run("return document.querySelector('.side').scrollWidth")
    assert side <= 360


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
    page.all(".tile")[0].click()
    page.until(lambda: page.all(".word"), "no words")
    asked = page.requested()
    own = (page.address, "data:", "blob:", "about:")
    assert len(asked) > 20
    assert [address for address in asked if not address.startswith(own)] == []
    assert page.complaints() == []

"""Looking: photos, one of them large, why it was found, keys and narrow screens."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

keys = pytest.importorskip("selenium.webdriver.common.keys", reason="selenium is not installed")
Keys = keys.Keys
pytestmark = pytest.mark.slow


def test_before_anything_is_asked_it_shows_the_collection(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of(photos=60)
    page.says("#status", "60 photos")
    assert page.photos()[:3] == [1, 2, 3]
    assert page.complaints() == []


def test_photos_stand_in_groups_with_their_cuts(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of("?q=a+dog", photos=90, best=0.6)
    page.says("#status", "a dog")
    found = page.run("""
        const seen = [];
        for (const row of document.querySelectorAll("#photos > *"))
            if (row.matches(".group")) seen.push(row.textContent);
            else for (const tile of row.children) seen.push(+tile.dataset.id);
        return seen;""")
    first, second = "Good matches", "Maybe"
    headings = {place: each for place, each in enumerate(found) if isinstance(each, str)}
    assert found[0].startswith(first)
    assert "50\u202f% and more" in found[0]
    # 0.6 * 0.5 ** (rank / 30) is below 0.5 from rank 8 on
    (maybe,) = [place for place, each in headings.items() if each.startswith(second)]
    assert (found[maybe - 1], found[maybe + 1]) == (7, 8)
    boxes = page.run("""
        return [...document.querySelectorAll("#photos > *")].map((each) => {
            const { top, bottom } = each.getBoundingClientRect();
            return [top, bottom];
        })""")
    assert all(one[1] <= other[0] + 1 for one, other in pairwise(boxes))
    page.run("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    page.until(lambda: "Nearest others" in page.text("#photos"), "no last group")
    assert page.complaints() == []


def test_back_closes_the_photo_and_closing_leaves_no_trace(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of("?q=a+dog")
    page.says("#status", "a dog")
    entries = page.run("return history.length")
    page.open_photo(1)
    page.browser.back()
    page.until(lambda: not page.all("#detail[open]"), "Back does not close it")
    page.until(lambda: page.focused() == 2, "the focus is lost")
    page.press(Keys.ENTER)
    page.until(lambda: page.all("#detail[open]"), "not open")
    page.press(Keys.ESCAPE)
    page.until(lambda: page.browser.current_url.endswith("?q=a+dog"), "the address stays")
    # What Forward leads to; a browser keeps no more than 50.
    assert page.run("return history.length") == min(entries + 1, 50)
    page.says("#status", "a dog")


def test_pointing_at_a_word_shows_where_it_was_read_and_back(page_of: Callable[..., Any]) -> None:
    page, stub, _ = page_of("?q=a+brown+dog")
    page.says("#status", "brown")
    page.open_photo(2)
    page.until(lambda: len(page.all(".word")) == 3, "no words")
    assert stub.searches[-1]["where"] == "id = 3"
    assert page.text(".found").startswith("Good match86\u202f% match, number 3")
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
    for shown, show in (("filters", page.find("#filters-open").click), ("photo", page.open_photo)):
        show()
        assert page.run("return document.documentElement.scrollWidth") <= 360, shown
    page.until(lambda: page.all(".word"), "no words")
    side = page.run("return document.querySelector('.side').scrollWidth")
    assert side <= 360

"""The library: months, years, filters, selection, albums, duplicates, chips, zoom, axe-core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

keys = pytest.importorskip("selenium.webdriver.common.keys", reason="selenium is not installed")
Keys = keys.Keys
pytestmark = pytest.mark.slow

PageOf = Callable[..., Any]


def headings(page: Any) -> list[str]:
    found = "return [...document.querySelectorAll('.group h2')].map((each) => each.textContent)"
    return list(page.run(found))


def select(page: Any, *places: int) -> None:
    tiles = page.all(".tile")
    for place in places:
        page.run("arguments[0].querySelector('.select').click()", tiles[place])


def test_it_opens_with_all_photos_by_month_and_years_to_go_to(page_of: PageOf) -> None:
    page, stub, _ = page_of(photos=900)
    page.says("#status", "900 photos")
    assert headings(page)[0] == "December 2026"
    assert page.focused() == 0
    assert page.run("return document.activeElement.id") in ("text", "")  # "" where nothing hovers
    years = [each.text for each in page.all("#years button")]
    assert years == ["2026", "2025"]
    page.all("#years button")[1].click()
    page.until(lambda: "December 2025" in headings(page), "the year is not gone to")
    page.until(lambda: page.text("#years [aria-current]") == "2025", "the year is not marked")
    assert stub.searches == []
    assert page.complaints() == []


def test_a_filter_alone_answers_and_one_that_nothing_passes_says_so(page_of: PageOf) -> None:
    page, _, _ = page_of("?where=category+%3D+dog", photos=60)
    page.says("#status", "30 photos that pass the filter")
    assert page.photos()[:2] == [1, 3]
    assert headings(page)[0] == "December 2026"


def test_chosen_photos_become_a_zip_file_and_an_album(page_of: PageOf) -> None:
    page, stub, _ = page_of(photos=60)
    page.says("#status", "60 photos")
    select(page, 1, 2)
    page.says("#chosen", "2 photos selected")
    page.all(".tile")[4].click()  # while some are selected a click selects
    page.says("#chosen", "3 photos selected")
    assert page.run("return document.querySelectorAll('[aria-selected=true]').length") == 3
    page.find("#chosen [data-do=zip]").click()
    page.until(lambda: stub.zipped == ["2,3,5"], "no zip file is asked for")
    page.find("#chosen [data-do=album]").click()
    page.find("#saved-name").send_keys("Best", Keys.ENTER)
    page.until(lambda: stub.saved, "no album")
    assert stub.saved[1]["photos"] == [2, 3, 5]
    page.until(lambda: not page.all("#saved[open]"), "the dialog stays")
    page.until(lambda: not page.all("#chosen:not([hidden])"), "the photos stay selected")
    page.find("#saved-open").click()
    page.until(lambda: page.all("#saved-list .open"), "the album is not listed")
    page.find("#saved-list .open").click()
    page.says("#status", "3 photos in this album")
    page.says("#album-name", "Best")
    assert page.photos() == [2, 3, 5]
    select(page, 0)
    page.find("#chosen [data-do=drop]").click()
    page.says("#status", "2 photos in this album")
    page.find("#album-away").click()
    page.says("#status", "60 photos")
    assert page.complaints() == []


def test_a_search_is_saved_and_asked_again(page_of: PageOf) -> None:
    page, stub, _ = page_of("?q=a+dog&where=width+%3E+3")
    page.says("#status", "a dog")
    page.find("#saved-open").click()
    page.find("#saved-name").send_keys("Dogs", Keys.ENTER)
    page.until(lambda: stub.saved, "not saved")
    assert stub.saved[1]["search"] == "q=a+dog&where=width+%3E+3"
    page.until(lambda: not page.all("#saved[open]"), "the dialog stays")
    page.find("#home").click()
    page.says("#status", "60 photos")
    page.find("#saved-open").click()
    page.until(lambda: page.all("#saved-list .open"), "the search is not listed")
    page.find("#saved-list .open").click()
    page.says("#status", "for “a dog”")
    assert stub.searches[-1]["where"] == "width > 3"


def test_near_duplicates_are_reviewed_and_left_out(page_of: PageOf) -> None:
    page, stub, _ = page_of("?view=duplicates", photos=30)
    page.says("#status", "10 groups of photos that are nearly the same, 20 photos in all")
    assert headings(page)[:2] == ["Alike 1", "Alike 2"]
    page.all(".group .plain")[0].click()
    page.says("#chosen", "1 photo selected")
    page.run("window.confirm = () => true")
    page.find("#chosen [data-do=out]").click()
    page.until(lambda: stub.removed == [2], "it is not left out")


def test_what_was_understood_can_be_taken_back(page_of: PageOf) -> None:
    chip = {
        "id": "time:last summer", "kind": "time", "text": "last summer", "start": 6, "end": 17,
        "label": "June to August 2026", "where": "taken >= 2026-06", "applied": True, "photos": 12,
        "choices": [],
    }  # fmt: skip
    page, stub, _ = page_of("?q=a+dog+last+summer", understood={"rest": "a dog", "chips": [chip]})
    page.says("#understood", "June to August 2026")
    page.find("#understood button").click()
    page.until(lambda: stub.searches[-1].get("as_words") == ["last summer"], "it stays a filter")
    page.browser.back()
    page.until(lambda: "as_words" not in stub.searches[-1], "Back does not bring it again")


def test_a_photo_is_zoomed_and_moved_and_its_facts_are_whole(page_of: PageOf) -> None:
    page, _, _ = page_of("?photo=7", photos=60)
    page.until(lambda: page.all("#detail .map"), "no map")
    assert "38.7100° N, 9.1400° W" in page.text("#detail .where-taken")
    assert "All EXIF (2)" in page.text("#detail .exif")
    scale = "return +(document.querySelector('.large').dataset.scale ?? 1)"
    page.press("z")
    page.until(lambda: page.run(scale) > 2, "it does not zoom")
    page.find("#detail .zooms .in").click()
    assert page.run(scale) == pytest.approx(4.0)
    before = page.run("return document.querySelector('.held').style.transform")
    page.run("""
        const stage = document.querySelector(".large");
        const at = (kind, x, y) => stage.dispatchEvent(new PointerEvent(kind, {
            clientX: x, clientY: y, pointerId: 1, isPrimary: true, bubbles: true }));
        stage.setPointerCapture = () => {};
        at("pointerdown", 300, 300); at("pointermove", 260, 280); at("pointerup", 260, 280);""")
    assert page.run("return document.querySelector('.held').style.transform") != before
    page.press(Keys.ARROW_RIGHT)
    page.until(lambda: "photo=8" in page.browser.current_url, "not the next photo")
    assert page.run(scale) == 1
    assert page.complaints() == []


def test_photos_of_the_same_time_are_shown_in_the_library(page_of: PageOf) -> None:
    page, _, _ = page_of("?q=a+dog", photos=900)
    page.says("#status", "a dog")
    page.run("history.replaceState(null, '', '?q=a+dog&photo=500')")
    page.browser.refresh()
    page.until(lambda: page.all("#detail [data-do=near]"), "no photo")
    page.find("#detail [data-do=near]").click()
    page.until(lambda: page.focused() == 500, "the photo is not gone to")
    assert "November 2025" in headings(page) or "December 2025" in headings(page)


def test_back_leads_somewhere_else_with_every_press(page_of: PageOf) -> None:
    page, _, _ = page_of(photos=60)
    page.says("#status", "60 photos")
    page.type("a dog")
    page.says("#status", "for “a dog”")
    page.find("#text").send_keys(Keys.BACKSPACE * 5)  # all that was typed is gone again
    page.says("#status", "60 photos")
    page.type("a cat")
    page.says("#status", "for “a cat”")
    page.open_photo(1)
    page.press(Keys.ARROW_RIGHT)
    seen = [page.browser.current_url]
    for _ in range(2):
        page.browser.back()
        page.until(lambda: page.browser.current_url != seen[-1], "Back leads nowhere")
        seen.append(page.browser.current_url)
    assert [each.partition("/?")[2] for each in seen] == ["q=a+cat&photo=3", "q=a+cat", ""]
    page.says("#status", "60 photos")


def test_fields_and_values_are_offered_while_a_filter_is_typed(page_of: PageOf) -> None:
    page, _, _ = page_of(photos=60)
    page.find("#filters-open").click()
    page.find("#filters .where").send_keys("width > 3 and cam")
    options = (
        "return [...document.querySelectorAll('#where-help option')].map((each) => each.value)"
    )
    page.until(lambda: page.run(options) == ["width > 3 and camera ~ "], "no field")
    page.find("#filters .where").send_keys("era = ")
    page.until(lambda: page.run(options) == ['width > 3 and camera = "Pixel 8"'], "no value")


def test_help_that_comes_late_is_for_what_is_typed_by_then(page_of: PageOf) -> None:
    page, _, _ = page_of(photos=60, help_delay=0.7)
    page.find("#filters-open").click()
    page.find("#filters .where").send_keys("camera = ")
    options = (
        "return [...document.querySelectorAll('#where-help option')].map((each) => each.value)"
    )
    page.until(lambda: page.run(options) == ['camera = "Pixel 8"'], "no value")


def test_words_count_unless_they_are_not_to(page_of: PageOf) -> None:
    page, stub, _ = page_of("?q=a+dog")
    page.says("#status", "a dog")
    assert stub.searches[-1]["words"] is True
    page.find("#filters-open").click()
    page.find("#filters .boxes label:last-child").click()
    page.until(lambda: stub.searches[-1]["words"] is False, "words still count")
    assert "words=no" in page.browser.current_url


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing_wrong(page_of: PageOf, theme: str, width: int) -> None:
    from tests.browser.accessibility import violations

    page, _, _ = page_of(photos=200, best=0.6)
    for query in ("", "?q=a+dog", "?photo=7", "?q=a+dog&photo=7", "?view=duplicates"):
        page.open(query, width=width, height=720)
        page.run("document.documentElement.dataset.theme = arguments[0]", theme)
        page.until(lambda: page.all(".tile img.there"), "no thumbnail")
        if not query:
            select(page, 1)
            page.find("#filters-open").click()
        assert violations(page) == [], query
    page.open("", width=width, height=720)
    page.find("#saved-open").click()
    page.until(lambda: page.all("#saved[open]"), "no dialog")
    assert violations(page) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_lies_over_the_filters_or_the_years(page_of: PageOf, width: int) -> None:
    page, _, _ = page_of(photos=900, width=width)
    page.until(lambda: len(page.all("#years button")) == 2, "no years")
    below = "return document.querySelector(arguments[0]).getBoundingClientRect()"
    assert page.run(f"{below}.top", "#years button") >= page.run(f"{below}.bottom", ".top")
    page.find("#filters-open").click()
    covered = page.run("""
        const covered = [];
        for (const each of document.querySelectorAll("#filters input, #filters .segments label")) {
            const { left, right, top, bottom } = each.getBoundingClientRect();
            for (const x of [left + 3, right - 3]) {
                const there = document.elementFromPoint(x, (top + bottom) / 2);
                if (right > left && !there?.closest("#filters")) covered.push(each.outerHTML);
            }
        }
        return covered;""")
    assert covered == []


def test_nothing_is_wider_than_a_telephone(page_of: PageOf) -> None:
    page, _, _ = page_of(photos=900)
    for query in ("", "?q=a+dog", "?photo=7", "?view=duplicates"):
        page.open(query, width=360, height=720)
        page.until(lambda: page.all(".tile"), "no photos")
        assert page.run("return document.documentElement.scrollWidth") <= 360, query

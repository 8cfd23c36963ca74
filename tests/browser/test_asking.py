"""Asking: texts, photos, what is not wanted, filters and the cut; against a stand-in server."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.stub import jpeg

keys = pytest.importorskip("selenium.webdriver.common.keys", reason="selenium is not installed")
Keys = keys.Keys
PASTE = """
    const bytes = Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], "image.png", { type: "image/png" }));
    const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "clipboardData", { value: clipboardData });  // Firefox takes none
    document.body.dispatchEvent(event);
"""
pytestmark = pytest.mark.slow


def test_photos_come_as_one_types_and_the_link_brings_them_back(
    page_of: Callable[..., Any],
) -> None:
    page, stub, _ = page_of()
    page.type("a dog")
    page.says("#status", "59 photos for “a dog”, best match 90\u202f%")
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


def test_a_photo_is_pasted_or_picked_and_a_link_cannot_hold_it(
    page_of: Callable[..., Any], tmp_path: Path
) -> None:
    page, stub, _ = page_of()
    page.until(page.photos, "no photos")
    photo = jpeg(2, (512, 512))
    page.run(PASTE, base64.b64encode(photo).decode())
    page.says("#status", "for a photo, best likeness")
    (tmp_path / "mine.jpg").write_bytes(photo)
    page.find("#file").send_keys(str(tmp_path / "mine.jpg"))
    page.says("#status", "for a photo and a photo")
    assert [len(term["image"]) > 0 for term in stub.searches[-1]["positive"]] == [True, True]
    page.browser.refresh()
    page.says("#error", "drop them in again")


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


@pytest.mark.parametrize(("best", "said"), [(0.3, "matches well. "), (0.1, "matches. ")])
def test_it_says_where_nothing_matches(page_of: Callable[..., Any], best: float, said: str) -> None:
    notes = [f"nothing here matches: the best probability is {best:.0%}"]
    page, _, _ = page_of("?q=a+stadium", best=best, notes=notes * (best < 0.15))
    page.says("#weak", f"Nothing here {said}")
    assert page.text("#notes") == ""
    assert page.photos()[0] == 1


def test_it_says_which_words_it_cannot_read(page_of: Callable[..., Any]) -> None:
    unknown = "crossgraph knows no word of “girafe” (did you mean “giraffe”?): it reads English"
    page, _, _ = page_of("?q=girafe", best=0.05, notes=[unknown])
    page.says("#weak", f"C{unknown[1:]}. Nothing here matches.")
    assert page.text("#notes") == ""
    some = unknown.replace("knows no word of", "does not know")
    page, _, _ = page_of("?q=red+girafe", notes=[some])
    page.says("#notes", some)
    assert not page.find("#weak").is_displayed()

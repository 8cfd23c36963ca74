"""The page before the real server of photos that have people, places, dates and a camera."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.types import PersonRegion, PhotoDetails
from tests.browser.listening import listening
from tests.integration.known_photos import make_known_index
from tests.integration.server.served import Served, serve

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

    from tests.browser.page import Page

pytestmark = pytest.mark.slow
keys = pytest.importorskip("selenium.webdriver.common.keys", reason="selenium is not installed")
Keys = keys.Keys
Opened = tuple["Page", Served]

SMITH, JONES = (PersonRegion(name, None) for name in ("Anna Smith", "Anna Jones"))
LISBON = PhotoDetails(
    title="The harbour", city="Lisbon", country="Portugal", latitude=38.71, longitude=-9.14
)
PHOTOS = {
    "IMG_1.jpg": ("red", "2019:12:25 18:00:00", PhotoDetails(rating=4)),
    "IMG_2.jpg": ("red", "2026:07:01 12:00:00", LISBON),
    "IMG_3.jpg": ("blue", "2023:05:04 12:00:00", PhotoDetails(people=(SMITH,))),
    "IMG_4.jpg": ("grey", "2023:05:05 12:00:00", PhotoDetails(people=(JONES,))),
    "IMG_5.jpg": ("green", None, PhotoDetails(tags=("Kodachrome",))),
}
CHIP = "#understood .chip:not(.offered)"
OFFERED = "#understood .offered button"
OPTIONS = """
    const options = [...document.querySelectorAll("#where-help option")];
    return options.map(({ value, label }) => [value, label]);
"""


@pytest.fixture
def opened(browser: WebDriver, tmp_path: Path) -> Iterator[Opened]:
    from tests.browser.browsers import page_in

    served = serve(make_known_index(tmp_path, PHOTOS), tmp_path / "photos")
    with listening(served.client.app) as address:
        page = page_in(browser, address)
        page.open("?fold=no")  # plain colours are all alike
        page.says("#status", "5 photos")
        yield page, served
        browser.get("about:blank")
    assert served.service.close(5)


def shows(page: Page, served: Served, *numbers: int) -> None:
    """Wait until the page shows these photos and no others."""
    wanted = {served.ids[f"IMG_{number}.jpg"] for number in numbers}
    page.until(lambda: set(page.photos()) == wanted, f"not the photos {numbers}")


def test_a_place_is_a_chip_that_is_taken_back_and_put_on_again(opened: Opened) -> None:
    page, served = opened
    page.type("red in Lisbon")
    shows(page, served, 2)
    page.says(CHIP, "PlaceLisbon")
    assert page.find(CHIP).get_attribute("title") == "place = 'Lisbon'"
    page.find(f"{CHIP} button").click()
    shows(page, served, 1, 2, 3, 4, 5)
    assert "as=in+Lisbon" in page.browser.current_url
    page.says(OFFERED, "“in Lisbon” as a filter")
    page.find(OFFERED).click()
    shows(page, served, 2)
    page.find("#text").send_keys(Keys.BACKSPACE * len(" in Lisbon"))
    shows(page, served, 1, 2, 3, 4, 5)
    assert page.complaints() == []


def test_a_time_alone_is_a_filter(opened: Opened) -> None:
    page, served = opened
    page.type("in May 2023")
    shows(page, served, 3, 4)
    page.says(CHIP, "TimeMay 2023")
    page.find("#text").clear()
    page.type("christmas 2019")
    shows(page, served, 1)


def test_a_name_of_two_people_is_chosen_and_forgotten_with_its_words(opened: Opened) -> None:
    page, served = opened
    page.type("photos with anna")
    shows(page, served, 3, 4)
    options = "return [...document.querySelector('#understood select').selectedOptions]"
    assert page.run(f"{options}[0].textContent") == "Anna Jones or Anna Smith"
    select = page.find("#understood select")
    select.send_keys("Anna Smith", Keys.TAB)
    shows(page, served, 3)
    page.until(lambda: page.run(f"{options}[0].textContent") == "Anna Smith (1)", "not chosen")
    page.browser.refresh()
    shows(page, served, 3)
    page.find("#understood select").send_keys("Any", Keys.TAB)
    shows(page, served, 3, 4)
    page.find("#understood select").send_keys("Anna Jones", Keys.TAB)
    shows(page, served, 4)
    # A name that the text as it is by now has no choice of is no error.
    page.find("#text").send_keys(" Smith")
    shows(page, served, 3)
    assert not page.find("#error").is_displayed()
    page.find("#text").clear()
    page.type("blue")
    shows(page, served, 1, 2, 3, 4, 5)
    assert "is=" not in page.browser.current_url


def test_values_are_those_of_the_collection(opened: Opened) -> None:
    page, served = opened
    page.find("#filters-open").click()
    field = page.find("#filters .where")

    def offers(*expected: tuple[str, str]) -> None:
        page.until(lambda: page.run(OPTIONS) == [*map(list, expected)], f"not {expected}")

    field.send_keys("cam")
    offers(("camera ~ ", "camera, such as camera ~ pixel"))
    field.send_keys("era = ")
    offers(('camera = "Apple iPhone 13"', "Apple iPhone 13 (4)"))
    field.clear()
    field.send_keys("person = an")
    offers(('person = "Anna Jones"', "Anna Jones (1)"), ('person = "Anna Smith"', "Anna Smith (1)"))
    field.clear()
    field.send_keys("has camera and tag = ")
    offers(('has camera and tag = "Kodachrome"', "Kodachrome (1)"))
    field.clear()
    field.send_keys('place = "Lisbon"', Keys.ENTER)
    page.says("#status", "1 photo that passes the filter")
    shows(page, served, 2)


def test_a_photo_says_what_is_known_of_it(opened: Opened) -> None:
    page, served = opened
    page.open(f"?photo={served.ids['IMG_2.jpg']}")
    page.says("#detail .facts", "Lisbon")
    facts = page.run("""
        const names = [...document.querySelectorAll("#detail .side > .facts dt")];
        const said = (name) => [name.textContent, name.nextSibling.textContent];
        return Object.fromEntries(names.map(said));
    """)
    assert (facts["Title"], facts["Camera"]) == ("The harbour", "Apple iPhone 13")
    assert facts["Place"].startswith("Lisbon")
    page.until(lambda: page.all("#detail .map"), "no map")  # EXIF has no position
    page.open(f"?photo={served.ids['IMG_1.jpg']}")
    page.says("#detail .facts", "4 of 5")
    assert page.complaints() == []


def test_the_library_albums_searches_and_look_alikes(opened: Opened) -> None:
    page, served = opened
    assert page.text("#photos .group h2") == "July 2026"
    tiles = {number: f".tile[data-id='{served.ids[f'IMG_{number}.jpg']}']" for number in (1, 5)}
    for selector in tiles.values():
        page.run("document.querySelector(arguments[0]).querySelector('.select').click()", selector)
    page.says("#chosen", "2 photos selected")
    page.find("#chosen [data-do=album]").click()
    page.find("#saved-name").send_keys("Best", Keys.ENTER)
    page.says("#status", "Saved as “Best”")
    page.find("#text").send_keys("red in Lisbon")
    shows(page, served, 2)
    page.find("#saved-open").click()
    page.find("#saved-name").send_keys("Harbours", Keys.ENTER)
    page.says("#status", "Saved as “Harbours”")
    for place, name, numbers in ((0, "Best", (1, 5)), (1, "Harbours", (2,))):
        page.open()
        page.says("#status", "5 photos")
        page.find("#saved-open").click()
        page.until(lambda: len(page.all("#saved-list .open")) == 2, "not both are listed")
        button = page.all("#saved-list .open")[place]
        assert name in button.text
        button.click()
        shows(page, served, *numbers)
    page.open("?view=duplicates")
    page.says("#status", "1 group of photos that are nearly the same, 5 photos in all")
    page.find(".group .plain").click()
    page.says("#chosen", "4 photos selected")
    page.run("window.confirm = () => true")
    page.find("#chosen [data-do=out]").click()
    page.says("#status", "No photos are nearly the same")
    page.open()
    page.says("#status", "1 photo")
    own = (page.address, "blob:", "about:", "data:")
    assert [each for each in page.requested() if not each.startswith(own)] == []
    assert page.complaints() == []

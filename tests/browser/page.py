"""The page in a browser, as a person uses it; what differs between browsers is left to each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.waiting import PATIENCE_SECONDS

__all__ = ["Page"]

DROP = """
    const [target, name, encoded] = arguments;
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
    for (const kind of ["dragenter", "dragover", "drop"])
        document.querySelector(target).dispatchEvent(
            new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
"""


class Page(ABC):
    """A window with the page of the server at an address."""

    def __init__(self, browser: WebDriver, address: str) -> None:
        self.browser = browser
        self.address = address

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page that many px to show itself in; few in width are a phone's."""

    @abstractmethod
    def requested(self) -> list[str]:
        """Return the addresses that were asked for since the last call."""

    @abstractmethod
    def complaints(self) -> list[str]:
        """Return what the browser complained of since the last call, such as script errors."""

    @abstractmethod
    def work_seconds(self) -> float:
        """Return how long the page's own thread has computed so far, whatever else ran."""

    @abstractmethod
    def megabytes(self) -> float:
        """Return the memory that the page takes, without what can be thrown away."""

    @abstractmethod
    def allow_scripts(self) -> None:
        """Let tests add scripts to the page, which its policy forbids."""

    def open(self, query: str = "", *, width: int = 1200, height: int = 800) -> None:
        """Load it in a window of that size (px)."""
        self.resize(width, height)
        self.browser.get(self.address + query)

    def run(self, script: str, *arguments: object) -> Any:
        return self.browser.execute_script(script, *arguments)

    def until(self, holds: Callable[[], Any], what: str) -> Any:
        """Wait for something to be true, and give it."""
        return WebDriverWait(self.browser, PATIENCE_SECONDS, 0.05).until(lambda _: holds(), what)

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """Return the text of an element as it is in the document, seen or not; "" without one."""
        told = "return document.querySelector(arguments[0])?.textContent ?? ''"
        return str(self.run(told, selector))

    def says(self, selector: str, part: str) -> None:
        """Wait until an element's text has this part."""
        found = f"{selector} does not say {part!r}"
        self.until(lambda: part in self.text(selector), found)

    def photos(self) -> list[int]:
        """Return the ids of the photos that are in the document, in its order."""
        ids = "return [...document.querySelectorAll('.tile')].map((tile) => +tile.dataset.id)"
        return list(self.run(ids))

    def focused(self) -> int:
        """Return the id of the photo that has the focus, 0 if none has."""
        return int(self.run("return +(document.activeElement?.dataset?.id ?? 0)"))

    def press(self, *keys: str) -> None:
        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def type(self, text: str) -> None:
        self.find("#text").send_keys(text)

    def open_photo(self, place: int = 0) -> None:
        """Bring a photo to the middle of the window, and open it by a click.

        Firefox clicks on the middle of what is in sight: of a photo at the edge, on its check mark.
        """
        tile = self.all(".tile")[place]
        self.run("arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })", tile)
        tile.click()
        self.until(lambda: self.all("#detail[open]"), "no photo is open")

    def hover(self, element: WebElement) -> None:
        ActionChains(self.browser).move_to_element(element).perform()

    def drop(self, name: str, encoded: str, target: str = "body") -> None:
        """Let go of a photo's file (base64) over an element."""
        self.run(DROP, target, name, encoded)

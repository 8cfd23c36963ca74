"""A headless Chromium for the tests of the page: one window, nothing kept, nothing phoned home."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.waiting import PATIENCE_SECONDS

__all__ = ["BROWSER", "DRIVER", "Page", "start_browser"]

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--hide-scrollbars",
)  # fmt: skip
DROP = """
    const [target, name, encoded] = arguments;
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
    for (const kind of ["dragenter", "dragover", "drop"])
        document.querySelector(target).dispatchEvent(
            new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
"""


def start_browser(profile: Path) -> webdriver.Chrome:
    """Start it with an empty profile folder, and a log of what it asks the network for."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(DRIVER))


class Page:
    """The page as a person uses it."""

    def __init__(self, browser: webdriver.Chrome, address: str) -> None:
        self.browser = browser
        self.address = address

    def open(self, query: str = "", *, width: int = 1200, height: int = 800) -> None:
        """Load it in a window of that size (px); a narrow one is a phone's."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.command("Emulation.setDeviceMetricsOverride", size)
        self.browser.get(self.address + query)

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> Any:
        return self.browser.execute_cdp_cmd(name, arguments or {})

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
        """Return the text of an element as it is in the document, seen or not."""
        return str(self.run("return document.querySelector(arguments[0]).textContent", selector))

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

    def hover(self, element: WebElement) -> None:
        ActionChains(self.browser).move_to_element(element).perform()

    def drop(self, name: str, encoded: str, target: str = "body") -> None:
        """Let go of a photo's file (base64) over an element."""
        self.run(DROP, target, name, encoded)

    def requested(self) -> list[str]:
        """Return the addresses that were asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        sent = [event for event in events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> list[str]:
        """Return what the browser complained of since the last call, such as script errors."""
        return [entry["message"] for entry in self._log("browser") if entry["level"] == "SEVERE"]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        return list(self.browser.get_log(kind))

"""A headless Chromium for the tests of the page: one window, nothing kept, nothing phoned home."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from selenium import webdriver

from tests.browser.page import Page

__all__ = ["MISSING", "ChromiumPage", "start_browser"]

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
MISSING = "" if BROWSER and DRIVER else "chromium and chromedriver are not installed"
"""Why no test can run in it; empty where they can."""
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--hide-scrollbars",
)  # fmt: skip


def start_browser(profile: Path) -> webdriver.Chrome:
    """Start it with an empty profile folder, and a log of what it asks the network for."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(DRIVER))


class ChromiumPage(Page):
    """The page in Chromium, which is told what WebDriver has no word for by DevTools commands."""

    browser: webdriver.Chrome

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.command("Emulation.setDeviceMetricsOverride", size)

    def command(self, name: str, arguments: dict[str, Any] | None = None) -> Any:
        return self.browser.execute_cdp_cmd(name, arguments or {})

    def allow_scripts(self) -> None:
        self.command("Page.setBypassCSP", {"enabled": True})

    def work_seconds(self) -> float:
        self.command("Performance.enable", {"timeDomain": "threadTicks"})
        return self._metric("TaskDuration")

    def megabytes(self) -> float:
        self.command("HeapProfiler.collectGarbage")
        return self._metric("JSHeapUsedSize") / 1e6

    def _metric(self, name: str) -> float:
        found = self.command("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in found if each["name"] == name)

    def requested(self) -> list[str]:
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        sent = [event for event in events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self._log("browser") if entry["level"] == "SEVERE"]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        return list(self.browser.get_log(kind))

"""A headless Firefox for the tests of the page; it is enough that Firefox itself is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.remote.file_detector import UselessFileDetector

from tests.browser.marionette import Marionette
from tests.browser.page import Page
from tests.waiting import await_that

__all__ = ["MISSING", "FirefoxPage", "start_browser"]

BROWSER = shutil.which("firefox-esr") or shutil.which("firefox")
MISSING = "" if BROWSER else "firefox is not installed"
"""Why no test can run in it; empty where they can."""
FLAGS = ("--headless", "--no-remote", "--marionette", "--remote-allow-system-access")
PREFERENCES = {"marionette.port": 0}  # any that is free
WATCH = """
    window.crossgraphRequests = [];
    Services.obs.addObserver((request) => {
        const channel = request.QueryInterface(Ci.nsIHttpChannel);
        const context = BrowsingContext.get(channel.loadInfo.browsingContextID);
        if (context?.top.embedderElement) window.crossgraphRequests.push(channel.URI.spec);
    }, "http-on-modify-request");
"""
RESIZE = """
    const [width, height] = arguments;
    window.resizeTo(Math.max(width, 600), height + 200);
    const { style } = gBrowser.selectedBrowser;
    const set = (name, value) => style.setProperty(name, value, "important");
    for (const [side, size] of [["width", width], ["height", height]])
        for (const edge of ["", "min-", "max-"]) set(edge + side, `${size}px`);
    set("flex", "none");
"""
PROCESS = """
    const { osPid } = gBrowser.selectedBrowser.browsingContext.currentWindowGlobal;
    return ChromeUtils.requestProcInfo().then(({ children }) => {
        const { memory, threads } = children.find(({ pid }) => pid === osPid);
        return { memory, main: threads.find(({ tid }) => tid === osPid).cpuTime };
    });
"""
COMPLAINTS = """
    const told = Services.console.getMessageArray()
        .filter((each) => each instanceof Ci.nsIScriptError && each.innerWindowID
            && !(each.flags & Ci.nsIScriptError.warningFlag))
        .map((each) => `${each.sourceName}:${each.lineNumber}: ${each.errorMessage}`);
    Services.console.reset();
    return told;
"""


class Firefox(webdriver.Remote):
    """Firefox in a process of its own, which ends with it."""

    command_executor: Marionette

    def __init__(self, profile: Path) -> None:
        lines = [f"user_pref({json.dumps(name)}, {value});" for name, value in PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        command = [str(BROWSER), *FLAGS, "--profile", str(profile)]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        told = profile / "MarionetteActivePort"
        await_that(lambda: told.is_file() and told.read_text() != "")
        marionette = Marionette(int(told.read_text()))
        options = webdriver.FirefoxOptions()
        super().__init__(marionette, file_detector=UselessFileDetector(), options=options)  # type: ignore[arg-type]
        marionette.privileged(WATCH)

    def quit(self) -> None:
        super().quit()
        self._process.wait(60)


def start_browser(profile: Path) -> Firefox:
    """Start it with an empty profile folder, and a log of what its pages ask the network for."""
    return Firefox(profile)


class FirefoxPage(Page):
    """The page in Firefox, which is told what WebDriver has no word for by scripts of its own."""

    browser: Firefox

    def resize(self, width: int, height: int) -> None:
        self.browser.command_executor.privileged(RESIZE, width, height)

    def allow_scripts(self) -> None:
        """Nothing: those of WebDriver run in a realm of their own, outside of the policy."""

    def work_seconds(self) -> float:
        return self._process()["main"] / 1e9

    def megabytes(self) -> float:
        """As the system counts the page's process, Firefox's own part included."""
        return self._process()["memory"] / 1e6

    def _process(self) -> dict[str, float]:
        found: dict[str, float] = self.browser.command_executor.privileged(PROCESS)
        return found

    def requested(self) -> list[str]:
        return list(self._own("return window.crossgraphRequests.splice(0)"))

    def complaints(self) -> list[str]:
        return list(self._own(COMPLAINTS))

    def _own(self, script: str) -> list[str]:
        found: list[str] = self.browser.command_executor.privileged(script)
        return found

"""axe-core in the page: its script comes with a package that is for development alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tests.browser.page import Page

__all__ = ["violations"]

PACKAGES = ("axe_playwright_python", "axe_selenium_python")
RUN = """
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ["violations"] }).then(
        ({ violations }) => done(violations.map(({ id, help, nodes }) =>
            [id, help, nodes.slice(0, 3).map((node) => node.html + node.failureSummary)])),
        (error) => done([["axe", String(error), []]]));
"""


def script() -> str:
    """Return the text of `axe.min.js`; skips the test where no package brings it."""
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            for file in Path(spec.origin).parent.rglob("axe*.js"):
                return file.read_text(encoding="utf-8")
    pytest.skip("axe-core is not installed: pip install axe-playwright-python")


def violations(page: Page) -> list[Any]:
    """Return what axe-core finds wrong with the page as it is now."""
    page.allow_scripts()
    page.run(f"if (!window.axe) {{ {script()}; window.axe = window.axe ?? axe; }}")
    return list(page.browser.execute_async_script(RUN))

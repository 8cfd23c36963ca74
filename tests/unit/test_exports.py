"""The names in a package's `__all__` exist, are sorted, and are all that it exports."""

import importlib
from types import ModuleType

import pytest

PACKAGES = ["fusion", "indexer", "indexer.sources", "search", "store"]


@pytest.mark.parametrize("name", PACKAGES)
def test_exports(name: str) -> None:
    package = importlib.import_module(name)
    named = list(package.__all__)
    assert named == sorted(named)
    assert [word for word in named if not hasattr(package, word)] == []
    offered = {
        word
        for word, value in vars(package).items()
        if not word.startswith("_") and not isinstance(value, ModuleType) and word != "annotations"
    }
    assert offered <= set(named)

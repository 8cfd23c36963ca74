"""The layout of the packages: small folders, short files, and one name for one thing."""

from __future__ import annotations

import ast
import importlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
PACKAGES = ("fusion", "indexer", "search", "store")

MOST_MODULES = 24
MOST_LINES = 300
MOST_FUNCTION_LINES = 79

# There is one for each framework, under the same name as in docs/python.md.
SAME_CLASS = {"CrossgraphRetriever"}

# Module names in several packages: a package's entry, or a small part with the same task.
SAME_MODULE = {
    "build",  # builds a model by its kind; builds an index from its sources
    "embed",  # embeds photos into shards; embeds texts and photos for a program
    "images",  # images for an encoder; rows of the catalog
}


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def test_no_folder_is_crowded() -> None:
    counts: defaultdict[Path, int] = defaultdict(int)
    for path in modules():
        counts[path.parent] += path.name != "__init__.py"
    assert len(counts) > 40
    assert {place: count for place, count in counts.items() if count > MOST_MODULES} == {}


def test_no_file_is_long() -> None:
    paths = [*modules(), *sorted((ROOT / "tests").rglob("*.py"))]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


def test_no_function_is_long() -> None:
    long = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                count = (node.end_lineno or first) - first + 1
                if count > MOST_FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}: {node.name}"] = count
    assert long == {}


def test_no_two_public_classes_bear_one_name() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(ROOT)))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert twice.keys() == SAME_CLASS, twice


def test_no_module_name_stands_for_two_things() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    commands = ROOT / "search" / "commands"
    for path in modules():
        # A command may have the name of the module that it calls.
        alias = path == ROOT / "indexer" / "decode.py"  # only points to the module's new place
        if path.name != "__init__.py" and path.parent != commands and not alias:
            places[path.stem].append(str(path.relative_to(ROOT)))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert twice.keys() == SAME_MODULE, twice


def test_no_module_takes_the_place_of_what_its_package_gives_under_the_same_name() -> None:
    """This happened with `indexer.decode`, once a program had imported the module of that name."""
    met = []
    for package in map(importlib.import_module, PACKAGES):
        for name in package.__all__:
            place = ROOT / package.__name__ / name
            if place.is_dir() or place.with_suffix(".py").is_file():
                importlib.import_module(f"{package.__name__}.{name}")
                assert not isinstance(getattr(package, name), ModuleType), (package, name)
                met.append(f"{package.__name__}.{name}")
    assert "indexer.decode" in met

"""The files around the code: the site's navigation, licences, versions, the wheel and the image."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions, metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

import search
from mkdocs_hooks import on_page_markdown
from tests.integration.options import parse_line
from tests.wheel import METADATA, differences, files_of_packages

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PACKAGES = ("fusion", "indexer", "search", "store")


def pages_of(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    entries = nav.values() if isinstance(nav, dict) else nav
    return [page for entry in entries for page in pages_of(entry)]


def test_every_page_is_in_the_navigation_once() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert sorted(pages_of(nav)) == sorted(page.name for page in (ROOT / "docs").glob("*.md"))


def test_the_site_takes_nothing_from_the_network() -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert config["strict"] is True
    assert config["theme"]["font"] is False


def test_the_site_shows_commands_that_are_run_as_commands() -> None:
    page = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    assert "```sh run\n" in page
    assert on_page_markdown(page) == page.replace("```sh run\n", "```sh\n")


def test_the_reference_describes_all_that_the_package_exports() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    described = re.findall(r"^::: search\.(\w+)$", page, re.MULTILINE)
    assert sorted(described) == search.__all__


def test_the_version_is_one() -> None:
    assert search.__version__ == metadata("crossgraph")["Version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_licence_files_are_those_of_the_repository() -> None:
    assert PROJECT["license-files"] == ["LICENSE", "NOTICE"]
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for shipped in ("EfficientNet-Lite2", "all-MiniLM-L6-v2", "WordNet", "ImageNet"):
        assert shipped in notice


def test_an_installed_wheel_carries_the_licence_files() -> None:
    files = [{str(file) for file in each.files or []} for each in distributions(name="crossgraph")]
    wheels = [
        names
        for names in files
        if any(name.endswith(".dist-info/RECORD") for name in names)
        and not any("__editable__" in name for name in names)
    ]
    if not wheels:
        pytest.skip("crossgraph is not installed from a wheel")
    for names in wheels:
        for licence in ("LICENSE", "NOTICE"):
            assert any(name.endswith(f".dist-info/licenses/{licence}") for name in names)


def whole_wheel() -> set[str]:
    return files_of_packages(ROOT) | {f"crossgraph-1.dist-info/{name}" for name in METADATA}


def test_a_whole_wheel_is_as_it_should_be() -> None:
    assert list(differences(whole_wheel(), ROOT)) == []


@pytest.mark.parametrize(
    "name",
    [
        "fusion/py.typed",
        "fusion/checkpoints/crossgraph/model.safetensors",
        "search/server/static/index.html",
    ],
)
def test_a_wheel_without_a_file_is_told(name: str) -> None:
    assert list(differences(whole_wheel() - {name}, ROOT)) == [f"missing: {name}"]


def test_a_wheel_with_other_packages_or_without_a_licence_is_told() -> None:
    names = whole_wheel() | {"tests/wheel.py"}
    names.remove("crossgraph-1.dist-info/licenses/NOTICE")
    assert list(differences(names, ROOT)) == [
        "too much: tests/wheel.py",
        "missing in the metadata: licenses/NOTICE",
    ]


def test_the_image_is_built_of_what_there_is_and_runs_as_an_ordinary_user() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copies = [line.split()[1:-1] for line in lines if re.match("COPY (?!--from)", line)]
    for source in (name for names in copies for name in names if not name.startswith("--")):
        assert (ROOT / source).exists(), source
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001"]


def test_the_image_starts_commands_that_exist() -> None:
    script = (ROOT / "docker" / "serve").read_text(encoding="utf-8")
    commands = re.findall(r"^(?:exec )?(crossgraph [^|\n]*)", script, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        parse_line(command.replace('"$@"', "--api-key-file key"))


@pytest.mark.parametrize(
    "file", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda file: file.name
)
def test_forms_and_workflows_can_be_read(file: Path) -> None:
    held = yaml.safe_load(file.read_text(encoding="utf-8"))
    if file.parent.name == "workflows":
        # YAML parses the key `on` as true.
        assert True in held
        for name, job in held["jobs"].items():
            assert "runs-on" in job, name
            assert all("uses" in step or "run" in step for step in job["steps"]), name
        assert held["permissions"]


def test_workflows_try_every_python_that_is_promised() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    tried = workflow["jobs"]["tests"]["strategy"]["matrix"]["python"]
    promised = [
        version
        for classifier in PROJECT["classifiers"]
        for version in re.findall(r"^Programming Language :: Python :: (3\.\d+)$", classifier)
    ]
    assert tried == promised

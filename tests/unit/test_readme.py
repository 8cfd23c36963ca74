"""The commands in the README are valid."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer.main

from search.cli import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCED = re.findall(r"^```\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TYPED = [
    line.split("#")[0].strip().removeprefix("$ ")
    for page in PAGES
    for line in page.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    if re.match(r"    (\$ )?(crossgraph|search) ", line)
]


def marked(text: str) -> str:
    """Return the text between the marks around the figures of the shipped model."""
    begin, end = "FIGURES OF THE SHIPPED MODEL BEGIN", "FIGURES OF THE SHIPPED MODEL END"
    assert text.count(begin) == text.count(end) == 1
    return text.partition(begin)[2].partition("-->")[2].partition(end)[0]


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_what_matters_most_is_said_before_installing() -> None:
    beginning = README.partition("## ")[0]
    assert "English only" in beginning
    assert "Trained on" in beginning


def test_links_lead_to_files() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(linked) > 20
    assert [target for target in linked if not (ROOT / target).is_file()] == []


def test_every_page_is_linked_from_the_readme_or_the_index_of_pages() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    linked = {Path(target).name for target in re.findall(r"\]\(([\w./-]+\.md)", README + index)}
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"} <= linked


def test_its_figures_of_quality_are_those_of_the_page() -> None:
    page = marked((ROOT / "docs" / "quality.md").read_text(encoding="utf-8"))
    figures = re.findall(r"(?<=\| )\d+\.\d(?= \|)", marked(README))
    assert len(figures) == 15
    assert set(figures) <= set(re.findall(r"\d+\.\d+", page))


def test_its_figures_of_cost_are_those_of_the_page() -> None:
    page = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    table = README.partition("| cost, on 2 cores")[2].partition("\n\n")[0]
    figures = re.findall(r"(\d[\d.]*)(?: ms| s\b| MB| a second)", table)
    assert len(figures) == 11
    assert set(figures) <= set(re.findall(r"\d+(?:\.\d+)?", page))


def test_two_commands_install_and_run() -> None:
    assert len(FENCED) == 2
    assert FENCED[0].strip().endswith("&& crossgraph demo")
    assert FENCED[1].strip().endswith("&& pytest -n auto --dist worksteal")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for command in FENCED:
        named = re.search(r"\.\[([\w,]+)\]", command)
        assert named
        assert set(named[1].split(",")) <= set(extras)


@pytest.mark.parametrize("line", TYPED, ids=range(len(TYPED)))
def test_every_command_and_option_exists(line: str) -> None:
    program, *words = shlex.split(line)
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    name = "search" if program == "search" else words[0]
    command = commands[name]
    if name == "shards":
        command = command.commands[words[1]]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known

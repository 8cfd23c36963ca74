"""What the README tells people to type is what the program takes."""

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
TYPED = [
    line.split("#")[0].strip()
    for line in README.replace("\\\n", " ").splitlines()
    if re.match(r"    (crossgraph|search) ", line)
]


def test_two_commands_install_and_run() -> None:
    assert len(FENCED) == 2
    assert FENCED[0].strip().endswith("&& crossgraph demo")
    assert FENCED[1].strip().endswith("&& pytest")
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
    known = {option for parameter in commands[name].params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known

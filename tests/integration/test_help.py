"""The help of every command has examples, and these do what they say."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import typer.main

from search import cli, short
from search.demo import demo_run
from search.demo import photo_sets as demo_photos
from tests.integration.examples import commands_of_help, make_place, run_line
from tests.integration.options import parse_line

GROUP = typer.main.get_command(cli.app)
COMMANDS: dict[str, typer.core.TyperCommand] = {
    **GROUP.commands,  # type: ignore[attr-defined]
    **{f"shards {name}": one for name, one in GROUP.commands["shards"].commands.items()},  # type: ignore[attr-defined]
    "": typer.main.get_command(short.app),
}
EXAMPLES = {name: commands_of_help(command.help or "") for name, command in COMMANDS.items()}
LONG = {"train", "eval", "curve", "bench"}
"""What these do takes minutes, and photos with captions."""
ENDLESS = (" watch", "--watch", " serve ", " mcp ", "postgresql://", "clip:", "models get")
"""These, or need a server or a hub."""
RUN = dict.fromkeys(
    line
    for name, lines in EXAMPLES.items()
    for line in lines
    if name not in LONG and not any(each in line for each in ENDLESS)
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for examples, in which the demo finds the photos that lie there."""
    make_place(tmp_path, monkeypatch)
    monkeypatch.setattr(demo_photos, "distribution", lambda _: SimpleNamespace(locate_file=Path))
    found = demo_photos.PhotoSet("any", str(tmp_path / "photos"), ("*.png",), "us", "CC0")
    defaults = {**(demo_run.run_demo.__kwdefaults__ or {}), "sets": [found]}
    monkeypatch.setattr(demo_run.run_demo, "__kwdefaults__", defaults)
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_that_are_understood(name: str) -> None:
    assert EXAMPLES[name], f"crossgraph {name} --help has no example"
    for line in EXAMPLES[name]:
        parse_line(line)


@pytest.mark.weights  # `crossgraph doctor` misses them
@pytest.mark.parametrize("line", RUN)
def test_examples_run(line: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_line(line) == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_stand_in_the_help_a_line_each(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    run_line(f"crossgraph {name} --help" if name else "search --help")
    shown = [line.strip(" │") for line in capsys.readouterr().out.splitlines()]
    for line in EXAMPLES[name]:
        assert any(line in each for each in shown), line

"""Whether a command line is understood, without running it."""

from __future__ import annotations

import os
import shlex

import typer.core
import typer.main

from search import cli, short

__all__ = ["parse_line"]


def parse_line(line: str) -> None:
    """Read a command line as its program would; raises what typer makes of one that is wrong."""
    program, *arguments = shlex.split(line, comments=True)
    arguments = [os.path.expanduser(argument) for argument in arguments]
    if program == "search":
        typer.main.get_command(short.app).make_context("search", arguments)
        return
    group = typer.main.get_command(cli.app)
    name, *rest = arguments
    with group.make_context("crossgraph", []) as context:
        command = group.get_command(context, name)  # type: ignore[attr-defined]
        assert command is not None, f"crossgraph has no command {name}"
        inner = command.make_context(name, rest)
        if isinstance(command, typer.core.TyperGroup):
            name, *rest = rest
            inner_command = command.get_command(inner, name)
            assert inner_command is not None, f"crossgraph {line} has no command {name}"
            inner_command.make_context(name, rest)

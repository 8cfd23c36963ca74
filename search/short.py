"""The command `search QUERY`, the short form of `crossgraph search`.

Apart from `search.cli`, so that a search does not wait for the other commands to be imported.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from search.commands.search import search
from search.terminal.boundary import run

__all__ = ["search_main"]

app = typer.Typer(name="search", pretty_exceptions_enable=False)
app.command("search")(search)


def search_main(arguments: Sequence[str] | None = None) -> int:
    """Run `search` and return its exit code."""
    return run(app, arguments, "search")


if __name__ == "__main__":
    sys.exit(search_main())

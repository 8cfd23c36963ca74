"""The command line: `crossgraph COMMAND`; `search.short` has its short form `search QUERY`.

Results go to stdout, progress and warnings to stderr; exit codes: 0 success, 1 failure, 2 usage
error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from search.commands.bench import bench
from search.commands.curve import curve
from search.commands.demo import demo
from search.commands.doctor import doctor
from search.commands.evaluate import evaluate
from search.commands.export import export
from search.commands.generations import generations
from search.commands.index import index
from search.commands.mcp import mcp
from search.commands.measure import measure
from search.commands.merge import merge
from search.commands.models import models
from search.commands.push import push
from search.commands.reembed import reembed
from search.commands.relocate import relocate
from search.commands.search import search
from search.commands.serve import serve
from search.commands.shards import shards
from search.commands.status import status
from search.commands.train import train
from search.commands.verify import verify
from search.commands.watch import watch
from search.short import search_main
from search.terminal.boundary import run

__all__ = ["app", "main", "search_main"]

app = typer.Typer(
    name="crossgraph",
    help="Find photos by what they show, with a trained graph neural network.",
    pretty_exceptions_enable=False,
)

app.command("index")(index)
app.command("reembed")(reembed)
app.command("watch")(watch)
app.add_typer(shards)
app.command("search")(search)
app.command("serve")(serve)
app.command("status")(status)
app.command("relocate")(relocate)
app.command("verify")(verify)
app.command("export")(export)
app.command("merge")(merge)
app.command("push")(push)
app.command("generations")(generations)
app.command("mcp")(mcp)
app.command("models")(models)
app.command("train")(train)
app.command("eval")(evaluate)
app.command("measure")(measure)
app.command("curve")(curve)
app.command("bench")(bench)
app.command("demo")(demo)
app.command("doctor")(doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"crossgraph {version('crossgraph')}")
        except PackageNotFoundError:
            typer.echo("crossgraph (not installed)")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `crossgraph` and return its exit code."""
    return run(app, arguments, "crossgraph")


if __name__ == "__main__":
    sys.exit(main())

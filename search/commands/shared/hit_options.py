"""The options for hits: how they are printed, and what is done with them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from search.output.forms import Form, chosen_form
from search.output.terminal_graphics import Drawing
from search.printable import printable
from search.result import Hit

__all__ = [
    "CopyTo",
    "Csv",
    "Json",
    "Null",
    "Open",
    "Paths",
    "Preview",
    "PreviewAs",
    "asked_form",
    "use_files",
]

Json = Annotated[
    bool, typer.Option("--json", "--jsonl", help="One JSON object per line, one line per hit.")
]
Csv = Annotated[bool, typer.Option("--csv", help="CSV, for spreadsheets; names in the first line.")]
Paths = Annotated[bool, typer.Option("--paths", help="One path per line.")]
Null = Annotated[
    bool, typer.Option("-0", "--null", help="As --paths, with a NUL after each, for xargs -0.")
]
Preview = Annotated[
    bool, typer.Option("--preview", help="Show thumbnails, as well as the terminal can.")
]
PreviewAs = Annotated[
    Drawing | None, typer.Option(help="Show thumbnails in this form, in a pipe too.")
]
Open = Annotated[bool, typer.Option("--open", help="Open the best hit in the system's viewer.")]
CopyTo = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Copy the photos there, overwriting nothing."),
]


def asked_form(
    json: bool, csv: bool, paths: bool, null: bool, preview: bool, drawing: Drawing | None,
    *, explain: bool,
) -> Form:  # fmt: skip
    """Return the output form that the options ask for; raises as `chosen_form`."""
    options = {
        Form.json: json,
        Form.csv: csv,
        Form.paths: paths,
        Form.null: null,
        Form.preview: preview or drawing is not None,
    }
    form = chosen_form([form for form, is_given in options.items() if is_given], explain=explain)
    if form is Form.preview and drawing is None and not sys.stdout.isatty():
        raise typer.BadParameter(
            "--preview draws in a terminal, and the output goes elsewhere: leave it out, or "
            f"choose a form with --preview-as {' or '.join(Drawing)}"
        )
    return form


def use_files(hits: Sequence[Hit], folder: Path | None, *, show: bool) -> None:
    """Copy and open the hits, and report it on stderr.

    Raises:
        typer.Exit: a photo could not be copied or shown; the exit code is 1.
    """
    failed = False
    if folder is not None:
        from search.output.file_actions import copy_hits

        copied = copy_hits(hits, folder)
        for line in copied.lines(folder):
            typer.echo(printable(line), err=True)
        failed = bool(copied.failed)
    if show and hits:
        from search.output.file_actions import open_best

        problem = open_best(hits)
        if problem:
            typer.echo(printable(problem), err=True)
            failed = True
    if failed:
        raise typer.Exit(1)

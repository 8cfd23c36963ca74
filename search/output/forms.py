"""The output forms of hits, and which one a command line asks for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum

import typer

from search.output.lines import as_csv_lines, as_json_lines, as_paths, as_plain_lines
from search.output.terminal_graphics import Drawing
from search.result import Hit
from search.terminal.streams import write_exactly

__all__ = ["Drawing", "Form", "chosen_form", "print_hits"]


class Form(StrEnum):
    """How hits are printed; the value is the option that asks for it."""

    people = ""
    preview = "--preview"
    json = "--json"
    csv = "--csv"
    paths = "--paths"
    null = "-0"

    @property
    def is_for_programs(self) -> bool:
        """Whether a program reads the output, which has no use for notes on stderr."""
        return self not in (Form.people, Form.preview)


LINES: dict[Form, Callable[[Iterable[Hit]], Iterator[str]]] = {
    Form.people: as_plain_lines,
    Form.json: as_json_lines,
    Form.csv: as_csv_lines,
    Form.paths: as_paths,
    Form.null: as_paths,
}


def chosen_form(given: Sequence[Form], *, explain: bool = False) -> Form:
    """Return the one form that the options ask for, `Form.people` if none does.

    -0 is --paths with another line ending, so both together mean -0.

    Raises:
        typer.BadParameter: there are several, or one that cannot show explanations.

    >>> chosen_form([Form.paths, Form.null])
    <Form.null: '-0'>
    """
    forms = list(given)
    if Form.null in forms and Form.paths in forms:
        forms.remove(Form.paths)
    if len(forms) > 1:
        raise typer.BadParameter(f"{' and '.join(forms)} exclude each other")
    form = forms[0] if forms else Form.people
    if explain and form in (Form.paths, Form.null, Form.preview):
        raise typer.BadParameter(f"--explain and {form} exclude each other")
    return form


def print_hits(hits: Sequence[Hit], form: Form, drawing: Drawing | None = None) -> None:
    """Print hits on stdout; for people as a table on a terminal, and as lines in a pipe.

    Args:
        hits: the answer to a query.
        form: the result of `chosen_form`.
        drawing: how thumbnails are shown; None finds out what the terminal can do.
    """
    if form is Form.preview:
        from search.output.preview import print_previews

        print_previews(hits, drawing)
    elif form is Form.people and sys.stdout.isatty():
        _print_table(hits)
    else:
        end = "\0" if form is Form.null else "\n"
        exact = form in (Form.paths, Form.null)
        write: Callable[[str], object] = write_exactly if exact else sys.stdout.write
        for line in LINES[form](hits):
            write(f"{line}{end}")


def _print_table(hits: Sequence[Hit]) -> None:
    from rich.console import Console

    from search.output.table import print_table

    if hits:
        print_table(Console(), hits)

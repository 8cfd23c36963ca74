"""Tables that `crossgraph eval` prints: one for each kind of measure, a row for each collection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

__all__ = ["Named", "Report", "Rows", "TablePart"]


Report = dict[str, Any]


Rows = Iterator[tuple[str, ...]]
"""A row: its label, which distinguishes it from the others, and its cells."""


PIPE_WIDTH = 130
"""Width for pipes, which have none of their own; 80 columns would break row names."""


class Named(NamedTuple):
    """A part of a collection's report, with the collection's name."""

    name: str
    part: Report


class TablePart:
    """Prints one part of the reports of all collections as one table.

    Args:
        reports: one per collection, in order.
        is_several: whether a column names the collection.
    """

    def __init__(self, reports: Sequence[Named], is_several: bool) -> None:
        self.reports = reports
        self.is_several = is_several

    def __iter__(self) -> Iterator[Named]:
        return iter(self.reports)

    def of(self, key: str) -> TablePart:
        """Return the part with that name, from every report that has it."""
        reports = [Named(name, part[key]) for name, part in self.reports if part.get(key)]
        return TablePart(reports, self.is_several)

    def table(self, *columns: str, rows: Callable[[Report], Rows]) -> None:
        """Print one table; rows of one label stand together, one for each collection that has it.

        Args:
            columns: headings, without the collection's, which becomes the second.
            rows: returns the rows of a report.
        """
        table = Table(columns[0], *self._named("collection"), *columns[1:])
        columns_of = [
            (name, {row[0]: row[1:] for row in rows(part)}) for name, part in self.reports
        ]
        for label in dict.fromkeys(label for _, of_report in columns_of for label in of_report):
            for name, of_report in columns_of:
                if label in of_report:
                    table.add_row(label, *self._named(escape(name)), *of_report[label])
        _console().print(table)

    def _named(self, name: str) -> list[str]:
        return [name] if self.is_several else []

    def lines(self, line: Callable[[Report], str]) -> None:
        """Print a line for each collection, beginning with its name if there are several."""
        for name, part in self.reports:
            typer.echo(f"{name}: {line(part)}" if self.is_several else line(part))


def _console() -> Console:
    return Console() if Console().is_terminal else Console(width=PIPE_WIDTH)

"""Hits for people at a terminal: a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from search.explanation import as_words
from search.output.lines import known
from search.printable import printable
from search.result import Hit, HitGroup

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

__all__ = ["as_table", "heading_of"]


def as_table(hits: Sequence[Hit], title: str | None = None) -> Table:
    """Return a table that fits the terminal it is printed on; long cells are folded, never cut.

    A line above the hits of each group says which it is.
    """
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold", expand=False)
    table.add_column("#", justify="right")
    table.add_column("match", justify="right")
    table.add_column("score", justify="right")
    table.add_column("photo", overflow="fold")
    # An index without captions has nothing to say here, and the paths can use the room.
    speaks = any(known(hit) for hit in hits)
    if speaks:
        table.add_column("captions and categories", overflow="fold", max_width=60)
    explains = any(hit.explanation for hit in hits)
    if explains:
        table.add_column("added to the score, and where", overflow="fold")
    group = None
    for hit in hits:
        if hit.group is not group:
            group = hit.group
            table.add_section()
            table.add_row("", "", "", heading_of(group))
        path = escape(printable(hit.name))
        cells = [str(hit.rank), f"{hit.probability:.0%}", f"{hit.score:.3f}", path]
        if speaks:
            cells.append(escape(known(hit)))
        if explains:
            words = as_words(hit.explanation) if hit.explanation else ()
            cells.append(escape("\n".join(printable(word) for word in words)))
        table.add_row(*cells)
    return table


def heading_of(group: HitGroup) -> Text:
    """Return the line above the hits of a group, with the cut behind it."""
    from rich.text import Text

    return Text.assemble((group.heading, "bold"), (f" ({group.meaning})", "dim"))

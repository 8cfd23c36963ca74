"""Hits for people at a terminal: a table if all of it fits, else a line for each photo.

A path is never broken or cut, so that it can be copied; a terminal that is too narrow wraps the
line by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from search.explanation import as_words
from search.output.lines import known
from search.printable import printable
from search.result import Hit, HitGroup, match_percent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

__all__ = ["as_table", "heading_of", "print_table"]

LONGEST_PATH = 4096

WIDEST_KNOWN = 60
LEAST_KNOWN = 16
"""Largest and smallest width of captions and categories, which are folded, in columns."""


def print_table(console: Console, hits: Sequence[Hit], title: str | None = None) -> None:
    """Print hits as a table, or as lines if a path does not fit into one."""
    from rich.text import Text

    anywhere = console.options.update(max_width=10 * LONGEST_PATH)
    for whole_headings in (True, False):
        table = as_table(hits, title, whole_headings=whole_headings)
        if console.measure(table, options=anywhere).minimum <= console.width:
            console.print(table)
            return
    if title:
        console.print(Text(title, style="italic"))
    for line in _listed(hits):
        console.print(line, soft_wrap=True)


def as_table(
    hits: Sequence[Hit], title: str | None = None, *, whole_headings: bool = True
) -> Table:
    """Return a table in which paths and dates stay whole and everything else is folded, never cut.

    A heading stands above the hits of each group; `whole_headings` makes room for it.
    """
    from rich.cells import cell_len
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold", expand=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("match", justify="right", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    # Hits that are not sorted by score are not divided into groups.
    falls = all(one.probability >= other.probability for one, other in pairwise(hits))
    widest = max((cell_len(printable(hit.name)) for hit in hits), default=0)
    if falls and whole_headings:
        widest = max((widest, *(heading_of(hit.group).cell_len for hit in hits)))
    # An explicit width, since rich first makes columns with only a minimum width too narrow, and
    # then the table too wide.
    table.add_column("photo", overflow="fold", width=widest)
    # An index without captions has nothing to show here, and the paths can use the room.
    speaks = any(known(hit) for hit in hits)
    if speaks:
        heading = "captions and categories"
        table.add_column(heading, overflow="fold", min_width=LEAST_KNOWN, max_width=WIDEST_KNOWN)
    explains = any(hit.explanation for hit in hits)
    if explains:
        table.add_column("added to the score, and where", overflow="fold", min_width=LEAST_KNOWN)
    dated = any(hit.taken for hit in hits)
    if dated:
        table.add_column("taken", no_wrap=True)
    group = None
    for hit in hits:
        if falls and hit.group is not group:
            group = hit.group
            table.add_section()
            table.add_row("", "", "", heading_of(group))
        cells = _cells(hit, speaks=speaks, explains=explains, dated=dated)
        table.add_row(*cells)
    return table


def _cells(hit: Hit, *, speaks: bool, explains: bool, dated: bool) -> list[str]:
    from rich.markup import escape

    path = escape(printable(hit.name))
    cells = [str(hit.rank), match_percent(hit.probability), f"{hit.score:.3f}", path]
    if speaks:
        cells.append(escape(known(hit)))
    if explains:
        cells.append(escape("\n".join(_words(hit))))
    if dated:
        cells.append(f"{hit.taken:%Y-%m-%d}" if hit.taken else "")
    return cells


def heading_of(group: HitGroup) -> Text:
    """Return the heading of a group of hits, with its threshold."""
    from rich.text import Text

    return Text.assemble((group.heading, "bold"), (f" ({group.meaning})", "dim"))


def _listed(hits: Sequence[Hit]) -> Iterator[Text]:
    from rich.text import Text

    group = None
    for hit in hits:
        if hit.group is not group:
            group = hit.group
            yield heading_of(group)
        facts = f"{hit.rank:3}  {match_percent(hit.probability):>4}  {hit.score:7.3f}  "
        yield Text.assemble((facts, "bold"), printable(hit.name))
        for line in (known(hit), *_words(hit)):
            if line:
                yield Text(f"     {line}", style="dim")


def _words(hit: Hit) -> list[str]:
    return [printable(word) for word in as_words(hit.explanation)] if hit.explanation else []

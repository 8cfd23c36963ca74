"""Hits as text: a table for people, tab-separated lines for pipes, JSON lines, bare paths.

Every form but the table is one hit a line and stable: fields are only ever added at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from search.explain import as_words
from search.result import WEAK_PROBABILITY, Hit

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["as_json_lines", "as_paths", "as_plain_lines", "as_table", "weakness"]


def as_json_lines(hits: Iterable[Hit]) -> Iterator[str]:
    """Give one JSON object a hit, as `Hit.to_dict` makes it.

    >>> from pathlib import Path
    >>> next(as_json_lines([Hit(1, 2.5, 0.75, Path("/a.jpg"), 7)]))[:48]
    '{"rank": 1, "score": 2.5, "probability": 0.75, "'
    """
    for hit in hits:
        yield json.dumps(hit.to_dict(), ensure_ascii=_has_surrogates(str(hit.path)))


def as_paths(hits: Iterable[Hit]) -> Iterator[str]:
    """Give one absolute path a hit."""
    return (str(hit.path) for hit in hits)


def as_plain_lines(hits: Iterable[Hit]) -> Iterator[str]:
    r"""Give rank, probability, score, path and what the index knows, parted by tabs.

    An explained hit has a sixth field, its words.

    >>> from pathlib import Path
    >>> next(as_plain_lines([Hit(1, 2.5, 0.754, Path("/a.jpg"), 7, ("A dog .",))]))
    '1\t0.75\t2.500\t/a.jpg\tA dog .'
    """
    for hit in hits:
        path = str(hit.path).replace("\t", " ").replace("\n", " ")
        line = f"{hit.rank}\t{hit.probability:.2f}\t{hit.score:.3f}\t{path}\t{known(hit)}"
        yield line if hit.explanation is None else f"{line}\t{'; '.join(as_words(hit.explanation))}"


def as_table(hits: Sequence[Hit], title: str | None = None) -> Table:
    """Give a table that fits the terminal it is printed on; long cells are folded, never cut."""
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
    for hit in hits:
        path = escape(_printable(str(hit.path)))
        cells = [str(hit.rank), f"{hit.probability:.0%}", f"{hit.score:.3f}", path]
        if speaks:
            cells.append(escape(known(hit)))
        if explains:
            cells.append(escape("\n".join(as_words(hit.explanation)) if hit.explanation else ""))
        table.add_row(*cells)
    return table


def known(hit: Hit) -> str:
    """Give a hit's first caption, its categories, and how many it stands for, on one line.

    >>> from pathlib import Path
    >>> dog = Hit(1, 2.5, 0.75, Path("/a.jpg"), 7)
    >>> known(Hit(1, 2.5, 0.75, Path("/b.jpg"), 8, ("A dog .",), ("dog",), duplicates=(dog,)))
    'A dog . [dog] (1 more is nearly the same)'
    """
    caption = " ".join(hit.captions[0].split()) if hit.captions else ""
    categories = f"[{', '.join(hit.categories)}]" if hit.categories else ""
    folded = len(hit.duplicates)
    alike = f"({folded} more {'is' if folded == 1 else 'are'} nearly the same)" if folded else ""
    return " ".join(part for part in (caption, categories, alike) if part)


def weakness(hits: Sequence[Hit], least: float = 0.0) -> str | None:
    """Say so in one line when not even the best hit is likely to match, else None.

    Args:
        hits: the answer to a query.
        least: the probability below which hits were left out of it.
    """
    if not hits and least:
        return f"nothing here matches well: no photo has a probability of {least:g} or more"
    if not hits:
        return "the index holds no photos"
    best = max(hit.probability for hit in hits)
    if best >= WEAK_PROBABILITY:
        return None
    return f"nothing here matches well: the best probability is {best:.0%}"


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _printable(text: str) -> str:
    """Show a file name's bytes that are no UTF-8, which a table could not be printed with."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")

"""The terms of a query on the command line: its text, and the options beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from search.query.grammar import Terms, parse_query, parse_term
from search.query.term import Term

__all__ = ["Add", "Like", "Literal", "Minus", "terms_of"]

Like = Annotated[
    list[int] | None,
    typer.Option(metavar="ID", help="Photos like this one of the index, whose id --json shows."),
]
Add = Annotated[
    list[str] | None,
    typer.Option(metavar="TEXT|IMAGE", help='Wanted too; "2:rain" counts twice. May be repeated.'),
]
Minus = Annotated[
    list[str] | None,
    typer.Option(metavar="TEXT|IMAGE", help="Not wanted; as --add."),
]
Literal = Annotated[
    bool,
    typer.Option("--literal", help="Take the query as it stands, whatever it denies or quotes."),
]


def terms_of(
    query: Sequence[str],
    like: Sequence[int] | None,
    add: Sequence[str] | None,
    minus: Sequence[str] | None,
    literal: bool,
) -> Terms:
    """Return what is wanted and what is not; files that are photos are asked with as such."""
    positive: tuple[Term, ...] = ()
    negative: tuple[Term, ...] = ()
    if query or not (like or add or minus):
        positive, negative = parse_query(" ".join(query), literal=literal, files=True)
    positive += tuple(Term(image_id=image_id) for image_id in like or ())
    positive += tuple(parse_term(text, files=True) for text in add or ())
    return positive, negative + tuple(parse_term(text, files=True) for text in minus or ())

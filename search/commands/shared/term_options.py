"""The terms of a query on the command line: its text and the options for terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from search.query.grammar import Terms, is_photo, is_sum, parse_query, parse_term
from search.query.term import Term

__all__ = [
    "Add",
    "AsWords",
    "Choose",
    "Like",
    "Literal",
    "Minus",
    "Today",
    "choices_of",
    "terms_of",
]

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
    typer.Option(
        "--literal", help="Take the query literally, without negation, quotes, names or times."
    ),
]


AsWords = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PART",
        help="A part of the query that is no name or time here: it is looked for in the pictures. "
        "May be repeated.",
    ),
]
Choose = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PART=CHOICE",
        help='Which of its choices a part of the query means, such as "anna=person:Anna Smith".',
    ),
]
Today = Annotated[
    str | None,
    typer.Option(metavar="DAY", help='From which times such as "last summer" are counted.'),
]


def choices_of(given: Sequence[str] | None) -> dict[str, str]:
    """Return the choices, by the part of the query that each belongs to.

    Raises:
        typer.BadParameter: one is not of the form PART=CHOICE.
    """
    choices = {}
    for each in given or ():
        part, sign, choice = each.partition("=")
        if not (part.strip() and sign and choice.strip()):
            raise typer.BadParameter(f"--choose {each}: expected PART=CHOICE")
        choices[part.strip()] = choice.strip()
    return choices


def terms_of(
    query: Sequence[str],
    like: Sequence[int] | None,
    add: Sequence[str] | None,
    minus: Sequence[str] | None,
    literal: bool,
) -> tuple[str, Terms]:
    """Return the text for the index to read, and the wanted and unwanted terms of the options.

    Names of photo files become image terms.
    """
    positive: tuple[Term, ...] = ()
    negative: tuple[Term, ...] = ()
    text = " ".join(query)
    if query and (literal or not text.strip() or is_sum(text) or is_photo(text.strip())):
        positive, negative = parse_query(text, literal=literal, files=True)
        text = ""
    positive += tuple(Term(image_id=image_id) for image_id in like or ())
    positive += tuple(parse_term(each, files=True) for each in add or ())
    unwanted = tuple(parse_term(each, files=True) for each in minus or ())
    return text, (positive, negative + unwanted)

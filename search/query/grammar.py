"""Queries as people write them: a sentence, a photo's file, or a sum of both in quotes.

    query = text | sum
    sum   = ["+" | "-"] term { ("+" | "-") term }
    term  = a quotation mark, [WEIGHT ":"], a text or a file, the same mark again

A query is a sum only if it begins with a quoted term that is followed by its end, + or -.
Everything else is plain text, whatever characters it has; what it excludes ("without people")
becomes a negative term (`search.query.negation`).
"""

from __future__ import annotations

import re
from pathlib import Path

from search.query.negation import split_negation
from search.query.term import Term

__all__ = ["WITHOUT", "Terms", "is_photo", "is_sum", "parse_query", "parse_term"]

Terms = tuple[tuple[Term, ...], tuple[Term, ...]]
"""Wanted and unwanted terms."""

WITHOUT = 1.5
"""Weight of what a sentence excludes: the smallest of 0.5 to 2 at which excluded COCO categories
were found at most half as often, with a margin, on one half of all pairs of categories;
`tests/integration/test_negation.py` measures the other half."""

MARKS = {'"': '"', "'": "'", "“": "”"}
_BLANK = re.compile(r"\s*")
_WEIGHT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})\s*:(?!\d)")
_AFTER = re.compile(r"\Z|\s|[+\-\u2212]")
_SIGN = re.compile(r"([+\-\u2212])\s*")


def parse_query(text: str, *, literal: bool = False, files: bool = False) -> Terms:
    """Return the wanted and the unwanted terms of a query.

    Args:
        text: the query as typed.
        literal: whether it is one text, taken literally, without negation and quotes.
        files: whether it may name a photo's file, which is then read; never for remote users.

    Raises:
        QueryError: it is empty, or an incomplete sum; the message says what was expected where.

    >>> parse_query('"a street" + "2:rain"')[0][1]
    Term(text='rain', image=None, image_id=None, weight=2.0)
    >>> [term.text for side in parse_query("a street without cars") for term in side]
    ['a street', 'cars']
    """
    if literal:
        return (Term(text),), ()
    if is_sum(text):
        return _sum(text.strip(), files)
    if files and is_photo(text.strip()):
        return (Term(image=Path(text.strip())),), ()
    wanted = split_negation(text)
    positive = (Term(wanted.positive),) if wanted.positive or not wanted.negative else ()
    return positive, tuple(Term(denied, weight=WITHOUT) for denied in wanted.negative)


def parse_term(text: str, *, files: bool = False) -> Term:
    """Return the term, with its weight, that stands between the quotation marks of a sum.

    >>> parse_term("0.5:a dog").weight, parse_term("3:30 on a clock").text
    (0.5, '3:30 on a clock')
    """
    match = _WEIGHT.match(text, _after_blank(text, 0))
    weight, rest = (float(match[1]), text[match.end() :]) if match else (1.0, text)
    if files and is_photo(rest.strip()):
        return Term(image=Path(rest.strip()), weight=weight)
    return Term(rest, weight=weight)


def is_photo(text: str) -> bool:
    """Return whether a text names a file that seems to be a photo."""
    try:
        if not Path(text).is_file():
            return False
    except (OSError, ValueError):  # too long for a name, or with characters that no name can have
        return False
    from indexer.sources.suffixes import SUFFIXES  # imports everything that reads photos

    return Path(text).suffix.lower() in SUFFIXES


def is_sum(text: str) -> bool:
    """Return whether a query is a sum of terms in quotation marks."""
    sign = _sign(text, 0)
    start = sign.end() if sign else _after_blank(text, 0)
    if text[start : start + 1] not in MARKS:
        return False
    end = _closing(text, start)
    # One that is never closed is an apostrophe as in 'tis, or an inch sign.
    return end is not None and (not text[end:].strip() or _sign(text, end) is not None)


def _after_blank(text: str, place: int) -> int:
    blank = _BLANK.match(text, place)
    return place if blank is None else blank.end()


def _sign(text: str, place: int) -> re.Match[str] | None:
    """Return the next sign with the blanks after it."""
    return _SIGN.match(text, _after_blank(text, place))


def _sum(text: str, files: bool) -> Terms:
    from store import QueryError

    sides: dict[str, list[Term]] = {"+": [], "-": []}
    place, sign = 0, _sign(text, 0)
    while True:
        side = "+" if sign is None or sign[1] == "+" else "-"
        place = place if sign is None else sign.end()
        end = _closing(text, place) if text[place : place + 1] in MARKS else place
        if end is None:
            raise QueryError(f"the quotation mark at {text[place : place + 20]} is never closed")
        if end == place:
            what_follows = (
                f"found {text[place : place + 20]}" if text[place:] else "and nothing follows"
            )
            raise QueryError(f'a term of a sum stands in quotes, such as + "rain": {what_follows}')
        sides[side].append(parse_term(text[place + 1 : end - 1], files=files))
        place, sign = end, _sign(text, end)
        if sign is None:
            break
    if text[place:].strip():
        raise QueryError(f"expected + or - before {text[place:].strip()[:20]}")
    return tuple(sides["+"]), tuple(sides["-"])


def _closing(text: str, start: int) -> int | None:
    """Return where the quote that begins at `start` ends: after the first mark that may close it.

    A mark within a word, like the apostrophe in 'the dog's bowl', closes nothing. None if no mark
    closes it.
    """
    mark = MARKS[text[start]]
    place = text.find(mark, start + 1)
    while place > 0:
        if _AFTER.match(text, place + 1):
            return place + 1
        place = text.find(mark, place + 1)
    return None

"""Queries read with what an index knows: its names, its files' names and its photos' times."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from search.models.model_protocols import SearchModel
from search.query.grammar import is_sum, parse_query
from search.query.request import SearchRequest
from search.understanding.chips import NOTHING_UNDERSTOOD, ChipKind, Understood
from search.understanding.file_names import asks_with_file
from search.understanding.known_names import FIELDS_OF_KINDS, NameBook
from search.understanding.read_query import Known, read_query

if TYPE_CHECKING:
    from store.searched_index import SearchedIndex

__all__ = ["QueryReader", "ReadRequest"]

MOST_NAMES = 5000
"""Limit on names of each kind that queries are read with; those of most photos come first."""
LOOKED_UP = 50
"""Number of photos among which a file's name is looked for."""


class ReadRequest(NamedTuple):
    """A request whose text was read.

    Attributes:
        request: the request, with terms and filter in place of the text.
        understood: how the text was read.
    """

    request: SearchRequest
    understood: Understood


class QueryReader:
    """Reads the texts of requests; not thread-safe.

    Args:
        index: the index that is searched.
        model: the model, which knows words for what photos show.
    """

    def __init__(self, index: SearchedIndex, model: SearchModel) -> None:
        self._index = index
        known = getattr(model, "known_words", None)
        self._shown: Container[str] = getattr(known, "named", frozenset())
        self._book: tuple[object, NameBook] | None = None

    def read(self, request: SearchRequest) -> ReadRequest:
        """Return a request with its text read; within a snapshot of the index.

        Raises:
            QueryError: the text is an incomplete sum, or names a file that does not exist, or a
                choice is for no part of it.
        """
        text = request.text
        if not text.strip():
            return ReadRequest(request, NOTHING_UNDERSTOOD)
        understood = Understood(text)
        if not is_sum(text):
            known = Known(self._names(), request.today or date.today(), self._shown, self._has_file)
            understood = read_query(text, known, as_words=request.as_words, choose=request.choose)
            _check_file(text, understood)
        positive, negative = parse_query(understood.rest) if understood.rest else ((), ())
        return ReadRequest(
            replace(
                request,
                text="",
                positive=(*positive, *request.positive),
                negative=(*negative, *request.negative),
                where=_both(request.where, understood.where),
            ),
            understood,
        )

    def _names(self) -> NameBook:
        state = self._index.state()
        if self._book is None or self._book[0] != state:
            self._book = state, self._read_names()
        return self._book[1]

    def _read_names(self) -> NameBook:
        index = self._index
        values = {
            kind: index.field_values(field, MOST_NAMES) for kind, field in FIELDS_OF_KINDS.items()
        }
        return NameBook.of(values, len(index), self._years())

    def _years(self) -> tuple[int, int] | None:
        from store.catalog.photo_order import PhotoOrder
        from store.columns.codec import row_to_time

        ends = [self._index.in_order(PhotoOrder("taken", back), 1).photos for back in (True, False)]
        moments = [photos[0].key for photos in ends if photos]
        if len(moments) < 2 or not all(isinstance(moment, int) for moment in moments):
            return None
        try:
            first, last = (row_to_time(int(moment or 0)).year for moment in moments)
        except (OverflowError, ValueError):
            return None
        return first, last

    def _has_file(self, name: str) -> bool:
        """Return whether a photo's file has this name, or contains it in its name."""
        ids = self._index.search_texts(name, LOOKED_UP)[0]
        named = name.lower()
        return any(named in PurePath(each.path).name.lower() for each in self._index.photos(ids))


def _check_file(text: str, understood: Understood) -> None:
    """Raise QueryError if a text is the name of a file that is neither here nor in the index."""
    from store import QueryError

    is_known = any(chip.kind is ChipKind.file for chip in understood.chips)
    if asks_with_file(text.strip()) and not is_known:
        raise QueryError(
            f"there is no file {text.strip()[:200]}, and no photo of the index has that name; "
            "search with words, or with --literal if these are the words"
        )


def _both(one: str, other: str) -> str:
    return f"({one}) and ({other})" if one and other else one or other

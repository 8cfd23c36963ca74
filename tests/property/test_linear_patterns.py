"""What people ask takes time in proportion to its length, whatever it is made of.

Time is the processor's, for this thread, and its bounds are several times what is needed: a
pattern that looks at the same letters again from each place fails at 40,000 of them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion.runtime.known_words import KnownWords
from search.query import filter_values, filters, grammar, negation
from search.query.request import SearchRequest
from search.ranking import said_words, unknown_words
from search.understanding import (
    chips,
    file_names,
    name_words,
    read_query,
    time_anchors,
    typed_words,
)
from search.understanding.chips import ChipKind
from search.understanding.known_names import NameBook
from store import QueryError
from store.catalog import full_text as words
from store.columns import documents, unspaced

PIECES = (
    *(
        " ",
        "\t",
        "\n",
        "a",
        "é",
        "1",
        ".",
        ",",
        "-",
        "_",
        "!",
        ":",
        "'",
        '"',
        "“",
        "”",
        "+",
        "(",
        ")",
    ),
    *(
        "=",
        "~",
        "*",
        "\0",
        "犬",
        "\u0301\u0323",
        "no",
        "no ",
        "not ",
        "with ",
        "without ",
        "without",
        "but ",
        "and ",
    ),
    *("or ", "and the ", "a a ", "a, ", "ing ", "except for ", "there is ", "signs ", "in it "),
    *(
        "in ",
        "in 2019 ",
        "may ",
        "last ",
        "the last ",
        "2019-",
        "from ",
        "anna ",
        "IMG_0001 ",
        "a.",
    ),
    *("width ", "not width = 1 and ", "in (", '"a" + ', "''", '""', "2024-", "1:", "2MB "),
)
BOUNDS = ((1_000, 0.2), (10_000, 0.5), (40_000, 2.0))
"""Letters, and the seconds that they may take."""

some = st.lists(st.sampled_from(PIECES), max_size=3).map("".join)
repeated = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
few = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def patterns_of(*modules: ModuleType) -> list[re.Pattern[str]]:
    return [
        each for module in modules for each in vars(module).values() if isinstance(each, re.Pattern)
    ]


PATTERNS = patterns_of(
    negation, grammar, filters, filter_values, unknown_words, documents, words, unspaced,
    chips, file_names, name_words, read_query, time_anchors, typed_words, said_words,
)  # fmt: skip
MODEL: Any = SimpleNamespace(known_words=KnownWords(("dog", "doghouse", "sofa")))


def check(work: Callable[[str], object], start: str, piece: str, end: str) -> None:
    work(start + end)  # what is imported only when it is needed takes no part in this
    for letters, seconds in BOUNDS:
        text = start + piece * (letters // len(piece)) + end
        took = seconds_of(work, text)
        for _ in range(2):  # what runs beside it on the same core slows this thread too
            if took >= seconds:
                took = min(took, seconds_of(work, text))
        assert took < seconds, f"{letters:,} letters took {took:.2f} s: {text[:60]!r}"


def seconds_of(work: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    work(text)
    return time.thread_time() - began


def matched(text: str) -> None:
    for pattern in PATTERNS:
        for _ in pattern.finditer(text):
            pass
        pattern.fullmatch(text)


def test_the_patterns_of_all_parts_of_the_language_are_held_to_it() -> None:
    assert {pattern for pattern in PATTERNS if pattern in vars(negation).values()}
    assert len(PATTERNS) > 20


@few
@given(some, repeated, some)
def test_every_pattern_is_linear(start: str, piece: str, end: str) -> None:
    check(matched, start, piece, end)


@few
@given(some, repeated, some)
def test_a_query_is_read_in_linear_time(
    monkeypatch: pytest.MonkeyPatch, start: str, piece: str, end: str
) -> None:
    monkeypatch.setattr(negation, "LONGEST", 10**9)

    def read(text: str) -> None:
        for literal in (False, True):
            with suppress(QueryError):
                request = SearchRequest(*grammar.parse_query(text, literal=literal))
                unknown_words.unknown_words(request, MODEL)
        words.match_query(text)

    check(read, start, piece, end)


@few
@given(some, repeated, some)
def test_names_and_times_are_read_in_linear_time(start: str, piece: str, end: str) -> None:
    book = NameBook.of(
        {ChipKind.person: [("Anna Smith", 1)], ChipKind.album: [("in 2019", 2)]}, 9, (2005, 2024)
    )
    known = read_query.Known(book, date(2026, 11, 29), frozenset(), lambda name: True)
    check(lambda text: read_query.read_query(text, known), start, piece, end)


@few
@given(some, repeated, some)
def test_a_filter_is_read_in_linear_time(
    monkeypatch: pytest.MonkeyPatch, start: str, piece: str, end: str
) -> None:
    monkeypatch.setattr(filters, "LONGEST", 10**9)

    def read(text: str) -> None:
        for whole in (text, f"caption ~ '{text}'", f"width = 1 and {text}"):
            with suppress(QueryError):
                filters.parse_filter(whole)

    check(read, start, piece, end)


@pytest.mark.parametrize("gap", [" ", "\t", "\n", "\u00a0 ", " \u3000"])
@pytest.mark.parametrize("text", ["a dog without", "a dog without{}cats", "a dog{}with no{}cats"])
def test_blanks_say_nothing(text: str, gap: str) -> None:
    wide = text.format(*[gap * 700] * 2) + gap * 1900
    assert grammar.parse_query(wide) == grammar.parse_query(text.format(" ", " "))


@pytest.mark.parametrize("text", ['"a" + ' * 70 + '"b"', '- "a"' * 70])
def test_a_sum_of_more_terms_than_anybody_writes_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match=r"a search has 7[01] terms, expected at most 64"):
        SearchRequest.parse(text)


def test_a_sentence_that_denies_a_page_of_things_is_taken_as_it_stands() -> None:
    text = ", ".join(f"no cat{number}" for number in range(60))
    assert negation.split_negation(text).negative == ()
    assert len(negation.split_negation(", ".join(text.split(", ")[:16])).negative) == 16

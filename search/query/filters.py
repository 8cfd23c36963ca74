"""Filters as people write them: `width > 1000 and category = dog and taken >= 2024`.

    filter     = alternative { "or" alternative }
    alternative = part { "and" part }
    part       = "not" part | "(" filter ")" | "has" FIELD | FIELD OPERATOR VALUE
               | FIELD ["not"] "in" "(" VALUE { "," VALUE } ")"
               | "near" "(" LATITUDE "," LONGITUDE "," DISTANCE ")"
    OPERATOR   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "like"
    VALUE      = a word, or anything in single or double quotes; a quote is doubled inside

The parser is our own, so that mistakes are answered in the user's terms: each message has the
column, what was expected there, and what was found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Never

from search.query.filter_values import (
    DISTANCE_UNITS,
    NEAR_VALUES,
    TEXT_VALUES,
    UNITS,
    Unfit,
    condition,
)
from store import QueryError
from store.catalog.selection import (
    FIELDS,
    AllOf,
    AnyOf,
    Expression,
    Has,
    Near,
    Not,
    operators_of,
)

__all__ = ["parse_filter"]

LONGEST = 10_000
DEEPEST = 20

ALIASES = {
    "captions": "caption",
    "categories": "category",
    "type": "suffix",
    "ext": "suffix",
    "date": "taken",
    "file": "name",
    "gps": "latitude",
    "tags": "tag",
    "keyword": "tag",
    "keywords": "tag",
    "people": "person",
    "places": "place",
    "stars": "rating",
}
NEAR = "near"
KEYWORDS = ("and", "or", "not", "in", "has", "like")
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "like")

_TOKEN = re.compile(
    r"""(?P<quoted>'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*")
    |(?P<sign>!=|<=|>=|==|[=<>~(),])
    |(?P<word>[^\s()'",=<>!~]+)""",
    re.VERBOSE,
)
_BLANK = re.compile(r"\s*")


@dataclass(frozen=True)
class _Token:
    """A piece of the text: its kind (`word`, `quoted`, `sign`, `end`), value, and column from 1."""

    kind: str
    text: str
    column: int

    @property
    def keyword(self) -> str:
        """The lower-case word, or the sign; empty for quoted text."""
        return "" if self.kind == "quoted" else self.text.lower()

    def __str__(self) -> str:
        return "nothing" if self.kind == "end" else repr(self.text[:40])


def parse_filter(text: str) -> Expression:
    """Return the parsed filter.

    `size` takes bytes or units (`2MB` is 2,000,000, `2MiB` 2,097,152); `taken` a year, a month, a
    day or more, and then compares with the whole of it, so that `taken = 2024-05` is all of May.

    Raises:
        QueryError: it is not a filter; the message has the column, what was expected and what was
            found.

    >>> parse_filter("width > 1000")
    Condition(field='width', operator='>', value=1000)
    >>> parse_filter("width > wide")
    Traceback (most recent call last):
    ...
    store.errors.QueryError: the filter, column 9: expected a number after `width >`, found 'wide'
    """
    if len(text) > LONGEST:
        raise QueryError(f"the filter has {len(text):,} characters, expected at most {LONGEST:,}")
    parser = _Parser(_tokens(text))
    return parser.whole()


def _tokens(text: str) -> list[_Token]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        at = _after_blank(text, at)
        match = _TOKEN.match(text, at)
        if match is None:
            if text[at] in "'\"":
                _refuse(at + 1, f"the quote {text[at]} is never closed")
            _refuse(at + 1, f"{text[at]!r} is no operator; expected one of {_listed(OPERATORS)}")
        kind = str(match.lastgroup)
        piece = match[kind]
        if kind == "quoted":
            value = piece[1:-1].replace(piece[0] * 2, piece[0])
            tokens.append(_Token(kind, value, match.start(kind) + 1))
        else:
            tokens.append(_Token(kind, "=" if piece == "==" else piece, match.start(kind) + 1))
        at = match.end()
    return [*tokens, _Token("end", "", len(text) + 1)]


def _after_blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return at if blank is None else blank.end()


class _Parser:
    """Recursive descent over tokens; `_next` is the current one."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        expression = self._either()
        if self._next.kind != "end":
            self._expected("`and`, `or` or the end")
        return expression

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _took(self, keyword: str) -> bool:
        if self._next.keyword != keyword:
            return False
        self._at += 1
        return True

    def _expected(self, what: str, token: _Token | None = None) -> Never:
        token_there = self._next if token is None else token
        _refuse(token_there.column, f"expected {what}, found {token_there}")

    def _either(self) -> Expression:
        parts = [self._all()]
        while self._took("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Expression:
        parts = [self._operand()]
        while self._took("and"):
            parts.append(self._operand())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _operand(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            _refuse(self._next.column, f"the filter is nested more than {DEEPEST} deep")
        try:
            return self._nested()
        finally:
            self._depth -= 1

    def _nested(self) -> Expression:
        if self._took("not"):
            return Not(self._operand())
        if self._took("("):
            expression = self._either()
            if not self._took(")"):
                self._expected("`)`, `and` or `or`")
            return expression
        if self._took("has"):
            return Has(self._field("after `has`"))
        if self._next.keyword == NEAR and self._tokens[self._at + 1].keyword == "(":
            return self._near()
        return self._compared()

    def _near(self) -> Expression:
        self._at += 2
        numbers: list[float] = []
        for place, (what, read) in enumerate(NEAR_VALUES):
            if place and not self._took(","):
                self._expected("`,` in `near(LATITUDE, LONGITUDE, DISTANCE)`")
            token = self._next
            text = self._take().text if token.kind == "word" else ""
            if self._next.kind == "word" and self._next.keyword in DISTANCE_UNITS:
                text += self._take().text
            value = read(text)
            if value is None:
                self._expected(what, token)
            numbers.append(value)
        if not self._took(")"):
            self._expected("`)` after the distance of `near`")
        return Near(*numbers)

    def _field(self, where: str) -> str:
        token = self._next
        if token.kind != "word" or token.keyword in KEYWORDS:
            self._expected(f"a field {where} ({', '.join(FIELDS)})".replace("  ", " "))
        name = ALIASES.get(token.keyword, token.keyword)
        if name not in FIELDS:
            near = get_close_matches(name, [*FIELDS, *ALIASES], 1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            _refuse(
                token.column, (f"{token} is no field; {meant}expected one of {', '.join(FIELDS)}")
            )
        self._at += 1
        return name

    def _compared(self) -> Expression:
        name = self._field("")
        negated = self._took("not")
        if self._took("in"):
            alternatives = AnyOf(tuple(self._values(name)))
            return Not(alternatives) if negated else alternatives
        operator = self._next.keyword
        if negated or operator not in OPERATORS:
            self._expected(f"`in` after `{name} not`" if negated else f"an operator after `{name}`")
        token = self._take()
        operator = "~" if operator == "like" else operator
        allowed = operators_of(FIELDS[name].kind)
        if operator not in allowed:
            _refuse(token.column, f"`{name}` takes {_listed((*allowed, 'in'))}, found {token}")
        return self._condition(name, operator, f"after `{name} {token.text}`")

    def _values(self, name: str) -> list[Expression]:
        if not self._took("("):
            self._expected(f"`(` after `{name} in`")
        parts = [self._condition(name, "=", f"in the list of `{name} in`")]
        while self._took(","):
            parts.append(self._condition(name, "=", f"in the list of `{name} in`"))
        if not self._took(")"):
            self._expected(f"`,` or `)` in the list of `{name} in`")
        return parts

    def _condition(self, name: str, operator: str, where: str) -> Expression:
        token = self._next
        is_value = token.kind == "quoted" or (
            token.kind == "word" and token.keyword not in KEYWORDS
        )
        if not is_value:
            self._expected(f"{TEXT_VALUES[name]} {where}")
        self._at += 1
        text = token.text
        if name == "size" and self._next.kind == "word" and self._next.keyword in UNITS:
            text += self._take().text
        try:
            return condition(name, operator, text)
        except Unfit as error:
            self._expected(f"{error} {where}", token)


def _listed(operators: tuple[str, ...]) -> str:
    return " ".join(operators)


def _refuse(column: int, what: str) -> Never:
    raise QueryError(f"the filter, column {column}: {what}")

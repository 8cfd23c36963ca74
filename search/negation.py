"""What a sentence says is not to be there: "a beach without people" wants a beach, and no people.

Text encoders hear "people" in that and find people. So what is negated is taken out of the sentence
and counted against photos. This is a few rules for English, not a grammar; whoever means the words
as they stand, such as of a sign, puts them in quotes or asks for the literal query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Wanted", "split_negation"]

_BEGINNING = re.compile(
    r"""(?<![\w-])(?:
    (?P<nobody>(?:with\s+)?(?:no[\s-]*one|nobody)|without\s+(?:any(?:one|body)))
    |without|excluding|except(?:ing)?(?:\s+for)?|free\s+of|(?:but\s+|and\s+)?with\s+no
    |(?:but|and|or)\s+no|(?:there\s+(?:is|are)\s+)?no
    |not(?=\s+(?:an?|any|the|\w{3,}ing)\s)
    )(?![\w-])""",
    re.VERBOSE | re.IGNORECASE,
)

_LITERAL = re.compile(
    r"""no\s*(?:[.\d]|longer\b|more\s+than\b|less\s+than\b|matter\b|doubt\b|idea\b|time\b)
    |without\s+(?:a\s+)?(?:doubt|fail)\b
    |not\s+an?\s+(?:lot|bit)\b
    |no\b(?:\s+[\w-]+){0,3}\s+signs?\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""Phrases with the same words that deny nothing, or that stand on a sign."""

_ENDING = re.compile(
    r"""\s*[;:.!?]|\s*,|\s+(?:but|while|and\s+(?:with|is|are)|with(?:out)?|excluding|except)\b
    |\s+(?:in|on|at|near|by|under|over|behind|beside|beneath|above|below|along|across|during
        |from|through|around|inside|outside|against|between|next\s+to|in\s+front\s+of)\s""",
    re.VERBOSE | re.IGNORECASE,
)
"""Where what is denied ends: at the next part of the sentence, which is wanted again."""

_LIST = re.compile(r"(?:[^,;:.!?]+,)+[^,;:.!?]*?\s(?:or|nor)\s", re.IGNORECASE)
_ALTERNATIVES = re.compile(r"\s*,?\s+(?:or|nor|and)\s+(?:any\s+|no\s+)?|\s*,\s*", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:an?|the|one|two|three|some)\s", re.IGNORECASE)
_WANTED_AGAIN = re.compile(r"\s+and\s+(?=(?:an?|the|one|two|three|some)\s)", re.IGNORECASE)
_THERE = re.compile(
    r"\s+(?:in|on|at|around|near|inside)\s+(?:it|them|there|sight|view)\b", re.IGNORECASE
)
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")
_EDGES = " \t\n,;"
LONGEST = 2000
"""Characters of a sentence; what is longer is no sentence, and is left as it is."""


@dataclass(frozen=True)
class Wanted:
    """A sentence taken apart.

    Attributes:
        positive: what is wanted; empty where the sentence only says what is not.
        negative: what is not, in the sentence's order.
    """

    positive: str
    negative: tuple[str, ...] = ()


def split_negation(text: str) -> Wanted:
    """Part what a sentence wants from what it denies; quoted parts are left as they are.

    What follows without, with no, no, but no, not a, excluding, except or free of is denied, up to
    a comma, "but", "with", or a word for a place such as "in"; so are all parts of a list of "or".

    >>> split_negation("a beach without people")
    Wanted(positive='a beach', negative=('people',))
    >>> split_negation("a table with no plates, cups or forks in a garden")
    Wanted(positive='a table in a garden', negative=('plates', 'cups', 'forks'))
    >>> split_negation("a no parking sign")
    Wanted(positive='a no parking sign', negative=())
    """
    if len(text) > LONGEST:
        return Wanted(text)
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    kept: list[str] = []
    denied: list[str] = []
    start = place = 0
    while found := _BEGINNING.search(text, place):
        place = found.end()
        if _LITERAL.match(text, found.start()) or _is_sign(text, found):
            continue
        if any(left <= found.start() < right for left, right in quoted):
            continue
        end = place if found["nobody"] else _end(text, place)
        phrases = ["people"] if found["nobody"] else _phrases(text[place:end])
        if not phrases:
            continue
        if there := _THERE.match(text, end):
            end = there.end()
        kept.append(text[start : found.start()])
        denied += phrases
        start = place = end
    kept.append(text[start:])
    return Wanted(_joined(kept), tuple(dict.fromkeys(denied))) if denied else Wanted(text.strip())


def _is_sign(text: str, found: re.Match[str]) -> bool:
    """Whether this is "with no parking sign" or "and no entry signs": its no is the sign's."""
    no = re.search(r"\bno\Z", found[0], re.IGNORECASE)
    return no is not None and _LITERAL.match(text, found.start() + no.start()) is not None


def _end(text: str, place: int) -> int:
    """Where what is denied from a place on ends."""
    start = place
    listed = _LIST.match(text, place)
    if listed and not re.search(r"\bbut\b|\bwith\b", listed[0], re.IGNORECASE):
        start = listed.end()
    ending = _ENDING.search(text, start)
    end = ending.start() if ending else len(text)
    again = _WANTED_AGAIN.search(text, place, end)
    # "without people and a dog" wants the dog; "without a cat and a dog" does not
    if again and not _ARTICLE.match(text[place:].lstrip()):
        end = again.start()
    return end


def _phrases(text: str) -> list[str]:
    parts = (
        re.sub(r"\A(?:any|no)\s+", "", part.strip(_EDGES)) for part in _ALTERNATIVES.split(text)
    )
    return [part for part in parts if part]


def _joined(parts: list[str]) -> str:
    """Put what is left together again, without what joined it to what is gone."""
    text = ""
    for part in parts:
        piece = part.strip()
        text = f"{text.rstrip(_EDGES)}{'' if piece[:1] in ',;.' else ' '}{piece}" if text else piece
    text = re.sub(r"\A(?:but|and|with)\s+|\s+(?:but|and|with|or)\Z", "", text.strip(_EDGES))
    text = re.sub(r"\s+(?:but|and)\s+(with|but)\s", r" \1 ", text)
    return text.strip(_EDGES + ".:!?")

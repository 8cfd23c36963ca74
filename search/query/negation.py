"""Negation in sentences: "a beach without people" wants a beach, and no people.

Text encoders read "people" there and find people. So what is negated is taken out of the sentence
and counted against photos. These are a few rules for English, not a grammar; to mean the words
literally, such as those of a sign, put them in quotes or use the literal query.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Wanted", "split_negation"]

# All of them expect single blanks, and no part of them may match the same characters in two ways,
# so that the cost of a sentence is linear in its length. `tests/property/test_linear_patterns.py`
# checks that.
_BEGINNING = re.compile(
    r"""(?<![\w-])(?:
    (?P<nobody>(?:with\ )?(?:no[ -]{0,3}one|nobody)|without\ any(?:one|body))
    |without|excluding|except(?:ing)?(?:\ for)?|free\ of|(?:but\ |and\ )?with\ no
    |(?:but|and|or)\ no|(?:there\ (?:is|are)\ )?no
    |not(?=\ (?:an?|any|the|\w{3,40}ing)\ )
    )(?![\w-])""",
    re.VERBOSE | re.IGNORECASE,
)

_LITERAL = re.compile(
    r"""no\ ?(?:[.\d]|longer\b|more\ than\b|less\ than\b|matter\b|doubt\b|idea\b|time\b)
    |without\ (?:a\ )?(?:doubt|fail)\b
    |not\ an?\ (?:lot|bit)\b
    |no(?:\ [\w-]{1,40}){0,3}\ signs?\b""",
    re.VERBOSE | re.IGNORECASE,
)
"""Phrases with the same words that exclude nothing, or that are written on signs."""

_ENDING = re.compile(
    r"""\ ?[;:.!?,]|\ (?:but|while|and\ (?:with|is|are)|with(?:out)?|excluding|except)\b
    |\ (?:in|on|at|near|by|under|over|behind|beside|beneath|above|below|along|across|during
        |from|through|around|inside|outside|against|between|next\ to|in\ front\ of)\ """,
    re.VERBOSE | re.IGNORECASE,
)
"""Where the excluded part ends: at the next part of the sentence, which is wanted again."""

_LIST = re.compile(r"(?:[^,;:.!?]{1,200},){1,50}[^,;:.!?]{0,200}? n?or ", re.IGNORECASE)
_BREAK = re.compile(r"\bbut\b|\bwith\b", re.IGNORECASE)
_ALTERNATIVES = re.compile(r" ?,? (?:n?or|and) (?:any |no )?| ?, ?", re.IGNORECASE)
_ANY = re.compile(r"(?:any|no) ")
_ARTICLE = re.compile(r" ?(?:an?|the|one|two|three|some) ", re.IGNORECASE)
_WANTED_AGAIN = re.compile(r" and (?=(?:an?|the|one|two|three|some) )", re.IGNORECASE)
_THERE = re.compile(r" (?:in|on|at|around|near|inside) (?:it|them|there|sight|view)\b", re.I)
_SIGN = re.compile(r"\bno\Z", re.IGNORECASE)
_JOINTS = re.compile(r"\A(?:but|and|with) | (?:but|and|with|or)\Z", re.IGNORECASE)
_TWO_JOINTS = re.compile(r" (?:but|and) (with|but) ", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|“[^“”]*”")
_EDGES = " \t\n,;"
LONGEST = 2000
"""Limit on the characters of a sentence; a longer text is not a sentence, and is left as it is."""

REACH = 400
"""Characters that are searched for the end of the excluded part."""

MOST_DENIED = 16
"""Limit on the things that a sentence excludes; one with more is not a sentence either."""


@dataclass(frozen=True)
class Wanted:
    """A sentence split into what it wants and what it excludes.

    Attributes:
        positive: what is wanted; empty if the sentence only excludes things.
        negative: what is excluded, in the sentence's order.
    """

    positive: str
    negative: tuple[str, ...] = ()


def split_negation(text: str) -> Wanted:
    """Separate what a sentence wants from what it excludes; quoted parts are left as they are.

    What follows without, with no, no, but no, not a, excluding, except or free of is excluded, up
    to a comma, "but", "with", or a preposition of place such as "in"; so are all parts of a list
    with "or".

    >>> split_negation("a beach without people")
    Wanted(positive='a beach', negative=('people',))
    >>> split_negation("a table with no plates, cups or forks in a garden")
    Wanted(positive='a table in a garden', negative=('plates', 'cups', 'forks'))
    >>> split_negation("a no parking sign")
    Wanted(positive='a no parking sign', negative=())
    """
    sentence = " ".join(text.split())
    if len(sentence) > LONGEST:
        return Wanted(text)
    unquoted = _QUOTED.sub(lambda quoted: "\0" * len(quoted[0]), sentence)
    kept: list[str] = []
    denied: list[str] = []
    start = place = 0
    while match := _BEGINNING.search(unquoted, place):
        place = match.end()
        if _LITERAL.match(sentence, match.start()) or _is_sign(sentence, match):
            continue
        end = place if match["nobody"] else _end(sentence, place)
        phrases = ["people"] if match["nobody"] else _phrases(sentence[place:end])
        if not phrases:
            continue
        if there := _THERE.match(sentence, end):
            end = there.end()
        kept.append(sentence[start : match.start()])
        denied += phrases
        start = place = end
    if not denied or len(denied) > MOST_DENIED:
        return Wanted(sentence)
    kept.append(sentence[start:])
    return Wanted(_joined(kept), tuple(dict.fromkeys(denied)))


def _is_sign(text: str, match: re.Match[str]) -> bool:
    """Return whether this is like "with no parking sign", where the no is the sign's."""
    no = _SIGN.search(match[0])
    return no is not None and _LITERAL.match(text, match.start() + no.start()) is not None


def _end(text: str, place: int) -> int:
    """Return where the excluded part that begins at a place ends."""
    start = place
    listed = _LIST.match(text, place, place + REACH)
    if listed and not _BREAK.search(listed[0]):
        start = listed.end()
    ending = _ENDING.search(text, start, start + REACH)
    end = ending.start() if ending else len(text)
    again = _WANTED_AGAIN.search(text, place, min(end, place + REACH))
    # "without people and a dog" wants the dog; "without a cat and a dog" does not
    if again and not _ARTICLE.match(text, place):
        end = again.start()
    return end


def _phrases(text: str) -> list[str]:
    parts = (_without_any(part.strip(_EDGES)) for part in _ALTERNATIVES.split(text))
    return [part for part in parts if part]


def _without_any(phrase: str) -> str:
    match = _ANY.match(phrase)
    return phrase[match.end() :] if match else phrase


def _joined(parts: list[str]) -> str:
    """Join what is left, without the conjunctions of removed parts."""
    pieces: list[str] = []
    for part in parts:
        while pieces and not pieces[-1].rstrip(_EDGES):
            pieces.pop()
        piece = part.strip()
        if pieces:
            pieces[-1] = pieces[-1].rstrip(_EDGES)
            piece = piece if piece[:1] in ",;." else f" {piece}"
        pieces.append(piece)
    text = _JOINTS.sub("", "".join(pieces).strip(_EDGES))
    return _TWO_JOINTS.sub(r" \1 ", text).strip(_EDGES + ".:!?")

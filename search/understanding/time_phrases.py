"""Times in a query, with the words that belong to them: "since May 2023", "in 2019"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from search.understanding.time_anchors import Anchor, Certainty, anchor_at
from search.understanding.time_spans import TimeSpan

__all__ = ["TimePhrase", "time_phrases"]

IN = frozenset({"in", "from", "during", "of", "over", "within", "around", "throughout"})
ON = frozenset({"on", "at", "for"})
PHOTOS = frozenset({"photo", "photos", "picture", "pictures", "pics", "shots", "images", "taken"})
"""Words after which "of" leads to a time."""

Words = Sequence[str]


@dataclass(frozen=True)
class TimePhrase:
    """Words that say a time.

    Attributes:
        start: index of the first word.
        end: index after the last word.
        span: what they mean.
        others: what else they may mean.
    """

    start: int
    end: int
    span: TimeSpan
    others: tuple[TimeSpan, ...] = ()


def time_phrases(
    words: Words, today: date, known: tuple[int, int] | None = None
) -> Iterator[TimePhrase]:
    """Return the times in some words, in order.

    A number of four digits alone is a year only if the collection has photos from around then; a
    season or holiday without a year, such as "summer" or "at christmas", is what a photo shows.

    Args:
        words: the words in lower case.
        today: the day from which "last year" is counted.
        known: the first and the last year of the collection's photos.

    >>> [phrase.span.label for phrase in time_phrases("a dog in may 2023".split(), date.today())]
    ['May 2023']
    """
    words, at = list(words), 0
    while at < len(words):
        found = _phrase_at(words, at, today, known)
        if found is None:
            at += 1
        else:
            yield found
            at = found.end


def _phrase_at(
    words: Words, at: int, today: date, known: tuple[int, int] | None
) -> TimePhrase | None:
    try:
        return _range(words, at, today) or _one_time(words, at, today, known)
    except (ValueError, OverflowError):  # a time before the first year of the calendar, or after
        return None


def _range(words: Words, at: int, today: date) -> TimePhrase | None:
    word = words[at]
    if word in ("between", "from"):
        return _from_to(words, at, today)
    if word not in ("since", "before", "after", "until", "till"):
        return None
    found = anchor_at(words, at + 1, today)
    if found is None:
        return None
    first, last = found.span.first, found.span.last
    span = {
        "since": TimeSpan(first, None),
        "before": TimeSpan(None, first - timedelta(days=1)) if first else None,
        "after": TimeSpan(last + timedelta(days=1), None) if last else None,
    }.get(word, TimeSpan(None, last))
    return TimePhrase(at, found.end, span) if span else None


def _from_to(words: Words, at: int, today: date) -> TimePhrase | None:
    joints = ("and",) if words[at] == "between" else ("to", "until", "till", "through")
    # In "from May to July 2020" the year appears once: months by themselves are of that year.
    first = _anchor_until(words, at + 1, joints, today)
    if first is None:
        return None
    last = anchor_at(words, first.end + 1, today)
    if last is None or last.span.last is None or first.span.first is None:
        return None
    begin = first.span.first
    if first.certainty in (Certainty.after_in, Certainty.after_on):
        begin = begin.replace(year=last.span.last.year, day=min(begin.day, 28))
        if begin > last.span.last:
            begin = begin.replace(year=begin.year - 1)
    if begin > last.span.last:
        return None
    return TimePhrase(at, last.end, TimeSpan(begin, last.span.last))


def _anchor_until(words: Words, at: int, joints: tuple[str, ...], today: date) -> Anchor | None:
    found = anchor_at(words, at, today)
    return found if found and found.end < len(words) and words[found.end] in joints else None


def _one_time(
    words: Words, at: int, today: date, known: tuple[int, int] | None
) -> TimePhrase | None:
    """Read a time with the word before it that marks it as one."""
    word = words[at]
    if word in IN or word in ON:
        skipped = 1 + (word == "from" and at + 1 < len(words) and words[at + 1] == "back")
        found = anchor_at(words, at + skipped, today)
        if found and (word != "of" or at == 0 or words[at - 1] in PHOTOS):
            fits = found.certainty is not Certainty.after_on or word == "on"
            if fits and not (word in ON and found.certainty is Certainty.if_known):
                return TimePhrase(at, found.end, found.span, found.others)
        return None
    found = anchor_at(words, at, today)
    if found is None or not _stands_alone(found, known):
        return None
    return TimePhrase(at, found.end, found.span, found.others)


def _stands_alone(found: Anchor, known: tuple[int, int] | None) -> bool:
    if found.certainty is not Certainty.if_known:
        return found.certainty is Certainty.sure
    first, last = found.span.first, found.span.last
    if known is None or first is None or last is None:
        return False
    return first.year <= known[1] and last.year >= known[0]

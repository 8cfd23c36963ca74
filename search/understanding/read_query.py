"""From a query to its chips and the rest, which is looked for in the pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date

from fusion.runtime.words import word_set
from search.understanding.chips import Chip, ChipKind, Choice, Understood
from search.understanding.file_names import file_chips
from search.understanding.known_names import NameBook
from search.understanding.name_chips import name_chips
from search.understanding.name_words import name_key, name_words
from search.understanding.time_phrases import time_phrases
from search.understanding.time_spans import TimeSpan
from search.understanding.typed_words import typed_words

__all__ = ["Known", "read_query"]

DENYING = ("not", "except", "excluding")
JOINTS = word_set(
    """
    a an the my our all some any and of in at from with on by near during taken shot me show find
    get photo photos picture pictures pic pics image images shots snapshot snapshots
    """
)
"""Words that say nothing by themselves about what a photo shows."""
LEADING = word_set("and of in at from with on by near during")

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Known:
    """What queries are read with.

    Attributes:
        book: the collection's names, and the years of its photos.
        today: the day from which times are counted.
        shown: words for what photos show.
        has_file: whether the collection has photos of a file name, which may lack its suffix.
    """

    book: NameBook
    today: date
    shown: Container[str] = frozenset()
    has_file: Callable[[str], bool] = field(default=lambda name: False)


def read_query(
    text: str,
    known: Known,
    *,
    as_words: Collection[str] = (),
    choose: Mapping[str, str] | None = None,
) -> Understood:
    """Return the chips of a query and what is left of it.

    Args:
        text: the query as typed.
        known: what the collection knows.
        as_words: chips to remove, by their text or `id`: their words are looked for in the
            pictures.
        choose: text or id of a chip to the `id` of the intended choice.

    Raises:
        QueryError: a choice that no chip has.
    """
    taken = {" ".join(each.lower().split()) for each in as_words}
    chips = _chosen(_chips(text, known, taken), choose or {})
    return Understood(_rest(text, [chip for chip in chips if chip.applied]), tuple(chips))


def _callings(chip: Chip) -> set[str]:
    """Return the names by which a chip may be removed or chosen."""
    return {chip.id, chip.said, " ".join(chip.text.lower().split())}


def _chips(text: str, known: Known, taken: Set[str]) -> list[Chip]:
    found = (*file_chips(text, known.has_file), *_times(text, known))
    chips = [chip for chip in found if not _callings(chip) & taken]

    def wanted(chip: Chip) -> bool:
        # A name with more words than the time in it counts as a name: "Lisbon 2019" is a folder.
        return not _callings(chip) & taken and all(
            other.kind is ChipKind.time and _covers(chip, other)
            for other in chips
            if _overlap(chip, other)
        )

    names = list(name_chips(text, name_words(text), known.book, known.shown, wanted))
    spoken = [chip for chip in names if chip.applied]
    left = [chip for chip in chips if not any(_overlap(chip, name) for name in spoken)]
    offered = [
        name
        for name in names
        if not name.applied and not any(_overlap(name, chip) for chip in left)
    ]
    return sorted([*spoken, *left, *offered], key=lambda chip: chip.start)


def _covers(name: Chip, time: Chip) -> bool:
    inside = name.start <= time.start and name.end >= time.end
    return inside and (name.start, name.end) != (time.start, time.end)


def _overlap(one: Chip, other: Chip) -> bool:
    return one.start < other.end and one.end > other.start


def _times(text: str, known: Known) -> Iterator[Chip]:
    words = typed_words(text)
    for phrase in time_phrases([word.text for word in words], known.today, known.book.years):
        first = phrase.start
        denied = first > 0 and words[first - 1].text in DENYING
        first -= denied
        start, end = words[first].start, words[phrase.end - 1].end
        span = phrase.span
        chip = Chip(
            ChipKind.time,
            text[start:end],
            start,
            end,
            f"not {span.label}" if denied else span.label,
            f"not ({span.where})" if denied else span.where,
            known.book.years is not None,
            choices=tuple(_choice(each) for each in (span, *phrase.others) if phrase.others),
        )
        yield chip if denied else _or_album(chip, known.book)


def _or_album(time: Chip, book: NameBook) -> Chip:
    """Return a time's chip, which may also be a folder's: "Christmas 2019" can be both."""
    albums = [
        name
        for name in book.names.get(" ".join(name_key(time.said)), ())
        if name.kind is ChipKind.album
    ]
    if not albums:
        return time
    choices = tuple(Choice(each.kind, each.name, each.where, each.photos) for each in albums)
    named = time.choices or (Choice(time.kind, time.label, time.where),)
    return replace(
        time,
        label=" or ".join([time.label, *(f"album {choice.label}" for choice in choices)]),
        where=" or ".join([f"({time.where})", *(choice.where for choice in choices)]),
        applied=True,
        choices=(*named, *choices),
    )


def _choice(span: TimeSpan) -> Choice:
    return Choice(ChipKind.time, span.label, span.where)


def _chosen(chips: Sequence[Chip], choose: Mapping[str, str]) -> list[Chip]:
    from store import QueryError

    meant = {" ".join(text.lower().split()): choice for text, choice in choose.items()}
    found = []
    for chip in chips:
        called = next((each for each in _callings(chip) if each in meant), None)
        wanted = None if called is None else meant.pop(called)
        if wanted is None:
            found.append(chip)
            continue
        choices = chip.choices or (Choice(chip.kind, chip.label, chip.where, chip.photos),)
        choice = next((each for each in choices if each.id.lower() == wanted.lower()), None)
        if choice is None:
            there = ", ".join(repr(each.id) for each in choices)
            raise QueryError(f"“{chip.text}” is not {wanted!r}; it may be {there}")
        found.append(
            replace(
                chip,
                kind=choice.kind,
                label=choice.label,
                where=choice.where,
                applied=True,
                photos=choice.photos,
            )
        )
    if meant:
        raise QueryError(
            f"nothing to choose for “{next(iter(meant))}”: the query has "
            f"{', '.join(f'“{chip.text}”' for chip in chips) or 'no name or time that is known'}"
        )
    return found


def _rest(text: str, chips: Sequence[Chip]) -> str:
    """Return a text without the understood parts, and without the words that joined them to it."""
    if not chips:
        return text
    parts, at = [], 0
    for chip in chips:
        parts.append(text[at : chip.start])
        at = max(at, chip.end)
    words = " ".join([*parts, text[at:]]).split()
    first, last = 0, len(words)
    while first < last and _bare(words[first]) in LEADING:
        first += 1
    while last > first and _bare(words[last - 1]) in JOINTS:
        last -= 1
    rest = " ".join(words[first:last]).strip(" ,;:")
    said = [word for word in _WORD.findall(rest.lower()) if word not in JOINTS]
    return rest if said else ""


def _bare(word: str) -> str:
    return word.lower().strip(",;:.!?")

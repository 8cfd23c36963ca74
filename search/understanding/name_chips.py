"""Chips of the names in a query: which are applied, and which only suggested."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence

from search.understanding.chips import Chip, ChipKind, Choice
from search.understanding.known_names import KnownName, NameBook
from search.understanding.name_words import NameWord, is_ordinary

__all__ = ["name_chips"]

ARTICLES = ("the", "my", "our", "a", "an")
BEFORE = {
    ChipKind.person: ("of", "with", "by", "and"),
    ChipKind.place: ("in", "at", "near", "from", "around", "of"),
    ChipKind.album: ("in", "from", "of"),
    ChipKind.camera: ("with", "on", "by", "from", "using"),
    ChipKind.tag: (),
}
"""Words before a name that belong to it."""

TAKEN = ("taken", "shot", "made", "photographed")
ALBUM = ("album", "folder")
DENYING = ("without", "not", "no", "except", "excluding")

Words = Sequence[NameWord]


def name_chips(
    text: str, words: Words, book: NameBook, shown: Container[str], wanted: Callable[[Chip], bool]
) -> Iterator[Chip]:
    """Return the chips of the names in a query, in its order; the longest of overlapping names.

    Args:
        text: the query.
        words: the words of the query.
        book: the names that the collection knows.
        shown: words for what photos show, which are therefore no names unless capitalised.
        wanted: whether a chip is allowed; if not, shorter names are tried.
    """
    at = 0
    texts = [word.text for word in words]
    while at < len(words):
        for length, names in book.starting(texts[at : at + 8]):
            chip = _chip(text, words, at, at + length, names, shown)
            if wanted(chip):
                yield chip
                at += length
                break
        else:
            at += 1


def _chip(
    text: str, words: Words, start: int, end: int, names: tuple[KnownName, ...],
    shown: Container[str],
) -> Chip:  # fmt: skip
    holding = [name for name in names if _holds(words, start, end, name, shown)]
    meant = holding or list(names)
    kind = min((name.kind for name in meant), key=list(ChipKind).index)
    first, denied = _with_what_stands_before(words, start, kind) if holding else (start, False)
    last = end - 1 + (kind is ChipKind.album and _text(words, end) in ALBUM)
    begin, stop = words[first].start - words[first].tagged, words[last].end
    where = " or ".join(name.where for name in meant)
    label = " or ".join(dict.fromkeys(name.name for name in meant))
    choices = tuple(Choice(each.kind, each.name, each.where, each.photos) for each in names)
    single = len(meant) == 1
    return Chip(
        kind,
        text[begin:stop],
        begin,
        stop,
        f"not {label}" if denied else label,
        f"not ({where})" if denied else where,
        bool(holding),
        meant[0].photos if single else None,
        () if single and len(names) == 1 else choices,
    )


def _holds(words: Words, start: int, end: int, name: KnownName, shown: Container[str]) -> bool:
    """Return whether words are clearly a name, so that they become a filter."""
    said = words[start:end]
    telling = any(not is_ordinary(word.text, shown) for word in said)
    numbered = any(word.text.isdigit() for word in said)
    if name.kind is ChipKind.tag:
        return said[0].tagged or not any(word.text in shown for word in said)
    if name.kind is ChipKind.album:
        cue = _text(words, start - 1) in ALBUM or _text(words, end) in ALBUM
        return cue or (telling and not all(word.text.isdigit() for word in said))
    if name.kind is ChipKind.camera:
        alone = len(said) == 1 and not numbered and not _is_taken_with(words, start)
        return telling and not alone and not (len(said) == 1 and said[0].text.isdigit())
    if name.kind is ChipKind.place and _text(words, start - 1) in ("in", "near", "around", "from"):
        return True
    return telling or len(said) > 1 or (said[0].capital and start > 0)


def _is_taken_with(words: Words, start: int) -> bool:
    """Return whether "taken with my" or "my" stands before a word."""
    before = [_text(words, start - back) for back in (1, 2, 3)]
    return before[0] in ("my", "our") or any(word in TAKEN for word in before)


def _with_what_stands_before(words: Words, start: int, kind: ChipKind) -> tuple[int, bool]:
    """Return where a chip begins, with the words that belong to it, and whether it is negated."""
    if _text(words, start - 1) in DENYING:
        return start - 1, True
    first = start
    if _text(words, first - 1) in ARTICLES and kind in (ChipKind.camera, ChipKind.album):
        first -= 1
    if kind is ChipKind.album and _text(words, first - 1) in ALBUM:
        first -= 1
        first -= _text(words, first - 1) in ARTICLES
    if _text(words, first - 1) in BEFORE[kind]:
        first -= 1
    elif first != start and kind is ChipKind.camera:
        return start, False
    if kind is ChipKind.camera and _text(words, first - 1) in TAKEN:
        first -= 1
    if _text(words, first - 1) in DENYING:
        return first - 1, True
    return first, False


def _text(words: Words, at: int) -> str:
    return words[at].text if 0 <= at < len(words) else ""

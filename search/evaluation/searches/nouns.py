"""Which words of captions are countable nouns, found by where they stand.

No tagger is needed: between "a" or "an" and a word such as "on" or "with" ("a dog on", "a kitchen
with"), only a noun can stand. A word counts as one if it stands there often enough; "a group of" is
no such place, since it leads to the thing and is not it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

__all__ = ["count_nouns", "singular_forms", "with_article", "words_of"]

LEAST_TIMES, LEAST_SHARE = 2, 0.05
"""How often, and in what share of its occurrences, a noun stands alone after an article. Colours do
so in 1 % of theirs, nouns in 8 to 70 % (development captions of two collections)."""

_FOLLOWING = """
    . , ; ! ? is are was were has have having that which who while in on with at by near next behind
    under beside to from for as over inside outside through into onto against during
"""
_AFTER_NOUNS = frozenset(_FOLLOWING.split())
_OF_THE_PHOTO = frozenset(("background", "image", "photo", "photograph", "picture", "shot", "view"))
"""Words about the photo, not about what it shows."""

_IRREGULAR = {
    "children": "child", "feet": "foot", "geese": "goose", "halves": "half", "knives": "knife",
    "leaves": "leaf", "loaves": "loaf", "men": "man", "mice": "mouse", "people": "person",
    "shelves": "shelf", "teeth": "tooth", "wolves": "wolf", "women": "woman",
}  # fmt: skip


def words_of(caption: str) -> list[str]:
    """Return the words and punctuation marks of a caption, in lower case.

    >>> words_of("A dog's bowl, red.")
    ['a', 'dog', 's', 'bowl', ',', 'red', '.']
    """
    return re.findall(r"[a-z]+|[.,;!?]", caption.lower())


def singular_forms(words: Collection[str]) -> dict[str, str]:
    """Return for each word the singular that it counts as: itself unless its singular occurs too.

    >>> forms = singular_forms({"dog", "dogs", "bus", "buses", "men", "puppies", "puppy"})
    >>> [forms[word] for word in ("dogs", "bus", "buses", "men", "puppies")]
    ['dog', 'bus', 'bus', 'man', 'puppy']
    """
    known = set(words)
    return {word: _singular(word, known) for word in words}


def _singular(word: str, known: Collection[str]) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if not word.endswith("s") or word.endswith("ss"):
        return word
    possible = [word[:-1]]
    if word.endswith("es"):
        possible.append(word[:-2])
    if word.endswith("ies"):
        possible.append(word[:-3] + "y")
    return next((form for form in possible if len(form) > 1 and form in known), word)


def count_nouns(captions: Iterable[str]) -> set[str]:
    """Return the nouns of captions that name things, in the singular.

    >>> sorted(count_nouns(["A dog on a red mat.", "A group of dogs on a mat .", "A dog in a mat"]))
    ['dog', 'mat']
    """
    sentences = [[*words_of(caption), "."] for caption in captions]
    forms = singular_forms({word for words in sentences for word in words})
    times = Counter(forms[word] for words in sentences for word in words)
    alone = Counter(
        noun
        for words in sentences
        for article, noun, after in zip(words, words[1:], words[2:], strict=False)
        if article in ("a", "an") and after in _AFTER_NOUNS
    )
    return {
        noun
        for noun, count in alone.items()
        if count >= LEAST_TIMES
        and count >= LEAST_SHARE * times[noun]
        and len(noun) > 1
        and noun not in _OF_THE_PHOTO
    }


def with_article(noun: str) -> str:
    """Put "a" or "an" before a noun, and nothing before a plural.

    >>> [with_article(noun) for noun in ("dog", "oven", "hot dog", "skis", "bus", "wine glass")]
    ['a dog', 'an oven', 'a hot dog', 'skis', 'a bus', 'a wine glass']
    """
    if re.search(r"[^su]s$", noun):
        return noun
    is_vowel = noun.startswith(tuple("aeiou")) and not noun.startswith(("eu", "one", "uni", "use"))
    return f"{'an' if is_vowel or noun.startswith('hour') else 'a'} {noun}"

"""Brings queries for the same thing to one wording: "photos of the dogs" is "dog". No torch.

People type "a photo of a dog", "dogs" and "the dog" for the same photos, but a text encoder embeds
each differently. Queries are therefore brought to a canonical form before they are embedded.
"""

from __future__ import annotations

import re

from fusion.runtime.plurals import singular
from fusion.runtime.words import word_set, words_in_order

__all__ = ["canonical_query", "is_short_query"]

SHORT = 3
"""Maximum number of words, without a leading article, of a query that names things and is not a
sentence."""

_PHOTOS = r"(?:photo(?:graph)?s?|pictures?|pics?|images?|snapshots?)"
_DETERMINER = r"(?:all\s+(?:(?:the|my|our|your)\s+)?|(?:an?|the|some|any|my|our|your)\s+)?"
_SHOWS = r"(?:of|showing|depicting|containing|(?:that|which)\s+shows?)"
_TEMPLATE = re.compile(
    rf"""\s*(?:please\s+|(?:can|could)\s+you\s+)*
    (?:(?:show|find|get|give)\s+(?:me|us)\s+|search\s+for\s+|i(?:['\u2019]|\s+a)?m\s+looking\s+for\s+
      |(?:show|find|get)\s+(?={_DETERMINER}{_PHOTOS}\s+{_SHOWS}\s))?
    (?:{_DETERMINER}{_PHOTOS}\s+{_SHOWS}\s+)?
    (?=\w)""",
    re.VERBOSE | re.IGNORECASE,
)
"""Phrases that ask for a photo without describing it. "A close-up of", "a painting of" and "a black
and white photo of" describe it, and "a shot of" may be of whisky: they stay."""

_ARTICLE = re.compile(r"(?:an?|the|some)\s+(?=\w)", re.IGNORECASE)
_NOUN = re.compile(r"[a-z]++(?:['\u2019-][a-z]++)*+(?!['\u2019])")  # no possessives
_COUNTING = word_set(
    """
    one two three four five six seven eight nine ten eleven twelve dozen dozens hundred hundreds
    both all many several few lots lot pair pairs couple couples group groups crowd crowds bunch
    herd flock row rows stack stacks pile piles these those multiple various different
    """
)
"""Counting words: a query that contains one keeps its plurals."""

_VERBS = word_set(
    """
    carries catches chases cleans climbs digs dives does eats falls gets grabs grazes hangs has
    holds hugs is jumps kneels laughs leans leaps licks listens looks makes performs plays pulls
    pushes reaches reads runs sees sells sings sits sleeps stares swims takes throws tosses tries
    walks wears
    """
)
"""Verbs of captions: after another word these are not plurals. Verbs that are also nouns are left
out ("ocean waves", "ice skates", "carnival rides")."""


def canonical_query(text: str) -> str:
    """Return the canonical form of a query; idempotent.

    Leading phrases ("a photo of", "show me") are dropped. If the rest is a name of things, of one
    to three words, then leading articles and final punctuation are dropped too, it is lower-cased,
    and its plural nouns become singular unless it contains a number or a counting word. A longer
    text is a sentence and otherwise stays unchanged.

    >>> [canonical_query(text) for text in ("Photos of dogs", "show me the dog", "Dogs!")]
    ['dog', 'dog', 'dog']
    >>> canonical_query("two dogs"), canonical_query("dog jumps"), canonical_query("wine glasses")
    ('two dogs', 'dog jumps', 'wine glass')
    >>> canonical_query("a picture of Two dogs on the beach")
    'Two dogs on the beach'
    """
    while (brought := _one_step(text)) != text:
        text = brought
    return text


def is_short_query(text: str) -> bool:
    """Return whether a text is a name of things, of up to three words, not a sentence.

    >>> is_short_query("dog"), is_short_query("A dog on a sofa .")
    (True, False)
    """
    return len(words_in_order(text)) <= SHORT


def _one_step(text: str) -> str:
    plain = " ".join(_after(_TEMPLATE, text).split())
    named = _after(_ARTICLE, plain)
    if len(named.split()) > SHORT:
        return plain
    named = named.rstrip(" .!?") or named
    return _singular_nouns(named.lower())


def _after(beginning: re.Pattern[str], text: str) -> str:
    """Return a text without what the pattern matches at its beginning."""
    match = beginning.match(text)
    return text[match.end() :] if match else text


def _singular_nouns(text: str) -> str:
    words = text.split()
    if any(word.isdigit() or word in _COUNTING for word in re.findall(r"\w+", text)):
        return text
    brought = [
        word if before and word in _VERBS else _singular(word, before)
        for before, word in zip(["", *words], words, strict=False)
    ]
    return " ".join(brought)


def _singular(word: str, before: str) -> str:
    """Return a word, which may be surrounded by punctuation, with its last part in the singular.

    >>> _singular("(t-shirts)", "")
    '(t-shirt)'
    """

    def brought(match: re.Match[str]) -> str:
        head, hyphen, last = match[0].rpartition("-")
        return head + hyphen + singular(last, before)

    return _NOUN.sub(brought, word)

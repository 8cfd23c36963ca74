"""Which texts in a tar belong to which photo, by their names.

In WebDataset, all files of a sample have the same key, the name up to the first dot: `7.jpg`,
`7.txt`. Ordinary names have dots too, and `Photo 2.0 a.jpg` and `Photo 2.0 b.txt` have the same
key, so matching by key alone would give photos their neighbours' captions. Here a text belongs to

- the photos whose name without its suffix, or whose full name, equals the text's name without its
  suffix (`7.jpg` and `7.txt` or `7.jpg.txt`), also without a last field that only says what the
  text is (`7.caption.txt`), and then to no others;
- otherwise the photos whose name differs only by fields at the end of either name, where fields are
  single words as in WebDataset: `7.txt` and `7.left.jpg`, `7.en.txt` and `7.jpg`. A number counts
  as a field of a photo (`7.0.jpg`) if the photo's name has no space.

Names are compared regardless of their Unicode form, unless two photos differ in nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from fusion.caption_files.name_spellings import one_form
from indexer.sources.shard import Captions
from indexer.sources.suffixes import split_suffix

__all__ = ["TEXT_SUFFIXES", "Sidecars"]

TEXT_SUFFIXES = (".txt", ".text", ".cap", ".caption", ".captions", ".json")

SAYING = frozenset(
    {"alt", "cap", "caption", "captions", "description", "json", "label", "output", "outputs"}
    | {"prompt", "sentence", "sentences", "target", "text", "texts", "title", "txt"}
)
"""Fields that say what a text is, but nothing about which photo it belongs to."""

_FIELD = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)


class Sidecars:
    """Matches the texts of a tar to its photos.

    Args:
        texts: name to captions, in the order of the tar.
        photos: names of its photos.
    """

    def __init__(self, texts: Mapping[str, Captions], photos: Iterable[str]) -> None:
        names = set(photos) if texts else set()
        known = {one_form(name) for name in names}
        self._form: Callable[[str], str] = one_form
        if len(known) < len(names):
            known, self._form = names, str
        self._texts: dict[str, Captions] = {}
        for name, captions in texts.items():
            if captions:
                before = self._texts.get(self._form(name), ())
                self._texts[self._form(name)] = (*before, *captions)
        self._given: set[str] = set()
        self._places = {name: place for place, name in enumerate(self._texts)}
        self._own: defaultdict[str, list[str]] = defaultdict(list)  # stem of a photo, or its name
        self._shared: defaultdict[str, list[str]] = defaultdict(list)  # by the text's own stem
        self._longer: defaultdict[str, list[str]] = defaultdict(list)
        stems = {split_suffix(name)[0] for name in known}
        for name in self._texts:
            stem = split_suffix(name)[0]
            if stem in known or stem in stems:
                self._own[stem].append(name)
                continue
            plain = _without_saying(stem)
            if plain != stem and (plain in known or plain in stems):
                self._own[plain].append(name)
                continue
            self._shared[plain].append(name)
            for shorter in _shorter(plain):
                self._longer[shorter].append(name)

    def captions(self, photo: str) -> Captions:
        """Return the captions of a photo, each once, in the order of the tar."""
        if not self._texts:
            return ()
        photo = self._form(photo)
        stem = split_suffix(photo)[0]
        names = {*self._own.get(photo, ()), *self._own.get(stem, ()), *self._longer.get(stem, ())}
        for shorter in _shorter(stem, numbers=True):
            names.update(self._shared.get(shorter, ()))
        if not names:
            return ()
        self._given |= names
        texts: dict[str, None] = {}
        for name in sorted(names, key=self._places.__getitem__):
            texts.update(dict.fromkeys(self._texts[name]))
        return tuple(texts)

    @property
    def left_over(self) -> int:
        """Number of texts that have not been assigned to any photo so far."""
        return len(self._texts) - len(self._given)


def _without_saying(stem: str) -> str:
    """Return a text's name without the field that only says that it is a text.

    >>> _without_saying("a/7.caption"), _without_saying("a/7.left")
    ('a/7', 'a/7.left')
    """
    plain, point, field = stem.rpartition(".")
    return plain if point and field.lower() in SAYING else stem


def _shorter(stem: str, *, numbers: bool = False) -> Iterator[str]:
    """Return a name without its last field, without its last two, and so on.

    >>> list(_shorter("a.b/7.left.eye")), list(_shorter("Photo 2.0 a"))
    (['a.b/7.left', 'a.b/7'], [])
    >>> list(_shorter("7.0", numbers=True)), list(_shorter("Photo 2.0", numbers=True))
    (['7'], [])
    """
    numbers = numbers and " " not in stem
    while True:
        plain, point, field = stem.rpartition(".")
        is_field = _FIELD.fullmatch(field) or (numbers and _NUMBER.fullmatch(field))
        if not point or "/" in field or not is_field:
            return
        stem = plain
        yield stem

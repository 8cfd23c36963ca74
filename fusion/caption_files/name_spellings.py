"""Names of photos as other programs write them: which file may be meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["one_form", "spellings"]


def one_form(name: str) -> str:
    r"""Return a name in one Unicode form, whichever a disk or program wrote it in (NFC).

    >>> one_form("Mu\u0308ller.jpg") == "M\xfcller.jpg"
    True
    """
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def spellings(name: str) -> tuple[str, ...]:
    r"""Return the paths that a name may stand for, the one that is written first.

    Some programs take a backslash for what parts folders, some write spaces as `%20`, and some name
    a photo by its address, of which the path without host and question is meant; Label Studio hides
    it in the question. Blanks around a name are mostly nobody's intention.

    >>> spellings("a.jpg"), spellings("w\\x.jpg"), spellings("38%20(HD).jpg")
    (('a.jpg',), ('w\\x.jpg', 'w/x.jpg'), ('38%20(HD).jpg', '38 (HD).jpg'))
    >>> spellings("https://host/d/b%20c.jpg?x=1")[-1]
    'd/b c.jpg'
    """
    return tuple(dict.fromkeys(_spellings(name)))


def _spellings(name: str) -> Iterator[str]:
    yield from _written(name)
    if name != name.strip():
        yield from _written(name.strip())


def _written(name: str) -> Iterator[str]:
    yield name
    slashed = name.replace("\\", "/")
    yield slashed
    yield unquote(slashed)
    plain, _, question = slashed.partition("?")
    if question:
        yield plain
        yield unquote(plain)
        yield from parse_qs(question).get("d", ())
    if "://" in plain:
        try:
            place = urlsplit(plain)
        except ValueError:  # such as of a host in half a pair of brackets
            return
        path = unquote(place.path)
        yield path if place.scheme == "file" else path.lstrip("/")

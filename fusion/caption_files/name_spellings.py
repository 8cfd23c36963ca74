"""Names of photos as other programs write them, and the files that they may refer to."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["one_form", "spellings"]


def one_form(name: str) -> str:
    r"""Return a name in Unicode normal form NFC, whatever form a disk or program wrote it in.

    >>> one_form("Mu\u0308ller.jpg") == "M\xfcller.jpg"
    True
    """
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def spellings(name: str) -> tuple[str, ...]:
    r"""Return the paths that a name may stand for, starting with the name as written.

    Some programs separate folders by backslashes, some write spaces as `%20`, and some name a photo
    by its URL, of which the path without host and query string is meant; Label Studio has the path
    in the query string. Spaces around a name are usually unintended.

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
        except ValueError:  # such as a host with only one of a pair of brackets
            return
        path = unquote(place.path)
        yield path if place.scheme == "file" else path.lstrip("/")

"""Sources as people write them: patterns such as `part-*.tar` and `part-{000..099}.tar`."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from indexer.sources.places import fitting, place_of
from indexer.sources.suffixes import PACKED
from store import SourceError
from store.photo_names import address_of, is_address

__all__ = ["expanded"]

MOST = 100_000

_BRACES = re.compile(r"\{([^{}]*(?:,|\.\.)[^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")


def expanded(sources: Iterable[Path | str]) -> list[str]:
    """Return absolute paths and addresses, each once, in the order of the sources.

    A source is not taken for a pattern if something exists under that very name.

    Raises:
        SourceError: nothing matches a pattern, it stands for too many names, or a tar is
            compressed.
    """
    places: dict[str, None] = {}
    for source in sources:
        text = address_of(source) if isinstance(source, Path) else source
        places.update(dict.fromkeys(place_of(name) for name in _named(text)))
    for place in places:
        if place.lower().endswith(PACKED) and not os.path.isdir(place):
            raise SourceError(
                f"{place} is a compressed tar, in which no photo can be read without unpacking "
                "everything before it: unpack it to a plain .tar first"
            )
    return list(places)


def _named(source: str) -> Iterator[str]:
    if not is_address(source) and os.path.lexists(source):
        yield source
        return
    for number, name in enumerate(_spelled_out(source)):
        if number == MOST:
            raise SourceError(f"{source} stands for more than {MOST:,} names")
        yield from _fitting(name) if glob.has_magic(name) else (name,)


def _spelled_out(text: str) -> Iterator[str]:
    """Expand braces; the first ones vary slowest.

    >>> list(_spelled_out("{a,b}-{08..10}.tar"))
    ['a-08.tar', 'a-09.tar', 'a-10.tar', 'b-08.tar', 'b-09.tar', 'b-10.tar']
    """
    match = _BRACES.search(text)
    if match is None:
        yield text
        return
    for choice in _choices(match[1]):
        yield from _spelled_out(text[: match.start()] + choice + text[match.end() :])


def _choices(inside: str) -> Iterator[str]:
    numbers = _RANGE.fullmatch(inside)
    if numbers is None:
        yield from inside.split(",")
        return
    first, last = int(numbers[1]), int(numbers[2])
    is_padded = numbers[1].startswith("0") or numbers[2].startswith("0")
    width = max(map(len, numbers.groups())) if is_padded else 0
    for number in range(first, last + 1) if first <= last else range(first, last - 1, -1):
        yield str(number).zfill(width)


def _fitting(pattern: str) -> list[str]:
    if is_address(pattern):
        try:
            paths = fitting(pattern)
        except OSError as error:
            raise SourceError(f"{pattern} cannot be expanded: {error}") from error
    else:
        paths = glob.glob(pattern, recursive=True)
    if not paths:
        raise SourceError(f"nothing matches {pattern}; expected names of tar or Parquet files")
    return sorted(paths)

"""Addresses of indexes: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?collection=NAME`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from store.errors import QueryError

__all__ = ["DEFAULT_COLLECTION", "Address"]

DEFAULT_COLLECTION = "photos"

_SCHEMES = ("postgresql", "postgres")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_EXPECTED = "expected postgresql://USER:PASSWORD@HOST/DATABASE?collection=NAME"
_ENCODED = "write @ : / ? # in a password as %40 %3A %2F %3F %23"


@dataclass(frozen=True)
class Address:
    """A collection in a database.

    Attributes:
        conninfo: the address for psycopg, with the password if there is one.
        collection: the name of one of the indexes in the database.
        shown: the address for messages, without the password.
    """

    conninfo: str
    collection: str
    shown: str

    def __repr__(self) -> str:  # tracebacks must not show a password either
        return f"Address({self.shown!r})"

    @classmethod
    def parse(cls, text: str, collection: str | None = None) -> Self:
        """Parse an address.

        Args:
            text: the address; its query may have parameters of psycopg, such as `sslmode`.
            collection: the collection's name, replacing the one in the query; None to keep that.

        Raises:
            QueryError: it is not a valid address, or the collection's name is not allowed.

        >>> Address.parse("postgresql://me:secret@db/photos?collection=cats").shown
        'postgresql://me@db/photos?collection=cats'
        """
        parts = _split(text)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        name = query.pop("collection", DEFAULT_COLLECTION) if collection is None else collection
        query.pop("collection", None)
        if not _NAME.fullmatch(name):
            raise QueryError(
                f"the collection {name!r}: expected up to 63 letters, digits, - and _, the first "
                "a letter or digit"
            )
        shown: dict[str, str] = {key: query[key] for key in ("host", "port") if key in query}
        if name != DEFAULT_COLLECTION:
            shown["collection"] = name
        return cls(
            _address(parts.netloc, parts.path, urlencode(query, quote_via=quote)),
            name,
            _address(_without_password(parts), parts.path, urlencode(shown, safe="/")),
        )


def _address(place: str, database: str, query: str) -> str:
    # Not with `geturl`, which omits the slashes if there is no host.
    return f"postgresql://{place}{database}{'?' if query else ''}{query}"


def _split(text: str) -> SplitResult:
    # Messages never repeat the text, which may include a password.
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises ValueError if it is not a number
        broken = _breaks_off(parts)
    except ValueError:
        broken = True
    if broken:
        raise QueryError(f"the address of a database cannot be read: {_EXPECTED}; {_ENCODED}")
    if parts.scheme not in _SCHEMES:
        beginning = f"{parts.scheme}:" if parts.scheme else "no such beginning"
        raise QueryError(f"the address of a database begins with {beginning}; {_EXPECTED}")
    return parts


def _breaks_off(parts: SplitResult) -> bool:
    """Return whether a part that is shown may include the end of a password."""
    later = parts.path + parts.query
    return bool(parts.fragment) or parts.netloc.count("@") > 1 or "@" in later


def _without_password(parts: SplitResult) -> str:
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return f"{name}@{host}" if name else host

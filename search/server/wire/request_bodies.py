"""From a request's body, JSON or multipart, to a search; pictures come only in the body.

No path that a client names is read and no address is fetched.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from indexer.photos.decode import picture_size
from search.query.grammar import parse_query
from search.query.request import SearchRequest, day_of
from search.query.term import Term
from search.server.settings import MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE, MAX_PICTURES
from search.server.wire.http_errors import Refused
from search.server.wire.schemas import SearchBody, TermBody
from store import UnreadableImage

__all__ = ["Body", "check_pictures", "read_body", "search_request"]

B = TypeVar("B", bound=BaseModel)
MAX_FIELDS = 4
JSON_FIELD = "request"


@dataclass(frozen=True)
class Body:
    """The parsed body of a request.

    Attributes:
        json: its JSON; empty if a multipart body has none.
        pictures: field name to the files, with the client's names for them.
    """

    json: bytes
    pictures: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)

    def parsed(self, kind: type[B]) -> B:
        """Return its JSON as an instance of a schema; raises pydantic's ValidationError.

        A byte order mark, which some programs put before UTF-8, is ignored.
        """
        return kind.model_validate_json(self.json.removeprefix(BOM_UTF8) or b"{}")

    def of(self, name: str) -> list[bytes]:
        """Return the files of a field."""
        return [content for _, content in self.pictures.get(name, ())]


async def read_body(request: Request, fields: Sequence[str]) -> Body:
    """Read a body.

    Args:
        request: a request whose body was not read yet.
        fields: names of the fields that may hold files.

    Raises:
        Refused: it has another type, is malformed, or exceeds a limit.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return Body(await request.body())
    if kind != "multipart/form-data":
        raise Refused(415, "expected a body of type application/json or multipart/form-data")
    try:
        form = await request.form(max_files=MAX_PICTURES, max_fields=MAX_FIELDS)
    except (MultiPartException, KeyError, ValueError, AssertionError) as error:
        raise Refused(400, f"malformed multipart/form-data: {error}") from None
    try:
        json = b""
        pictures: dict[str, list[tuple[str, bytes]]] = {}
        for name, value in form.multi_items():
            if name == JSON_FIELD:
                json = await value.read() if isinstance(value, UploadFile) else value.encode()
            elif name not in fields or not isinstance(value, UploadFile):
                known = ", ".join((JSON_FIELD, *fields))
                raise Refused(422, f"unknown field {name[:60]!r}, expected {known}; files as files")
            else:
                pictures.setdefault(name, []).append((value.filename or "", await value.read()))
        return Body(json, pictures)
    finally:
        await form.close()


def search_request(body: Body) -> SearchRequest:
    """Return the search that a body describes; `image` is wanted, `minus_image` unwanted.

    Raises:
        QueryError: it has no term, or its text is not in the query language.
        Refused: it has too many pictures, or a file that is none.
    """
    search_body = body.parsed(SearchBody)
    text = search_body.text
    # Empty pictures are refused like empty terms.
    read = search_body.literal or (text is not None and not text.strip())
    terms, _ = parse_query(text, literal=True) if text is not None and read else ((), ())
    positive = (*terms, *_terms(search_body.positive), *_pictures(body.of("image")))
    negative = (*_terms(search_body.negative), *_pictures(body.of("minus_image")))
    check_pictures([each.image for each in (*positive, *negative) if isinstance(each.image, bytes)])
    return SearchRequest(
        positive,
        negative,
        where=search_body.where,
        k=search_body.k,
        candidates=search_body.candidates,
        rerank=search_body.rerank,
        min_probability=search_body.min_probability,
        explain=search_body.explain,
        hybrid=search_body.hybrid,
        fold_duplicates=search_body.fold_duplicates,
        budget_ms=search_body.budget_ms,
        words=search_body.words,
        text="" if read or text is None else text,
        sort=search_body.sort,
        reverse=search_body.reverse,
        as_words=tuple(search_body.as_words),
        choose=search_body.choose,
        today=day_of(search_body.today),
    )


def check_pictures(pictures: Sequence[bytes]) -> None:
    """Check, from headers alone, that files are pictures and not too large together.

    Raises:
        Refused: they are not pictures, or too large.
    """
    if len(pictures) > MAX_PICTURES:
        raise Refused(413, f"{len(pictures)} pictures were sent, expected at most {MAX_PICTURES}")
    pixels = 0
    for number, content in enumerate(pictures, 1):
        try:
            width, height = picture_size(content)
        except UnreadableImage as error:
            raise Refused(422, f"picture {number}: {error.reason}") from None
        if max(width, height) > MAX_PICTURE_SIDE:
            raise Refused(
                413,
                f"picture {number}: {width:,} x {height:,} pixels, expected sides of at most "
                f"{MAX_PICTURE_SIDE:,}",
            )
        pixels += width * height
        if pixels > MAX_PICTURE_PIXELS:
            raise Refused(
                413,
                f"the pictures have more than {MAX_PICTURE_PIXELS:,} pixels together; make them "
                "smaller: a model reads only a few hundred per side",
            )


def _terms(terms: Sequence[str | TermBody]) -> tuple[Term, ...]:
    try:
        return tuple(Term(each) if isinstance(each, str) else each.term() for each in terms)
    except ValueError as error:
        raise Refused(422, str(error)) from None


def _pictures(contents: Sequence[bytes]) -> tuple[Term, ...]:
    return tuple(Term(image=content) for content in contents)

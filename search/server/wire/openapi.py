"""What the OpenAPI document says of bodies that FastAPI does not read itself, and of errors."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from search.server.wire.schemas import ErrorAnswer

__all__ = ["body_of", "errors", "files_of"]

MEANINGS = {
    400: "Malformed.",
    401: "The key is missing or wrong.",
    403: "Not allowed.",
    404: "Not there.",
    413: "Too large.",
    415: "Of another type.",
    422: "It says what cannot be.",
    503: "Not now; try again.",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what `responses` of a route says of these statuses."""
    return {status: {"model": ErrorAnswer, "description": MEANINGS[status]} for status in statuses}


def body_of(schema: type[BaseModel], *files: str) -> dict[str, object]:
    """Return what a route says of a body that is JSON, or that JSON with files beside it."""
    inline = _inline(schema)
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": inline},
                "multipart/form-data": {"schema": _form({"request": inline}, files)},
            },
        }
    }


def files_of(name: str) -> dict[str, object]:
    """Return what a route says of a body of files alone."""
    form = {**_form({}, (name,)), "required": [name]}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


def _form(fields: dict[str, object], files: tuple[str, ...]) -> dict[str, object]:
    file = {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 8}
    return {"type": "object", "properties": {**fields, **dict.fromkeys(files, file)}}


def _inline(schema: type[BaseModel]) -> dict[str, object]:
    """Return a schema without references, since its definitions would have no place to be in."""
    whole = schema.model_json_schema()
    definitions = whole.pop("$defs", {})

    def put_in(part: object) -> object:
        if isinstance(part, dict):
            if "$ref" in part:
                return put_in(definitions[part["$ref"].rpartition("/")[2]])
            return {name: put_in(value) for name, value in part.items()}
        return [put_in(each) for each in part] if isinstance(part, list) else part

    return {name: put_in(value) for name, value in whole.items()}

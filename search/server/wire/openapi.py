"""The OpenAPI documentation of bodies that FastAPI does not read itself, and of errors."""

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
    415: "Unsupported media type.",
    422: "Validation failed; the error says which field and what was expected.",
    503: "Temporarily unavailable; try again.",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return a route's `responses` for these statuses."""
    return {status: {"model": ErrorAnswer, "description": MEANINGS[status]} for status in statuses}


def body_of(schema: type[BaseModel], *files: str) -> dict[str, object]:
    """Return the documentation of a body of JSON, or of the same JSON together with files."""
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
    """Return the documentation of a body of files only."""
    form = {**_form({}, (name,)), "required": [name]}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


def _form(fields: dict[str, object], files: tuple[str, ...]) -> dict[str, object]:
    file = {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": 8}
    return {"type": "object", "properties": {**fields, **dict.fromkeys(files, file)}}


def _inline(schema: type[BaseModel]) -> dict[str, object]:
    """Return a schema without references, since there is no place for its definitions."""
    whole = schema.model_json_schema()
    definitions = whole.pop("$defs", {})

    def put_in(part: object) -> object:
        if isinstance(part, dict):
            if "$ref" in part:
                return put_in(definitions[part["$ref"].rpartition("/")[2]])
            return {name: put_in(value) for name, value in part.items()}
        return [put_in(each) for each in part] if isinstance(part, list) else part

    return {name: put_in(value) for name, value in whole.items()}

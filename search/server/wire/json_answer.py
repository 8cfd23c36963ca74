"""JSON responses without terminal controls, since `curl` prints captions that strangers wrote."""

from __future__ import annotations

from fastapi.responses import JSONResponse

from search.json_text import json_text

__all__ = ["JSONAnswer"]


class JSONAnswer(JSONResponse):
    """A JSON response like FastAPI's, written by `search.json_text`."""

    def render(self, content: object) -> bytes:
        """Return the body."""
        return json_text(content, compact=True).encode("utf-8")

"""Answers in JSON that no terminal obeys: `curl` prints what a caption says, whoever wrote it."""

from __future__ import annotations

from fastapi.responses import JSONResponse

from search.json_text import json_text

__all__ = ["JSONAnswer"]


class JSONAnswer(JSONResponse):
    """As FastAPI's, by `search.json_text`."""

    def render(self, content: object) -> bytes:
        """Return the body."""
        return json_text(content, compact=True).encode("utf-8")

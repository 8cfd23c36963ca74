"""Answers in JSON that no terminal obeys: `curl` prints what a caption says, whoever wrote it."""

from __future__ import annotations

from typing import Any

from fastapi.responses import JSONResponse

from search.json_text import json_text

__all__ = ["JSONAnswer"]


class JSONAnswer(JSONResponse):
    """As FastAPI's, by `search.json_text`."""

    def render(self, content: Any) -> bytes:  # noqa: ANN401
        """Return the body."""
        return json_text(content, compact=True).encode("utf-8")

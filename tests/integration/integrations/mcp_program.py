"""`crossgraph mcp` with a model of colours that prints on stdout, as libraries do."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from search.cli import main
from search.models import loading, ready
from tests.integration.colours import ColourModel


class Noisy(ColourModel):
    """Says aloud what it reads."""

    def embed_queries(self, texts: Sequence[str]) -> SimpleNamespace:
        """As the model of colours."""
        print("reading", texts, flush=True)  # noqa: T201
        os.write(1, b"from below Python\n")
        return super().embed_queries(texts)


def _load(*_: object, **__: object) -> Any:
    return Noisy()


if __name__ == "__main__":
    loading.load_model, ready.make_ready = _load, lambda _: None
    sys.exit(main())

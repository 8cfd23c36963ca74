"""What the site does to a page before it is rendered."""

from __future__ import annotations

import re

__all__ = ["on_page_markdown"]

RUN_BLOCK = re.compile(r"^```sh run$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: object) -> str:
    """Return a page without the marks of the blocks that the tests run, which are no language."""
    return RUN_BLOCK.sub("```sh", markdown)

"""Texts as JSON can hold them."""

from __future__ import annotations

__all__ = ["shown"]


def shown(text: str) -> str:
    r"""Give a text whose bytes are UTF-8: file names may be no text at all.

    >>> shown("caf\udce9.jpg")
    'caf?.jpg'
    """
    return text.encode("utf-8", "replace").decode("utf-8")

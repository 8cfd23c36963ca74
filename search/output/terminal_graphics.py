"""How photos are drawn in terminals."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Drawing"]


class Drawing(StrEnum):
    """How a photo is drawn in a terminal."""

    kitty = "kitty"
    sixel = "sixel"
    blocks = "blocks"

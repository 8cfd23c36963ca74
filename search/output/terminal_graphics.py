"""How terminals are shown a photo."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Drawing"]


class Drawing(StrEnum):
    """How a terminal is shown a photo."""

    kitty = "kitty"
    sixel = "sixel"
    blocks = "blocks"

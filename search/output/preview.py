"""Thumbnails in the terminal: Kitty's graphics, Sixel (iTerm2, WezTerm, foot, ...), or half blocks.

textual-image draws, and asks the terminal what it can do. It asks by an escape sequence whose
answer comes by stdin, so nobody is asked unless both ends are a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from search.output.forms import Drawing
from search.output.lines import known
from search.output.table import printable
from search.result import Hit

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["print_previews"]

ROWS, MOST_COLUMNS = 12, 48
"""Size of a thumbnail in characters: three hits fit a usual terminal."""
MOST_PX = 480
"""A thumbnail is made so small before it is drawn: more than any terminal's cells show."""


def print_previews(hits: Sequence[Hit], drawing: Drawing | None = None) -> None:
    """Print a line and a thumbnail for each hit; a photo that cannot be read is said to be so.

    Args:
        hits: the answer to a query.
        drawing: how; None takes the best that the terminal can show.
    """
    from rich.console import Console
    from rich.text import Text

    # Who asks for a drawing in a pipe wants it as on a terminal.
    colours: Literal["auto", "truecolor"] = "auto" if sys.stdout.isatty() else "truecolor"
    console = Console(force_terminal=True, color_system=colours)
    kind = _renderable(drawing)
    for hit in hits:
        facts = f"{hit.rank}  {hit.probability:.0%}  {hit.score:.3f}  {printable(str(hit.path))}"
        console.print(Text(facts, style="bold"), soft_wrap=True)
        if known(hit):
            console.print(Text(known(hit)))
        thumbnail = _thumbnail(hit.path)
        if isinstance(thumbnail, str):
            console.print(Text(f"no thumbnail: {thumbnail}"))
        else:
            console.print(kind(thumbnail, width=_columns(thumbnail, console.width), height="auto"))


def _renderable(drawing: Drawing | None) -> Any:  # noqa: ANN401 - a class of textual-image
    if drawing is None and not sys.stdin.isatty():
        drawing = Drawing.blocks
    if drawing is None:
        from textual_image.renderable import Image as best

        return best
    if drawing is Drawing.kitty:
        from textual_image.renderable.tgp import Image as kitty

        return kitty
    if drawing is Drawing.sixel:
        from textual_image.renderable.sixel import Image as sixel

        return sixel
    from textual_image.renderable.halfcell import Image as blocks

    return blocks


def _thumbnail(path: Path) -> Image | str:
    """Give a small copy of a photo, or why there is none."""
    from indexer.decode import UnreadableImage, decode

    try:
        image = decode(path)
    except (OSError, UnreadableImage) as error:
        return str(error)
    image.thumbnail((MOST_PX, MOST_PX))
    return image


def _columns(image: Image, terminal: int) -> int:
    """Give how many characters wide a thumbnail of `ROWS` lines is; a cell is twice as high."""
    return max(1, min(round(2 * ROWS * image.width / image.height), MOST_COLUMNS, terminal))

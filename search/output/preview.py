"""Thumbnails in the terminal: Kitty's graphics, Sixel (iTerm2, WezTerm, foot, ...), or half blocks.

textual-image draws the first two, and asks the terminal what it supports. It does so by an escape
sequence that is answered on stdin, so only if both stdin and stdout are a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from search.output.lines import known
from search.output.table import heading_of
from search.output.terminal_graphics import Drawing
from search.printable import printable
from search.result import Hit, match_percent

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import RenderableType
    from rich.text import Text

__all__ = ["print_previews"]

ROWS, MOST_COLUMNS = 12, 48
"""Size of a thumbnail in characters: three hits fit a usual terminal."""
MOST_PX = 480
"""Size to which a photo is shrunk before it is drawn: more than any terminal's cells show."""


def print_previews(hits: Sequence[Hit], drawing: Drawing | None = None) -> None:
    """Print a line and a thumbnail for each hit, or why its photo cannot be read.

    Args:
        hits: the answer to a query.
        drawing: the form; None for the best that the terminal can show.
    """
    from rich.console import Console
    from rich.text import Text

    # A drawing requested in a pipe looks as on a terminal.
    colours: Literal["auto", "truecolor"] = "auto" if sys.stdout.isatty() else "truecolor"
    console = Console(force_terminal=True, color_system=colours)
    drawn = _drawer(drawing)
    group = None
    for hit in hits:
        if hit.group is not group:
            group = hit.group
            console.print(heading_of(group), soft_wrap=True)
        facts = (
            f"{hit.rank}  {match_percent(hit.probability)}  {hit.score:.3f}  {printable(hit.name)}"
        )
        console.print(Text(facts, style="bold"), soft_wrap=True)
        if known(hit):
            console.print(Text(known(hit)))
        thumbnail = _thumbnail(hit)
        if isinstance(thumbnail, str):
            console.print(Text(f"no thumbnail: {printable(thumbnail)}"))
        else:
            console.print(drawn(thumbnail, _columns(thumbnail, console.width)))


def _drawer(drawing: Drawing | None) -> Callable[[Image, int], RenderableType]:
    """Return a function from an image and a width in characters to something printable."""
    sized = not sys.stdout.isatty() or os.get_terminal_size(sys.stdout.fileno()).columns
    if drawing is Drawing.blocks or not sized or (drawing is None and not sys.stdin.isatty()):
        return _blocks
    from textual_image import renderable

    best: Any = renderable.Image
    if drawing is Drawing.kitty:
        best = renderable.TGPImage
    elif drawing is Drawing.sixel:
        best = renderable.SixelImage
    if best is renderable.HalfcellImage:
        return _blocks
    return lambda image, columns: best(image, width=columns, height="auto")


def _blocks(image: Image, columns: int) -> Text:
    """Draw with half blocks: two pixels per character, as foreground and background colour."""
    import numpy as np
    from rich.text import Text

    rows = max(1, round(columns * image.height / image.width / 2))
    pixels = np.asarray(image.resize((columns, 2 * rows)))
    drawn = Text()
    for row in range(rows):
        for column in range(columns):
            upper, lower = pixels[2 * row, column], pixels[2 * row + 1, column]
            drawn.append("▀", "rgb({},{},{}) on rgb({},{},{})".format(*upper, *lower))
        drawn.append("\n" if row < rows - 1 else "")
    return drawn


def _thumbnail(hit: Hit) -> Image | str:
    """Return a thumbnail of a photo, or why there is none."""
    from indexer.photos.decode import UnreadableImage, decode_bytes
    from indexer.sources import open_photo

    try:
        image = decode_bytes(open_photo(hit.name))
    except (OSError, UnreadableImage) as error:
        return str(error)
    image.thumbnail((MOST_PX, MOST_PX))
    return image


def _columns(image: Image, terminal: int) -> int:
    """Return how many characters wide a thumbnail of `ROWS` lines is; a cell is twice as high."""
    return max(1, min(round(2 * ROWS * image.width / image.height), MOST_COLUMNS, terminal))

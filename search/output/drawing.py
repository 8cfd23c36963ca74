"""A picture of a hit with boxes where the words of the query were found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from search.explanation import Box, Explanation
from search.result import Hit

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["draw_explanation", "strongest_boxes"]

STRONGEST = 5
LONGEST_PX, SHORTEST_PX = 1600, 480
COLOURS = ("#e6194b", "#4363d8", "#3cb44b", "#f58231", "#911eb4")


def draw_explanation(hit: Hit, path: Path) -> None:
    """Write the hit's photo, rotated upright, with the boxes of its strongest words.

    Args:
        hit: an explained hit.
        path: the picture; its suffix names the format.

    Raises:
        ValueError: the hit was not explained.
        UnreadableImage: the photo can no longer be read.
        OSError: it is gone, or the drawing cannot be written.
    """
    from indexer.photos.decode import decode_bytes
    from indexer.sources import open_photo

    if hit.explanation is None:
        raise ValueError(f"{hit.name} has no explanation: search with explain=True")
    image = _readable_size(decode_bytes(open_photo(hit.name)))
    for number, (box, words) in enumerate(strongest_boxes(hit.explanation).items()):
        _draw_box(image, box, ", ".join(words), COLOURS[number])
    image.save(path)


def strongest_boxes(explanation: Explanation) -> dict[Box, list[str]]:
    """Return the heaviest boxes of the five words that added most; words at one place share one.

    A word that lowered the score has none.
    """
    boxes: dict[Box, list[str]] = {}
    for word in sorted(explanation.words, key=lambda word: -word.added)[:STRONGEST]:
        if word.added > 0 and word.regions and word.word not in boxes.get(word.regions[0].box, ()):
            boxes.setdefault(word.regions[0].box, []).append(word.word)
    return boxes


def _readable_size(image: Image) -> Image:
    """Shrink a large photo, and enlarge one that labels would cover."""
    longest = max(image.size)
    scale = min(max(longest, SHORTEST_PX), LONGEST_PX) / longest
    if scale == 1:
        return image
    return image.resize((max(round(image.width * scale), 1), max(round(image.height * scale), 1)))


def _draw_box(image: Image, box: Box, label: str, colour: str) -> None:
    from PIL import ImageDraw, ImageFont

    width, height = image.size
    line = max(max(width, height) // 250, 2)
    left, top, right, bottom = box
    corners = (left * width, top * height, right * width - 1, bottom * height - 1)
    draw = ImageDraw.Draw(image)
    draw.rectangle(corners, outline=colour, width=line)
    font = ImageFont.load_default(max(max(width, height) // 40, 12))
    text = draw.textbbox((corners[0], corners[1]), label, font=font)
    # A long label at the right edge is moved to the left, so that all of it can be read.
    shift = max(min(width - text[2] - 2 * line, 0), -text[0])
    place = (corners[0] + line + shift, corners[1] + line)
    draw.rectangle(draw.textbbox(place, label, font=font), fill=colour)
    draw.text(place, label, font=font, fill="white")

"""The collections of an evaluation, each with a unique name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Captioned", "named_collections"]


@dataclass(frozen=True)
class Captioned:
    """A captioned collection on disk.

    Attributes:
        name: its name in tables and reports.
        images: the folder of its photos.
        annotations: their captions, a COCO file.
        instances: what they show, a COCO file; None if not annotated.
    """

    name: str
    images: Path
    annotations: Path
    instances: Path | None = None


def named_collections(
    images: Sequence[Path],
    annotations: Sequence[Path],
    instances: Sequence[Path | None] = (),
) -> list[Captioned]:
    """Pair folders with annotation files, the first with the first and so on.

    A collection is named after its captions file, with as many parent folders as make names unique.

    Args:
        images: folders of photos.
        annotations: as many captions files.
        instances: as many instances files or None, or fewer: the last collections then have none.

    Raises:
        ValueError: numbers that do not fit.

    >>> files = [Path("coco/captions.json"), Path("rooms/captions.json")]
    >>> [each.name for each in named_collections([Path("a"), Path("b")], files)]
    ['coco/captions', 'rooms/captions']
    """
    if len(images) != len(annotations) or len(instances) > len(annotations):
        raise ValueError(
            f"found {len(images)} folders of images, {len(annotations)} annotation files and "
            f"{len(instances)} instances files, expected as many folders as annotation files"
        )
    padded = [*instances, *[None] * (len(annotations) - len(instances))]
    parts = zip(_names(annotations), images, annotations, padded, strict=True)
    return [Captioned(*each) for each in parts]


def _names(files: Sequence[Path]) -> list[str]:
    """Name files by as few parent folders as possible, and number repeated ones."""
    called = _short_names(list(dict.fromkeys(files)))
    counts, seen = Counter(files), Counter[Path]()
    names = []
    for file in files:
        seen[file] += 1
        names.append(called[file] + (f" ({seen[file]})" if counts[file] > 1 else ""))
    return names


def _short_names(files: Sequence[Path]) -> dict[Path, str]:
    parts = {file: file.with_suffix("").parts for file in files}
    names: dict[Path, str] = {}
    for length in range(1, 1 + max(map(len, parts.values()), default=0)):
        names = {file: str(Path(*each[-length:])) for file, each in parts.items()}
        if len(set(names.values())) == len(files):
            break
    return names

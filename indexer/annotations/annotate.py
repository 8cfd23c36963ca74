"""Writes the captions and categories of annotation files to the photos they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.annotations.photo_finder import Match, PhotoFinder
from indexer.sources import CocoSource
from store import Index
from store.photo_names import lies_below

__all__ = ["Annotated", "annotate"]

SHOWN = 3
"""Number of names that are listed in the note on names that match the same photo."""


@dataclass(frozen=True)
class Annotated:
    """The result of reading annotation files.

    Attributes:
        annotated: number of photos that got captions or categories.
        missing: names, sorted, that do not match exactly one photo.
        notes: what was left out, and why, as lines for people to read.
    """

    annotated: int = 0
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def annotate(index: Index, described: Sequence[CocoSource], roots: Sequence[str]) -> Annotated:
    """Write captions and categories; reading the same file again replaces its earlier ones.

    If a file no longer mentions a photo, its earlier annotations of that photo are removed.

    Args:
        index: an open index that has the photos already.
        described: the annotation files.
        roots: the sources in which their photos are looked up.
    """
    if not described:
        return Annotated()
    files = index.files()
    finder = PhotoFinder(files, roots)
    inside = {i for i, file in files.items() if any(lies_below(file.path, r) for r in roots)}
    annotated: set[int] = set()
    missing: set[str] = set()
    notes: list[str] = []
    is_captioned = any(any(source.captions.values()) for source in described)
    for source in described:
        matches = {name: finder.find(name) for name in source.file_names}
        missing.update(name for name, match in matches.items() if match is None)
        names, alike = _names_of(matches)
        # A captions file and an instances file are a pair, in which the latter needs no captions.
        notes += source.left_out if is_captioned else source.notes
        if alike:
            some = ", ".join(alike[:SHOWN]) + (", ..." if len(alike) > SHOWN else "")
            notes.append(
                f"{source.path}: {len(alike)} names match a photo that another name also "
                f"matches, so they are ignored: {some}"
            )
        annotated |= _write(index, source, names, inside)
    return Annotated(len(annotated), tuple(sorted(missing)), tuple(notes))


def _names_of(
    matches: Mapping[str, Match | None],
) -> tuple[dict[int, list[str]], list[str]]:
    """Return image id to the names that mean it, and names that are ignored as ambiguous.

    All names that are a photo's path mean that photo. A name that only matches the end or the last
    part of its path means the photo if it is the only such name and no name is the path.
    """
    paths: defaultdict[int, list[str]] = defaultdict(list)
    others: defaultdict[int, list[str]] = defaultdict(list)
    for name, match in matches.items():
        if match is not None:
            (paths if match.is_path else others)[match.image_id].append(name)
    alike: list[str] = []
    for image_id, names in others.items():
        if len(names) > 1 or image_id in paths:
            alike += names
        else:
            paths[image_id] = names
    return dict(paths), alike


def _write(
    index: Index, source: CocoSource, names: Mapping[int, Sequence[str]], inside: set[int]
) -> set[int]:
    """Write a file's annotations; return the ids of the photos that it annotates."""
    origin = str(source.path)
    # Photos that the file annotated when it was read before, perhaps wrongly.
    said_before = dict.fromkeys(inside & index.annotated_by(origin), ())
    captions: dict[int, tuple[str, ...]] = {**said_before}
    categories: dict[int, tuple[str, ...]] = {**said_before}
    for image_id, called in names.items():
        captions[image_id] = tuple(text for name in called for text in source.captions[name])
        seen = {text for name in called for text in source.categories[name]}
        categories[image_id] = tuple(sorted(seen))
    index.put_captions(captions, origin=origin)
    index.put_categories(categories, origin=origin)
    return {i for i in names if captions[i] or categories[i]}

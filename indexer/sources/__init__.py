"""Where photos and their annotations come from: one kind of collection per file.

A source reads and checks, and raises `SourceError` with a one-line message where it cannot; it
decodes no photo and writes nothing.
"""

from indexer.sources.coco import CocoSource
from indexer.sources.folder import FolderSource
from indexer.sources.found_file import FoundFile
from indexer.sources.patterns import expanded
from indexer.sources.photo_bytes import ShardsAtHand, open_photo, place_of_photo
from indexer.sources.single_files import listed_files
from indexer.sources.walk_rules import Rules

__all__ = [
    "CocoSource",
    "FolderSource",
    "FoundFile",
    "Rules",
    "ShardsAtHand",
    "expanded",
    "listed_files",
    "open_photo",
    "place_of_photo",
]

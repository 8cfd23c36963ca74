"""What a walk through folders leaves out: other programs' thumbnails and waste, and user patterns.

A pattern is a name with `*`, `?` and `[...]`, such as `@eaDir` or `*.tmp.jpg`. It matches folders
and files at any depth, regardless of case. The parts of a pattern with slashes, such as
`*.photoslibrary/resources`, match nested folders; a part `**` matches any number of folders. A
pattern that begins with a slash is relative to the source, or to the folder of its ignore file, and
one that ends with a slash matches folders only. The last pattern that matches decides, in this
order: the built-in patterns, those of `.crossgraphignore` files (where `!` includes again and `#`
begins a comment), `exclude`, `include`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fusion.caption_files.name_spellings import one_form

__all__ = ["IGNORE_FILE", "NO_MEDIA", "WASTE", "Rules", "wasted"]

IGNORE_FILE = ".crossgraphignore"
NO_MEDIA = ".nomedia"
"""A file with which Android and other systems mark a folder whose media are not to be shown."""

MOST_IGNORE_BYTES = 2**20

ANY_FOLDERS = "**"

WASTE: tuple[str, ...] = (
    # Network disks: Synology, QNAP and others.
    *("@eaDir/", "@tmp/", "@Recycle/", "@Recently-Snapshot/", "#recycle/", "#snapshot/"),
    *("@__thumb/", "@sharebin/", "~snapshot/", "Network Trash Folder/", "Temporary Items/"),
    # Operating systems: what they leave next to files on foreign disks, and what was deleted.
    *("__MACOSX/", "$RECYCLE.BIN/", "RECYCLER/", "System Volume Information/", "lost+found/"),
    # Photo programs: previews and thumbnails. Apple's libraries keep photos in `originals`, or
    # formerly in `Masters`; Lightroom and Capture One keep none in these folders.
    *("*.photoslibrary/resources/", "*.photoslibrary/private/", "*.photoslibrary/scopes/"),
    *("*.photoslibrary/external/", "*.photoslibrary/internal/", "*.photoslibrary/database/"),
    *("*.photoslibrary/Thumbnails/", "*.photoslibrary/Previews/", "*.photolibrary/Thumbnails/"),
    *("*.photolibrary/Previews/", "*.migratedphotolibrary/Thumbnails/", "*.aplibrary/Thumbnails/"),
    *("*.migratedphotolibrary/Previews/", "*.aplibrary/Previews/", "iPod Photo Cache/"),
    *("*.lrdata/", "CaptureOne/Cache/", "*.cocatalog/Cache/", "appdata_*/preview/"),
)


@dataclass(frozen=True)
class _Pattern:
    """A pattern, split into its parts.

    Attributes:
        text: the pattern as it was written, for reports.
        anchor: the folder in which it applies; None for everywhere.
        parts: its parts between slashes, in the Unicode form and case used for comparison.
        is_rooted: whether the first part must match directly in the anchor.
        is_folder: whether it matches folders only.
        takes_in: whether it includes what it matches instead of leaving it out.
    """

    text: str
    anchor: str | None
    parts: tuple[str, ...]
    is_rooted: bool = False
    is_folder: bool = False
    takes_in: bool = False

    def fits(self, path: Sequence[str], is_folder: bool) -> bool:
        """Return whether it matches a path, given as parts relative to its anchor."""
        if self.is_folder and not is_folder:
            return False
        if ANY_FOLDERS in self.parts:
            return self._fits_over_folders(path)
        if len(path) < len(self.parts):
            return False
        if self.is_rooted and len(path) != len(self.parts):
            return False
        tail = path[len(path) - len(self.parts) :]
        return all(fnmatchcase(part, own) for part, own in zip(tail, self.parts, strict=True))

    def _fits_over_folders(self, path: Sequence[str]) -> bool:
        # Possible numbers of pattern parts already matched, updated after each part of the path.
        behind = self._passing({0})
        for part in path:
            if not self.is_rooted:
                behind |= self._passing({0})
            on = {
                number + 1
                for number in behind
                if number < len(self.parts) and fnmatchcase(part, self.parts[number])
            }
            stays = {n for n in behind if n < len(self.parts) and self.parts[n] == ANY_FOLDERS}
            behind = self._passing(on | stays)
        return len(self.parts) in behind

    def _passing(self, behind: set[int]) -> set[int]:
        """Return these numbers, and those reached by matching `**` parts with no folder at all."""
        more = {n + 1 for n in behind if n < len(self.parts) and self.parts[n] == ANY_FOLDERS}
        return behind | more if more <= behind else self._passing(behind | more)


class Rules:
    """Decides what is left out of folders, and why.

    Args:
        exclude: patterns of what is left out.
        include: patterns of what is included although another rule leaves it out.
    """

    def __init__(self, exclude: Iterable[str] = (), include: Iterable[str] = ()) -> None:
        self.exclude, self.include = tuple(exclude), tuple(include)
        self._asked = [*_patterns(self.exclude), *_patterns(self.include, takes_in=True)]
        self._ignored: dict[str, list[_Pattern]] = {}

    def enter(self, root: str, folder: str, names: Iterable[str]) -> str:
        """Read a folder's ignore file; return why the whole folder is left out, or "" if it is not.

        Args:
            root: the source.
            folder: the source or a folder below it, whose parent was entered before.
            names: names of the files in the folder.
        """
        above = [] if folder == root else self._ignored.get(os.path.dirname(folder), [])
        own: list[_Pattern] = []
        is_marked = False
        for name in names:
            if name == IGNORE_FILE:
                own = _read(os.path.join(folder, name), folder)
            is_marked = is_marked or name == NO_MEDIA
        self._ignored[folder] = [*above, *own]
        if not is_marked or folder == root:
            return ""
        path = _names(root, folder)
        return "" if any(p.takes_in and p.fits(path, True) for p in self._asked) else NO_MEDIA

    def left_out(self, root: str, folder: str, name: str, *, is_folder: bool) -> str:
        """Return the pattern that leaves out a file or folder in an entered folder, or ""."""
        path = os.path.join(folder, name)
        parts, top = _names(root, path), _compared(os.path.basename(root))
        ignored = self._ignored.get(folder, [])
        waste = _OURS if is_folder else []  # the built-in patterns are for folders only
        for pattern in (*reversed(self._asked), *reversed(ignored), *waste):
            seen = parts if pattern.anchor is None else _names(pattern.anchor, path)
            if pattern.anchor is None and not pattern.is_rooted:
                seen = [top, *parts]  # the source itself may be a photo program's library
            if pattern.fits(seen, is_folder):
                return "" if pattern.takes_in else pattern.text
        return ""

    def reaches(self, root: str, path: str) -> bool:
        """Return whether a walk through a root reaches a file below it."""
        folder = root
        below = os.path.relpath(path, root).split(os.sep)
        for number, name in enumerate(below, start=1):
            there = [own for own in (IGNORE_FILE, NO_MEDIA) if _lies(folder, own)]
            is_folder = number < len(below)
            if name.startswith(".") or self.enter(root, folder, there):
                return False
            if self.left_out(root, folder, name, is_folder=is_folder):
                return False
            folder = os.path.join(folder, name)
        return True


def wasted(folder: str) -> str:
    """Return the built-in pattern that leaves out a folder in a tar; empty if there is none.

    >>> wasted("a/__MACOSX/b"), wasted("a/b")
    ('__MACOSX/', '')
    """
    parts = _compared(folder).split("/")
    for number in range(1, len(parts) + 1):
        for pattern in _OURS:
            if pattern.fits(parts[:number], True):
                return pattern.text
    return ""


def _lies(folder: str, name: str) -> bool:
    return os.path.lexists(os.path.join(folder, name))


def _names(root: str, path: str) -> list[str]:
    below = path[len(root.rstrip(os.sep)) + 1 :]
    return _compared(below).replace(os.sep, "/").split("/")


def _compared(text: str) -> str:
    return one_form(text).casefold()


def _patterns(
    texts: Iterable[str], *, anchor: str | None = None, takes_in: bool = False
) -> list[_Pattern]:
    patterns = []
    for text in texts:
        plain = text.replace("\\", "/") if os.sep == "\\" else text
        parts = tuple(part for part in _compared(plain).split("/") if part not in ("", "."))
        while parts and parts[0] == ANY_FOLDERS:
            parts = parts[1:]
        while parts and parts[-1] == ANY_FOLDERS:
            parts = parts[:-1]
        if parts:
            is_rooted, is_folder = plain.startswith("/"), plain.endswith("/")
            patterns.append(_Pattern(text, anchor, parts, is_rooted, is_folder, takes_in))
    return patterns


def _read(path: str, folder: str) -> list[_Pattern]:
    """Return the patterns of an ignore file; none if it cannot be read."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            lines = file.read(MOST_IGNORE_BYTES).splitlines()
    except OSError:
        return []
    patterns: list[_Pattern] = []
    for line in lines:
        text = line.strip()
        if text and not text.startswith("#"):
            takes_in = text.startswith("!")
            plain = text.removeprefix("!").removeprefix("\\")
            patterns += _patterns([plain], anchor=folder, takes_in=takes_in)
    return patterns


_OURS = _patterns(WASTE)

"""Waiting for something to change below folders of photos.

The system tells of changes (inotify and its like, by way of watchfiles). It does not tell of all: a
folder that is unmounted and mounted again is another folder, links are not followed, and what
another machine does to a network disk is not seen. So it is looked at every few seconds whether the
folders are still the same ones, and all is looked through every ten minutes whatever was told.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from watchfiles import Change, watch

from indexer.sources.suffixes import is_photo_name
from indexer.sources.walk_rules import IGNORE_FILE, NO_MEDIA
from store.photo_names import is_shard, lies_below

__all__ = ["wakeups"]

QUIET_MS = 1000
"""Changes are told once it was quiet for so long: a photo that is being copied is not read yet."""
MOST_MS = 30_000
"""But told they are after so long, as while thousands are being copied."""
TICK_MS = 2000
LOOK_ANYWAY_SECONDS = 600.0
LOOK_UNTOLD_SECONDS = 60.0
"""How often all is looked through where the system cannot tell of changes."""


def wakeups(
    roots: Sequence[Path | str],
    besides: Path | str,
    *,
    stop: threading.Event | None = None,
) -> Iterator[bool]:
    """Return True where photos may have changed since it last did, False every two seconds else.

    True comes first of all, once changes are seen: nothing is lost between this and what was
    looked through before. What changes between two steps of the iterator is told by the next.

    Args:
        roots: folders of photos, which may come and go.
        besides: a folder whose changes do not count, that is the index, which may lie below a root.
        stop: ends it where it is set.
    """
    stop = stop or threading.Event()
    paths = [os.path.abspath(root) for root in roots]
    ignored = os.path.abspath(besides)
    looked = 0.0
    while not stop.is_set():
        is_first = True
        for changed in _changes_of_those_there(paths, ignored, stop):
            now = time.monotonic()
            due = is_first or changed or now - looked >= LOOK_ANYWAY_SECONDS
            looked, is_first = (now if due else looked), False
            yield due


def _changes_of_those_there(
    paths: Sequence[str], ignored: str, stop: threading.Event
) -> Iterator[bool]:
    """Return whether something changed, until a folder comes or goes."""
    there = _identities(paths)
    if not there:
        yield False
        while not (stop.wait(TICK_MS / 1000) or _identities(paths)):
            yield False
        return
    try:
        for changed in _told_changes(there, ignored, stop):
            yield changed
            if _identities(paths) != there:
                return
    except FileNotFoundError:  # gone since it was looked at
        stop.wait(TICK_MS / 1000)
    except OSError:  # more folders than the system watches, such as fs.inotify.max_user_watches
        yield True
        while not stop.wait(LOOK_UNTOLD_SECONDS) and _identities(paths) == there:
            yield True


def _told_changes(paths: Iterable[str], ignored: str, stop: threading.Event) -> Iterator[bool]:
    """Return whether the system told of a change, every two seconds, and when it is quiet again."""

    def counts(change: Change, path: str) -> bool:
        return not lies_below(path, ignored) and _may_be_photos(change, path)

    for changes in watch(
        *paths, watch_filter=counts, debounce=MOST_MS, step=QUIET_MS, rust_timeout=TICK_MS,
        yield_on_timeout=True, stop_event=stop, ignore_permission_denied=True,
    ):  # fmt: skip
        yield bool(changes)


def _identities(paths: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the folders that are there, and which ones they are."""
    folders = {}
    for path in paths:
        try:
            facts = os.stat(path)
        except OSError:
            continue
        folders[path] = (facts.st_dev, facts.st_ino)
    return folders


def _may_be_photos(change: Change, path: str) -> bool:
    """Whether a change is of a photo or a folder; of what is gone nobody knows which it was."""
    name = os.path.basename(path)
    if name in (IGNORE_FILE, NO_MEDIA):
        return True
    if name.startswith("."):
        return False
    is_photo = is_photo_name(name) or is_shard(name)
    return is_photo or change is Change.deleted or os.path.isdir(path)

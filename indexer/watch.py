"""Waits for changes below folders of photos.

The operating system reports changes (inotify and the like, through watchfiles), but not all of
them: a folder that is unmounted and mounted again is another folder, links are not followed, and
changes that another machine makes on a network disk are not seen. So every few seconds the folders
are checked for still being the same ones, and a full scan is due every ten minutes in any case.
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
"""Changes are reported after this long without another: a photo being copied is not read yet."""
MOST_MS = 30_000
"""Changes are reported after this long at the latest, as while thousands of photos are copied."""
TICK_MS = 2000
LOOK_ANYWAY_SECONDS = 600.0
LOOK_UNTOLD_SECONDS = 60.0
"""How often a full scan is due where the system cannot report changes."""


def wakeups(
    roots: Sequence[Path | str],
    besides: Path | str,
    *,
    stop: threading.Event | None = None,
) -> Iterator[bool]:
    """Yield True when photos may have changed since the last True, otherwise False every 2 seconds.

    The first value is True and comes once changes are being watched, so that none is lost between
    an earlier scan and the watch. A change between two steps of the iterator is reported by the
    next step.

    Args:
        roots: folders of photos, which may come and go.
        besides: a folder whose changes do not count: that of the index, which may be below a root.
        stop: ends the iteration when it is set.
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
    """Yield whether something changed, until a folder comes or goes."""
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
    except FileNotFoundError:  # a folder has gone since it was checked
        stop.wait(TICK_MS / 1000)
    except OSError:  # more folders than the system can watch, as by fs.inotify.max_user_watches
        yield True
        while not stop.wait(LOOK_UNTOLD_SECONDS) and _identities(paths) == there:
            yield True


def _told_changes(paths: Iterable[str], ignored: str, stop: threading.Event) -> Iterator[bool]:
    """Yield whether the system reported a change: after each change, and every two seconds."""

    def counts(change: Change, path: str) -> bool:
        return not lies_below(path, ignored) and _may_be_photos(change, path)

    for changes in watch(
        *paths, watch_filter=counts, debounce=MOST_MS, step=QUIET_MS, rust_timeout=TICK_MS,
        yield_on_timeout=True, stop_event=stop, ignore_permission_denied=True,
    ):  # fmt: skip
        yield bool(changes)


def _identities(paths: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return the device and inode of each folder that exists, by path."""
    folders = {}
    for path in paths:
        try:
            facts = os.stat(path)
        except OSError:
            continue
        folders[path] = (facts.st_dev, facts.st_ino)
    return folders


def _may_be_photos(change: Change, path: str) -> bool:
    """Return whether a change may concern a photo or a folder; of a deleted path it is unknown."""
    name = os.path.basename(path)
    if name in (IGNORE_FILE, NO_MEDIA):
        return True
    if name.startswith("."):
        return False
    is_photo = is_photo_name(name) or is_shard(name)
    return is_photo or change is Change.deleted or os.path.isdir(path)

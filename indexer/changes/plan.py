"""Plans what is new, changed, moved or gone, by comparing files found with files known.

A file whose size and modification time are both as before counts as unchanged; otherwise the
content's sha256 decides. Nothing is written here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from indexer.changes.missing import MissingPhotos
from indexer.changes.survey import Survey
from indexer.metadata.sidecar_files import sidecars_state
from indexer.metadata.values import METADATA_READER
from indexer.photos.decode import READER_VERSION
from indexer.sources import FoundFile
from indexer.sources.found_file import KnownPhoto
from indexer.sources.shard import UNKNOWN_SIZE
from store import PhotoFile, QuarantinedFile, UnreadableImage
from store.catalog.details import PhotoReading
from store.photo_names import PhotoName, lies_below

__all__ = ["Move", "Plan", "is_described", "is_outdated", "make_plan"]


@dataclass(frozen=True)
class Move:
    """A photo with the same content under another path."""

    before: PhotoFile
    after: PhotoFile


@dataclass(frozen=True)
class Plan:
    """What there is to do.

    Attributes:
        new: files to read for the first time, or again because they were broken and may now be
            readable.
        changed: files whose content is no longer what was indexed.
        moved: image id to where it was and is; the same content under a new path.
        touched: image id to its new facts; the same content at the same path, written again.
        gone: image id to its file, which no longer exists.
        unreachable: image id to its file, which may or may not exist; this is unknown at the
            moment.
        unchanged: number of files with the same content, including touched ones.
        reread: unchanged and moved files that an older reader version read, to check whether this
            version decodes other pixels.
        described: files of which only the metadata is to be read again, because an older reader or
            none read it, or their sidecars have changed.
        broken: files known to be broken that are not read again.
        released: paths of broken files that no longer exist.
    """

    new: tuple[FoundFile, ...] = ()
    changed: tuple[FoundFile, ...] = ()
    moved: Mapping[int, Move] = field(default_factory=dict)
    touched: Mapping[int, PhotoFile] = field(default_factory=dict)
    gone: Mapping[int, PhotoFile] = field(default_factory=dict)
    unreachable: Mapping[int, PhotoFile] = field(default_factory=dict)
    unchanged: int = 0
    reread: tuple[FoundFile, ...] = ()
    described: tuple[FoundFile, ...] = ()
    broken: tuple[QuarantinedFile, ...] = ()
    released: tuple[str, ...] = ()


def make_plan(
    survey: Survey,
    known: Mapping[int, PhotoFile],
    quarantined: Sequence[QuarantinedFile],
    *,
    prune: bool = False,
    retry_failed: bool = False,
    missing: MissingPhotos | None = None,
    readings: Mapping[int, PhotoReading] | None = None,
) -> Plan:
    """Compare what was found with what is known.

    A photo that is gone, or whose source vanished, has moved if its content is found under a new
    path. Photos in existing shards are left alone, except that broken ones are listed as before:
    shards have plans of their own.

    Args:
        survey: what was found; files outside its sources are left alone.
        known: image id to its file, of the whole index.
        quarantined: broken files, of the whole index.
        prune: whether files in a source that vanished count as gone.
        retry_failed: whether broken files are read again; those given by name always are.
        missing: photos that are missing elsewhere and may have moved to these sources. Those that
            did are removed from it, and photos that are missing here are added.
        readings: how the metadata of each photo was read; None if metadata is not to be read again.
    """
    at = {file.path: file for file in survey.files}
    broken = tuple(
        bad
        for bad in quarantined
        if _is_in_shard(bad.path, at, survey)
        or (
            bad.path in at
            and bad.path not in survey.listed
            and not retry_failed
            and not is_outdated(bad)
            and _as_before(at[bad.path], bad)
        )
    )
    known_paths = {file.path for file in known.values()} | {bad.path for bad in broken}
    new = [file for file in survey.files if file.path not in known_paths]
    gone, unreachable, lost = _absent(at, known, survey, prune)
    missing = MissingPhotos({}) if missing is None else missing
    missing.add({**gone, **lost})
    moved = _moved(new, missing)
    arrived = {move.after.path for move in moved.values()}
    touched, changed, same = _compared(at, known)
    here = {**same, **{image_id: move.after for image_id, move in moved.items()}}
    return Plan(
        new=tuple(file for file in new if file.path not in arrived),
        changed=changed,
        moved=moved,
        touched=touched,
        gone={image_id: file for image_id, file in gone.items() if image_id not in moved},
        unreachable={
            image_id: file
            for image_id, file in {**unreachable, **lost}.items()
            if image_id not in moved
        },
        unchanged=len(same),
        reread=tuple(
            replace(at[file.path], source=file.source, known=KnownPhoto(image_id, file))
            for image_id, file in here.items()
            if is_outdated(file)
        ),
        described=() if readings is None else _described(here, at, readings),
        broken=broken,
        released=tuple(
            bad.path for bad in quarantined if _state(bad.path, at, survey, prune) == "gone"
        ),
    )


def is_outdated(file: PhotoFile | QuarantinedFile) -> bool:
    """Return whether an older reader version, which may decode otherwise, last read a file."""
    return file.reader is not None and file.reader < READER_VERSION


def is_described(reading: PhotoReading | None, sidecars: str | None = None) -> bool:
    """Return whether this reader version read a photo's metadata, with these sidecars if given."""
    if reading is None or reading[0] < METADATA_READER:
        return False
    return sidecars is None or reading[1] == sidecars


def _described(
    here: Mapping[int, PhotoFile],
    at: Mapping[str, FoundFile],
    readings: Mapping[int, PhotoReading],
) -> tuple[FoundFile, ...]:
    return tuple(
        replace(at[file.path], source=file.source, known=KnownPhoto(image_id, file))
        for image_id, file in here.items()
        if not is_outdated(file)
        and not is_described(readings.get(image_id), sidecars_state(at[file.path].sidecars))
    )


Files = dict[int, PhotoFile]


def _absent(
    at: Mapping[str, FoundFile], known: Mapping[int, PhotoFile], survey: Survey, prune: bool
) -> tuple[Files, Files, Files]:
    """Return what is gone, what is unreachable, and what was in a source that vanished."""
    kinds: dict[str, Files] = {"gone": {}, "unreachable": {}, "vanished": {}, "": {}}
    for image_id, file in known.items():
        kinds[_state(file.path, at, survey, prune)][image_id] = file
    return kinds["gone"], kinds["unreachable"], kinds["vanished"]


def _state(path: str, at: Mapping[str, FoundFile], survey: Survey, prune: bool) -> str:
    """Return the state of a known path: `gone`, `unreachable`, `vanished`, or empty if it stays."""
    if path in at or not any(lies_below(path, root) for root in survey.roots):
        return ""
    if _is_in_shard(path, at, survey):
        return ""
    if any(lies_below(path, folder) for folder in survey.unreadable):
        return "unreachable"
    vanished = not prune and any(lies_below(path, root) for root in survey.vanished)
    return "vanished" if vanished else "gone"


def _is_in_shard(path: str, at: Mapping[str, FoundFile], survey: Survey) -> bool:
    """Return whether a path is that of an existing shard, or of a photo in one."""
    if not survey.shards or path in at:
        return False
    return path in survey.shards or PhotoName.of(path).file in survey.shards


def _compared(
    at: Mapping[str, FoundFile], known: Mapping[int, PhotoFile]
) -> tuple[Files, tuple[FoundFile, ...], Files]:
    """Return touched files, changed files, and those with the same content, including touched."""
    touched: Files = {}
    changed: list[FoundFile] = []
    same: Files = {}
    for image_id, before in known.items():
        now = at.get(before.path)
        if now is None:
            continue
        if _as_before(now, before):
            same[image_id] = before
        elif now.size_bytes in (before.size_bytes, UNKNOWN_SIZE) and (
            _sha256(now) == before.sha256
        ):
            same[image_id] = touched[image_id] = replace(before, mtime_ns=now.mtime_ns)
        else:
            # Keeps its known source, as the file may be in several.
            changed.append(replace(now, source=before.source))
    return touched, tuple(changed), same


def _moved(new: Sequence[FoundFile], missing: MissingPhotos) -> dict[int, Move]:
    """Find missing photos under new paths; the lowest id goes to the first path of its content."""
    moved: dict[int, Move] = {}
    for file in new:
        # Only a file with the size of a missing photo is worth reading here.
        digest = _sha256(file) if missing.may_hold(file.size_bytes) else None
        match = None if digest is None else missing.take(digest)
        if match is not None:
            image_id, before = match
            after = replace(before, path=file.path, source=file.source, mtime_ns=file.mtime_ns)
            moved[image_id] = Move(before, after)
    return moved


def _as_before(now: FoundFile, before: PhotoFile | QuarantinedFile) -> bool:
    # A known size below 0, which no file has, marks a photo that must be read again.
    is_size = now.size_bytes in (before.size_bytes, UNKNOWN_SIZE) and before.size_bytes >= 0
    return is_size and now.mtime_ns == before.mtime_ns


def _sha256(file: FoundFile) -> str | None:
    """Return the hex digest of a file's content; None if it cannot be read at the moment."""
    try:
        if file.shard is not None:
            return hashlib.sha256(file.content()).hexdigest()
        with open(file.path, "rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except (OSError, UnreadableImage):
        return None

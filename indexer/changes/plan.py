"""What is new, changed, moved or gone: a comparison of files found with files known.

Size and modification time are believed when both are as before; otherwise the content's sha256
decides. Nothing is written here.
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
        new: files to read for the first time, or again since they were broken and have changed.
        changed: files whose content is no longer what was indexed.
        moved: image id to where it was and is; the same content under a new path.
        touched: image id to its new facts; the same content at the same path, written again.
        gone: image id to its file, which is no longer there.
        unreachable: image id to its file, of which it is unknown at the moment whether it exists.
        unchanged: how many files are as they were, touched ones too.
        reread: files of these, and of moved ones, that an older reader read: it is to be seen
            whether this one gives other pixels.
        described: files whose metadata alone is to be read again: an older reader read it, or none,
            or their sidecars have changed.
        broken: files known to be broken and not changed since.
        released: paths of broken files that are no longer there.
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

    A photo that is gone, or whose source vanished, and whose content is found under a new path has
    moved there. What lies in shards that are there is left alone, but for the broken ones, which
    are as they were: shards have plans of their own.

    Args:
        survey: what was found; what lies outside of its sources is left alone.
        known: image id to its file, of the whole index.
        quarantined: broken files, of the whole index.
        prune: whether what is in a source that vanished is gone.
        retry_failed: whether broken files are read again; those asked for by name always are.
        missing: photos of other places that are gone, which may have moved to where this is about.
            Those that did are taken out, and what is gone from here comes in.
        readings: how the metadata of each photo was read; None where it is not to be read again.
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
    """Return whether a file was last read by an older reader, which may have read it otherwise."""
    return file.reader is not None and file.reader < READER_VERSION


def is_described(reading: PhotoReading | None, sidecars: str | None = None) -> bool:
    """Say whether the newest reader read a photo's metadata, with these sidecars if they count."""
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
    """Say what to make of a known path: `gone`, `unreachable`, `vanished`, or empty if it stays."""
    if path in at or not any(lies_below(path, root) for root in survey.roots):
        return ""
    if _is_in_shard(path, at, survey):
        return ""
    if any(lies_below(path, folder) for folder in survey.unreadable):
        return "unreachable"
    vanished = not prune and any(lies_below(path, root) for root in survey.vanished)
    return "vanished" if vanished else "gone"


def _is_in_shard(path: str, at: Mapping[str, FoundFile], survey: Survey) -> bool:
    """Return whether a path is that of a shard that is there, or of a photo in one."""
    if not survey.shards or path in at:
        return False
    return path in survey.shards or PhotoName.of(path).file in survey.shards


def _compared(
    at: Mapping[str, FoundFile], known: Mapping[int, PhotoFile]
) -> tuple[Files, tuple[FoundFile, ...], Files]:
    """Return the touched, the changed, and those that hold what they held, touched ones too."""
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
            # Under the source it is known by, which may be another that it lies in too.
            changed.append(replace(now, source=before.source))
    return touched, tuple(changed), same


def _moved(new: Sequence[FoundFile], missing: MissingPhotos) -> dict[int, Move]:
    """Find missing photos under new paths; the lowest id goes to the first path of its content."""
    moved: dict[int, Move] = {}
    for file in new:
        # Only a file of a size that is missing somewhere is worth reading here.
        digest = _sha256(file) if missing.may_hold(file.size_bytes) else None
        match = None if digest is None else missing.take(digest)
        if match is not None:
            image_id, before = match
            after = replace(before, path=file.path, source=file.source, mtime_ns=file.mtime_ns)
            moved[image_id] = Move(before, after)
    return moved


def _as_before(now: FoundFile, before: PhotoFile | QuarantinedFile) -> bool:
    # Before, a size below 0 is one that no file has: it is to be read again.
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

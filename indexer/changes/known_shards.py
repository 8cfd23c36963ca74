"""Compares existing shards with what the index knows of them, to find those that must be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from indexer.changes.plan import is_described, is_outdated
from indexer.changes.survey import Survey
from indexer.sources import FoundFile
from store import FinishedShard, PhotoFile, QuarantinedFile
from store.catalog.details import PhotoReading
from store.photo_names import PhotoName

__all__ = ["KnownShard", "known_shards"]


@dataclass(frozen=True)
class KnownShard:
    """A shard that exists, and what the index knows of it.

    Attributes:
        file: its facts.
        photos: image id to the photo in it.
        quarantined: members that could not be read, and the shard itself if it is damaged.
        is_finished: whether there is nothing to do.
        is_other: whether the index may have photos of another content of the shard than its present
            one. A photo may then have changed even if its time has not, so that only reading the
            photos shows which have changed.
        readings: how the metadata of photos was read, by image id.
    """

    file: FoundFile
    photos: Mapping[int, PhotoFile]
    quarantined: tuple[QuarantinedFile, ...]
    is_finished: bool
    is_other: bool
    readings: Mapping[int, PhotoReading] = field(default_factory=dict)


def known_shards(
    seen: Survey,
    known: Mapping[int, PhotoFile],
    quarantined: Sequence[QuarantinedFile],
    finished: Mapping[str, FinishedShard],
    readings: Mapping[int, PhotoReading],
    *,
    anew: bool = False,
    retry_failed: bool,
) -> list[KnownShard]:
    """Return the shards that exist, by path, and whether each is finished.

    A shard is finished if it and its rows in the index are as they were when it was read, and the
    current reader versions read its photos and their metadata. With `retry_failed`, a shard in
    which something could not be read is not finished. With `anew` none is, because an earlier
    version may have assigned wrong captions; photos are not read again for that. A shard that lost
    rows from the index, as by a repair, is not finished either.
    """
    photos: defaultdict[str, dict[int, PhotoFile]] = defaultdict(dict)
    bad: defaultdict[str, list[QuarantinedFile]] = defaultdict(list)
    if seen.shards:
        own = {file.path for file in seen.files}  # a file may be named like a member of a shard
        for image_id, photo in known.items():
            if photo.path not in own:
                photos[_shard_of(photo.path)][image_id] = photo
        for broken in quarantined:
            if broken.path not in own:
                bad[_shard_of(broken.path)].append(broken)
    shards = []
    for path, file in sorted(seen.shards.items()):
        rows = len(photos[path]) + len(bad[path])
        as_it_is = FinishedShard(path, file.size_bytes, file.mtime_ns, rows)
        before = finished.get(path)
        is_finished = before == as_it_is and not (retry_failed and bad[path])
        # A size below 0: `reembed` found another content than the indexed one.
        is_finished = (
            not anew
            and is_finished
            and all(photo.size_bytes >= 0 for photo in photos[path].values())
            and not any(is_outdated(each) for each in photos[path].values())
            and not any(is_outdated(each) for each in bad[path])
            and all(is_described(readings.get(image_id)) for image_id in photos[path])
        )
        facts = (file.size_bytes, file.mtime_ns)
        is_other = before is not None and facts != (before.size_bytes, before.mtime_ns)
        shards.append(
            KnownShard(file, photos[path], tuple(bad[path]), is_finished, is_other, readings)
        )
    return shards


def _shard_of(path: str) -> str:
    return PhotoName.of(path).file

"""Shards that are there, held against what the index knows of them: which have to be read."""

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
    """A shard that is there, and what the index knows of it.

    Attributes:
        file: the facts.
        photos: image id to the photo in it.
        quarantined: what could not be read of it; also the shard itself, where it is damaged.
        is_finished: whether there is nothing to do.
        is_other: whether what is known may be of another content than it has now, whose time may
            be the same: only reading its photos tells what of them has changed.
        readings: how the metadata of photos was read.
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
    """Return the shards that are there, by path; with `retry_failed` damaged ones are not finished.

    With `anew` none is, for an earlier version read them and may have put captions in them wrong;
    their photos are not read again for that. One of which the index has lost rows, as by a repair,
    or whose photos' metadata the newest reader did not read, is not finished either.
    """
    photos: defaultdict[str, dict[int, PhotoFile]] = defaultdict(dict)
    bad: defaultdict[str, list[QuarantinedFile]] = defaultdict(list)
    if seen.shards:
        own = {file.path for file in seen.files}  # files that may be called as parts of shards are
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
        # No size: it was embedded anew from another content than it was indexed with.
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

"""Encoder features of a captioned collection, computed once and cached on disk.

Below their last layers the encoders are frozen, so a collection's features are a function of the
encoders' weights, the captions and the photos: the cache key is a hash of all three.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from PIL import Image

from fusion.data.caption_encoding import MAX_WORDS, batches, encoded_texts, fill_words
from fusion.data.collection import Collection, ReadPhoto, read_captions
from fusion.data.features import (
    REGION_SIDE,
    CaptionFeatures,
    PairData,
    PhotoFeatures,
    photo_features,
)
from fusion.data.views import FIRST_PART, SHORTEST_SIDE, view_of, worn
from fusion.encoders import Encoders
from fusion.hardware.precision import fast_products
from fusion.progress_callback import Progress
from fusion.replaced_file import replaced_file
from fusion.runtime.squares import square

__all__ = ["cache_features"]

PHOTO_BATCH = 32
PHOTO_ARRAYS = ("regions", "pooled")
READERS = os.cpu_count() or 1
BATCHES_AHEAD = 4
Array = np.memmap[Any, np.dtype[np.float16]]


def cache_features(
    encoders: Encoders,
    images_dir: Path,
    annotations: Path,
    cache_dir: Path,
    progress: Progress | None = None,
    *,
    read_photo: ReadPhoto,
    views: int = 1,
) -> PairData:
    """Return the features of the photos and captions in a COCO captions file.

    Args:
        encoders: the encoders.
        images_dir: the folder that the photos' `file_name` is relative to.
        annotations: a COCO captions file (`images` with `id`, `file_name`; `annotations` with
            `id`, `image_id`, `caption`).
        cache_dir: the folder of the cache; a second call reads the features from it.
        progress: called with the number of items done, their total and what is being done.
        read_photo: reads a photo as indexing does.
        views: the number of views of each photo, returned as `PhotoFeatures.maps`, or as
            `PhotoFeatures.views` for an encoder that has no blocks to tune.

    Raises:
        CollectionError: the file is no COCO captions file, no photo that it names is in the folder,
            or one of them cannot be read.
    """
    collection = read_captions(annotations, images_dir)
    folder = cache_dir / cache_key(encoders, collection)
    folder.mkdir(parents=True, exist_ok=True)
    report = progress or (lambda *_: None)
    # Each file is renamed into place when complete, and the one checked for here comes last.
    if not (folder / "pooled.npy").exists():
        write_photos(encoders, collection, folder, read_photo, report)
    if not (folder / "mask.npy").exists():
        write_captions(encoders, collection, folder, report)
    tunable = (folder / "maps-0.npy").exists()
    write_other = write_view if tunable else write_frozen_view
    for number in range(1, views):
        if not (folder / f"{'maps' if tunable else 'pooled'}-{number}.npy").exists():
            write_other(encoders, collection, folder, number, read_photo, report)
    return read_cache(collection, folder, views, tunable=tunable)


def cache_key(encoders: Encoders, collection: Collection) -> str:
    digest = hashlib.sha256(f"3 {REGION_SIDE} {MAX_WORDS} {encoders.fingerprint}".encode())
    for path in collection.paths:
        stat = path.stat()
        # When one decoder replaced two, JPEGs decoded to the same pixels; others may not have.
        reader = "" if path.suffix.lower() in (".jpg", ".jpeg") else " 2"
        digest.update(f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}{reader}\n".encode())
    digest.update("\n".join(collection.texts).encode())
    return digest.hexdigest()[:20]


def batches_of_photos(
    paths: Sequence[Path], number: int, size_px: int, read_photo: ReadPhoto
) -> Iterator[tuple[slice, list[Image.Image]]]:
    """Yield batches of view `number` of photos as squares, read ahead by a thread per core."""
    # A part of a photo has fewer pixels than the photo, but should still fill the square.
    enough_px = size_px if number < FIRST_PART else math.ceil(size_px / SHORTEST_SIDE)

    def read(path: Path) -> Image.Image:
        view = view_of(read_photo(path, enough_px), number, path.name)
        return square(worn(view, number, path.name), size_px)

    coming: deque[tuple[slice, list[Future[Image.Image]]]] = deque()
    with ThreadPoolExecutor(READERS, "read-photo") as readers:
        for rows in batches(len(paths), PHOTO_BATCH):
            coming.append((rows, [readers.submit(read, path) for path in paths[rows]]))
            if len(coming) > BATCHES_AHEAD:
                first, photos = coming.popleft()
                yield first, [photo.result() for photo in photos]
        for first, photos in coming:
            yield first, [photo.result() for photo in photos]


@contextmanager
def array_files(
    folder: Path, shapes: Mapping[str, tuple[int, ...]], count: int
) -> Iterator[dict[str, Array]]:
    """Open float16 files of `count` rows; once all are complete, rename them in this order."""
    with ExitStack() as files:
        # ExitStack exits in reverse order of entry.
        partials = {
            name: files.enter_context(replaced_file(folder / f"{name}.npy"))
            for name in reversed(list(shapes))
        }
        arrays = {
            name: open_memmap(partials[name], "w+", np.float16, (count, *shape))
            for name, shape in shapes.items()
        }
        yield arrays
        for array in arrays.values():
            array.flush()


def write_photos(
    encoders: Encoders,
    collection: Collection,
    folder: Path,
    read_photo: ReadPhoto,
    report: Progress,
) -> None:
    paths, encoder = collection.paths, encoders.image
    blocks = encoder.top_blocks()
    first = encoder.encode_images([read_photo(paths[0], encoder.size_px)])
    cells, pooled = photo_features(first.features)
    shapes = {"regions": cells.shape[1:], "pooled": pooled.shape[1:]}
    if blocks is not None and first.lower is not None:
        shapes = {"maps-0": first.lower.shape[1:], **shapes}
    with array_files(folder, shapes, len(paths)) as arrays:
        for rows, photos in batches_of_photos(paths, 0, encoder.size_px, read_photo):
            encoded = encoder.encode_images(photos)
            cells, pooled = photo_features(encoded.features)
            parts = {"regions": cells, "pooled": pooled, "maps-0": encoded.lower}
            for name, array in arrays.items():
                part = parts[name]
                if part is not None:
                    array[rows] = part.cpu().numpy()
            report(rows.stop, len(paths), "photos")


def write_view(
    encoders: Encoders,
    collection: Collection,
    folder: Path,
    number: int,
    read_photo: ReadPhoto,
    report: Progress,
) -> None:
    """Write the input of the last blocks for another view of each photo.

    Views are there for augmentation, so bfloat16 is precise enough: it is twice as fast on recent
    processors and only adds some noise of its own.
    """
    shape = np.load(folder / "maps-0.npy", mmap_mode="r").shape
    place = torch.device(encoders.image.device)
    with array_files(folder, {f"maps-{number}": shape[1:]}, shape[0]) as arrays:
        size_px = encoders.image.size_px
        for rows, views in batches_of_photos(collection.paths, number, size_px, read_photo):
            with fast_products(place.type):
                maps = encoders.image.encode_lower(views)
            arrays[f"maps-{number}"][rows] = maps.float().cpu().numpy()
            report(rows.stop, shape[0], f"photos, view {number + 1}")


def write_frozen_view(
    encoders: Encoders,
    collection: Collection,
    folder: Path,
    number: int,
    read_photo: ReadPhoto,
    report: Progress,
) -> None:
    """Write the features of another view of each photo."""
    shapes = {name: np.load(folder / f"{name}.npy", mmap_mode="r").shape for name in PHOTO_ARRAYS}
    names = {name: f"{name}-{number}" for name in PHOTO_ARRAYS}
    count = shapes["pooled"][0]
    with array_files(folder, {names[n]: shapes[n][1:] for n in PHOTO_ARRAYS}, count) as arrays:
        size_px = encoders.image.size_px
        for rows, views in batches_of_photos(collection.paths, number, size_px, read_photo):
            with fast_products(torch.device(encoders.image.device).type):
                encoded = encoders.image.encode_images(views)
            parts = zip(PHOTO_ARRAYS, photo_features(encoded.features.float()), strict=True)
            for name, part in parts:
                arrays[names[name]][rows] = part.cpu().numpy()
            report(rows.stop, count, f"photos, view {number + 1}")


def write_captions(
    encoders: Encoders, collection: Collection, folder: Path, report: Progress
) -> None:
    texts = collection.texts
    shapes = {"words": (MAX_WORDS, encoders.text.dim)}
    if encoders.text.top_layers() is not None:
        shapes["lower"] = shapes["words"]
    mask = np.zeros((len(texts), MAX_WORDS), bool)
    done = 0
    with array_files(folder, shapes, len(texts)) as arrays:
        for rows, features in encoded_texts(encoders, texts):
            fill_words(arrays, mask, rows, features)
            done += len(rows)
            report(done, len(texts), "captions")
    with replaced_file(folder / "mask.npy") as partial, partial.open("wb") as file:
        np.save(file, mask)


def read_cache(collection: Collection, folder: Path, views: int, *, tunable: bool) -> PairData:
    def array(name: str) -> NDArray[np.float16]:
        mapped: NDArray[np.float16] = np.load(folder / f"{name}.npy", mmap_mode="r")
        return mapped

    mask: NDArray[np.bool_] = np.load(folder / "mask.npy")
    longest = max(int(mask.sum(1).max()), 1)
    return PairData(
        PhotoFeatures(
            np.asarray(collection.image_ids, np.int64),
            [str(path) for path in collection.paths],
            array("regions"),
            array("pooled"),
            tuple(array(f"maps-{number}") for number in range(views if tunable else 0)),
            tuple(
                (array(f"regions-{number}"), array(f"pooled-{number}"))
                for number in range(1, 1 if tunable else views)
            ),
        ),
        CaptionFeatures(
            np.asarray(collection.caption_ids, np.int64),
            np.asarray(collection.photo_rows, np.int64),
            collection.texts,
            array("words")[:, :longest],
            mask[:, :longest],
            array("lower")[:, :longest] if (folder / "lower.npy").exists() else None,
        ),
    )

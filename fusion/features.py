"""Encoder features of a captioned collection, computed once and kept on disk.

The encoders are frozen, so a collection's features are a function of the encoders' weights, the
annotation file and the photos: the cache is named after all three.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn import functional

from fusion.encoders import Encoders
from fusion.encoders.protocol import RegionFeatures, WordFeatures
from fusion.pooling import masked_max, masked_mean

__all__ = [
    "CaptionFeatures",
    "CollectionError",
    "PairData",
    "PhotoFeatures",
    "cache_features",
    "photo_features",
    "subset",
    "word_summary",
]

REGION_SIDE = 5
MAX_WORDS = 32
Progress = Callable[[str, int, int], None]


class CollectionError(ValueError):
    """A captioned collection cannot be read: its captions file, or a photo of it."""


@dataclass(frozen=True)
class PhotoFeatures:
    """N photos: what the models read of them."""

    image_ids: NDArray[np.int64]
    paths: list[str]
    regions: NDArray[np.float16]
    """(N, R, D): the encoder's grid, averaged to at most 5 x 5 cells."""
    pooled: NDArray[np.float16]
    """(N, 2 D or more): mean and maximum of the whole grid, and the encoder's own embedding."""


@dataclass(frozen=True)
class CaptionFeatures:
    """M captions and the row of the photo that each belongs to."""

    caption_ids: NDArray[np.int64]
    photo_rows: NDArray[np.int64]
    texts: list[str]
    words: NDArray[np.float16]
    """(M, T, D), zero where there is padding."""
    mask: NDArray[np.bool_]
    """(M, T)."""
    lower: NDArray[np.float16] | None = None
    """(M, T, D): states below the text encoder's tunable layers; None where it has none."""


@dataclass(frozen=True)
class PairData:
    """A captioned collection as features."""

    photos: PhotoFeatures
    captions: CaptionFeatures


def subset(data: PairData, rows: Tensor) -> PairData:
    """Give the photos `rows` (K,) of a collection and their captions."""
    chosen = rows.numpy()
    position = np.full(len(data.photos.regions), -1)
    position[chosen] = np.arange(len(chosen))
    kept = np.flatnonzero(position[data.captions.photo_rows] >= 0)
    lower = data.captions.lower
    photos = replace(
        data.photos,
        image_ids=data.photos.image_ids[chosen],
        paths=[data.photos.paths[row] for row in chosen],
        regions=data.photos.regions[chosen],
        pooled=data.photos.pooled[chosen],
    )
    captions = replace(
        data.captions,
        caption_ids=data.captions.caption_ids[kept],
        photo_rows=position[data.captions.photo_rows[kept]],
        texts=[data.captions.texts[row] for row in kept],
        words=data.captions.words[kept],
        mask=data.captions.mask[kept],
        lower=None if lower is None else lower[kept],
    )
    return PairData(photos, captions)


def photo_features(found: RegionFeatures, grid: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Cells and summary of B photos: -> (B, R', D) and (B, 2 D + own embedding), float32."""
    cells = found.features
    if max(grid) > REGION_SIDE:
        maps = cells.transpose(1, 2).unflatten(2, grid)
        cells = functional.adaptive_avg_pool2d(maps, REGION_SIDE).flatten(2).transpose(1, 2)
    summary = [found.features.mean(1), found.features.amax(1)]
    return cells, torch.cat(summary, dim=1)


def word_summary(words: Tensor, mask: Tensor) -> Tensor:
    """Mean and maximum over the words: (B, T, D), (B, T) -> (B, 2 D)."""
    return torch.cat([masked_mean(words, mask), masked_max(words, mask)], dim=-1)


def cache_features(
    encoders: Encoders,
    images_dir: Path,
    annotations: Path,
    cache_dir: Path,
    progress: Progress | None = None,
) -> PairData:
    """Features of the photos and captions that a COCO captions file names.

    Args:
        encoders: the frozen encoders.
        images_dir: the folder that holds the photos by `file_name`.
        annotations: a COCO captions file (`images` with `id`, `file_name`; `annotations` with
            `id`, `image_id`, `caption`).
        cache_dir: where features are kept; a second call reads them back.
        progress: called with what is being done, how many are done and how many there are.

    Raises:
        CollectionError: it is no COCO captions file, or no photo that it names is in the folder.
    """
    collection = read_captions(annotations, images_dir)
    folder = cache_dir / cache_key(encoders, collection)
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_photos(encoders, collection, folder, progress)
        write_captions(encoders, collection, folder, progress)
        (folder / "done").touch()
    return read_cache(collection, folder)


@dataclass(frozen=True)
class Collection:
    """The usable part of a COCO captions file."""

    image_ids: list[int]
    paths: list[Path]
    caption_ids: list[int]
    photo_rows: list[int]
    texts: list[str]


def read_captions(annotations: Path, images_dir: Path) -> Collection:
    """Photos that exist and have a caption, in the file's order, and their captions."""
    try:
        content = json.loads(annotations.read_text(encoding="utf-8"))
        named = {int(image["id"]): images_dir / image["file_name"] for image in content["images"]}
        captions = [
            (int(c["id"]), int(c["image_id"]), str(c["caption"])) for c in content["annotations"]
        ]
    except OSError as error:
        raise CollectionError(f"{annotations}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CollectionError(f"{annotations}: not a COCO captions file ({error!r})") from error
    captioned = {image_id for _, image_id, _ in captions}
    rows: dict[int, int] = {}
    for image_id, path in named.items():
        if image_id in captioned and path.is_file():
            rows[image_id] = len(rows)
    if not rows:
        raise CollectionError(
            f"{images_dir}: holds none of the {len(named)} photos that {annotations} names"
        )
    kept = [caption for caption in captions if caption[1] in rows]
    return Collection(
        image_ids=list(rows),
        paths=[named[image_id] for image_id in rows],
        caption_ids=[caption_id for caption_id, _, _ in kept],
        photo_rows=[rows[image_id] for _, image_id, _ in kept],
        texts=[text for _, _, text in kept],
    )


def cache_key(encoders: Encoders, collection: Collection) -> str:
    digest = hashlib.sha256(f"1 {REGION_SIDE} {MAX_WORDS} {encoders.fingerprint}".encode())
    for path in collection.paths:
        stat = path.stat()
        digest.update(f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    digest.update("\n".join(collection.texts).encode())
    return digest.hexdigest()[:20]


def batches(count: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def write_photos(
    encoders: Encoders, collection: Collection, folder: Path, progress: Progress | None
) -> None:
    paths = collection.paths
    arrays: list[np.memmap[Any, np.dtype[np.float16]]] = []
    for rows in batches(len(paths), 32):
        images = [load_photo(path) for path in paths[rows]]
        found = photo_features(encoders.image.encode_images(images), encoders.image.grid)
        if not arrays:
            arrays = [
                np.lib.format.open_memmap(
                    folder / name, "w+", np.float16, (len(paths), *part.shape[1:])
                )
                for name, part in zip(("regions.npy", "pooled.npy"), found, strict=True)
            ]
        for array, part in zip(arrays, found, strict=True):
            array[rows] = part.cpu().numpy()
        if progress:
            progress("photos", rows.stop, len(paths))
    for array in arrays:
        array.flush()


def load_photo(path: Path) -> Image.Image:
    """One training photo, turned upright, as RGB.

    Raises:
        CollectionError: the file is not a whole image.
    """
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise CollectionError(f"{path}: not a readable photo ({error})") from error


def write_captions(
    encoders: Encoders, collection: Collection, folder: Path, progress: Progress | None
) -> None:
    texts = collection.texts
    # Captions of one length share a batch, so that little of it is padding.
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    shape = (len(texts), MAX_WORDS, encoders.text.dim)
    words = np.lib.format.open_memmap(folder / "words.npy", "w+", np.float16, shape)
    lower = np.lib.format.open_memmap(folder / "lower.npy", "w+", np.float16, shape)
    tunable = False
    mask = np.zeros((len(texts), MAX_WORDS), bool)
    for part in batches(len(texts), 64):
        rows = order[part]
        found = clip_words(encoders.text.encode_texts([texts[row] for row in rows]))
        length = found.mask.shape[1]
        words[rows, :length] = found.features.cpu().numpy()
        if found.lower is not None:
            lower[rows, :length] = found.lower.cpu().numpy()
            tunable = True
        mask[rows, :length] = found.mask.cpu().numpy()
        if progress:
            progress("captions", part.stop, len(texts))
    words.flush()
    lower.flush()
    if not tunable:
        (folder / "lower.npy").unlink()
    np.save(folder / "mask.npy", mask)


def clip_words(found: WordFeatures) -> WordFeatures:
    """Keep the first `MAX_WORDS` words of each text."""
    lower = None if found.lower is None else found.lower[:, :MAX_WORDS]
    return replace(
        found, features=found.features[:, :MAX_WORDS], mask=found.mask[:, :MAX_WORDS], lower=lower
    )


def read_cache(collection: Collection, folder: Path) -> PairData:
    def array(name: str) -> NDArray[np.float16]:
        found: NDArray[np.float16] = np.load(folder / name, mmap_mode="r")
        return found

    mask: NDArray[np.bool_] = np.load(folder / "mask.npy")
    longest = max(int(mask.sum(1).max()), 1)
    return PairData(
        PhotoFeatures(
            np.asarray(collection.image_ids, np.int64),
            [str(path) for path in collection.paths],
            array("regions.npy"),
            array("pooled.npy"),
        ),
        CaptionFeatures(
            np.asarray(collection.caption_ids, np.int64),
            np.asarray(collection.photo_rows, np.int64),
            collection.texts,
            array("words.npy")[:, :longest],
            mask[:, :longest],
            array("lower.npy")[:, :longest] if (folder / "lower.npy").exists() else None,
        ),
    )

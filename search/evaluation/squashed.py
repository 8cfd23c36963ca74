"""The same photos at low resolution: does a model depend on sharpness and aspect ratio?

Every photo is read again after being squashed to 224 by 224 pixels and saved as JPEG of quality 85,
the form of many benchmarks.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from search.evaluation.evaluation import MeasuredPart, rank_both, retrieval_measures
from search.evaluation.gain import recall_difference
from search.evaluation.metrics import Record

__all__ = ["SquashedFiles", "compare_squashed", "squashed_files"]

SIDE_PX, QUALITY = 224, 85
Ranks = NDArray[np.int64]


class SquashedFiles(NamedTuple):
    """A captioned collection in a temporary folder."""

    images: Path
    annotations: Path
    cache: Path


@contextmanager
def squashed_files(paths: Sequence[str]) -> Generator[SquashedFiles]:
    """Write squashed photos, in their order, with a captions file that has one text for all.

    Raises:
        UnreadableImage: a file is not a complete photo.
    """
    from indexer.photos.decode import decode
    from store import UnreadableImage

    with tempfile.TemporaryDirectory(prefix="crossgraph-eval-") as place:
        files = SquashedFiles(Path(place), Path(place) / "captions.json", Path(place) / "features")
        for row, path in enumerate(paths):
            try:
                small = decode(Path(path)).resize((SIDE_PX, SIDE_PX))
            except UnreadableImage as error:
                raise UnreadableImage(error.reason, Path(path)) from error
            small.save(files.images / f"{row}.jpg", quality=QUALITY)
        files.annotations.write_text(json.dumps(_captions_file(len(paths))), encoding="utf-8")
        yield files


def compare_squashed(
    ranks: Mapping[str, Mapping[str, Ranks]],
    text_to_image: Mapping[str, NDArray[np.floating] | None],
    photo_rows: Ranks,
) -> MeasuredPart:
    """Compare ranks of captions among squashed photos with those among photos as they are.

    Args:
        ranks: by stage and direction, among the photos as they are.
        text_to_image: by stage, scores (Q, G) of captions with squashed photos, None where the
            model has no such stage.
        photo_rows: (Q,) int64, the photo of each caption.

    Returns:
        The measures among `squashed` photos by stage, and the `difference` of R@1 from that among
        photos as they are, below zero where squashing lowers it.
    """
    report, table = {}, {}
    for stage, scores in text_to_image.items():
        text_ranks = rank_both(scores, None, photo_rows).get("text_to_image")
        if text_ranks is not None:
            report[stage] = {
                "as_they_are": retrieval_measures(ranks[stage]["text_to_image"]),
                "squashed": retrieval_measures(text_ranks),
                "difference": recall_difference(
                    text_ranks, ranks[stage]["text_to_image"], photo_rows
                ),
            }
            table[stage] = text_ranks
    return MeasuredPart(report, table)


def _captions_file(photos: int) -> dict[str, list[Record]]:
    """Return a COCO file in which all photos have one caption: those without would be left out."""
    rows = range(photos)
    return {
        "images": [{"id": row, "file_name": f"{row}.jpg"} for row in rows],
        "annotations": [{"id": row, "image_id": row, "caption": "a photo"} for row in rows],
    }

"""Parts of words in the text that was read in photos: `exit` finds EMERGENCYEXIT, `lisb` Lisboa."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from store.sqlite.catalog_file import CatalogFile

__all__ = ["with_parts_of_lines"]

SHORTEST = 3
"""Smallest length of a word that is looked for within others."""
MOST_PHOTOS = 10_000
"""Limit on the photos that are scored for one word; a word in more of them says little."""


def with_parts_of_lines(
    catalog: CatalogFile,
    scores: dict[int, float],
    words: Sequence[str],
    within: NDArray[np.int64] | None,
) -> dict[int, float]:
    """Return the scores with those of photos whose lines of text contain the words as parts.

    A word counts more the fewer photos have it, as in BM25. A photo with both scores gets the
    higher one.

    Args:
        catalog: the catalog to search.
        scores: scores of photos that have the words as whole words, by id.
        words: the words to look for, in lower case.
        within: (M,) the only ids to return; None for all.
    """
    if next(catalog.rows("SELECT 1 FROM lines LIMIT 1"), None) is None:
        return scores
    photos = next(catalog.rows("SELECT count(*) FROM text_reads"))[0]
    among = "" if within is None else "AND image_id IN (SELECT value FROM json_each(?))"
    ids = [] if within is None else [json.dumps(within.tolist())]
    sql = f"""SELECT DISTINCT image_id FROM lines WHERE text LIKE ? ESCAPE '\\' {among}
        LIMIT {MOST_PHOTOS}"""
    worth_by_photo: dict[int, float] = {}
    for word in words:
        if word.isascii() and len(word) < SHORTEST:
            continue
        pattern = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in word)
        having = [row[0] for row in catalog.rows(sql, f"%{pattern}%", *ids)]
        worth = math.log1p((photos - len(having) + 0.5) / (len(having) + 0.5))
        for image_id in having:
            worth_by_photo[image_id] = worth_by_photo.get(image_id, 0.0) + worth
    both = scores.keys() | worth_by_photo.keys()
    return {i: max(scores.get(i, 0.0), worth_by_photo.get(i, 0.0)) for i in both}

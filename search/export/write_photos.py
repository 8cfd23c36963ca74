"""An index, or the hits of a query, as files for other programs: Parquet and COCO.

Photos are read and written a few hundred at a time. A file is written under a temporary name and
renamed when it is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from search.result import Hit
from store.types import Progress

__all__ = ["export"]


def export(
    folder: Path | str,
    out: Path | str,
    hits: Sequence[Hit] | None = None,
    query: str = "",
    progress: Progress | None = None,
) -> tuple[int, list[Path]]:
    """Write an index's photos to a file; an existing one is replaced.

    Args:
        folder: the index.
        out: a name that ends in .parquet or .json (COCO); `search.export.coco_writer` and
            `search.export.parquet_writer` say what is in them.
        hits: write only these, with rank, score and probability, the best first; None writes all
            photos in the order of their ids.
        query: the query that the hits answer.
        progress: called with photos done, photos to do, and what is being written.

    Returns:
        How many photos were written, and to which files.

    Raises:
        QueryError: the name ends in neither.
        ExtraMissing: pyarrow, which writes Parquet, is not installed.
        IndexNotFound: there is no index in the folder.
    """
    from search.export.coco_writer import write_coco
    from search.export.parquet_writer import write_parquet
    from store import IndexReader, QueryError
    from store.extras import check_extra

    out = Path(out)
    if out.suffix.lower() not in (".parquet", ".json"):
        raise QueryError(f"{out}: expected a name that ends in .parquet or .json")
    if out.suffix.lower() == ".parquet":
        check_extra("pyarrow", "parquet", "writing Parquet")
    # One snapshot of the index, even for several passes over the photos.
    with IndexReader.open(Path(folder)) as index, index.snapshot():
        write = write_parquet if out.suffix.lower() == ".parquet" else write_coco
        return write(index, out, hits, query, progress)

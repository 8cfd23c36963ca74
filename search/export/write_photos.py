"""An index, or the hits of a query, as files of other programs: Parquet and COCO.

Photos are read and written some hundred at a time. A file is written under a temporary name and
renamed when it is whole.
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
    """Write an index's photos to a file; what was there is replaced.

    Args:
        folder: the index.
        out: a name that ends in .parquet or .json (COCO); `search.export.coco_writer` and
            `search.export.parquet_writer` say what is in them.
        hits: write these only, with rank, score and probability, the best first; None writes all
            photos by their ids.
        query: what the hits answer.
        progress: called with photos done, photos to do, and what of them is written.

    Returns:
        How many photos were written, and to which files.

    Raises:
        QueryError: the name ends in something else.
        ExtraMissing: pyarrow, which writes Parquet, is not installed.
        IndexNotFound: there is no index in the folder.
    """
    from search.export.coco_writer import write_coco
    from search.export.parquet_writer import write_parquet
    from store import IndexReader, QueryError
    from store.extras import check_extra

    out = Path(out)
    if out.suffix.lower() not in (".parquet", ".json"):
        raise QueryError(f"{out} ends in neither .parquet nor .json, so nobody knows what to write")
    if out.suffix.lower() == ".parquet":
        check_extra("pyarrow", "parquet", "writing Parquet")
    # One state of the index, also where photos are gone through more than once.
    with IndexReader.open(Path(folder)) as index, index.snapshot():
        write = write_parquet if out.suffix.lower() == ".parquet" else write_coco
        return write(index, out, hits, query, progress)

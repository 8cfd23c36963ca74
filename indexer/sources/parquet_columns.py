"""Which columns of a Parquet file have photos and captions, by the names that people give them.

pyarrow, which reads them, comes with an extra.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from indexer.sources.folder import SUFFIXES
from store import ReaderMissing, SourceError

__all__ = [
    "check_parquet",
    "column_of_photos",
    "columns_of_captions",
    "one_line",
    "open_parquet",
]

BYTES = ("image", "img", "jpg", "jpeg", "png", "webp", "image_bytes")
PATHS = ("image", "image_path", "path", "file_path", "filepath", "file_name", "filename", "file")
CAPTIONS = ("caption", "captions", "text", "texts", "sentence", "sentences")

OURS = {"path", "sha256"}
"""Columns of files that this program writes itself, which are no photos to read."""

ROWS_LOOKED_AT = 16


def check_parquet(place: str, file: BinaryIO) -> None:
    """Say whether a file is a Parquet file with photos; reads its footer.

    Raises:
        SourceError: it is not.
    """
    parquet = open_parquet(place, file)
    schema = parquet.schema_arrow
    if set(schema.names) >= OURS:
        raise SourceError(f"{place} is one that this program wrote: it has vectors and no photos")
    if not column_of_photos(parquet):
        raise SourceError(
            f"{place} has no column of photos; it has {', '.join(schema.names) or 'none'}, "
            f"expected bytes in one called {', '.join(BYTES)}, or paths in one called "
            + ", ".join(PATHS)
        )


def open_parquet(place: str, file: BinaryIO) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Give pyarrow's reader of a file.

    Raises:
        ReaderMissing: pyarrow is not installed.
        SourceError: it is no Parquet file.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ReaderMissing(
            f'{place} is read by pyarrow, which is not installed: pip install "crossgraph[parquet]"'
        ) from None
    try:
        parquet = ParquetFile(file)
        _ = parquet.schema_arrow
    except Exception as error:  # a damaged file meets pyarrow with errors of many kinds
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise SourceError(f"{place} is no Parquet file: {one_line(error)}") from error
    return parquet


def column_of_photos(parquet: Any) -> str:  # noqa: ANN401
    """Give the name of the column that photos are read from; empty where there is none."""
    schema = parquet.schema_arrow
    if set(schema.names) >= OURS:
        return ""
    named = {column.name.lower(): column for column in schema}
    for name in BYTES:
        if name in named and _holds_bytes(named[name].type):
            return str(named[name].name)
    for name in PATHS:
        column = named.get(name)
        if column and _is_text(column.type) and _names_photos(parquet, column.name):
            return str(column.name)
    return ""


def _holds_bytes(kind: Any) -> bool:  # noqa: ANN401
    import pyarrow.types as kinds

    if kinds.is_struct(kind):  # as Hugging Face's datasets have it
        return any(field.name == "bytes" and _holds_bytes(field.type) for field in kind)
    return bool(kinds.is_binary(kind) or kinds.is_large_binary(kind))


def _is_text(kind: Any) -> bool:  # noqa: ANN401
    import pyarrow.types as kinds

    return bool(kinds.is_string(kind) or kinds.is_large_string(kind))


def _names_photos(parquet: Any, column: str) -> bool:  # noqa: ANN401
    """Say whether one of the first rows names a photo: tables of other files have paths too."""
    try:
        rows = next(parquet.iter_batches(ROWS_LOOKED_AT, columns=[column], use_threads=False))
        paths = [row[column] for row in rows.to_pylist()]
    except StopIteration:
        return False
    except Exception as error:  # a damaged file meets pyarrow with errors of many kinds
        if isinstance(error, OSError) and error.errno is not None:
            raise
        return False
    return any(path and path.lower().endswith(tuple(SUFFIXES)) for path in paths)


def columns_of_captions(parquet: Any) -> list[str]:  # noqa: ANN401
    """Give the names of the columns that captions are read from."""
    return [name for name in parquet.schema_arrow.names if name.lower() in CAPTIONS]


def one_line(error: Exception) -> str:
    """Give what an error says without its line breaks."""
    return " ".join(str(error).split()) or type(error).__name__

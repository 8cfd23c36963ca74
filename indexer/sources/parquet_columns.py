"""Which columns of a Parquet file have photos and captions, recognised by common names.

pyarrow, which reads them, is installed with an extra.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

from fusion.caption_files.text_values import decoded, texts_in, texts_of_json
from indexer.sources.suffixes import is_photo_name
from store import ReaderMissing, SourceError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

__all__ = [
    "captions_of",
    "check_parquet",
    "column_of_photos",
    "columns_of_captions",
    "one_line",
    "open_parquet",
]

BYTES = (
    *("image", "img", "jpg", "jpeg", "png", "webp", "image_bytes", "photo", "picture", "images"),
    *("heic", "avif", "tif", "tiff", "gif", "bytes", "image_data"),
)
PATHS = (
    *("image", "image_path", "img_path", "photo", "picture", "path", "file_path", "filepath"),
    *("file_name", "filename", "file", "images"),
)
_KIND = (
    r"(alt|raw|plain|orig|original|en|eng|english|short|long|brief|detailed|dense|full"
    r"|img|image|photo|picture)"
)
CAPTIONS = re.compile(
    rf"([a-z0-9]+[_.-])*(re)?captions?|({_KIND}[_.-]?)*(text|txt|sentence|description)s?"
    rf"|(caption|text|sentence)s?[_.-]?(\d+|{_KIND})|cap|alt"
)
JSON = "json"
"""A column of records with captions, or of JSON text, as in tars converted to Parquet."""

STARTS = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*", b"\xff\x0a"),
    *(b"\0\0\0\x0cjP  \r\n", b"\0\0\0\x0cJXL \r\n", b"\xff\x4f\xff\x51"),
)
"""First bytes of image files; WebP, HEIF and AVIF are recognised by their containers instead."""

OURS = {"path", "sha256"}
"""Columns of the files that this program writes itself, which contain no photos."""

ROWS_LOOKED_AT = 16
HEAD = 16  # first bytes of an image, which identify its format
LONGEST_LIST = 500  # characters in a message: some tables have hundreds of columns


def check_parquet(place: str, file: BinaryIO) -> None:
    """Check that a file is a Parquet file with photos; reads its footer and a few values.

    Raises:
        SourceError: it is not.
    """
    parquet = open_parquet(place, file)
    schema = parquet.schema_arrow
    if set(schema.names) >= OURS:
        raise SourceError(f"{place} was written by this program: it has vectors and no photos")
    if not column_of_photos(parquet):
        there = ", ".join(f"{column.name} ({column.type})" for column in schema)
        raise SourceError(
            f"{place} has no column of photos; it has {there[:LONGEST_LIST] or 'none'}, expected "
            f"bytes in one called {', '.join(BYTES)}, or paths in one called {', '.join(PATHS)}"
        )


def open_parquet(place: str, file: BinaryIO) -> ParquetFile:
    """Return pyarrow's reader of a file.

    Raises:
        ReaderMissing: pyarrow is not installed.
        SourceError: it is not a Parquet file.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise ReaderMissing(
            f'{place} needs pyarrow, which is not installed: pip install "crossgraph[parquet]"'
        ) from None
    try:
        parquet = ParquetFile(file)
        _ = parquet.schema_arrow
    except Exception as error:  # pyarrow raises many kinds of errors for a damaged file
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise SourceError(f"{place} is no Parquet file: {one_line(error)}") from error
    return parquet


def column_of_photos(parquet: ParquetFile) -> str:
    """Return the name of the column that photos are read from; empty if there is none."""
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
    return _column_by_content(parquet)


def _column_by_content(parquet: ParquetFile) -> str:
    """Return the column that contains images, whatever its name; empty unless there is just one."""
    columns = parquet.schema_arrow
    held = [
        column.name
        for column in columns
        if _holds_bytes(column.type) and any(map(_is_picture, _first_values(parquet, column.name)))
    ]
    return str(held[0]) if len(held) == 1 else ""


def _is_picture(value: object) -> bool:
    if isinstance(value, dict):
        value = value.get("bytes")
    if isinstance(value, list) and all(isinstance(number, int) for number in value):
        value = bytes(number % 256 for number in value[:HEAD])
    if not isinstance(value, bytes):
        return False
    is_riff = value.startswith(b"RIFF") and value[8:12] == b"WEBP"
    return value.startswith(STARTS) or is_riff or value[4:8] == b"ftyp"


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the type of single values inside dictionary, extension and list types."""
    import pyarrow as pa
    import pyarrow.types as kinds

    while True:
        if kinds.is_dictionary(kind):
            kind = kind.value_type
        elif isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        elif _is_list(kind) and not kinds.is_integer(kind.value_type):
            kind = kind.value_type
        else:
            return kind


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    return any(
        getattr(kinds, name)(kind)
        for name in (
            "is_list",
            "is_large_list",
            "is_fixed_size_list",
            "is_list_view",
            "is_large_list_view",
        )
        if hasattr(kinds, name)
    )


def _holds_bytes(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    kind = _plain(kind)
    if kinds.is_struct(kind):  # as in Hugging Face datasets
        return any(field.name == "bytes" and _holds_bytes(field.type) for field in kind)
    if _is_list(kind):  # of numbers
        return bool(kinds.is_uint8(kind.value_type) or kinds.is_int8(kind.value_type))
    is_view = getattr(kinds, "is_binary_view", None)  # from pyarrow 16 on
    return bool(
        kinds.is_binary(kind)
        or kinds.is_large_binary(kind)
        or kinds.is_fixed_size_binary(kind)
        or (is_view and is_view(kind))
    )


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    kind = _plain(kind)
    is_view = getattr(kinds, "is_string_view", None)  # from pyarrow 16 on
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or (is_view and is_view(kind)))


def _names_photos(parquet: ParquetFile, column: str) -> bool:
    """Return whether one of the first rows names a photo; tables of other files have paths too."""
    values = _first_values(parquet, column)
    return any(isinstance(value, str) and is_photo_name(value) for value in values)


def _first_values(parquet: ParquetFile, column: str) -> list[object]:
    """Return a column's values in the first rows, without nulls; of a list, the first item."""
    try:
        rows = next(parquet.iter_batches(ROWS_LOOKED_AT, columns=[column], use_threads=False))
        values = [_first(row[column]) for row in rows.to_pylist()]
    except StopIteration:
        return []
    except Exception as error:  # pyarrow raises many kinds of errors for a damaged file
        if isinstance(error, OSError) and error.errno is not None:
            raise
        return []
    return [value for value in values if value is not None]


def _first(value: object) -> object:
    is_numbers = isinstance(value, list) and all(isinstance(each, int) for each in value)
    return next(iter(value), None) if isinstance(value, list) and not is_numbers else value


def columns_of_captions(parquet: ParquetFile) -> list[str]:
    """Return the names of the columns that captions are read from."""
    return [
        column.name
        for column in parquet.schema_arrow
        if CAPTIONS.fullmatch(column.name.lower())
        or (column.name.lower() == JSON and _has_json(column.type))
    ]


def _has_json(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_struct(_plain(kind)) or _is_text(kind) or _holds_bytes(kind))


def captions_of(row: Mapping[str, object]) -> tuple[str, ...]:
    """Return the captions in the columns of a row, each once.

    >>> captions_of({"caption": ["a dog"], "json": '{"caption": "it runs"}'})
    ('a dog', 'it runs')
    """
    texts: dict[str, None] = {}
    for name, value in row.items():
        if name.lower() == JSON and isinstance(value, str | bytes):
            texts.update(dict.fromkeys(_of_json(value)))
        else:
            texts.update(dict.fromkeys(texts_in(value)))
    return tuple(texts)


def _of_json(value: str | bytes) -> list[str]:
    return texts_of_json(decoded(value) if isinstance(value, bytes) else value)


def one_line(error: Exception) -> str:
    """Return an error's message on one line."""
    return " ".join(str(error).split()) or type(error).__name__

"""Columns of Parquet files, in all the types that programs write them in."""

from __future__ import annotations

import base64
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from indexer.sources.open_shard import check_shard
from indexer.sources.parquet import ParquetShard
from store import SourceError
from tests.made_shards import painted

RED, BLUE = painted("red"), painted("blue")
SAME = [RED, RED]  # of the same length, as a column of fixed width requires
RECORD = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def shard_of(tmp_path: Path, **columns: Any) -> ParquetShard:
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pa.table(columns), path)
    check_shard(str(path))
    return ParquetShard(str(path), path.open("rb"))


@pytest.mark.parametrize("name", ["image", "IMG", "photo", "images", "jpg"])
@pytest.mark.parametrize(
    "column",
    [
        pa.array(SAME, pa.binary()),
        pa.array(SAME, pa.large_binary()),
        pa.array(SAME, pa.binary_view()),
        pa.array(SAME, pa.binary(len(RED))),
        pa.array(SAME, pa.binary()).dictionary_encode(),
        pa.array([[RED], [RED, BLUE]], pa.list_(pa.binary())),
        pa.array([list(RED)] * 2, pa.list_(pa.uint8())),
        pa.array([[byte - 256 * (byte > 127) for byte in RED]] * 2, pa.large_list(pa.int8())),
        pa.array([{"bytes": RED, "path": None}] * 2, RECORD),
        pa.array([[{"bytes": RED, "path": "x.png"}]] * 2, pa.list_(RECORD)),
    ],
    ids=lambda column: str(column.type),
)
def test_photos_in_columns_of_every_kind(tmp_path: Path, name: str, column: Any) -> None:
    with closing(shard_of(tmp_path, **{name: column})) as shard:
        assert [shard.read(member) for member in shard.members] == SAME


@pytest.mark.parametrize("kind", ["plain", "large", "view", "dictionary", "list"])
def test_paths_and_captions_in_columns_of_every_kind(tmp_path: Path, kind: str) -> None:
    (tmp_path / "1.png").write_bytes(RED)

    def column(text: str) -> Any:
        plain = pa.array([text])
        return {
            "plain": lambda: plain,
            "large": lambda: plain.cast(pa.large_string()),
            "view": lambda: plain.cast(pa.string_view()),
            "dictionary": plain.dictionary_encode,
            "list": lambda: pa.array([[text]]),
        }[kind]()

    with closing(shard_of(tmp_path, file_name=column("1.png"), caption=column("a dog"))) as shard:
        assert shard.read(shard.members[0]) == RED
        assert list(shard.captions()) == [("0", ("a dog",))]


RECORDS = pa.array([[{"raw": "a dog", "tokens": ["a", "dog"]}, {"raw": "a pet", "tokens": []}]])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"txt": ["a dog"]}, ("a dog",)),
        ({"TEXT": ["\ufeffa dog\n"]}, ("a dog",)),
        ({"sentences": RECORDS}, ("a dog", "a pet")),
        ({"captions": pa.array([["a dog", None, " "]])}, ("a dog",)),
        ({"caption_0": ["a dog"], "caption_1": ["a pet"]}, ("a dog", "a pet")),
        ({"alt_text": ["a dog"], "cap": ["a dog"]}, ("a dog",)),
        ({"json": pa.array([{"caption": "a dog", "url": "x"}])}, ("a dog",)),
        ({"json": ['{"caption": "a dog"}'], "url": ["x"], "context": ["y"]}, ("a dog",)),
        (
            {"json": pa.array([b'{"captions": ["a dog"]}']), "meta": ['{"caption": "x"}']},
            ("a dog",),
        ),
        ({"json": ["no JSON"], "jsonl": ['{"caption": "x"}']}, ()),
        ({"captions": ['["a dog", "a pet"]']}, ("a dog", "a pet")),
        ({"caption": ["[red] a dog"]}, ("[red] a dog",)),
        ({"caption": pa.array([[("en", "a dog")]], pa.map_(pa.string(), pa.string()))}, ("a dog",)),
        ({"blip_caption": ["a dog"], "en-captions": ["a pet"]}, ("a dog", "a pet")),
        ({"sentences_raw": ["a dog"], "original_alt_text": ["a pet"]}, ("a dog", "a pet")),
        ({"recaption": ["a dog"], "image_description": ["a pet"]}, ("a dog", "a pet")),
        (
            {name: ["x"] for name in ("caption_hash", "text_lang", "ocr_text", "caption_model")}
            | {"license_description": ["x"], "context": ["x"], "subtext": ["x"]},
            (),
        ),
        ({"caption": pa.array(["ein Café".encode("cp1252")])}, ("ein Café",)),
        ({"caption": pa.array([7])}, ()),
    ],
)
def test_captions_under_the_names_that_people_give(
    tmp_path: Path, columns: dict[str, Any], said: tuple[str, ...]
) -> None:
    with closing(shard_of(tmp_path, image=[RED], **columns)) as shard:
        assert list(shard.captions()) == [("0", said)]


@pytest.mark.parametrize("name", ["image.bytes", "photo_bytes", "content", "x"])
@pytest.mark.parametrize(
    "column",
    [
        pa.array([None, RED], pa.binary()),
        pa.array([RED, RED], pa.binary()).dictionary_encode(),
        pa.array([[], list(RED)], pa.list_(pa.uint8())),
        pa.array([{"bytes": None, "path": None}, {"bytes": RED, "path": None}], RECORD),
    ],
    ids=lambda column: str(column.type),
)
def test_the_only_column_of_pictures_is_known_by_what_it_holds(
    tmp_path: Path, name: str, column: Any
) -> None:
    others = {"sha": pa.array([b"1", b"2"]), "caption": ["a", "b"]}
    with closing(shard_of(tmp_path, **{name: column}, **others)) as shard:
        assert shard.read(shard.members[1]) == RED
        assert list(shard.captions()) == [("0", ("a",)), ("1", ("b",))]


@pytest.mark.parametrize(
    "columns",
    [{"before": [RED], "after": [BLUE]}, {"content": [b"no picture"]}, {"thumb": ["a.jpg"]}],
)
def test_of_columns_that_nobody_named_so_none_is_guessed(tmp_path: Path, columns: Any) -> None:
    with pytest.raises(SourceError, match="has no column of photos"):
        shard_of(tmp_path, **columns)


@pytest.mark.parametrize("path", ["a\\b c.png", "a/b%20c.png", "./a/b c.png", " a/b c.png"])
def test_paths_lead_to_the_files_that_they_may_stand_for(tmp_path: Path, path: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b c.png").write_bytes(RED)
    with closing(shard_of(tmp_path, path=[path])) as shard:
        assert shard.read(shard.members[0]) == RED


@pytest.mark.parametrize(
    "columns",
    [{"image": [7]}, {"image": [base64.b64encode(RED).decode()]}, {"image": pa.array([[1.5]])}],
)
def test_a_column_of_another_kind_is_named_with_it(tmp_path: Path, columns: Any) -> None:
    with pytest.raises(SourceError, match=r"no column of photos; it has image \("):
        shard_of(tmp_path, **columns)

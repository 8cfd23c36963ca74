"""Verify, export and merge as a person calls them, over a model that knows four colours."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet
import pytest

from search.cli import main
from search.models import loading
from tests.fakes import ColourModel, paint


@pytest.fixture(autouse=True)
def home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A folder with a.index and b.index, of two folders of photos that share one."""
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path / "cache"))  # where nothing is prepared
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos" / "more").mkdir(parents=True)
    for name, colour in (("red", "red"), ("more/blue", "blue"), ("more/green", "green")):
        paint(tmp_path / "photos" / f"{name}.png", colour)
    described = {
        "images": [{"id": 1, "file_name": "more/blue.png"}],
        "annotations": [{"image_id": 1, "caption": "the sea", "category_id": 1}],
        "categories": [{"id": 1, "name": "water"}],
    }
    Path("captions.json").write_text(json.dumps(described))
    assert main(["index", "photos", "--annotations", "captions.json", "--index", "a.index"]) == 0
    assert main(["index", "photos/more", "--index", "b.index"]) == 0
    shutil.copytree("a.index", "photos.index")
    capsys.readouterr()
    return tmp_path


def out_of(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    out, err = capsys.readouterr()
    assert err == "" or code
    return out


def test_indexes_are_merged_verified_and_searched(capsys: pytest.CaptureFixture[str]) -> None:
    told = out_of(capsys, "merge", "b.index", "a.index", "--into", "all.index")
    assert told == "all.index: 3 photos, 2 doubles, 0 left out\n"
    told = out_of(capsys, "verify", "--index", "all.index")
    assert told.startswith("all.index: all is well: 3 photos with vectors and nodes, 1 captions")
    hit = json.loads(out_of(capsys, "search", "blue", "--json", "--index", "all.index", "-k", "1"))
    assert hit["path"].endswith("more/blue.png")
    assert (hit["captions"], hit["categories"]) == (["the sea"], ["water"])
    told = out_of(capsys, "index", "photos", "--index", "all.index")
    assert "0 added, 0 updated, 0 moved, 0 removed, 3 unchanged" in told


def test_a_photo_that_a_repair_took_out_is_embedded_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with closing(sqlite3.connect("a.index/catalog.db")) as connection, connection:
        connection.execute("UPDATE vectors_1 SET vector = x'00' WHERE image_id = 2")
    (line,) = out_of(capsys, "verify", "--index", "a.index", code=1).splitlines()
    assert line.startswith("bad-vector: photos with damaged vector: 1 (photo 2:")
    assert line.endswith("with the same --annotations, embeds them again")
    first, last = out_of(capsys, "verify", "--repair", "--index", "a.index").splitlines()
    assert first == line
    assert last.startswith("a.index: all is well: 2 photos")
    assert "1 added" in out_of(capsys, "index", "photos", "--index", "a.index")
    assert "all is well: 3 photos" in out_of(capsys, "verify", "--index", "a.index")


def test_what_cannot_be_mended_is_told_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.index/catalog.db").write_bytes(b"a shopping list" * 100)
    for repair in ([], ["--repair"]):
        (line,) = out_of(capsys, "verify", "--index", "a.index", *repair, code=1).splitlines()
        assert line.startswith("catalog-malformed: ")
        assert "index the photos again into another folder" in line


def test_an_index_in_another_folder_is_as_sound(capsys: pytest.CaptureFixture[str]) -> None:
    Path("elsewhere").mkdir()
    shutil.move("a.index", "elsewhere/moved.index")
    assert "all is well" in out_of(capsys, "verify", "--index", "elsewhere/moved.index")
    assert "sea" in out_of(capsys, "search", "blue", "-k", "1", "--index", "elsewhere/moved.index")


def test_an_exported_collection_is_indexed_again(capsys: pytest.CaptureFixture[str]) -> None:
    told = out_of(capsys, "export", "o.json", "--index", "a.index")
    assert told == "3 photos: o.json, o.categories.json\n"
    both = ["--annotations", "o.json", "--annotations", "o.categories.json"]
    out_of(capsys, "index", "photos", *both, "--index", "again.index")
    hit = json.loads(
        out_of(capsys, "search", "blue", "--json", "-k", "1", "--index", "again.index")
    )
    assert (hit["captions"], hit["categories"]) == (["the sea"], ["water"])


def test_the_hits_of_a_query_are_exported(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--query", "green", "-k", "2", "--index", "a.index"]
    assert out_of(capsys, "export", "o.parquet", *asked) == "2 photos: o.parquet\n"
    rows = pyarrow.parquet.read_table("o.parquet").to_pylist()
    assert [row["rank"] for row in rows] == [1, 2]
    assert rows[0]["relative_path"] == "more/green.png"
    assert rows[0]["score"] > rows[1]["score"]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["verify", "--index", "none"], 1, "none"),
        (["export", "o.csv", "--index", "a.index"], 2, "o.csv"),
        (["export", "o.json", "--index", "none"], 1, "none"),
        (["export", "o.json", "--query", " ", "--index", "a.index"], 2, "query is empty"),
        (["export", "gone/o.json", "--index", "a.index"], 1, "gone"),
        (["export", "gone/o.parquet", "--index", "a.index"], 1, "gone"),
        (["merge", "a.index"], 2, "--into"),
        (["merge", "a.index", "none", "--into", "c"], 1, "none"),
        (["merge", "a.index", "b.index", "--into", "photos"], 1, "not empty"),
        (["merge", "a.index", "a.index", "--into", "c"], 2, "given twice"),
    ],
)
def test_errors_are_one_line_and_an_exit_code(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, word: str
) -> None:
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert word in err

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from pycocotools.coco import COCO

from indexer.sources import CocoSource
from search.export import parquet_writer
from search.export.write_photos import export
from search.result import Hit
from store import ExtraMissing, Index, PhotoFile, QueryError

ODD = b"\xff.jpg".decode("utf-8", "surrogateescape")
VECTORS = np.array([[1, 0], [0.5, 0.25], [0, 1], [0.1, 0.2]], dtype=np.float16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an index of four photos in two folders, which both contain a file named a.jpg."""
    files = [
        PhotoFile(f"{place}/{name}", place, 10, 20, "5a", 640, 480)
        for place, name in (("/p", "a.jpg"), ("/p", "in/b.jpg"), ("/q", "a.jpg"), ("/q", ODD))
    ]
    with Index.create(tmp_path / "i", "f1", 2, model="m", encoders="e", unit_dim=0) as index:
        index.put_images(files, VECTORS, np.zeros((4, 1, 1)))
        index.put_captions({1: ["a dog", "ein größerer Hund"], 4: ["odd"]}, origin="o")
        index.put_categories({1: ["sofa", "dog"], 2: ["dog"]}, origin="o")
        index.finish()
    return tmp_path / "i"


HITS = [Hit(1, 2.5, 0.75, Path("/q/a.jpg"), 3), Hit(2, 1.5, 0.25, Path("/p/a.jpg"), 1)]


def test_parquet_has_all_that_is_known(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.parquet"
    assert export(folder, out) == (4, [out])
    table = pyarrow.parquet.read_table(out)
    first, second, _, odd = table.to_pylist()
    assert first == {
        "image_id": 1,
        "path": "/p/a.jpg",
        "source": "/p",
        "relative_path": "a.jpg",
        "size_bytes": 10,
        "mtime_ns": 20,
        "sha256": "5a",
        "width_px": 640,
        "height_px": 480,
        "captions": ["a dog", "ein größerer Hund"],
        "categories": ["dog", "sofa"],
        "vector": [1.0, 0.0],
        **dict.fromkeys(("taken", "camera", "title", "description", "rating")),
        **dict.fromkeys(("latitude", "longitude")),
        "tags": [],
        "people": [],
        "place": [],
    }
    assert (second["relative_path"], second["captions"]) == ("in/b.jpg", [])
    assert odd["path"] == "/q/\\xff.jpg"
    vectors = table["vector"].combine_chunks().flatten().to_numpy().reshape(-1, 2)
    assert (vectors == VECTORS).all()
    facts = {name: value for name, value in table.schema.metadata.items() if b"crossgraph" in name}
    assert facts == {
        b"crossgraph.fingerprint": b"f1",
        b"crossgraph.model": b"m",
        b"crossgraph.encoders": b"e",
        b"crossgraph.dim": b"2",
        b"crossgraph.unit_dim": b"0",
    }


def test_parquet_is_written_in_groups_of_rows(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_writer, "ROW_GROUP", 3)
    export(folder, tmp_path / "o.parquet")
    file = pyarrow.parquet.ParquetFile(tmp_path / "o.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [3, 1]
    assert file.read()["image_id"].to_pylist() == [1, 2, 3, 4]


def test_parquet_of_hits_has_their_ranks(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "o.parquet", HITS, "a dog")
    table = pyarrow.parquet.read_table(tmp_path / "o.parquet")
    rows = table.select(["rank", "score", "probability", "image_id"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [(1, 2.5, 0.75, 3), (2, 1.5, 0.25, 1)]
    assert table.schema.metadata[b"crossgraph.query"] == b"a dog"


def test_no_hits_are_a_file_without_rows(folder: Path, tmp_path: Path) -> None:
    assert export(folder, tmp_path / "o.parquet", [])[0] == 0
    assert pyarrow.parquet.read_table(tmp_path / "o.parquet").num_rows == 0
    assert export(folder, tmp_path / "o.json", [])[0] == 0
    assert CocoSource(tmp_path / "o.json").file_names == []


def test_coco_is_read_back(folder: Path, tmp_path: Path) -> None:
    out, beside = tmp_path / "o.json", tmp_path / "o.categories.json"
    assert export(folder, out) == (4, [out, beside])
    captions, categories = CocoSource(out), CocoSource(beside)
    assert captions.captions == {
        "/p/a.jpg": ("a dog", "ein größerer Hund"),
        "in/b.jpg": (),
        "/q/a.jpg": (),
        ODD: ("odd",),
    }
    assert categories.categories["/p/a.jpg"] == ("dog", "sofa")
    assert categories.categories["in/b.jpg"] == ("dog",)
    content = json.loads(out.read_text())
    assert content["info"] == {
        "description": "photos of the index i",
        "model": "m",
        "fingerprint": "f1",
    }
    assert content["images"][1] == {
        "id": 2,
        "file_name": "in/b.jpg",
        "width": 640,
        "height": 480,
    }


def coco(file: Path) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(file))


def test_pycocotools_reads_both_files(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "o.json")
    captions = coco(tmp_path / "o.json")
    assert [entry["caption"] for entry in captions.imgToAnns[4]] == ["odd"]
    categories = coco(tmp_path / "o.categories.json")
    dog = categories.getCatIds(catNms=["dog"])
    assert sorted(categories.getImgIds(catIds=dog)) == [1, 2]


def test_coco_of_hits_has_their_ranks_and_no_other_photos(folder: Path, tmp_path: Path) -> None:
    export(folder, tmp_path / "o.json", HITS, "a dog")
    content = json.loads((tmp_path / "o.json").read_text())
    images = [(image["id"], image["rank"], image["probability"]) for image in content["images"]]
    assert images == [(3, 1, 0.75), (1, 2, 0.25)]
    assert {entry["image_id"] for entry in content["annotations"]} == {1}
    assert content["info"]["query"] == "a dog"


def test_categories_of_an_earlier_export_do_not_stay(folder: Path, tmp_path: Path) -> None:
    beside = tmp_path / "o.categories.json"
    export(folder, tmp_path / "o.json", HITS[:1])
    assert not beside.exists()
    export(folder, tmp_path / "o.json")
    assert len(CocoSource(beside).file_names) == 4
    export(folder, tmp_path / "o.json", HITS[:1])
    assert len(CocoSource(beside).file_names) == 1


@pytest.mark.parametrize("name", ["o.parquet", "o.json"])
def test_an_export_that_fails_leaves_what_was_there(
    folder: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / name).write_text("before")
    monkeypatch.setattr("store.record_stream._records", fail)
    with pytest.raises(OSError, match="No space"):
        export(folder, tmp_path / name)
    assert (tmp_path / name).read_text() == "before"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["i", name]


def test_without_pyarrow_it_says_how_to_get_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExtraMissing, match=r'pip install "crossgraph\[parquet\]"'):
        export(folder, tmp_path / "o.parquet")
    assert export(folder, tmp_path / "o.json")[0] == 4


def test_another_ending_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"o\.csv"):
        export(folder, tmp_path / "o.csv")


@pytest.mark.parametrize(
    ("name", "what"),
    [("o.parquet", ["rows"]), ("o.json", ["photos", "captions", "names", "photos", "categories"])],
)
def test_how_far_it_is_is_told_to_the_last_photo(
    folder: Path, tmp_path: Path, name: str, what: list[str]
) -> None:
    told: list[tuple[int, int, str]] = []
    export(folder, tmp_path / name, progress=lambda *report: told.append(report))
    assert told == [(4, 4, each) for each in what]
    told.clear()
    export(folder, tmp_path / name, HITS, progress=lambda *report: told.append(report))
    assert {report[:2] for report in told} == {(2, 2)}

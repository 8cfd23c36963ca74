"""What is in photos and beside them finds them: from `search`, from Python and over HTTP."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from indexer import build_index, plan_index
from search import open_index
from search.cli import search_main
from search.models import loading
from search.query.filters import parse_filter
from store import Index
from tests.integration.colours import COLOURS, ColourModel
from tests.integration.server.served import serve
from tests.integration.test_newer_reader import CountingModel
from tests.made_shards import write_tar
from tests.metadata_files import DIGIKAM, IMMICH, LIGHTROOM, gps_exif, iptc_jpeg, jpeg, xmp
from tests.unit.store.version_eight import bring_back

RED = COLOURS["red"]
LISBON = ((38, 42, 36), (9, 8, 24))


def make_photos(folder: Path) -> None:
    """A photo for each way in which something may be said of it."""
    folder.mkdir()
    exif = gps_exif(*LISBON, "NW")
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = "Canon", "EOS 5D"
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = "2023:05:06 07:08:09"
    inner[ExifTags.Base.OffsetTimeOriginal] = "+01:00"
    inner[ExifTags.Base.LensModel] = "EF50mm f/1.8"
    (folder / "tram.jpg").write_bytes(jpeg(RED, exif=exif.tobytes()))
    (folder / "embedded.jpg").write_bytes(jpeg(RED, xmp=LIGHTROOM))
    (folder / "digikam.jpg").write_bytes(jpeg(RED))
    (folder / "digikam.jpg.xmp").write_bytes(DIGIKAM)
    (folder / "immich.png").write_bytes(png())
    (folder / "immich.png.xmp").write_bytes(IMMICH)
    (folder / "lightroom.jpg").write_bytes(jpeg(RED))
    (folder / "lightroom.xmp").write_bytes(LIGHTROOM.replace(b"Ann Lee", b"Bob Ray"))
    records = [(1, 90, b"\x1b%G"), (2, 5, b"Fireworks"), (2, 25, b"new year"), (2, 25, b"night")]
    records += [(2, 90, "Zürich".encode()), (2, 101, b"Switzerland"), (2, 120, b"From the bridge")]
    iptc_jpeg(folder / "iptc.jpg", RED, records)
    (folder / "plain.jpg").write_bytes(jpeg(COLOURS["blue"]))


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (48, 64), RED).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("place")
    make_photos(place / "photos")
    report = build_index(place / "index", [place / "photos"], ColourModel())
    assert (report.added, report.described) == (7, 0)
    yield place


CASES = [
    ("place = Lisbon", {"tram.jpg"}),
    ("country = Portugal", {"tram.jpg"}),
    ("near(38.7, -9.1, 5km)", {"tram.jpg"}),
    ("has gps", {"tram.jpg", "immich.png"}),
    ("place = Paris", {"immich.png"}),
    ("camera = 'Canon EOS 5D' and lens ~ 50mm", {"tram.jpg"}),
    ("tag = dunes", {"embedded.jpg", "lightroom.jpg"}),
    ("place = 'Erg Chebbi'", {"embedded.jpg", "lightroom.jpg"}),
    ("rating = 5", {"embedded.jpg", "lightroom.jpg"}),
    ("person = 'ann lee'", {"embedded.jpg"}),
    ("person = 'Bob Ray'", {"lightroom.jpg"}),
    ("person ~ grandma and rating >= 4", {"digikam.jpg"}),
    ("not has person and has rating", set()),
    ("tag = portugal", {"digikam.jpg"}),
    ("title = 'The harbour'", {"digikam.jpg"}),
    ("description ~ gulls", {"digikam.jpg"}),
    ("tag = sunset", {"immich.png"}),
    ("taken = 2022-07-01", {"immich.png"}),
    ("taken = 2019-12", {"digikam.jpg"}),
    ("taken = 2021-03-04T05:06", {"embedded.jpg", "lightroom.jpg"}),
    ("tag = 'new year'", {"iptc.jpg"}),
    ("city = Zürich", {"iptc.jpg"}),
    ("title = Fireworks and description ~ bridge", {"iptc.jpg"}),
    ("album = photos and tag = night", {"iptc.jpg"}),
]


@pytest.mark.parametrize(("where", "names"), CASES)
def test_a_filter_finds_it(place: Path, where: str, names: set[str]) -> None:
    with Index.open(place / "index") as index:
        ids = index.matching(parse_filter(where)).tolist()
        assert {Path(photo.path).name for photo in index.photos(ids)} == names


@pytest.mark.parametrize(
    ("where", "name", "said"),
    [
        ("place = Lisbon", "tram.jpg", {"place": ["Baixa", "Lisbon", "Portugal"]}),
        ("person ~ grandma", "digikam.jpg", {"people": ["Grandma Rose"], "title": "The harbour"}),
        ("tag = sunset", "immich.png", {"description": "Sunset at the pier", "tags": ["sunset"]}),
        ("tag = night", "iptc.jpg", {"tags": ["new year", "night"], "rating": None}),
    ],
)
def test_hits_say_it_everywhere(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    name: str,
    said: dict[str, object],
) -> None:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(place / "cache"))
    with open_index(place / "index", model=ColourModel()) as index:
        hit = index.search("red", where=where)[0]
    assert hit.path.name == name
    records = [hit.to_dict()]
    assert search_main(["red", "--where", where, "--json", "--index", str(place / "index")]) == 0
    records.append(json.loads(capsys.readouterr().out.splitlines()[0]))
    served = serve(place / "index", place / "photos")
    with served.client:
        answer = served.client.post("/v1/search", json={"text": "red", "where": where})
        records.append(answer.json()["hits"][0])
        image = served.client.get(f"/v1/images/{records[-1]['id']}").json()
        assert {key: image[key] for key in said} == said
    for record in records:
        assert Path(record["path"]).name == name
        assert {key: record[key] for key in said} == said
    assert search_main(["red", "--where", where, "--csv", "--index", str(place / "index")]) == 0
    row = next(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    cells = {
        key: value if isinstance(value, list) else [value or ""] for key, value in said.items()
    }
    assert {key: row[key] for key in said} == {key: " | ".join(cells[key]) for key in cells}


def test_words_of_it_are_found(place: Path) -> None:
    with open_index(place / "index", model=ColourModel()) as index:
        for words, name in (
            ("fireworks", "iptc.jpg"),
            ("gulls", "digikam.jpg"),
            ("Grandma Rose", "digikam.jpg"),
            ("Lisbon", "tram.jpg"),
        ):
            assert index.search(words, hybrid=True)[0].path.name == name


def test_values_that_are_known_are_counted(place: Path) -> None:
    with Index.open(place / "index") as index:
        assert index.field_values("person") == [
            *(("Ann Lee", 1), ("Bob Ray", 1), ("Grandma Rose", 1))
        ]
        assert ("dunes", 2) in index.field_values("tag")
        details = {Path(p.path).name: p.details for p in index.photos(list(index.files()))}
    assert details["tram.jpg"].utc_offset_min == 60
    assert details["immich.png"].utc_offset_min == 120
    assert details["digikam.jpg"].people[0].box == pytest.approx((0.4, 0.2, 0.6, 0.3))
    assert details["plain.jpg"].note == ""


def test_an_old_index_gets_it_without_embedding_anything(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos")
    tar = {"in.jpg": jpeg(RED, xmp=DIGIKAM)}
    write_tar(tmp_path / "photos" / "more.tar", tar)
    build_index(tmp_path / "index", [tmp_path / "photos"], ColourModel())
    with closing(sqlite3.connect(tmp_path / "index" / "catalog.db")) as catalog, catalog:
        bring_back(catalog)
        catalog.execute("UPDATE images SET taken_s = NULL, sum = NULL WHERE path LIKE 'digikam%'")
    model = CountingModel()
    plan = plan_index(tmp_path / "index", [tmp_path / "photos"])
    assert (len(plan.described), plan.unchanged) == (8, 8)
    report = build_index(tmp_path / "index", [tmp_path / "photos"], model)
    assert (report.described, report.unchanged, report.updated, model.embedded) == (8, 8, 0, 0)
    with Index.open(tmp_path / "index") as index:
        details = {Path(p.path).name: p.details for p in index.photos(list(index.files()))}
        assert details["tram.jpg"].city == "Lisbon"
        assert details["more.tar!in.jpg"].title == "The harbour"
        taken = {Path(file.path).name: file.taken for file in index.files().values()}
        assert taken["digikam.jpg"] == datetime(2019, 12, 25, 10, 30)
        assert index.search_texts("fireworks", 3)[0].size == 1
    again = build_index(tmp_path / "index", [tmp_path / "photos"], model)
    assert (again.described, again.unchanged) == (0, 8)


def test_a_sidecar_that_changes_is_read_again(tmp_path: Path) -> None:
    make_photos(tmp_path / "photos")
    model = CountingModel()
    build_index(tmp_path / "index", [tmp_path / "photos"], model)
    before = model.embedded
    (tmp_path / "photos" / "digikam.jpg.xmp").unlink()
    (tmp_path / "photos" / "plain.xmp").write_bytes(DIGIKAM)
    report = build_index(tmp_path / "index", [tmp_path / "photos"], model)
    assert (report.described, model.embedded) == (2, before)
    with Index.open(tmp_path / "index") as index:
        ids = index.matching(parse_filter("title = 'The harbour'")).tolist()
        assert [Path(photo.path).name for photo in index.photos(ids)] == ["plain.jpg"]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>"""
MANY = xmp(
    "<dc:subject><rdf:Bag>" + "<rdf:li>keyword</rdf:li>" * 400_000 + "</rdf:Bag></dc:subject>"
)
DEEP = xmp("<dc:title>" * 100_000)
ODD = xmp("<dc:subject><rdf:Bag><rdf:li>a&#9;b\u202e\u200b</rdf:li></rdf:Bag></dc:subject>")


@pytest.mark.parametrize(
    ("sidecar", "note"),
    [
        (BOMB, "XMP has a document type declaration, which is not allowed"),
        (MANY, "XMP has more than 20,000 elements, the rest is not read"),
        (DEEP, "XMP is nested more than 40 deep, the rest is not read"),
        (DIGIKAM[:1500], "XMP is damaged: no element found: line"),
        (b"\x00\xff" * 50, "XMP is damaged: "),
        (xmp("", 'exif:GPSLatitude="NaN" exif:GPSLongitude="0/0"'), "its XMP position is invalid"),
        (
            xmp(
                "<dc:subject><rdf:Bag>"
                + "".join(f"<rdf:li>{n}</rdf:li>" for n in range(600))
                + "</rdf:Bag></dc:subject>"
            ),
            "100 of 600 tags were left out",
        ),
    ],
)
def test_hostile_sidecars_are_bounded_and_told(tmp_path: Path, sidecar: bytes, note: str) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(jpeg(RED))
    (tmp_path / "photos" / "a.jpg.xmp").write_bytes(sidecar)
    report = build_index(tmp_path / "index", [tmp_path / "photos"], ColourModel())
    with Index.open(tmp_path / "index") as index:
        (photo,) = index.photos([1])
    (told,) = report.notes
    assert told == f"metadata: {tmp_path / 'photos' / 'a.jpg'}: {photo.details.note}"
    assert photo.details.note.startswith(note)
    assert "\n" not in photo.details.note
    assert len(photo.details.tags) <= 500


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ((38, 0, 0), (8, 0, 0)),  # each whole number of which becomes 0/0
        ((91, 0, 0), (8, 0, 0)),
        ((37, 0, 0), (200, 0, 0)),
    ],
)
def test_a_position_that_is_none_is_told(
    tmp_path: Path, latitude: object, longitude: object
) -> None:
    (tmp_path / "photos").mkdir()
    exif = gps_exif(latitude, longitude).tobytes()
    broken = exif.replace(struct.pack("<2L", 38, 1), bytes(8))
    assert (broken != exif) == (latitude == (38, 0, 0))
    (tmp_path / "photos" / "a.jpg").write_bytes(jpeg(RED, exif=broken))
    build_index(tmp_path / "index", [tmp_path / "photos"], ColourModel())
    with Index.open(tmp_path / "index") as index:
        details = index.photos([1])[0].details
    assert (details.latitude, details.longitude) == (None, None)
    assert details.note == "its GPS position is invalid"


def test_names_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    iptc_jpeg(
        tmp_path / "photos" / "a.jpg", RED, [(2, 25, b"\x1b[31mred\x07\x9b2J"), (2, 5, b"\n")]
    )
    (tmp_path / "photos" / "a.xmp").write_bytes(ODD)
    build_index(tmp_path / "index", [tmp_path / "photos"], ColourModel())
    with Index.open(tmp_path / "index") as index:
        tags = index.photos([1])[0].details.tags
    assert len(tags) == 2
    assert all(tag.isprintable() for tag in tags)

"""The whole library over HTTP: months, albums, saved searches, duplicates, zip files, EXIF."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from indexer import build_index
from search.ranking.library_duplicates import duplicate_groups
from store import Index
from tests.integration.colours import ColourModel, paint
from tests.integration.server.served import Served, make_index, serve


def dated(path: Path, when: str, **gps: object) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8769)[0x9003] = when
    if gps:
        exif.get_ifd(0x8825).update({1: "N", 2: (38.0, 42.0, 36.0), 3: "W", 4: (9.0, 8.0, 24.0)})
    Image.new("RGB", (64, 32), (200, 30, 30)).save(path, exif=exif)


@pytest.fixture
def album(tmp_path: Path) -> Served:
    folder, photos = make_index(tmp_path)
    dated(photos / "old.jpg", "2019:03:02 10:00:00", gps=True)
    dated(photos / "new.jpg", "2024:05:06 11:00:00")
    dated(photos / "newer.jpg", "2024:05:07 11:00:00")
    build_index(folder, [photos], ColourModel())
    return serve(folder, photos)


def test_the_library_comes_newest_first_by_month(album: Served) -> None:
    record = album.client.get("/v1/library?where=name ~ new or name ~ old").json()
    names = {image_id: name for name, image_id in album.ids.items()}
    assert [names[image_id] for image_id in record["ids"]] == ["newer.jpg", "new.jpg", "old.jpg"]
    assert record["months"] == [
        {"month": "2024-05", "photos": 2}, {"month": "2019-03", "photos": 1},
    ]  # fmt: skip
    assert (record["widths_px"][0], record["heights_px"][0]) == (64, 32)
    whole = album.client.get("/v1/library").json()
    assert whole["total"] == len(whole["ids"]) == len(album.ids) == 7
    assert sum(month["photos"] for month in whole["months"]) == 7
    refused = album.client.get("/v1/library?where=widht > 1")
    assert (refused.status_code, "did you mean 'width'?" in refused.text) == (422, True)


def test_searches_and_albums_are_kept_in_the_index(album: Served) -> None:
    client, ids = album.client, album.ids
    first = client.post("/v1/saved", json={"name": "dogs", "search": "q=a+dog"}).json()
    two = [ids["old.jpg"], ids["red.png"]]
    second = client.post("/v1/saved", json={"name": "best", "photos": two}).json()
    assert client.get("/v1/saved").json() == {"saved": [second, first]}
    shown = client.get(f"/v1/library?album={second['id']}").json()
    assert sorted(shown["ids"]) == sorted(two)
    fewer = {"name": "the best", "photos": two[:1]}
    assert client.put(f"/v1/saved/{second['id']}", json=fewer).json()["photos"] == two[:1]
    assert client.get(f"/v1/library?album={first['id']}").status_code == 404
    twice = client.post("/v1/saved", json={"name": "dogs", "search": "q=cats"})
    assert (twice.status_code, "choose another name" in twice.text) == (422, True)
    assert client.put("/v1/saved/99", json=fewer).status_code == 404
    assert client.delete(f"/v1/saved/{first['id']}").status_code == 200
    assert client.delete(f"/v1/saved/{first['id']}").status_code == 404
    with Index.open(album.folder) as index, index.reading() as catalog:  # as after a restart
        assert [row[0] for row in catalog.rows("SELECT name FROM saved")] == ["the best"]


def test_near_duplicates_of_the_whole_library(album: Served) -> None:
    record = album.client.get("/v1/duplicates?limit=1").json()
    group = {image["id"] for image in record["groups"][0]["images"]}
    assert {album.ids[name] for name in ("old.jpg", "new.jpg", "newer.jpg")} <= group
    pixels = [image["width_px"] * image["height_px"] for image in record["groups"][0]["images"]]
    assert pixels == sorted(pixels, reverse=True)


def test_photos_come_as_a_zip_file_under_their_own_names(album: Served, tmp_path: Path) -> None:
    client, ids = album.client, album.ids
    (album.photos / "green.png").unlink()
    chosen = f"{ids['old.jpg']},{ids['red.png']},{ids['green.png']}"
    answer = client.get(f"/v1/images/zip?ids={chosen}")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["old.jpg", "red.png", "left out.txt"]
        assert archive.read("old.jpg") == (album.photos / "old.jpg").read_bytes()
        assert archive.getinfo("old.jpg").date_time == (2019, 3, 2, 10, 0, 0)
        assert b"green.png" in archive.read("left out.txt")
    for wrong in ("1,a", "", ",".join(map(str, range(1, 1002)))):
        assert client.get(f"/v1/images/zip?ids={wrong}").status_code == 422
    assert client.get("/v1/images/zip?ids=999").status_code == 404


def test_exif_is_told_whole_and_where_a_photo_was_taken(album: Served) -> None:
    record = album.client.get(f"/v1/images/{album.ids['old.jpg']}/exif").json()
    assert {"name": "Make", "value": "Maker"} in record["tags"]
    assert {"name": "DateTimeOriginal", "value": "2019:03:02 10:00:00"} in record["tags"]
    assert (record["latitude"], record["longitude"]) == (38.71, -9.14)
    bare = album.client.get(f"/v1/images/{album.ids['red.png']}/exif").json()
    assert bare == {"tags": [], "latitude": None, "longitude": None}


def test_fields_are_told_with_examples_that_are_filters(album: Served) -> None:
    fields = album.client.get("/v1/fields").json()["fields"]
    assert {"taken", "camera", "category", "width"} <= {field["name"] for field in fields}
    for field in fields:
        answer = album.client.get("/v1/library", params={"where": field["example"]})
        assert answer.status_code == 200, (field, answer.text)


def test_a_folder_of_links_is_served_and_nothing_else_by_it(tmp_path: Path) -> None:
    elsewhere, links = tmp_path / "elsewhere", tmp_path / "links"
    elsewhere.mkdir(), links.mkdir()
    paint(elsewhere / "red.png", "red", "red")
    paint(elsewhere / "secret.png", "blue", "blue")
    (links / "red.png").symlink_to(elsewhere / "red.png")
    build_index(tmp_path / "index", [links], ColourModel())
    served = serve(tmp_path / "index", links)
    (image_id,) = served.ids.values()
    for kind in ("thumbnail", "file", "exif"):
        assert served.client.get(f"/v1/images/{image_id}/{kind}").status_code == 200, kind
    os.replace(elsewhere / "secret.png", elsewhere / "red.png")
    answer = served.client.get(f"/v1/images/{image_id}/file")
    assert (answer.status_code, "not the one that was indexed" in answer.text) == (403, True)


def test_groups_have_no_chains_and_no_photo_twice() -> None:
    import numpy as np

    looks = np.array([0, 2**8 - 1, 2**16 - 1, 2**63, 2**40], np.uint64)
    groups = [group.tolist() for group in duplicate_groups(looks)]
    assert groups == [[0, 1, 3, 4]]  # 2**16 - 1 is near to the second and far from the first

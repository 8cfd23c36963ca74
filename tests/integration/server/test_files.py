"""Only photos inside the index's own folders leave the server."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer import build_index
from search.photo_files.open_photo import open_photo
from search.photo_files.photo_errors import PhotoForbidden, PhotoNotFound
from store import Index
from store.types import PhotoRecord
from tests.integration.colours import ColourModel, paint
from tests.integration.server.served import Served

SECRET = b"the secret"


def served_paths(served: Served, name: str) -> list[str]:
    return [f"/v1/images/{served.ids[name]}/{what}" for what in ("file", "thumbnail")]


def test_a_file_that_is_gone_is_told_in_one_line(served: Served) -> None:
    (served.photos / "red.png").unlink()
    for path in served_paths(served, "red.png"):
        answer = served.client.get(path)
        assert answer.status_code == 404
        assert "is missing" in answer.json()["error"]


def test_a_link_that_leads_out_is_not_followed(served: Served, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(SECRET)
    (served.photos / "red.png").unlink()
    (served.photos / "red.png").symlink_to(tmp_path / "secret.png")
    for path in served_paths(served, "red.png"):
        answer = served.client.get(path)
        assert answer.status_code == 403
        assert SECRET not in answer.content


def test_a_folder_that_became_a_link_is_not_followed(tmp_path: Path, served: Served) -> None:
    (served.photos / "in").mkdir()
    paint(served.photos / "in" / "x.png", "red")
    build_index(served.folder, [], ColourModel())
    (image_id,) = [
        each["id"]
        for each in served.client.get("/v1/images").json()["images"]
        if each["path"].endswith("x.png")
    ]
    elsewhere = tmp_path / "elsewhere"
    (served.photos / "in").rename(elsewhere)
    (served.photos / "in").symlink_to(elsewhere)
    paint(elsewhere / "x.png", "blue")  # what was indexed there would still be given
    assert served.client.get(f"/v1/images/{image_id}/file").status_code == 403


def test_a_link_within_the_folders_is(served: Served) -> None:
    (served.photos / "green.png").unlink()
    (served.photos / "green.png").symlink_to(served.photos / "red.png")
    answer = served.client.get(served_paths(served, "green.png")[0])
    assert answer.content == (served.photos / "red.png").read_bytes()


@pytest.mark.parametrize("path", ["../secret.png", "/secret.png", "a/../../secret.png"])
def test_a_row_that_leads_out_is_refused(served: Served, tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.png").write_bytes(SECRET)
    catalog = sqlite3.connect(served.folder / "catalog.db")
    catalog.execute("UPDATE images SET path = ? WHERE id = ?", (path, served.ids["red.png"]))
    catalog.commit()
    catalog.close()
    for asked in (*served_paths(served, "red.png"), f"/v1/images/{served.ids['red.png']}"):
        answer = served.client.get(asked)
        assert answer.status_code == 403
        assert "do not trust this index" in answer.json()["error"]


def test_a_row_that_names_no_photo_is_refused(served: Served) -> None:
    (served.photos / "passwords.txt").write_bytes(SECRET)
    catalog = sqlite3.connect(served.folder / "catalog.db")
    catalog.execute("UPDATE images SET path = 'passwords.txt' WHERE id = ?", (1,))
    catalog.commit()
    catalog.close()
    assert served.client.get("/v1/images/1/file").status_code == 403


def test_a_pipe_in_the_place_of_a_photo_holds_nobody_up(served: Served) -> None:
    (served.photos / "red.png").unlink()
    os.mkfifo(served.photos / "red.png")
    for path in served_paths(served, "red.png"):
        assert served.client.get(path).status_code == 404


def test_a_page_under_a_photos_name_is_no_page(served: Served) -> None:
    (served.photos / "red.png").write_bytes(b"<!doctype html><script>alert(1)</script>")
    file, thumbnail = (served.client.get(path) for path in served_paths(served, "red.png"))
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"] == "attachment"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert thumbnail.status_code == 404
    assert "no longer a photo" in thumbnail.json()["error"]


def test_a_photo_that_was_replaced_has_another_tag(served: Served) -> None:
    path = served_paths(served, "red.png")[1]
    before = served.client.get(path)
    paint(served.photos / "red.png", "blue", "blue", "blue")
    after = served.client.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.content != before.content


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static/..%5capp.py",
        "/static/%00",
        "/static//etc/passwd",
        "/static/" + "a" * 5000,
        "/v1/images/..%2f..%2fetc%2fpasswd/file",
        "/v1/images/1/file/../../../../etc/passwd",
    ],
)
def test_no_path_leads_to_other_files(served: Served, path: str) -> None:
    answer = served.client.get(path)
    assert answer.status_code in (404, 422)
    assert list(answer.json()) == ["error"]


def test_thumbnails_in_memory_are_bounded(served: Served) -> None:
    thumbnails = served.service.thumbnails
    for number in range(2000):
        thumbnails.put(str(number), b"x" * 100_000)
    assert thumbnails.size_bytes <= 64 * 2**20
    assert thumbnails.get("0") is None
    assert thumbnails.get("1999") is not None


class Exchanged:
    """A folder that is a link to elsewhere from the n-th look at the disk on.

    Args:
        folder: to be exchanged.
        elsewhere: where the link leads.
        moment: which look it is, from 0.
    """

    def __init__(self, folder: Path, elsewhere: Path, moment: int) -> None:
        self._folder, self._elsewhere, self._moment = folder, elsewhere, moment
        self._aside = folder.with_name("aside")
        self._patch = pytest.MonkeyPatch()
        self.looks = 0

    def __enter__(self) -> Exchanged:
        for module, name in ((os.path, "realpath"), (os, "open"), (os, "fstat")):
            self._patch.setattr(module, name, self._watched(getattr(module, name)))
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()
        if self._folder.is_symlink():
            self._folder.unlink()
            self._aside.rename(self._folder)

    def _watched(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def look(*given: Any, **named: Any) -> Any:
            if self.looks == self._moment:
                self._folder.rename(self._aside)
                self._folder.symlink_to(self._elsewhere)
            self.looks += 1
            return real(*given, **named)

        return look


def content_or_nothing(photo: PhotoRecord, folders: list[str]) -> bytes:
    try:
        opened = open_photo(photo, folders)
    except (PhotoForbidden, PhotoNotFound):
        return b""
    with opened.file:
        return opened.content()


def test_a_folder_exchanged_between_check_and_opening_gives_nothing_of_elsewhere(
    served: Served, tmp_path: Path
) -> None:
    inner, elsewhere = served.photos / "in", tmp_path / "elsewhere"
    for folder in (inner, elsewhere):
        folder.mkdir()
        paint(folder / "x.png", "red")
    build_index(served.folder, [], ColourModel())
    (elsewhere / "x.png").write_bytes(SECRET)
    with Index.open(served.folder) as index:
        photos = index.photo_records(list(index.files()))
    (photo,) = [each for each in photos if each.file.path.endswith("x.png")]
    seen = []
    for moment in range(40):
        with Exchanged(inner, elsewhere, moment) as exchanged:
            seen.append(content_or_nothing(photo, [str(served.photos)]))
        if exchanged.looks <= moment:
            break
    assert 3 < len(seen) < 40
    assert SECRET not in seen
    assert seen[-1] == (inner / "x.png").read_bytes()  # which is there while nobody exchanges it

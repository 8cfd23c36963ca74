"""Photos that are sent to the index, and photos that are taken out of it."""

from __future__ import annotations

import errno
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from indexer import build_index
from search.engine.add_and_remove import REMOVED
from search.photo_files.uploads_folder import delete_upload
from store import Index, IndexNotWritable
from tests.integration.colours import COLOURS, ColourModel
from tests.integration.server.served import Served, serve


def picture(colour: str, kind: str = "PNG", size: tuple[int, int] = (20, 10)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, COLOURS[colour]).save(file, kind)
    return file.getvalue()


def sent(served: Served, *files: tuple[str, bytes]) -> list[dict]:
    answer = served.client.post("/v1/images", files=[("image", file) for file in files])
    assert answer.status_code == 200, answer.text
    return answer.json()["images"]


def found(served: Served, text: str) -> list[str]:
    hits = served.client.post("/v1/search", json={"text": text}).json()["hits"]
    return [Path(hit["path"]).name for hit in hits]


def test_a_photo_that_was_sent_is_found_shown_and_deleted(served: Served) -> None:
    (told,) = sent(served, ("my sky.jpg", picture("blue", "JPEG")))
    assert list(told) == ["name", "image_id", "id"]
    best = served.client.post("/v1/search", json={"text": "blue", "limit": 1}).json()["hits"][0]
    assert best["id"] == told["id"]
    path = Path(best["path"])
    assert path.parent == served.folder / "uploads"
    assert path.name.startswith("my-sky-")
    facts = served.client.get(f"/v1/images/{told['id']}").json()
    assert (facts["uploaded"], facts["width_px"], facts["height_px"]) == (True, 20, 10)
    file = served.client.get(f"/v1/images/{told['id']}/file")
    assert file.content == path.read_bytes() == picture("blue", "JPEG")
    removed = served.client.delete(f"/v1/images/{told['id']}").json()
    assert removed == {"image_id": told["id"], "id": told["id"], "file_deleted": True}
    assert not path.exists()
    assert served.client.get(f"/v1/images/{told['id']}").status_code == 404
    assert served.client.get("/v1/index").json()["sources"] == [
        {"path": str(served.photos), "photos": 4, "there": True}
    ]


def test_one_bad_file_keeps_no_other_out(served: Served) -> None:
    broken = picture("red")[:40]
    first, second, third = sent(
        served, ("a.png", picture("red")), ("b.png", broken), ("c.png", picture("green"))
    )
    assert first["id"] and third["id"]
    assert list(second) == ["name", "error"]
    names = {path.name.split("-")[0] for path in (served.folder / "uploads").iterdir()}
    assert names == {"a", "c"}


def test_the_same_content_is_one_photo(served: Served) -> None:
    first, again = sent(served, ("a.png", picture("red")), ("b.png", picture("red")))
    (later,) = sent(served, ("c.png", picture("red")))
    assert first["id"] == again["id"] == later["id"]
    assert len(list((served.folder / "uploads").iterdir())) == 1


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/evil.png",
        "..\\..\\evil.png",
        "/etc/passwd",
        ".hidden.png",
        "evil.html",
        "\x00.png",
        "a" * 5000 + ".png",
        "-rf.png",
        "",
    ],
)
def test_a_name_leads_nowhere_else(served: Served, name: str) -> None:
    answer = served.client.post(
        "/v1/images",
        content=b'--x\r\nContent-Disposition: form-data; name="image"; filename="'
        + name.encode()
        + b'"\r\n\r\n'
        + picture("red")
        + b"\r\n--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code in (200, 400), answer.text
    uploads = served.folder / "uploads"
    for path in uploads.iterdir() if uploads.exists() else ():
        assert path.suffix == ".png"
        assert path.name[0] not in ".-"
        assert len(path.name) < 100
    assert {path.name for path in served.folder.parent.iterdir()} == {"photos", "index"}


def test_a_photo_of_a_folder_is_taken_out_and_stays_out_and_its_file_stays(served: Served) -> None:
    image_id = served.ids["red.png"]
    answer = served.client.delete(f"/v1/images/{image_id}")
    assert answer.json() == {"image_id": image_id, "id": image_id, "file_deleted": False}
    assert "red.png" not in found(served, "red")
    assert (served.photos / "red.png").exists()
    build_index(served.folder, [], ColourModel())
    assert "red.png" not in found(served, "red")
    with Index.open(served.folder) as index:
        (left,) = index.quarantined()
    assert (left.path, left.reason) == (str(served.photos / "red.png"), REMOVED)


def test_while_another_process_writes_nothing_is_stored(served: Served) -> None:
    with Index.open(served.folder) as other:
        other.begin_writing()
        answer = served.client.post("/v1/images", files=[("image", ("a.png", picture("red")))])
        assert answer.status_code == 503
        assert "another process is writing" in answer.json()["error"]
        assert int(answer.headers["retry-after"]) > 0
        assert served.client.delete("/v1/images/1").status_code == 503
    assert not (served.folder / "uploads").exists()
    assert served.client.get("/v1/images/1").status_code == 200


def test_several_servers_of_an_index_take_turns_to_write(served: Served) -> None:
    others = [serve(served.folder, served.photos, write_seconds=20.0) for _ in range(2)]

    def send(number: int) -> list[dict]:
        file = (f"{number}.png", picture("blue", size=(20 + number, 10)))
        return sent(others[number % 2], file)

    with ThreadPoolExecutor(6) as people:
        told = [one for each in people.map(send, range(12)) for one in each]
    assert len({one["id"] for one in told}) == 12
    assert served.client.get("/v1/index").json()["photos"] == 4 + 12
    for other in others:
        assert other.service.close(5)


def test_a_disk_that_is_full_leaves_no_file_behind(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise IndexNotWritable("the disk is full")

    monkeypatch.setattr(Index, "put_images", full)
    answer = served.client.post("/v1/images", files=[("image", ("a.png", picture("red")))])
    assert (answer.status_code, answer.json()) == (503, {"error": "the disk is full"})
    assert list((served.folder / "uploads").iterdir()) == []


def test_the_next_run_keeps_what_was_sent(served: Served) -> None:
    (told,) = sent(served, ("a.png", picture("blue")))
    report = build_index(served.folder, [], ColourModel())
    assert (report.unchanged, report.added, report.removed) == (5, 0, 0)
    assert served.client.get(f"/v1/images/{told['id']}").status_code == 200


def test_nothing_sent_is_told(served: Served) -> None:
    answer = served.client.post("/v1/images", files=[("request", (None, "{}"))])
    assert answer.status_code == 422
    assert "field image" in answer.json()["error"]


@pytest.mark.parametrize("inside", [True, False])
def test_uploads_behind_a_link_are_neither_given_nor_deleted_nor_added_to(
    served: Served, tmp_path: Path, inside: bool
) -> None:
    (told,) = sent(served, ("a.png", picture("blue")))
    uploads = served.folder / "uploads"
    mine = (served.photos if inside else tmp_path) / "mine"
    uploads.rename(mine)
    uploads.symlink_to(mine)
    asked = f"/v1/images/{told['id']}"
    if not inside:
        assert served.client.get(f"{asked}/file").status_code == 403
    answer = served.client.post("/v1/images", files=[("image", ("b.png", picture("green")))])
    assert answer.status_code == 503
    assert "uploads is a link" in answer.json()["error"]
    removed = served.client.delete(asked).json()
    assert removed == {"image_id": told["id"], "id": told["id"], "file_deleted": False}
    assert len(list(mine.iterdir())) == 1
    assert served.client.get(asked).status_code == 404


def test_a_folder_in_uploads_that_is_a_link_is_left_alone(served: Served, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x.png").write_bytes(b"mine")
    uploads = served.folder / "uploads"
    uploads.mkdir()
    (uploads / "in").symlink_to(tmp_path / "mine")
    assert not delete_upload(uploads, str(uploads / "in" / "x.png"))
    assert (tmp_path / "mine" / "x.png").exists()
    assert delete_upload(uploads, str(uploads / "gone.png"))


def test_what_a_killed_server_left_is_taken_away(served: Served) -> None:
    uploads = served.folder / "uploads"
    uploads.mkdir()
    (uploads / ".a-0123.png.partial").write_bytes(b"half")
    sent(served, ("b.png", picture("green")))
    assert [path.suffix for path in uploads.iterdir()] == [".png"]


def test_a_full_disk_is_told_as_something_that_may_pass(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("store.whole_file.os.fsync", full)
    answer = served.client.post("/v1/images", files=[("image", ("a.png", picture("red")))])
    assert answer.status_code == 503
    assert "No space left on device" in answer.json()["error"]
    assert int(answer.headers["Retry-After"]) > 0
    assert [file.name for file in (served.folder / "uploads").iterdir()] == []

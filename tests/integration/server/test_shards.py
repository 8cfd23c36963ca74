"""Photos in tar and Parquet files are served as others are, and lead no further."""

from __future__ import annotations

from pathlib import Path

import fsspec
from fastapi.testclient import TestClient

from indexer import build_index
from tests.integration.colours import ColourModel
from tests.integration.server.served import Served, serve
from tests.made_shards import painted, write_parquet, write_tar

RED, GREEN = painted("red"), painted("green")


def indexed(tmp_path: Path, *sources: Path) -> Served:
    build_index(tmp_path / "index", sources, ColourModel())
    return serve(tmp_path / "index", tmp_path)


def asked(client: TestClient, image_id: int, what: str, tag: str = "") -> tuple[int, bytes, str]:
    headers = {"If-None-Match": tag} if tag else {}
    answer = client.get(f"/v1/images/{image_id}/{what}", headers=headers)
    return answer.status_code, answer.content, answer.headers.get("etag", "")


def test_files_and_thumbnails_of_both_kinds(tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a.tar", {"red.png": RED})
    rows = write_parquet(tmp_path / "b.parquet", {"image": [GREEN]})
    with indexed(tmp_path, tar, rows).client as client:
        for image_id, content in ((1, RED), (2, GREEN)):
            status, body, tag = asked(client, image_id, "file")
            assert (status, body) == (200, content)
            assert asked(client, image_id, "file", tag) == (304, b"", tag)
            status, body, _ = asked(client, image_id, "thumbnail?size=64")
            assert (status, body[:3]) == (200, b"\xff\xd8\xff")
        facts = client.get("/v1/images/1").json()
        assert (facts["path"], facts["source"]) == (f"{tar}!red.png", str(tar))
        assert all(source["there"] for source in client.get("/v1/index").json()["sources"])


def test_a_photo_at_an_address(tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a.tar", {"red.png": RED})
    system = fsspec.filesystem("memory")
    system.pipe("/served/a.tar", tar.read_bytes())
    try:
        build_index(tmp_path / "index", ["memory://served/a.tar"], ColourModel())
        with serve(tmp_path / "index", tmp_path).client as client:
            assert asked(client, 1, "file")[:2] == (200, RED)
            assert client.get("/v1/images/1").json()["path"] == "memory://served/a.tar!red.png"
            hits = client.post("/v1/search", json={"text": "red"}).json()["hits"]
            assert hits[0]["path"] == "memory://served/a.tar!red.png"
    finally:
        system.rm("/served", recursive=True)


def test_a_part_that_is_gone_is_told_in_one_line(tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a.tar", {"red.png": RED, "green.png": GREEN})
    with indexed(tmp_path, tar).client as client:
        write_tar(tar, {"red.png": RED})
        answer = client.get("/v1/images/2/file")
        assert (answer.status_code, answer.json()["error"]) == (
            404,
            "the file cannot be read: it no longer contains green.png",
        )
        tar.unlink()
        assert client.get("/v1/images/1/thumbnail").status_code == 404


def test_no_shard_leads_out_of_the_folders(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    secret = write_tar(outside / "a.tar", {"red.png": RED})
    (outside / "red.png").write_bytes(RED)
    folder = tmp_path / "photos"
    write_tar(folder / "a.tar", {"red.png": RED})
    write_parquet(folder / "b.parquet", {"path": [str(outside / "red.png")]})
    with indexed(tmp_path, folder).client as client:
        status, body, _ = asked(client, 2, "file")
        assert (status, b"leads out" in body) == (404, True)
        (folder / "a.tar").unlink()
        (folder / "a.tar").symlink_to(secret)
        assert asked(client, 1, "file")[0] == 403

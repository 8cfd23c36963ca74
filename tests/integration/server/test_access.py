"""Who may ask the server, and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.cli import main
from search.server.middleware.access import AccessError, read_key
from tests.integration.server.served import Served, make_index, serve

KEY = "a-key-of-many-signs"
SEARCH = {"text": "red"}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Served]:
    made = serve(*make_index(tmp_path), key=KEY, hosts=None)
    with made.client:
        yield made
    assert made.service.close(5)


@pytest.mark.parametrize("path", ["/v1/index", "/v1/images/1/file", "/v1/nowhere", "/metrics"])
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer \xff"]
)
def test_without_the_key_nothing_is_told(guarded: Served, path: str, header: str) -> None:
    answer = guarded.client.get(path, headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {"error": "send the key of this server as `Authorization: Bearer KEY`"}


def test_with_the_key_all_is_answered(guarded: Served) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    assert guarded.client.post("/v1/search", json=SEARCH, headers=headers).status_code == 200
    assert guarded.client.get("/metrics", headers=headers).status_code == 200


def test_health_and_page_ask_for_no_key(guarded: Served) -> None:
    assert guarded.client.get("/healthz").status_code == 200
    assert guarded.client.get("/").status_code in (200, 404)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "127.0.0.1.evil.example", "", "[::2]:8000", "@"),
        *("127.0.0.1:1@evil.example", "127.0.0.1:@evil.example", "user@127.0.0.1", "[::1]evil"),
        *(
            "127.0.0.1:80:80",
            "127.0.0.1 evil.example",
            "127.0.0.1/evil.example",
            "[::1",
            "127.0.0.1:x",
        ),
        *("localhost:80, evil.example", "127.0.0.1#evil.example", "127.0.0.1:123456"),
    ],
)
def test_by_another_name_it_does_not_answer(served: Served, host: str) -> None:
    answer = served.client.get("/v1/index", headers={"Host": host})
    assert answer.status_code == 403
    assert "127.0.0.1" in answer.json()["error"]


@pytest.mark.parametrize("host", ["localhost:1234", "127.0.0.1", "[::1]:8000", "LOCALHOST"])
def test_by_its_own_names_it_answers(served: Served, host: str) -> None:
    assert served.client.get("/v1/index", headers={"Host": host}).status_code == 200


def test_two_names_are_none(served: Served) -> None:
    headers = [("Host", "127.0.0.1:8000"), ("Host", "evil.example")]
    assert served.client.get("/v1/index", headers=headers).status_code == 403


def test_open_to_others_a_malformed_name_is_refused_too(guarded: Served) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Host": "photos.example:1@evil.example"}
    assert guarded.client.get("/v1/index", headers=headers).status_code == 400
    assert guarded.client.get("/v1/index", headers={**headers, "Host": "any.example"}).is_success


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_may_change_nothing(served: Served, headers: dict[str, str]) -> None:
    assert served.client.post("/v1/search", json=SEARCH, headers=headers).status_code == 403
    assert served.client.delete("/v1/images/1", headers=headers).status_code == 403
    assert served.client.get("/v1/images/1").status_code == 200


def test_its_own_page_may(served: Served) -> None:
    headers = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    assert served.client.post("/v1/search", json=SEARCH, headers=headers).status_code == 200


def test_behind_a_proxy_that_speaks_tls_its_own_page_may(guarded: Served) -> None:
    headers = {
        "Authorization": f"Bearer {KEY}",
        "Host": "photos.example",
        "Origin": "https://photos.example",
    }
    assert guarded.client.post("/v1/search", json=SEARCH, headers=headers).status_code == 200


def test_a_key_comes_from_a_file_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CROSSGRAPH_API_KEY", raising=False)
    assert read_key(None) is None
    monkeypatch.setenv("CROSSGRAPH_API_KEY", "from-the-environment")
    assert read_key(None) == "from-the-environment"
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert read_key(tmp_path / "key") == KEY
    (tmp_path / "key").write_text(KEY, encoding="utf-8-sig")  # as editors on Windows save it
    assert read_key(tmp_path / "key") == KEY


@pytest.mark.parametrize("key", ["", "short", "with a space in between", "ümläute-are-no-ascii"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "key").write_text(key, encoding="utf-8")
    with pytest.raises(AccessError, match="at least 16"):
        read_key(tmp_path / "key")
    with pytest.raises(AccessError, match="nothing cannot be read"):
        read_key(tmp_path / "nothing")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "photos.example"])
def test_open_to_others_it_does_not_start_without_a_key(
    host: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CROSSGRAPH_API_KEY", raising=False)
    assert main(["serve", "--index", "nowhere", "--host", host]) == 1
    assert "give a key with --api-key-file FILE" in capsys.readouterr().err

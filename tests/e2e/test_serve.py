"""`crossgraph serve` as a process: it starts, answers, and ends as it should."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.e2e.serving import COUNT, get, post, running, start
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.e2e


def test_it_says_where_it_is_and_answers(place: Path) -> None:
    with running(place) as (url, _):
        asked = {"text": "a red dog", "limit": 3, "explain": True}
        answer = post(f"{url}v1/search", asked).json()
        assert [hit["rank"] for hit in answer["hits"]] == [1, 2, 3]
        best = answer["hits"][0]
        assert {word["word"] for word in best["explanation"]["words"]} == {"red", "dog"}
        like = post(f"{url}v1/search", {"positive": [{"id": best["id"]}]}).json()
        assert {hit["id"] for hit in like["hits"]} == set(range(1, COUNT + 1)) - {best["id"]}
        thumbnail = get(f"{url}v1/images/{best['id']}/thumbnail")
        assert thumbnail.headers["content-type"] == "image/jpeg"
        assert get(f"{url}readyz").status_code == 200
        assert get(f"{url}v1/index").json()["photos"] == COUNT


@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_whoever_has_asked_only_half(
    place: Path, ended_by: signal.Signals
) -> None:
    with running(place) as (url, process):
        address = urlsplit(url)
        # Somebody who says half of a request and then nothing holds it up no longer.
        idle = HTTPConnection(str(address.hostname), address.port or 0)
        idle.putrequest("POST", "/v1/search")
        idle.putheader("Content-Type", "application/json")
        idle.putheader("Content-Length", "10")
        idle.endheaders(b"{")
        assert get(f"{url}healthz").status_code == 200
        process.send_signal(ended_by)
        said, complaint = process.communicate(timeout=PATIENCE_SECONDS)
        assert idle.sock is not None
        heard = idle.sock.recv(1000)
        idle.close()
    assert (process.returncode, said) == (0, "")
    assert "Traceback" not in complaint
    assert b"did not arrive in time" not in heard  # so nobody waited for the rest


def test_a_port_in_use_is_told_in_one_line(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(place, "--port", str(port))
        said, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said) == (1, "")
    (line,) = complaint.strip().splitlines()
    assert line.startswith(f"error: cannot listen at 127.0.0.1, port {port}: ")
    assert "choose another with --port" in line


def test_no_index_is_told_in_one_line(place: Path, tmp_path: Path) -> None:
    process = start(place, "--index", str(tmp_path / "none"), "--port", "0")
    said, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said) == (1, "")
    (line,) = complaint.strip().splitlines()
    assert "is not there" in line


def test_open_to_others_it_asks_for_the_key(place: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-key-of-many-signs\n")
    with running(place, "--host", "0.0.0.0", "--api-key-file", str(tmp_path / "key")) as (url, _):
        local = url.replace("0.0.0.0", "127.0.0.1")
        assert get(f"{local}v1/index").status_code == 401
        headers = {"Authorization": "Bearer a-key-of-many-signs"}
        assert get(f"{local}v1/index", headers=headers).json()["photos"] == COUNT


def test_answering_texts_loads_no_torch(place: Path) -> None:
    with running(place) as (url, process):
        assert post(f"{url}v1/search", {"text": "a red dog"}).status_code == 200
        if Path("/proc").is_dir():
            loaded = Path(f"/proc/{process.pid}/maps").read_text()
            assert "libtorch" not in loaded


def test_a_command_line_search_does_not_wait_for_the_server(place: Path) -> None:
    code = (
        "import sys; from search.cli import search_main\n"
        f"search_main(['a red dog', '--index', {str(place / 'index')!r}, '--json'])\n"
        "heavy = {'fastapi', 'uvicorn', 'starlette', 'pydantic', 'prometheus_client'}\n"
        "sys.stderr.write(' '.join(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "CROSSGRAPH_CACHE": str(place / "cache")},
    )
    assert (done.stdout.count("\n"), done.stderr) == (COUNT, "")


def test_memory_stays_when_many_ask_at_once(place: Path) -> None:
    if not Path("/proc").is_dir():
        pytest.skip("memory is read from /proc, which this system lacks")
    from concurrent.futures import ThreadPoolExecutor

    with (
        running(place) as (url, process),
        httpx2.Client(base_url=url, timeout=PATIENCE_SECONDS) as client,
    ):

        def ask(_: int) -> list[int]:
            answer = client.post("/v1/search", json={"text": "a red dog"})
            return [hit["id"] for hit in answer.json()["hits"]]

        expected = ask(0)
        before = resident_mib(process.pid)
        with ThreadPoolExecutor(50) as people:
            assert all(found == expected for found in people.map(ask, range(200)))
        assert resident_mib(process.pid) - before < 150


def resident_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [each for each in lines if each.startswith("VmRSS")]
    return int(line.split()[1]) / 1024

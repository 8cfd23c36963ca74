"""`crossgraph serve --workers`: several processes at one port, whatever becomes of one of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from fusion.runtime.exported_folder import exported_model_folder, new_export_folder, read_facts
from store import Index
from store.reembedding import Reembedding
from store.types import ModelInfo
from tests.e2e.load import ASKED, hammering, shape
from tests.e2e.serving import COUNT, get, post, running, start
from tests.integration.made_retriever import FINGERPRINT
from tests.waiting import PATIENCE_SECONDS, await_that

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc"),
]


def workers_of(pid: int) -> list[int]:
    """Return the processes of workers, not multiprocessing's own beside them."""
    spawned = [each for each in _children(pid) if b"spawn_main" in _command(each)]
    return spawned + [each for server in fork_servers(pid) for each in _children(server)]


def fork_servers(pid: int) -> list[int]:
    return [each for each in _children(pid) if b"forkserver" in _command(each)]


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_workers_share_a_port_and_one_that_dies_or_is_exchanged_is_not_missed(
    place: Path, tmp_path: Path
) -> None:
    index = shutil.copytree(place / "index", tmp_path / "index")
    said = tmp_path / "stderr"
    with (
        said.open("w") as stderr,
        running(place, "--index", str(index), "--workers", "2", stderr=stderr) as (url, process),
    ):
        first = workers_of(process.pid)
        assert len(first) == 2
        for _ in range(6):  # each on a connection of its own, so that both may have some
            assert post(f"{url}v1/search", ASKED).status_code == 200
        figures = get(f"{url}metrics").text
        counted = 'crossgraph_requests_total{method="POST",route="/v1/search",status="200"} 6.0'
        assert counted in figures
        assert 'crossgraph_work{kind="search"} 0.0' in figures

        os.kill(first[0], signal.SIGKILL)
        await_that(lambda: len(set(workers_of(process.pid)) - {first[0]}) == 2)
        line = said.read_text().strip()
        assert line.startswith(f"worker {first[0]} is restarted ")
        assert line.endswith(": it was ended by signal 9")
        assert post(f"{url}v1/search", ASKED).status_code == 200
        assert 'status="200"} 7.0' in get(f"{url}metrics").text

        before = set(workers_of(process.pid))
        with hammering(url) as seen:
            process.send_signal(signal.SIGHUP)
            await_that(lambda: before.isdisjoint(workers_of(process.pid)))
        assert len(set(seen)) == 1, set(seen)
        assert isinstance(seen[0], tuple)
        assert len(workers_of(process.pid)) == 2
        # The program may be a new one, which they have imported.
        assert all(b"spawn_main" in _command(each) for each in workers_of(process.pid))

        index.rename(tmp_path / "away")
        process.send_signal(signal.SIGHUP)
        await_that(lambda: "workers were not replaced, and the old ones" in said.read_text())
        (tmp_path / "away").rename(index)
        assert shape(post(f"{url}v1/search", ASKED).json()) == seen[0]

        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
        assert not any(map(is_alive, workers_of_all(before)))
    assert "Traceback" not in said.read_text()


def test_a_worker_that_is_stopped_is_noticed_and_one_that_works_is_left_alone(
    place: Path, tmp_path: Path
) -> None:
    said = tmp_path / "stderr"
    sooner = (
        "from search.server.processes.worker_process import ServingPlan; "
        "ServingPlan.__init__.__defaults__ = (4.0,)"
    )
    with (
        said.open("w") as stderr,
        running(place, "--workers", "2", stderr=stderr, before=sooner) as (url, process),
    ):
        first = workers_of(process.pid)
        os.kill(first[0], signal.SIGSTOP)
        await_that(lambda: len(set(workers_of(process.pid)) - {first[0]}) == 2)
        assert not is_alive(first[0])
        assert first[1] in workers_of(process.pid)
        (line,) = said.read_text().strip().splitlines()
        assert line.startswith(f"worker {first[0]} is restarted ")
        assert line.endswith(": it gave no sign of life for 4 seconds")
        assert post(f"{url}v1/search", ASKED).status_code == 200

        process.send_signal(signal.SIGSTOP)  # which hears nobody while it is stopped itself
        time.sleep(5)
        process.send_signal(signal.SIGCONT)
        time.sleep(1)
        assert len(said.read_text().strip().splitlines()) == 1


def test_an_exchange_that_loses_the_old_and_the_new_worker_is_told(
    place: Path, tmp_path: Path
) -> None:
    said = tmp_path / "stderr"
    with (
        said.open("w") as stderr,
        running(place, "--workers", "2", stderr=stderr) as (url, process),
    ):
        first = workers_of(process.pid)
        process.send_signal(signal.SIGHUP)
        await_that(lambda: len(workers_of(process.pid)) == 3)
        (new,) = set(workers_of(process.pid)) - set(first)
        os.kill(first[0], signal.SIGKILL)
        await_that(lambda: not Path(f"/proc/{first[0]}").exists())  # the supervisor knows
        os.kill(new, signal.SIGKILL)
        await_that(lambda: "the other workers were not replaced: it was" in said.read_text())
        await_that(lambda: len(set(workers_of(process.pid)) - {first[0], new}) == 2)
        assert post(f"{url}v1/search", ASKED).status_code == 200
        assert said.read_text().count("is restarted") == 1


def workers_of_all(pids: set[int]) -> list[int]:
    return [pid for pid in pids if b"multiprocessing" in _command(pid)]


def test_workers_end_when_nobody_watches_them_any_more(place: Path) -> None:
    with running(place, "--workers", "2") as (_, process):
        workers = workers_of(process.pid)
        process.kill()
        process.wait()
        await_that(lambda: not any(map(is_alive, workers)))


def test_what_a_worker_cannot_begin_with_is_told_once(place: Path, tmp_path: Path) -> None:
    process = start(place, "--index", str(tmp_path / "none"), "--port", "0", "--workers", "2")
    said, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said) == (1, "")
    (line,) = complaint.strip().splitlines()
    assert "is not there" in line


def test_workers_share_the_program_and_outlive_what_they_were_forked_from(
    place: Path, tmp_path: Path
) -> None:
    said = tmp_path / "stderr"
    with (
        said.open("w") as stderr,
        running(place, "--workers", "2", stderr=stderr) as (url, process),
    ):
        (server,) = fork_servers(process.pid)
        before = set(_children(server))
        assert before == set(workers_of(process.pid))
        os.kill(server, signal.SIGTERM)  # which is for the supervisor to hear
        assert post(f"{url}v1/search", ASKED).status_code == 200
        assert said.read_text() == ""
        os.kill(server, signal.SIGKILL)
        await_that(lambda: said.read_text().count("is restarted") == 2)
        await_that(lambda: len(set(workers_of(process.pid)) - before) == 2)
        assert post(f"{url}v1/search", ASKED).status_code == 200
        await_that(lambda: not any(map(is_alive, before)))


def test_a_signal_to_all_processes_at_once_ends_them(place: Path, tmp_path: Path) -> None:
    said = tmp_path / "stderr"
    with (
        said.open("w") as stderr,
        running(place, "--workers", "2", stderr=stderr) as (_, process),
    ):
        others = [*fork_servers(process.pid), *workers_of(process.pid)]
        for pid in (*others, process.pid):
            os.kill(pid, signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
        await_that(lambda: not any(map(is_alive, others)))
    assert said.read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_workers_begin(place: Path, number: signal.Signals) -> None:
    process = start(place, "--port", "0", "--workers", "2")
    await_that(lambda: len(workers_of(process.pid)) == 2)
    if number == signal.SIGINT:  # as Ctrl-C in a terminal, of which all hear
        for worker in workers_of(process.pid):
            os.kill(worker, number)
    process.send_signal(number)
    said, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said, complaint) == (0, "", "")


def test_an_interrupt_while_a_worker_is_started_is_not_lost(place: Path) -> None:
    slower = (
        "import time; from multiprocessing.process import BaseProcess as process; "
        "begin = process.start; process.start = lambda self: (begin(self), time.sleep(2))"
    )
    process = start(place, "--port", "0", "--workers", "2", before=slower)
    await_that(lambda: len(workers_of(process.pid)) == 1)
    process.send_signal(signal.SIGINT)
    said, complaint = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said, complaint) == (0, "", "")


def another_model(cache: Path) -> str:
    """Prepare the model once more, as another one; gives its fingerprint."""
    other, known = "beef" * 16, exported_model_folder(cache, FINGERPRINT)
    facts = read_facts(known)
    assert facts is not None
    with new_export_folder(
        exported_model_folder(cache, other), {**facts, "fingerprint": other}
    ) as folder:
        for file in known.iterdir():
            if file.is_file() and file.name != "manifest.json":
                shutil.copy(file, folder)
    return other


def test_a_switch_to_another_model_under_load_gives_old_or_new_answers(
    place: Path, tmp_path: Path
) -> None:
    shutil.copytree(place, tmp_path / "place")
    place = tmp_path / "place"
    fingerprint = another_model(place / "cache" / "query")
    with running(place, "--workers", "2", stderr=subprocess.DEVNULL) as (url, _):
        with hammering(url) as seen, Index.open(place / "index") as index:
            await_that(lambda: len(seen) > 5)
            known, ids = index.model, list(range(1, COUNT + 1))
            new = Reembedding(
                index, replace(ModelInfo.of(known), fingerprint=fingerprint, encoders="packaged")
            )
            for image_id, other in zip(ids, reversed(ids), strict=True):
                new.put([image_id], index.vectors([other]), index.nodes([other]))
            assert len(set(seen)) == 1  # the old model's, all the while
            new.switch()
            switched = len(seen)
            await_that(lambda: len(seen) > switched + 30)
        told = post(f"{url}v1/search", ASKED)
        assert told.status_code == 200, told.text
        old, answer = seen[0], shape(told.json())
        model = get(f"{url}v1/index").json()["model"]
    assert model["fingerprint"] == fingerprint
    assert old != answer
    assert set(seen) == {old, answer}
    assert set(seen[-5:]) == {answer}

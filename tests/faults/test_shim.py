"""What the shim counts and does, with a task whose calls are known one by one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.scenario import Tell
from tests.faults.shim import Fault, ForkServer, Mode, compile_shim, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

TASK = f"{__name__}:work"
CALLS = (
    "mkdir /sub",
    "open64 /sub/a",
    "write /sub/a",
    "pwrite64 /sub/a",
    "writev /sub/a",
    "ftruncate64 /sub/a",  # longer
    "posix_fallocate64 /sub/a",
    "fdatasync /sub/a",
    "fsync /sub/a",
    "ftruncate64 /sub/a",  # shorter
    "rename /sub/b",
    "open64 /sub/b",  # emptied
    "unlink /sub/b",
    "rmdir /sub",
)
NEED_NO_SPACE = 5  # the last


def work(tell: Tell, *, folder: str) -> None:
    """Change the disk once in every way, and elsewhere, which does not count."""
    sub = Path(folder) / "sub"
    Path(folder + "-elsewhere").write_text("not counted", encoding="utf-8")
    sub.mkdir()
    descriptor = os.open(sub / "a", os.O_CREAT | os.O_RDWR)
    os.write(descriptor, b"0123456789")
    tell("written")
    os.pwrite(descriptor, b"abc", 1)
    os.writev(descriptor, [b"x", b"y"])
    os.ftruncate(descriptor, 4096)
    os.posix_fallocate(descriptor, 0, 8192)
    os.fdatasync(descriptor)
    os.fsync(descriptor)
    os.ftruncate(descriptor, 10)
    os.close(descriptor)
    (sub / "a").rename(sub / "b")
    assert (sub / "b").read_bytes()
    os.close(os.open(sub / "b", os.O_WRONLY | os.O_TRUNC))
    (sub / "b").unlink()
    sub.rmdir()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    with ForkServer(compile_shim(tmp_path_factory.mktemp("shim"))) as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "watched"
    made.mkdir()
    return made.resolve()


def test_every_call_that_changes_the_folder_is_counted(server: ForkServer, folder: Path) -> None:
    outcome = server.run(TASK, fault=Fault(folder, 0, Mode.KILL), folder=folder)
    assert (outcome.error, outcome.signal) == ("", 0)
    assert outcome.calls == CALLS
    assert outcome.count == len(CALLS)


def test_a_torn_write_counts_writes_and_a_full_disk_what_needs_space(
    server: ForkServer, folder: Path
) -> None:
    torn = server.run(TASK, fault=Fault(folder, 0, Mode.TORN), folder=folder)
    assert torn.calls == CALLS[2:5]
    full = server.run(TASK, fault=Fault(folder, 0, Mode.FULL), folder=folder)
    assert full.calls == CALLS[:-NEED_NO_SPACE]


@pytest.mark.parametrize("n", range(1, len(CALLS) + 1))
def test_it_kills_before_the_call(server: ForkServer, folder: Path, n: int) -> None:
    outcome = server.run(TASK, fault=Fault(folder, n, Mode.KILL), folder=folder)
    assert outcome.signal == 9
    assert outcome.told == (("written",) if n > 3 else ())
    assert (folder / "sub").exists() == (n > 1)
    file = folder / "sub" / "a"
    assert file.exists() == (2 < n <= 11)
    if n in (3, 4):
        assert file.read_bytes() == (b"" if n == 3 else b"0123456789")


def test_a_torn_write_leaves_half(server: ForkServer, folder: Path) -> None:
    outcome = server.run(TASK, fault=Fault(folder, 1, Mode.TORN), folder=folder)
    assert outcome.signal == 9
    assert (folder / "sub" / "a").read_bytes() == b"01234"


def test_a_full_disk_takes_what_fits_and_then_nothing(server: ForkServer, folder: Path) -> None:
    outcome = server.run(TASK, fault=Fault(folder, 3, Mode.FULL), folder=folder)
    assert "No space left" in outcome.error
    assert "OSError" in outcome.kinds
    assert outcome.told == ("written",)  # os.write gave 5 of 10, which nobody looked at
    assert (folder / "sub" / "a").read_bytes() == b"01234"


def test_a_disk_that_is_full_once_takes_nothing_of_that_call(
    server: ForkServer, folder: Path
) -> None:
    outcome = server.run(TASK, fault=Fault(folder, 3, Mode.FULL_ONCE), folder=folder)
    assert "No space left" in outcome.error
    assert (folder / "sub" / "a").read_bytes() == b""

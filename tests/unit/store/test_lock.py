from __future__ import annotations

import threading
from pathlib import Path

import pytest

from store import IndexBusy, IndexNotWritable
from store.sqlite.lock import WriterLock


def test_one_has_it_and_the_next_is_told(tmp_path: Path) -> None:
    first, second = WriterLock(tmp_path), WriterLock(tmp_path)
    first.acquire()
    with pytest.raises(IndexBusy, match=rf"writing to {tmp_path} and holds writer\.lock") as caught:
        second.acquire()
    assert "\n" not in str(caught.value)
    assert (first.is_held, second.is_held, second.try_acquire()) == (True, False, False)
    first.release()
    assert second.try_acquire()
    second.release()


def test_taking_it_twice_and_letting_go_twice_is_harmless(tmp_path: Path) -> None:
    lock, other = WriterLock(tmp_path), WriterLock(tmp_path)
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    assert other.try_acquire()
    other.release()


def test_another_thread_may_let_go_of_it(tmp_path: Path) -> None:
    lock, other = WriterLock(tmp_path), WriterLock(tmp_path)
    lock.acquire()
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join()
    assert other.try_acquire()
    other.release()


def test_where_it_cannot_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "writer.lock").mkdir()
    lock = WriterLock(tmp_path)
    with pytest.raises(IndexNotWritable, match=r"writer\.lock cannot be written"):
        lock.acquire()
    assert not lock.try_acquire()

"""The module that the fork server of `serve --workers` imports."""

from __future__ import annotations

import gc
import signal
import sys
from importlib import import_module, reload

import pytest


def test_only_in_a_fork_server_does_its_import_do_more_than_import() -> None:
    import search.server.processes.preloaded as preloaded

    before, frozen = signal.getsignal(signal.SIGTERM), gc.get_freeze_count()
    reload(preloaded)
    assert signal.getsignal(signal.SIGTERM) is before
    assert gc.get_freeze_count() == frozen
    assert before is not signal.SIG_IGN


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_in_a_fork_server_it_ignores_what_is_for_the_supervisor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from multiprocessing import forkserver

    preloaded = import_module("search.server.processes.preloaded")
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(sys.modules["__main__"], "main", forkserver.main, raising=False)
    try:
        reload(preloaded)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
        assert gc.get_freeze_count() > 0
    finally:
        signal.signal(signal.SIGTERM, before)
        gc.unfreeze()

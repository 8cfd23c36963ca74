"""The program that workers share: the fork server imports this module, then forks each worker.

The pages of memory of what is imported here are thus there once for all workers, which need not
import anything to start. No model is loaded here, so a fork holds no thread of one and no lock.
Elsewhere, such as in tests, importing this module does nothing more.
"""

from __future__ import annotations

import gc
import signal
import sys
from importlib import import_module
from multiprocessing import forkserver

__all__ = ["MODULES"]

MODULES = (
    "fusion.runtime.onnx_search_model",
    "search.lexicon.noun_kinds",
    "search.models.ready",
    "search.server.app",
    "search.server.pool.model_holder",
    "search.server.processes.uvicorn_server",
    "store.federation",
)

for name in MODULES:
    import_module(name)

if getattr(sys.modules["__main__"], "main", None) is forkserver.main:
    # SIGTERM, sent to all processes at once, would end this one first, and the supervisor, which
    # hears of the workers' ends from it, would take them for dead.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    gc.collect()
    gc.freeze()  # or each worker's garbage collection would write to the shared pages

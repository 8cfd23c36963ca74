"""An index served until a signal ends it, by this process or by several others."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable

from search.server.processes.worker_process import ServingPlan
from store import CrossgraphError

__all__ = ["ListenError", "serve_alone", "serve_together"]


class ListenError(CrossgraphError):
    """The address or the port is not available."""


def serve_alone(plan: ServingPlan, listening: socket.socket, ready: Callable[[], None]) -> bool:
    """Serve in this process; return whether all started requests were finished.

    Args:
        plan: what to serve.
        listening: the socket; closed.
        ready: called once requests are answered.

    Raises:
        CrossgraphError: as `search.open_index`, before any request is answered.
    """
    from search.server.app import build_app
    from search.server.pool.model_holder import model_loader
    from search.server.processes.uvicorn_server import Running

    load = model_loader(plan.checkpoint, plan.image_weights, plan.text_weights)
    app = build_app(plan.settings, load)
    app.state.service.warm()
    return Running(app, listening, ready, plan.seconds_to_stop).run()


def serve_together(
    workers: int,
    plan: ServingPlan,
    listening: socket.socket,
    ready: Callable[[], None],
    tell: Callable[[str], object],
) -> None:
    """Serve with several processes, which this one supervises.

    Args:
        workers: number of processes.
        plan: what to serve.
        listening: the socket; closed.
        ready: called once all of them answer.
        tell: called with a line about each that had to be restarted.

    Raises:
        WorkerFailed: one of them could not start.
    """
    from search.server.processes.supervisor import Supervisor

    with tempfile.TemporaryDirectory(prefix="crossgraph-metrics-") as figures:
        # prometheus_client reads it on import: in the workers, and below.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = figures
        # Of the workers' C library: a heap for each thread would hold on to what all have freed.
        os.environ.setdefault("MALLOC_ARENA_MAX", "2")
        from prometheus_client.multiprocess import mark_process_dead

        Supervisor(workers, plan, listening, tell, mark_process_dead).run(ready)

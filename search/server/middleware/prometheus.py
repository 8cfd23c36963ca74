"""Figures about the server for Prometheus, in a registry of their own.

Where several processes serve, prometheus_client keeps them in files of a folder that the variable
`PROMETHEUS_MULTIPROC_DIR` names, which it reads when it is imported; each gives the sum of all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.printable import valid_text
from search.result import SearchResult

__all__ = ["CONTENT_TYPE", "Counted", "Metrics"]

SHARED_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts requests by route and status, and the stages of searches."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "crossgraph_requests_total",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "crossgraph_request_seconds",
            "From a request's first byte to its answer's last.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._stages = Histogram(
            "crossgraph_search_stage_seconds",
            "What a search spends its time on.",
            ("stage",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._missing = Counter(
            "crossgraph_missing_index_total",
            "Searches that were answered without this index, which could not be read.",
            ("index",),
            registry=self._registry,
        )
        self._degraded = Counter(
            "crossgraph_degraded_searches_total",
            "Searches that were answered without one or more of several indexes.",
            registry=self._registry,
        )
        self._busy = Gauge(
            "crossgraph_work",
            "Work that is being done or waits.",
            ("kind",),
            registry=self._registry,
            multiprocess_mode="livesum",
        )

    def working(self, kind: str) -> Callable[[int], None]:
        """Return what is to be called with each new count of the work of a kind."""
        gauge = self._busy.labels(kind)
        return lambda count: gauge.set(count)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def searched(self, result: SearchResult) -> None:
        """Count a search's stages, and what it was answered without."""
        for stage, milliseconds in result.took_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)
        for each in result.missing:
            self._missing.labels(valid_text(each.index)).inc()
        if result.degraded:
            self._degraded.inc()

    def text(self) -> bytes:
        """Return all figures in Prometheus's text format."""
        if SHARED_VARIABLE not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)


METHODS = {"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"}


class Counted:
    """Counts the requests of an application.

    Args:
        app: what answers.
        metrics: where they are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            # The route's pattern and not what was asked for: there are few of them.
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._metrics.answered(method, route, status, time.perf_counter() - started)

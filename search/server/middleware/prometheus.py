"""Metrics of the server for Prometheus, in a separate registry.

If several processes serve, prometheus_client keeps them in files of the folder that the variable
`PROMETHEUS_MULTIPROC_DIR` names, read on import; each process reports the sum of all.
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
            "Time from a request's first byte to its response's last.",
            ("route",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._stages = Histogram(
            "crossgraph_search_stage_seconds",
            "Time of searches by stage.",
            ("stage",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._missing = Counter(
            "crossgraph_missing_index_total",
            "Searches answered without this index, which could not be read.",
            ("index",),
            registry=self._registry,
        )
        self._degraded = Counter(
            "crossgraph_degraded_searches_total",
            "Searches answered without one or more of several indexes.",
            registry=self._registry,
        )
        self._busy = Gauge(
            "crossgraph_work",
            "Work in progress or waiting.",
            ("kind",),
            registry=self._registry,
            multiprocess_mode="livesum",
        )

    def working(self, kind: str) -> Callable[[int], None]:
        """Return the function to call with each new count of a kind of work."""
        gauge = self._busy.labels(kind)
        return lambda count: gauge.set(count)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def searched(self, result: SearchResult) -> None:
        """Count a search's stages, and the indexes that were missing."""
        for stage, milliseconds in result.took_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)
        for each in result.missing:
            self._missing.labels(valid_text(each.index)).inc()
        if result.degraded:
            self._degraded.inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        if SHARED_VARIABLE not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)


METHODS = {"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"}


class Counted:
    """Counts the requests of an application.

    Args:
        app: the application.
        metrics: the metrics that count them.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
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
            # The route's pattern, not the path: there are only few patterns.
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._metrics.answered(method, route, status, time.perf_counter() - started)

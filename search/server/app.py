"""The application: routes, and the middleware before them."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.server.middleware.access import Access
from search.server.middleware.head import HeadAsGet
from search.server.middleware.prometheus import Counted
from search.server.middleware.request_limits import Bounds, Stoppable
from search.server.pool.model_holder import LoadedModel
from search.server.pool.service import Service
from search.server.routes import (
    browse_routes,
    image_routes,
    index_routes,
    library_routes,
    saved_routes,
    search_routes,
)
from search.server.settings import Settings
from search.server.wire import http_errors

__all__ = ["HEADERS", "build_app"]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Revalidated each time: parts of two versions of the page do not fit together.
    "Cache-Control": "no-cache",
    # Pages of other sites must not show the photos either.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def build_app(settings: Settings, load: Callable[[str], LoadedModel]) -> FastAPI:
    """Return the application; the caller closes `app.state.service` at the end.

    Args:
        settings: the server's settings.
        load: returns the model with a fingerprint; raises ModelMismatch if it has another.
    """
    service = Service(settings, load)
    # The default documentation pages load scripts from another host.
    app = FastAPI(title="crossgraph", docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.service = service
    http_errors.install(app)
    # The library's routes come first: `/v1/images/zip` is not an id.
    for routes in (
        search_routes,
        library_routes,
        saved_routes,
        browse_routes,
        image_routes,
        index_routes,
    ):
        app.include_router(routes.router)
    _build_routes(app)
    app.mount("/static", StaticFiles(directory=index_routes.STATIC, check_dir=False))
    # The middleware added last runs first.
    app.add_middleware(HeadAsGet)
    app.add_middleware(Bounds, settings=settings)
    app.add_middleware(Stoppable)
    app.add_middleware(Access, settings=settings)
    app.add_middleware(_Headers)
    app.add_middleware(Counted, metrics=service.metrics)
    return app


def _build_routes(app: FastAPI) -> None:
    """Build the routes now instead of at the first request, which would wait for it.

    FastAPI silences a warning for the whole process meanwhile, so two applications must not do it
    at the same time, in different threads.
    """
    for route in app.routes:
        route.matches({"type": "http", "method": "GET", "path": "/", "headers": []})


class _Headers:
    """Adds the headers that every response has, unless it has its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, adding)

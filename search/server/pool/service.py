"""What the routes share: open indexes, the model, thumbnails, metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from search.engine.search_index import SearchIndex
from search.photo_files.thumbnails import Thumbnails
from search.server.library import DuplicateCache
from search.server.middleware.prometheus import Metrics
from search.server.pool.index_pool import IndexPool
from search.server.pool.model_holder import LoadedModel, Models
from search.server.pool.thread_pool import BoundedThreads
from search.server.settings import Settings
from store.opening import open_indexes, open_reader
from store.searched_index import ServedIndex

__all__ = ["OpenedIndex", "Service", "service_of"]

THUMBNAIL_THREADS = 2
BODY_THREADS = 2
UPLOADS_WAITING = 8
UPLOAD_SECONDS = 120.0


@dataclass(frozen=True)
class OpenedIndex:
    """An open index with the model that made it."""

    index: ServedIndex
    search: SearchIndex
    model: LoadedModel

    def close(self) -> None:
        """Close the index's files."""
        self.search.close()


class Service:
    """The resources of an application, until it is closed.

    Args:
        settings: the server's settings.
        load: returns the model with a fingerprint.
    """

    def __init__(self, settings: Settings, load: Callable[[str], LoadedModel]) -> None:
        self.settings = settings
        self.models = Models(load)
        self.metrics = Metrics()
        self.duplicates = DuplicateCache()
        self.thumbnails = Thumbnails(settings.thumbnail_bytes)
        self.searches = IndexPool("search", settings, self._open)
        # These never search, so they hold no vectors and do not wait for searches.
        self.catalogs = IndexPool("look-up", settings, self._open_index)
        self.pictures = BoundedThreads(
            "thumbnail", THUMBNAIL_THREADS, settings.waiting, settings.answer_seconds
        )
        self.writer = BoundedThreads("change of the index", 1, UPLOADS_WAITING, UPLOAD_SECONDS)
        # Bodies are parsed here and not on the event loop, which serves all other requests.
        self.bodies = BoundedThreads(
            "request", BODY_THREADS, settings.waiting, settings.answer_seconds
        )
        self.searches.threads.watch(self.metrics.working("search"))

    def warm(self) -> None:
        """Open the index and load the model, so that errors appear before the first request.

        Raises:
            CrossgraphError: as `search.open_index`.
        """
        self.searches.do(lambda opened: opened.model.query.embed_queries(["a photo"]))

    def close(self, seconds: float) -> bool:
        """Accept no more work; return whether all started work has ended within `seconds`."""
        each = (self.searches, self.catalogs, self.pictures, self.writer, self.bodies)
        # Each in turn gets the remaining time; the first round told all of them to stop.
        ended = [one.close(0) for one in each]
        return all(ended) or all([one.close(seconds / len(each)) for one in each])

    def _open_index(self) -> ServedIndex:
        settings = self.settings
        if settings.several:
            return open_indexes(settings.several, seconds=settings.index_seconds)
        return open_reader(settings.folder, settings.vectors)

    def _open(self) -> OpenedIndex:
        index = self._open_index()
        try:
            model = self.models.of(index.model.fingerprint)
        except BaseException:
            index.close()
            raise
        return OpenedIndex(index, SearchIndex(index, model.query, model.photo), model)


def service_of(request: Request) -> Service:
    """Return the service of a request's application."""
    service: Service = request.app.state.service
    return service

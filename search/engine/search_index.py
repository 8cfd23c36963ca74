"""The open index that programs use: searching, embedding and writing, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack, cast

from search.engine.answer_requests import DEFAULT_K, RequestAnswerer, request_of
from search.engine.threads import GuardedTexts, in_thread
from search.models.model_protocols import PhotoEmbedder, SearchModel
from search.models.unavailable import model_errors_told
from search.query.request import SearchOptions, SearchRequest
from search.ranking.stopwatch import Stopwatch
from search.ranking.term_reader import TermReader
from search.result import SearchResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from indexer import BuildReport
    from indexer.indexing_model import IndexingModel
    from search.engine.add_and_remove import WriteOptions
    from store.searched_index import SearchedIndex
    from store.types import PhotoRecord

__all__ = ["SearchIndex"]


class SearchIndex:
    """An open index with the model that made it; a context manager.

    >>> with open_index("photos.index") as index:  # doctest: +SKIP
    ...     for hit in index.search("a dog on a red sofa", k=5):
    ...         print(f"{hit.probability:.2f}", hit.path)

    Any number of threads may share one. Searches run one at a time, each on one snapshot of the
    index; adding and removing photos runs concurrently. Every blocking method has an async version,
    `asearch` for `search` and so on, which runs in a thread.

    Args:
        index: an open index; closed with this.
        model: the model that made it.
        photo_embedder: embeds photos of queries and added photos; None if `model` does.
    """

    def __init__(
        self, index: SearchedIndex, model: SearchModel, photo_embedder: PhotoEmbedder | None = None
    ) -> None:
        self._index = index
        self._model = model
        self._photo_embedder = photo_embedder or cast(PhotoEmbedder, model)
        self._requests = RequestAnswerer(index, model)
        # Guards the index's single connection (one search, one snapshot) and the tokenizer.
        self._reading = threading.RLock()
        self._writing = threading.Lock()
        self._is_closed = False

    def __len__(self) -> int:
        with self._open():
            return len(self._index)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """The index's folder.

        Raises:
            IndexNotWritable: it is not in a folder of this machine, and read-only here.
        """
        folder = self._index.folder
        if folder is None:
            from store import IndexNotWritable

            raise IndexNotWritable(
                f"{self._index.place} is read-only: change the index that it was made from, and "
                "update it from that"
            )
        return folder

    @property
    def model(self) -> SearchModel:
        """The model that reads queries and ranks photos."""
        return self._model

    def close(self) -> None:
        """Close the index's files, after the running search. Closing twice is harmless."""
        with self._reading:
            self._is_closed = True
            self._index.close()

    @contextmanager
    def _open(self) -> Generator[None]:
        """Hold the lock of the index's single connection; raises IndexClosed if it is closed."""
        with self._reading, model_errors_told():
            if self._is_closed:
                from store import IndexClosed

                raise IndexClosed(f"{self._index.place} was closed: open it again")
            yield

    def search(
        self,
        query: str | Path | SearchRequest,
        k: int = DEFAULT_K,
        *,
        literal: bool = False,
        **options: Unpack[SearchOptions],
    ) -> SearchResult:
        """Return the photos that answer a query best.

        Args:
            query: a text as `search.query.grammar` reads it, which never names a file; a photo's
                file; or a request, which holds everything else itself.
            k: number of hits, at least 1; a smaller collection returns fewer.
            literal: whether a text is taken literally, without negation and quotes.
            **options: further fields of `SearchRequest`, described there.

        Returns:
            At most k hits, nearest first; equal scores in the order of `image_id`.

        Raises:
            IndexClosed: it was closed.
            QueryError: the query is empty, cannot be read, or is refused by `SearchRequest`.
            TypeError: the query is none of these.
        """
        watch = Stopwatch()
        request = request_of(query, k, literal, options)
        terms = TermReader(self._index, self._model, self._photo_embedder)
        with self._open():
            return self._requests.answer(request, terms, watch)

    def search_many(
        self,
        queries: str | Path | SearchRequest | Iterable[str | Path | SearchRequest],
        k: int = DEFAULT_K,
        *,
        literal: bool = False,
        **options: Unpack[SearchOptions],
    ) -> list[SearchResult]:
        """Answer many queries on one snapshot of the index; otherwise as `search`.

        All texts are encoded together: that takes a quarter of the time in torch, but gains nothing
        with a prepared model. Scores may differ in the seventh digit from those of single searches.

        Args:
            queries: each as `search` takes it; a single one is answered as a list of one.
            k: as in `search`, as is all else; not where a query is a request.
            literal: see there.
            **options: see there.

        Returns:
            An answer for each query, in their order; their times exclude the encoding of texts.

        Raises:
            QueryError: one of the queries is refused; none is answered.
        """
        if isinstance(queries, (str, Path, SearchRequest)):
            queries = [queries]  # not the letters of a single text
        requests = [request_of(query, k, literal, options) for query in queries]
        terms = TermReader(self._index, self._model, self._photo_embedder)
        with self._open():
            return self._requests.answer_all(requests, terms)

    def embed_text(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors (Q, D) of Q texts, taken literally.

        Their inner products with those of `embed_image` are first-stage scores.
        """
        from search.engine.embed import embed_texts

        with self._open():
            return embed_texts(self._model, texts, self._index.model.dim)

    def embed_image(self, images: Sequence[str | Path | bytes | Image]) -> NDArray[np.float32]:
        """Return the vectors (B, D) of B photos, as they would be indexed. Nothing is written.

        Args:
            images: paths, the bytes of files, or Pillow images, of any size and mode.

        Raises:
            QueryError: one of them cannot be read; the message names it.
        """
        from search.engine.embed import embed_photos

        with model_errors_told():
            return embed_photos(self._photo_embedder, images, self._index.model.dim)

    def add(self, paths: Iterable[str | Path], **options: Unpack[WriteOptions]) -> BuildReport:
        """Add photos, or update them; searches continue meanwhile, and find them afterwards.

        A folder is searched at any depth, and photos no longer in it are removed. For a file, only
        that file is read. It belongs to the indexed folder that contains it, or, if none does, to
        its own folder: a later `crossgraph index` without folders searches that one, too. A photo
        that was removed comes back if its file is named.

        Args:
            paths: folders and files.
            **options: see `search.engine.add_and_remove.WriteOptions`.

        Returns:
            A report of what was done; files that could not be read are in its `quarantined`.

        Raises:
            SourceError: a path does not exist, a folder has no photos, or a file's name is not a
                photo's; nothing was written.
            IndexBusy: another process kept writing for the whole time.
            IndexNotWritable: the disk is full, for example; what was done is kept.
            ModelMismatch: another model made the index.
        """
        from search.engine.add_and_remove import add_photos

        with self._writing:
            with self._open():
                folder = self.folder
            model = GuardedTexts(self._photo_embedder, self._reading)
            return add_photos(folder, paths, cast("IndexingModel", model), **options)

    def remove(self, image_ids: Iterable[int], *, wait_seconds: float = 10.0) -> int:
        """Remove photos from the index and return how many were in it; their files stay.

        They are left out from now on, until their files change, are named to `add`, or
        `crossgraph index --retry-failed` is run.

        Args:
            image_ids: ids of photos; those not in the index are ignored.
            wait_seconds: how long to wait for another process that writes.

        Raises:
            IndexBusy: another process kept writing for the whole time.
            IndexNotWritable: the disk is full, for example.
        """
        from search.engine.add_and_remove import patiently, remove_photos

        ids = list(image_ids)
        with self._writing:
            with self._open():
                folder = self.folder
            return patiently(lambda: remove_photos(folder, ids), wait_seconds)

    def photos(self, image_ids: Iterable[int]) -> list[PhotoRecord]:
        """Return what is known about photos, in the order of the ids; missing ones are left out."""
        with self._open():
            return self._index.photo_records(list(image_ids))

    asearch = in_thread(search)
    asearch_many = in_thread(search_many)
    aembed_text = in_thread(embed_text)
    aembed_image = in_thread(embed_image)
    aadd = in_thread(add)
    aremove = in_thread(remove)
    aphotos = in_thread(photos)

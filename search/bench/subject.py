"""What is measured: the one place that knows how crossgraph's public functions are called."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from search.bench.bench_errors import BenchError
from search.bench.mixtures import RealPhotos
from search.bench.setting import Setting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion.encoders.convolutional import GridEncoder
    from fusion.retriever import Retriever
    from fusion.runtime.embeddings import QueryEmbeddings
    from indexer.indexing_model import IndexingModel
    from store import Index

__all__ = [
    "check",
    "embed_photos",
    "image_encoder",
    "indexing_model",
    "load_model",
    "nearest_candidates",
    "open_search",
    "photo_files",
    "prepare",
    "query_texts",
    "query_vectors",
    "search_command",
]

BATCH = 16
WORDS_A_QUERY = 10
SEED = 0

SEARCH = "import sys; from search.short import search_main; sys.exit(search_main())"
"""What the installed program `search` runs."""


def check(setting: Setting) -> None:
    """Raise SourceError or CollectionError unless there are photos with captions."""
    photo_files(setting.photos, 1)
    if setting.annotations is not None:
        from fusion.data.collection import read_captions

        read_captions(setting.annotations, setting.photos)


def load_model() -> Retriever:
    """Load the shipped model with torch."""
    from search.models.loading import load_model as load

    return load()


def prepare(model: Retriever) -> None:
    """Make the model ready for searches without torch, as `crossgraph index` does.

    Raises:
        BenchError: it cannot be prepared.
    """
    from search.models.prepared import prepare as prepare_model

    note = prepare_model(model)
    if note:
        raise BenchError(f"searches without torch cannot be measured: {note}")


def indexing_model() -> IndexingModel:
    """Return what `crossgraph index` embeds photos with if there is no GPU; prepare it if needed.

    Raises:
        BenchError: it cannot be prepared, so that something slower would run instead.
    """
    from search.models.for_indexing import indexing_model

    def refuse(reason: str) -> None:
        raise BenchError(reason)

    return indexing_model(None, device="cpu", tell=_ignore, warn=refuse)


def _ignore(_: str) -> None:
    """Ignore progress: preparing takes only seconds, once."""


def open_search(folder: Path, model: Retriever | None = None) -> Callable[[str], object]:
    """Open an index for warm queries.

    Args:
        folder: the index.
        model: a loaded retriever; None opens it as `search` does.

    Returns:
        A function that returns ten re-ranked hits for a text. Captions are taken literally: quotes
        and negation have no effect, so every query is one text.
    """
    from search.engine.open_index import open_index

    index = open_index(folder, model=model)
    return lambda text: index.search(text, 10, literal=True)


def image_encoder(model: Retriever) -> GridEncoder:
    """Return the published image encoder, a `fusion.encoders.convolutional.GridEncoder`."""
    return cast("GridEncoder", model.image_encoder)


def search_command(text: str, index: Path) -> list[str]:
    """Return the command line of a search."""
    return [sys.executable, "-c", SEARCH, text, "--index", str(index)]


def photo_files(folder: Path, most: int) -> list[Path]:
    """Return at most `most` photos of a folder, spread evenly over it.

    Raises:
        SourceError: there are none, or there is no such folder.
    """
    from indexer.sources import FolderSource

    files = FolderSource(folder).files()
    rows = np.linspace(0, len(files) - 1, min(most, len(files))).astype(int)
    return [Path(files[row].path) for row in rows]


def embed_photos(model: IndexingModel, files: Sequence[Path]) -> Iterator[RealPhotos]:
    """Embed photos in batches; files that are not photos are left out."""
    from contextlib import suppress

    from indexer import UnreadableImage, decode

    for start in range(0, len(files), BATCH):
        images = []
        for file in files[start : start + BATCH]:
            with suppress(UnreadableImage):
                images.append(decode(file))
        if images:
            embeddings = model.embed_images(images)
            yield RealPhotos(
                np.asarray(embeddings.vectors), np.asarray(embeddings.packed), model.unit_dim
            )


def query_texts(setting: Setting, model: Retriever) -> list[str]:
    """Return the queries: captions, or else known words, as many in each as a caption has."""
    count = setting.amounts.queries
    if setting.annotations is not None:
        from fusion.data.collection import read_captions

        texts = read_captions(setting.annotations, setting.photos).texts
        rows = np.linspace(0, len(texts) - 1, min(count, len(texts))).astype(int)
        return [texts[row] for row in rows]
    words = np.array(model.network.config.vocabulary)
    drawn = np.random.default_rng(SEED).choice(words, size=(count, WORDS_A_QUERY))
    return [" ".join(row) for row in drawn]


def query_vectors(setting: Setting, model: Retriever) -> NDArray[np.float32]:
    """Return vectors (Q, dim) of captions: the given ones, or some of the training captions."""
    if setting.annotations is not None:
        texts = query_texts(setting, model)
        return np.concatenate([model.embed_queries([text]).vectors for text in texts])
    known = np.asarray(model.recall_queries(), dtype=np.float32)
    rows = np.linspace(0, len(known) - 1, min(setting.amounts.queries, len(known))).astype(int)
    chosen: NDArray[np.float32] = known[rows]
    return chosen


def nearest_candidates(
    index: Index, query: QueryEmbeddings, count: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return vectors and packed nodes of a query's nearest photos, as a search re-ranks them.

    Args:
        index: an open `store.Index`.
        query: a text as the model embedded it.
        count: how many.
    """
    ids, _ = index.search(query.vectors[0], count)
    return index.vectors(ids), index.nodes(ids)

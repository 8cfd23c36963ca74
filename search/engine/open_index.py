"""Models and indexes, opened together.

The index and the model must belong together: a vector means something only to the model that made
it. `open_index` compares their fingerprints, and its error fits on one line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from search.engine.default_index import default_index
from search.models.for_queries import models_of
from search.models.model_protocols import PhotoEmbedder, SearchModel

if TYPE_CHECKING:
    from search.engine.search_index import SearchIndex
    from store.catalog.models import Model

__all__ = [
    "INDEX_SECONDS",
    "open_index",
]

INDEX_SECONDS = 5.0
"""Time limit in seconds for one request to one of several indexes."""


def open_index(
    folder: str | Path | Sequence[str | Path] | None = None,
    checkpoint: str | Path | None = None,
    *,
    image_weights: str | Path | None = None,
    text_weights: str | Path | None = None,
    model: SearchModel | None = None,
    once: bool = False,
    vectors: str | None = None,
    seconds: float = INDEX_SECONDS,
) -> SearchIndex:
    """Open an index made by `crossgraph index`, with the model that made it.

    If `crossgraph index` prepared that model on this machine, it is opened without torch; the image
    encoder is loaded by the first query with a photo.

    Args:
        folder: the index; None for the default one (`search.engine.default_index`); or several of
            one model, folders and addresses of databases, that answer as one: see docs/serving.md.
        checkpoint: the model's folder; None for the one that made the index if that is prepared,
            else the one that ships with this package.
        image_weights: a file or folder with the image encoder's weights, if not from a package;
            giving it or the next loads them, whatever is prepared.
        text_weights: the same for the text encoder.
        model: a retriever that is already loaded, in place of `checkpoint` and the weights.
        once: whether only one query will be made, which is then answered sooner: its model starts
            to load while the index is opened.
        vectors: the address of a database that holds the index, `postgresql://...`, in place of
            `folder`; see docs/postgres.md.
        seconds: time limit for each of several indexes for one request; after that the answer comes
            without it.

    Raises:
        IndexUnavailable: the database cannot be reached, or none of several indexes can be read.
        IndexNotFound: there is no index in the folder.
        IndexDamaged: there is one and its catalog cannot be read.
        ModelMismatch: the index was made with another model.
        ClipNotPrepared: a CLIP-like model made the index, and is not prepared on this machine.
        ModelUnavailable: the checkpoint cannot be read, or an encoder's weights are missing.
    """
    from store.opening import open_reader

    folder = default_index() if folder is None else folder
    if not isinstance(folder, (str, Path)):
        return _open_several(
            [str(each) for each in folder],
            seconds,
            model,
            lambda known: models_of(
                known.fingerprint,
                checkpoint,
                image_weights=image_weights,
                text_weights=text_weights,
                once=once,
                made_by=known,
            ),
        )
    folder, photos = Path(folder), None
    if model is None:
        # Checked first, so that a missing index is reported without loading a model for seconds.
        with closing(open_reader(folder, vectors)) as index:
            known = index.model
        model, photos = models_of(
            known.fingerprint,
            checkpoint,
            image_weights=image_weights,
            text_weights=text_weights,
            once=once,
            made_by=known,
        )
    # Imported only now: meanwhile, other threads load a model that answers only once.
    from search.engine.search_index import SearchIndex

    reader = open_reader(folder, vectors, fingerprint=model.fingerprint, model=model.name)
    return SearchIndex(reader, model, photos)


def _open_several(
    places: Sequence[str],
    seconds: float,
    model: SearchModel | None,
    load: Callable[[Model], tuple[SearchModel, PhotoEmbedder]],
) -> SearchIndex:
    """Open indexes as one; raises as `open_index`."""
    from search.engine.search_index import SearchIndex
    from store import ModelMismatch
    from store.opening import open_indexes

    index = open_indexes(places, seconds=seconds, strict=True)
    try:
        known = index.model
        reads, photos = (model, None) if model is not None else load(known)
        if reads.fingerprint != known.fingerprint:
            raise ModelMismatch(
                f"{index.place} were made with model {known.name} ({known.fingerprint[:12]}), this "
                f"is {reads.name} ({reads.fingerprint[:12]}): give that model with --checkpoint"
            )
        return SearchIndex(index, reads, photos)
    except BaseException:
        index.close()
        raise

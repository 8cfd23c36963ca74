"""Models and indexes, opened together.

The index and the model are two things that must belong together: a vector means something only to
the model that made it. `open_index` compares their fingerprints and refuses in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from search.engine.default_index import default_index
from search.engine.search_index import SearchIndex
from search.models.for_queries import models_of
from search.models.model_protocols import PhotoEmbedder, SearchModel

if TYPE_CHECKING:
    from store.catalog.models import Model

__all__ = [
    "INDEX_SECONDS",
    "open_index",
]

INDEX_SECONDS = 5.0
"""How long an index of several may take for one thing that it is asked."""


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

    Where `crossgraph index` prepared that model on this machine, it is opened without torch; what
    reads photos is loaded by the first query that shows one.

    Args:
        folder: the index; None for the one that commands take where none is named
            (`search.engine.default_index`); or several of one model, folders and addresses of
            databases, that answer as one: see docs/serving.md.
        checkpoint: the model's folder; None is the one that made the index where that is prepared,
            else the one that ships with this package.
        image_weights: a file or folder with the image encoder's weights, if not from a package;
            giving it or the next loads them, whatever is prepared.
        text_weights: the same for the text encoder.
        model: a retriever that is loaded already, in place of `checkpoint` and the weights.
        once: whether a single query will be asked, which then is answered sooner.
        vectors: the address of a database that holds the index, `postgresql://...`, in place of
            `folder`; see docs/postgres.md.
        seconds: how long each of several indexes may take for one thing that it is asked; after
            that the answer is given without it.

    Raises:
        IndexUnavailable: the database cannot be reached, or none of several indexes be read.
        IndexNotFound: there is no index in the folder.
        IndexDamaged: there is one and its catalog cannot be read.
        ModelMismatch: the index was made with another model.
        ClipNotPrepared: a CLIP-like model made the index, and is not prepared on this machine.
        ModelUnavailable: the checkpoint cannot be read, or an encoder's weights are not there.
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
        # First of all: that there is no index should not cost the seconds that loading a model may.
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
    reader = open_reader(folder, vectors, fingerprint=model.fingerprint, model=model.name)
    return SearchIndex(reader, model, photos)


def _open_several(
    places: Sequence[str],
    seconds: float,
    model: SearchModel | None,
    load: Callable[[Model], tuple[SearchModel, PhotoEmbedder]],
) -> SearchIndex:
    """Open indexes as one; raises as `open_index`."""
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

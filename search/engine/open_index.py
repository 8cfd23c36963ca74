"""Models and indexes, opened together.

The index and the model are two things that must belong together: a vector means something only to
the model that made it. `open_index` compares their fingerprints and refuses in one line.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from search.engine.search_index import SearchIndex
from search.models.model_protocols import PhotoModel, QueryModel

__all__ = [
    "DEFAULT_INDEX",
    "INDEX_SECONDS",
    "LazyModel",
    "load_model",
    "models_of",
    "open_index",
    "photo_model",
]

DEFAULT_INDEX = "photos.index"

INDEX_SECONDS = 5.0
"""How long an index of several may take for one thing that it is asked."""


def open_index(
    folder: str | Path | Sequence[str | Path] = DEFAULT_INDEX,
    checkpoint: str | Path | None = None,
    *,
    image_weights: str | Path | None = None,
    text_weights: str | Path | None = None,
    model: QueryModel | None = None,
    once: bool = False,
    vectors: str | None = None,
    seconds: float = INDEX_SECONDS,
) -> SearchIndex:
    """Open an index made by `crossgraph index`, with the model that made it.

    Where `crossgraph index` prepared that model on this machine, it is opened without torch; what
    reads photos is loaded by the first query that shows one.

    Args:
        folder: the index; or several of one model, folders and addresses of databases, that answer
            as one: see docs/serving.md.
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
        CheckpointError: the checkpoint cannot be read.
        WeightsNotFound: an encoder's weights are not there.
    """
    from store.opening import open_reader

    if not isinstance(folder, (str, Path)):
        return _open_several(
            [str(each) for each in folder],
            seconds,
            model,
            lambda fingerprint: models_of(
                fingerprint,
                checkpoint,
                image_weights=image_weights,
                text_weights=text_weights,
                once=once,
            ),
        )
    folder, photos = Path(folder), None
    if model is None:
        # First of all: that there is no index should not cost the seconds that loading a model may.
        with closing(open_reader(folder, vectors)) as index:
            fingerprint = index.model.fingerprint
        model, photos = models_of(
            fingerprint,
            checkpoint,
            image_weights=image_weights,
            text_weights=text_weights,
            once=once,
        )
    found = open_reader(folder, vectors, fingerprint=model.fingerprint, model=model.name)
    return SearchIndex(found, model, photos)


def _open_several(
    places: Sequence[str],
    seconds: float,
    model: QueryModel | None,
    load: Callable[[str], tuple[QueryModel, PhotoModel]],
) -> SearchIndex:
    """Open indexes as one; raises as `open_index`."""
    from store import ModelMismatch
    from store.opening import open_indexes

    index = open_indexes(places, seconds=seconds, strict=True)
    try:
        known = index.model
        reads, photos = (model, None) if model is not None else load(known.fingerprint)
        if reads.fingerprint != known.fingerprint:
            raise ModelMismatch(
                f"{index.place} were made with model {known.name} ({known.fingerprint[:12]}), this "
                f"is {reads.name} ({reads.fingerprint[:12]}): give that model with --checkpoint"
            )
        return SearchIndex(index, reads, photos)
    except BaseException:
        index.close()
        raise


def models_of(
    fingerprint: str,
    checkpoint: str | Path | None = None,
    *,
    image_weights: str | Path | None = None,
    text_weights: str | Path | None = None,
    once: bool = False,
) -> tuple[QueryModel, PhotoModel]:
    """Give what reads queries and what reads photos, for an index that a model made.

    Without torch where that very model is prepared; else what `load_model` gives is both, which may
    be another model than the one of that fingerprint.

    Args:
        fingerprint: as the index records it.
        checkpoint: as `open_index` takes it, as are all others.
        image_weights: see there.
        text_weights: see there.
        once: see there.

    Raises:
        CheckpointError, WeightsNotFound: as `load_model`.
    """
    from search.models.prepared import prepared_model

    given = image_weights is not None or text_weights is not None
    prepared = None if given else prepared_model(fingerprint, checkpoint, once=once)
    if prepared is not None:
        return prepared, photo_model(checkpoint, fingerprint)
    model = load_model(checkpoint, image_weights=image_weights, text_weights=text_weights)
    return model, model


class LazyModel:
    """A retriever that is loaded when something of it is first asked for.

    What is wrong with a folder or an annotation file is told before the seconds that loading takes.
    """

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._loaded: Any = None

    @property
    def loaded(self) -> Any:  # noqa: ANN401
        """The retriever itself, loaded once, whichever threads ask for it."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.loaded, name)


def load_model(
    checkpoint: str | Path | None = None,
    *,
    image_weights: str | Path | None = None,
    text_weights: str | Path | None = None,
) -> Any:  # noqa: ANN401 - fusion.retriever.Retriever, which importing here would cost two seconds
    """Load the retriever of a checkpoint folder; None is the one that ships with this package."""
    from fusion.retriever import load_retriever

    return load_retriever(
        None if checkpoint is None else Path(checkpoint),
        image_weights=None if image_weights is None else Path(image_weights),
        text_weights=None if text_weights is None else Path(text_weights),
    )


def photo_model(checkpoint: str | Path | None, fingerprint: str) -> PhotoModel:
    """Give what reads photos beside a prepared model, loaded when a query first shows one."""

    def load() -> Any:  # noqa: ANN401
        from fusion.runtime.photo_model import find_photo_model
        from search.models.cache_folders import query_cache
        from store import ModelMismatch

        prepared = find_photo_model(query_cache(), fingerprint)
        if prepared is not None:
            return prepared
        model = load_model(checkpoint)
        if model.fingerprint != fingerprint:
            raise ModelMismatch(
                f"a photo as a query needs the model that made the index ({fingerprint[:12]}), "
                f"this is {model.name} ({model.fingerprint[:12]}): give it with --checkpoint"
            )
        return model

    return LazyModel(load)

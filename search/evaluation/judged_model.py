"""The evaluated model, in each form that an evaluation needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from search.engine.open_index import open_index
from search.evaluation.collection_features import collection_features
from search.evaluation.latency import CANDIDATES, measure_latency
from search.evaluation.metrics import Record
from search.models.loading import load_model
from search.terminal.progress import ProgressReport

if TYPE_CHECKING:
    from fusion.data.features import PairData
    from fusion.evaluation.matcher import Matcher
    from fusion.network.network import Network
    from fusion.retriever import Retriever
    from indexer.indexing_model import IndexingModel
    from search.engine.search_index import SearchIndex
    from search.evaluation.evaluation import NegativeModel
    from search.evaluation.stress_tests import Encode

__all__ = ["JudgedModel"]

LATENCY_QUERIES = 30


@dataclass(frozen=True)
class JudgedModel:
    """A model; each of its forms is loaded when first used, once for all collections.

    Attributes:
        folder: its checkpoint.
        matcher: the matcher, which scores whole collections by their features.
        negatives: the independent model that picks hard false pairs.
        quiet: no progress on stderr.
        weights: those of the encoders, by the names under which `load_model` takes them.
    """

    folder: Path
    matcher: Matcher
    negatives: NegativeModel
    quiet: bool
    weights: Record = field(default_factory=dict)

    def progress(self, what: str) -> ProgressReport:
        """Return a progress display; only one at a time."""
        return ProgressReport(what, quiet=self.quiet)

    @cached_property
    def network(self) -> Network:
        """The network whose parts can be removed.

        Raises:
            TypeError: the model has no graphs.
        """
        from fusion.evaluation.graph_matcher import GraphMatcher

        if not isinstance(self.matcher, GraphMatcher):
            raise TypeError(f"a model of kind {self.matcher.name} has no graphs")
        return self.matcher.network

    @cached_property
    def indexing_model(self) -> IndexingModel:
        """The model in the form that indexes photos, prepared first if needed."""
        from search.models.for_indexing import indexing_model

        tell: Callable[[str], object] = (lambda _: None) if self.quiet else _say
        return indexing_model(self.folder, **self.weights, tell=tell, warn=_say)

    @cached_property
    def encode(self) -> Encode:
        """The function that encodes texts that are in no annotation file."""
        from fusion.data.caption_encoding import encode_captions
        from fusion.encoders import load_encoders

        return partial(encode_captions, load_encoders(self.matcher.encoders, **self.weights))

    @cached_property
    def retriever(self) -> Retriever:
        """The model in the form that torch runs in a search."""
        return load_model(self.folder, **self.weights)

    def features(self, images: Path, annotations: Path, cache: Path | None) -> PairData:
        """Encode the photos and captions of a collection, or read them from the cache."""
        with self.progress("encoding") as progress:
            return collection_features(
                self.matcher.encoders,
                images,
                annotations,
                cache=cache,
                progress=progress.update,
                **self.weights,
            )

    def latency(self, data: PairData) -> dict[str, float]:
        """Return a query's cost in milliseconds, by part; nothing for a model without an index."""
        if self.matcher.name != "crossgraph":
            return {}
        from indexer.photos.decode import decode

        photos = [decode(Path(path)) for path in data.photos.paths[:CANDIDATES]]
        queries = list(data.captions.texts[:LATENCY_QUERIES])
        return measure_latency(self.retriever, photos, queries, len(data.photos.paths))

    def build_index(self, folder: Path, paths: Sequence[str]) -> None:
        """Index photos, without their captions.

        Raises:
            SourceError: a file's name is not a photo's.
        """
        from indexer import build_index

        with self.progress("indexing") as progress:
            build_index(folder, (), self.indexing_model, files=paths, progress=progress.update)

    def open_index(self, folder: Path) -> SearchIndex:
        """Open an index made by this model, as a search does."""
        return open_index(folder, self.folder, **self.weights)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")

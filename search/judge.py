"""From a checkpoint and captioned collections to evaluations: loads everything and calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.ablate import ablate
from search.captioned import Captioned, named_collections
from search.evaluate import Evaluation, EvaluationError, evaluate
from search.faithfulness import Faithfulness, judge_explanations
from search.features import collection_features
from search.gain import reranking_gain
from search.latency import CANDIDATES, measure_latency
from search.loading import load_model
from search.probes import Encode, probe
from search.progress import ProgressReport

if TYPE_CHECKING:
    from fusion.features import PairData
    from fusion.matcher import Matcher
    from fusion.network import Network
    from search.evaluate import NegativeModel

__all__ = ["Asked", "judge", "judge_all", "model_folder"]

LATENCY_QUERIES = 30


@dataclass(frozen=True)
class Asked:
    """What is measured beside retrieval and matching; each adds a part of its name to the report.

    Attributes:
        seed: draws whatever is drawn.
        ablation: each part of the model taken out in turn.
        probes: altered captions and queries of a few words.
        explanations: whether explanations are true.
    """

    seed: int = 0
    ablation: bool = False
    probes: bool = False
    explanations: bool = False


@dataclass(frozen=True)
class _Judged:
    """The model that is judged, and how features of collections are made for it."""

    folder: Path
    matcher: Matcher
    negatives: NegativeModel
    cache: Path | None
    quiet: bool
    weights: dict[str, Path | None] = field(default_factory=dict)

    @cached_property
    def network(self) -> Network:
        """The network whose parts can be taken out, of a model with graphs."""
        from fusion.matcher import GraphMatcher

        assert isinstance(self.matcher, GraphMatcher)  # as `_check_graphs` made sure
        return self.matcher.network

    @cached_property
    def retriever(self) -> Any:  # noqa: ANN401 - as `load_model`
        """The model as searches run it, in torch."""
        return load_model(self.folder, **self.weights)

    def features(self, collection: Captioned) -> PairData:
        """Encode the photos and captions of a collection, or read what was encoded before."""
        with self.progress("encoding") as progress:
            return collection_features(
                self.matcher.encoders,
                collection.images,
                collection.annotations,
                cache=self.cache,
                progress=progress.stage,
                **self.weights,
            )

    def progress(self, what: str) -> ProgressReport:
        """Give what tells how far something is."""
        return ProgressReport(what, quiet=self.quiet)


def model_folder(model: str) -> Path | None:
    """Give the checkpoint that `--model` names: a folder, or the name of one that ships with us.

    Raises:
        CheckpointError: neither a folder nor a shipped model.
    """
    from fusion.checkpoint import shipped_checkpoint

    return Path(model) if Path(model).is_dir() else shipped_checkpoint(model)


def judge(
    checkpoint: Path | None,
    images: Path,
    annotations: Path,
    *,
    cache: Path | None = None,
    quiet: bool = False,
) -> Evaluation:
    """Judge a model on one collection, as `judge_all` does."""
    collections = named_collections([images], [annotations])
    return judge_all(checkpoint, collections, cache=cache, quiet=quiet)[0]


def judge_all(
    checkpoint: Path | None,
    collections: Sequence[Captioned],
    asked: Asked | None = None,
    *,
    cache: Path | None = None,
    image_weights: Path | None = None,
    text_weights: Path | None = None,
    quiet: bool = False,
) -> list[Evaluation]:
    """Load a model once, measure it on each collection, and give what `crossgraph eval` reports.

    Args:
        checkpoint: the model's folder; None is the one that ships with this package.
        collections: at least one.
        asked: what is measured beside retrieval and matching; None for nothing.
        cache: where features are kept; None for the usual place.
        image_weights: the image encoder's weights, where no package has them.
        text_weights: the same for the text encoder.
        quiet: no progress on stderr.

    Returns:
        An evaluation for each collection, in their order.

    Raises:
        EvaluationError: nothing to measure, or something was asked for that the model lacks.
        CollectionError: a collection cannot be read; all are looked at before anything is encoded.
    """
    from fusion import cca
    from fusion.checkpoint import shipped_checkpoint
    from fusion.collection import read_captions
    from fusion.matcher import load_matcher

    asked = asked or Asked()
    folder = checkpoint or shipped_checkpoint("crossgraph")
    matcher = load_matcher(folder)
    _check_graphs(matcher, folder, asked)
    weights = {"image_weights": image_weights, "text_weights": text_weights}
    judged = _Judged(folder, matcher, cca.load(folder), cache, quiet, weights)
    for each in collections:
        read_captions(each.annotations, each.images)
    data = [judged.features(each) for each in collections]
    return [_measure(judged, each, asked) for each in data]


def _measure(judged: _Judged, data: PairData, asked: Asked) -> Evaluation:
    with judged.progress("scoring") as progress:
        found = evaluate(
            judged.matcher,
            data,
            judged.negatives,
            seed=asked.seed,
            latency_ms=_latency(judged, data),
            progress=progress.stage,
        )
    found = found.with_part("gain", reranking_gain(found.ranks, data.captions.photo_rows))
    if asked.ablation:
        with judged.progress("ablating") as progress:
            ablated = ablate(judged.network, data, progress.stage)
        found = found.with_part("ablation", ablated.report, ablated.ranks)
    if asked.explanations:
        with judged.progress("explaining") as progress:
            told = judge_explanations(
                judged.network, data, seed=asked.seed, progress=progress.stage
            )
        found = found.with_part("explanations", _explanations(told))
    if asked.probes:
        with judged.progress("probing") as progress:
            probed = probe(judged.matcher, data, _encode(judged), progress.stage)
        found = found.with_part("probes", probed.report, probed.per_query)
    return found


def _explanations(found: Faithfulness) -> dict[str, Any]:
    return {
        "pairs": found.pairs,
        "top_region_drop": round(found.top_drop, 4),
        "random_region_drop": round(found.random_drop, 4),
        "top_above_random": round(100 * found.top_above_random, 2),
        "difference": round(found.difference, 4),
        "difference_95": [round(end, 4) for end in found.interval],
    }


def _check_graphs(matcher: Matcher, folder: Path, asked: Asked) -> None:
    """Refuse what only a model with graphs can be asked for."""
    from fusion.matcher import GraphMatcher

    options = {"--ablate": asked.ablation, "--explanations": asked.explanations}
    wanted = [option for option, is_asked in options.items() if is_asked]
    if wanted and not isinstance(matcher, GraphMatcher):
        raise EvaluationError(
            f"{folder} holds a model of kind {matcher.name}, which has no graphs: {wanted[0]} "
            "needs a crossgraph checkpoint"
        )


def _encode(judged: _Judged) -> Encode:
    """Give what encodes texts that no annotation file holds."""
    from fusion.encoders import load_encoders
    from fusion.feature_cache import encode_captions

    return partial(encode_captions, load_encoders(judged.matcher.encoders, **judged.weights))


def _latency(judged: _Judged, data: PairData) -> dict[str, float]:
    if judged.matcher.name != "crossgraph":
        return {}
    from indexer.decode import decode

    photos = [decode(Path(path)) for path in data.photos.paths[:CANDIDATES]]
    queries = list(data.captions.texts[:LATENCY_QUERIES])
    return measure_latency(judged.retriever, photos, queries, len(data.photos.paths))

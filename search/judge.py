"""From a checkpoint and a captioned collection to an evaluation: loads everything and calls it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search.ablate import ablate
from search.evaluate import Evaluation, EvaluationError, evaluate
from search.faithfulness import Faithfulness, judge_explanations
from search.features import collection_features
from search.latency import CANDIDATES, measure_latency
from search.loading import load_model
from search.probes import Encode, probe
from search.progress import ProgressReport

if TYPE_CHECKING:
    from fusion.features import PairData
    from fusion.matcher import Matcher
    from fusion.network import Network

__all__ = ["judge", "model_folder"]

LATENCY_QUERIES = 30


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
    image_weights: Path | None = None,
    text_weights: Path | None = None,
    seed: int = 0,
    ablation: bool = False,
    probes: bool = False,
    quiet: bool = False,
    explanations: bool = False,
) -> Evaluation:
    """Load the model and the collection, measure, and give what `crossgraph eval` reports.

    `ablation`, `probes` and `explanations` add a part of that name to the report.

    Raises:
        EvaluationError: nothing to measure, or an ablation or explanations of a model without
            graphs.
    """
    from fusion import cca
    from fusion.checkpoint import shipped_checkpoint
    from fusion.matcher import load_matcher

    folder = checkpoint or shipped_checkpoint("crossgraph")
    matcher = load_matcher(folder)
    if ablation or explanations:
        network = _graphs(matcher, folder, "--ablate" if ablation else "--explanations")
    negatives = cca.load(folder)
    weights = {"image_weights": image_weights, "text_weights": text_weights}
    with ProgressReport("encoding", quiet=quiet) as progress:
        data = collection_features(
            matcher.encoders, images, annotations, cache=cache, progress=progress.stage, **weights
        )
    with ProgressReport("scoring", quiet=quiet) as progress:
        latency = _latency(folder, data, weights) if matcher.name == "crossgraph" else {}
        found = evaluate(
            matcher, data, negatives, seed=seed, latency_ms=latency, progress=progress.stage
        )
    if ablation:
        with ProgressReport("ablating", quiet=quiet) as progress:
            ablated = ablate(network, data, progress.stage)
        found = found.with_part("ablation", ablated.report, ablated.ranks)
    if explanations:
        with ProgressReport("explaining", quiet=quiet) as progress:
            judged = judge_explanations(network, data, seed=seed, progress=progress.stage)
        found = found.with_part("explanations", _explanations(judged))
    if probes:
        with ProgressReport("probing", quiet=quiet) as progress:
            probed = probe(matcher, data, _encode(matcher.encoders, weights), progress.stage)
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


def _graphs(matcher: Matcher, folder: Path, option: str) -> Network:
    """Give the network whose parts can be taken out."""
    from fusion.matcher import GraphMatcher

    if isinstance(matcher, GraphMatcher):
        return matcher.network
    raise EvaluationError(
        f"{folder} holds a model of kind {matcher.name}, which has no graphs: {option} needs a "
        "crossgraph checkpoint"
    )


def _encode(preset: str, weights: dict[str, Any]) -> Encode:
    """Give what encodes texts that no annotation file holds."""
    from fusion.encoders import load_encoders
    from fusion.feature_cache import encode_captions

    return partial(encode_captions, load_encoders(preset, **weights))


def _latency(folder: Path, data: PairData, weights: dict[str, Any]) -> dict[str, float]:
    from indexer.decode import decode

    photos = [decode(Path(path)) for path in data.photos.paths[:CANDIDATES]]
    retriever = load_model(folder, **weights)
    queries = list(data.captions.texts[:LATENCY_QUERIES])
    return measure_latency(retriever, photos, queries, len(data.photos.paths))

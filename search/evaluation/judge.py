"""From a checkpoint and captioned collections to evaluations: loads everything and runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from search.evaluation.ablation_table import ablate
from search.evaluation.evaluation import Evaluation, EvaluationError, MeasuredPart, evaluate
from search.evaluation.faithfulness import Faithfulness, judge_explanations
from search.evaluation.gain import reranking_gain
from search.evaluation.judged_model import JudgedModel
from search.evaluation.metrics import Record
from search.evaluation.named_collections import Captioned, named_collections
from search.evaluation.searches.asked_index import AskedIndex, temporary_index
from search.evaluation.searches.keywords import judge_keywords
from search.evaluation.searches.right_answers import (
    CaptionTexts,
    RightAnswers,
    foreign_captions,
    keywords_of,
    read_categories,
)
from search.evaluation.searches.shown_probabilities import judge_shown, judge_words
from search.evaluation.squashed import compare_squashed, squashed_files
from search.evaluation.stress_tests import run_stress_tests

if TYPE_CHECKING:
    from fusion.data.features import PairData
    from fusion.evaluation.matcher import Matcher

__all__ = ["Extras", "judge", "judge_all", "model_folder"]


@dataclass(frozen=True)
class Extras:
    """Measurements in addition to retrieval and matching; each adds a part with its name.

    Attributes:
        seed: draws whatever is drawn.
        ablation: each part of the model taken out in turn.
        stress_tests: altered captions and queries of a few words.
        explanations: whether explanations are faithful.
        squashed: retrieval among the photos squashed to small squares.
        keywords: queries of one word, in an index of the collection.
        shown: the probabilities that searches in that index show.
        queries: limit on the captions used for `shown`.
    """

    seed: int = 0
    ablation: bool = False
    stress_tests: bool = False
    explanations: bool = False
    squashed: bool = False
    keywords: bool = False
    shown: bool = False
    queries: int = 1000

    @property
    def graph_options(self) -> list[str]:
        """Return the chosen options that need a model with graphs."""
        options = {
            "--ablate": self.ablation,
            "--explanations": self.explanations,
            "--keywords": self.keywords,
            "--shown": self.shown,
        }
        return [option for option, is_asked in options.items() if is_asked]


def model_folder(model: str) -> Path | None:
    """Return the checkpoint that `--model` names: a folder, or the name of a shipped model.

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
    """Evaluate a model on one collection, as `judge_all` does."""
    collections = named_collections([images], [annotations])
    return judge_all(checkpoint, collections, cache=cache, quiet=quiet)[0]


def judge_all(
    checkpoint: Path | None,
    collections: Sequence[Captioned],
    extras: Extras | None = None,
    *,
    cache: Path | None = None,
    image_weights: Path | None = None,
    text_weights: Path | None = None,
    quiet: bool = False,
    tell: Callable[[str], object] | None = None,
) -> list[Evaluation]:
    """Load a model once, measure it on each collection, and return what `crossgraph eval` reports.

    Args:
        checkpoint: the model's folder; None is the one that ships with this package.
        collections: at least one.
        extras: what is measured in addition to retrieval and matching; None for nothing.
        cache: where features are kept; None for the default.
        image_weights: the image encoder's weights, if no package has them.
        text_weights: the same for the text encoder.
        quiet: no progress on stderr.
        tell: called with each line on what is left out of the collections.

    Returns:
        An evaluation for each collection, in their order.

    Raises:
        EvaluationError: nothing to measure, or something was asked for that the model lacks.
        CollectionError: a collection cannot be read; all are checked before anything is encoded.
        SourceError: the same of an instances file.
    """
    from fusion.checkpoint import shipped_checkpoint
    from fusion.data import cca
    from fusion.data.collection import left_out_of
    from fusion.evaluation.load_matcher import load_matcher

    extras = extras or Extras()
    folder = checkpoint or shipped_checkpoint("crossgraph")
    matcher = load_matcher(folder)
    _check_graphs(matcher, folder, extras)
    weights = {"image_weights": image_weights, "text_weights": text_weights}
    judged = JudgedModel(folder, matcher, cca.load(folder), quiet, weights)
    left_out = left_out_of((each.images, each.annotations) for each in collections)
    if tell is not None:
        for line in left_out:
            tell(line)
    categories = [read_categories(each) for each in collections]
    data = [judged.features(each.images, each.annotations, cache) for each in collections]
    # Instances of other photos are also reported before anything is measured.
    answers = [
        RightAnswers(
            *keywords_of(each, collection.images, categories_file), foreign_captions(each, data)
        )
        for each, collection, categories_file in zip(data, collections, categories, strict=True)
    ]
    return [_measure(judged, *each, extras) for each in zip(data, answers, strict=True)]


def _measure(
    judged: JudgedModel, data: PairData, right: RightAnswers, extras: Extras
) -> Evaluation:
    with judged.progress("scoring") as progress:
        evaluation = evaluate(
            judged.matcher,
            data,
            judged.negatives,
            seed=extras.seed,
            latency_ms=judged.latency(data),
            progress=progress.update,
        )
    evaluation = evaluation.with_part(
        "gain", reranking_gain(evaluation.ranks, data.captions.photo_rows)
    )
    if extras.ablation:
        with judged.progress("ablating") as progress:
            ablated = ablate(judged.network, data, progress.update)
        evaluation = evaluation.with_part("ablation", ablated.report, ablated.ranks)
    if extras.explanations:
        with judged.progress("explaining") as progress:
            told = judge_explanations(
                judged.network, data, seed=extras.seed, progress=progress.update
            )
        evaluation = evaluation.with_part("explanations", _explanations(told))
    if extras.stress_tests:
        with judged.progress("probing") as progress:
            tested = run_stress_tests(judged.matcher, data, judged.encode, progress.update)
        evaluation = evaluation.with_part("probes", tested.report, tested.per_query)
    if extras.squashed:
        evaluation = evaluation.with_part("squashed", *_squashed(judged, data, evaluation))
    for name, part in _searched(judged, data, right, extras).items():
        evaluation = evaluation.with_part(name, *part)
    return evaluation


def _explanations(judged: Faithfulness) -> Record:
    return {
        "pairs": judged.pairs,
        "top_region_drop": round(judged.top_drop, 4),
        "random_region_drop": round(judged.random_drop, 4),
        "top_above_random": round(100 * judged.top_above_random, 2),
        "difference": round(judged.difference, 4),
        "difference_95": [round(end, 4) for end in judged.interval],
    }


def _squashed(judged: JudgedModel, data: PairData, evaluation: Evaluation) -> MeasuredPart:
    from fusion.data.features import PairData

    with squashed_files(data.photos.paths) as files:
        small = judged.features(files.images, files.annotations, files.cache)
        with judged.progress("scoring squashed photos") as progress:
            scores = judged.matcher.score_all(
                PairData(small.photos, data.captions), progress=progress.update
            )
    tables = {
        "first_stage": scores.first_stage_text_to_image,
        "reranked": scores.reranked_text_to_image,
    }
    return compare_squashed(evaluation.ranks, tables, data.captions.photo_rows)


def _searched(
    judged: JudgedModel, data: PairData, right: RightAnswers, extras: Extras
) -> dict[str, MeasuredPart]:
    """Return what is measured in an index of the collection, by its name in the report."""
    parts: dict[str, MeasuredPart] = {}
    if not (extras.keywords or extras.shown):
        return parts
    paths, captions = data.photos.paths, data.captions
    own = CaptionTexts(captions.texts, captions.photo_rows, captions.caption_ids)
    with (
        temporary_index(
            paths, lambda folder: judged.build_index(folder, paths), judged.open_index
        ) as index,
        judged.progress("searching") as progress,
    ):
        told: Record = {"seed": extras.seed, "progress": progress.update}
        if extras.keywords:
            parts["keywords"] = judge_keywords(index, right, data.photos.image_ids, **told)
        if extras.shown:
            parts["shown"] = judge_shown(
                index, own, right, data.photos.image_ids, queries=extras.queries, **told
            )
        if extras.keywords and right.labels_from == "instances":
            # If labels come from captions, those would be found by their own words.
            index.add_captions(captions.texts, captions.photo_rows)
            parts["keywords_captioned"] = _with_captions(index, right, data, extras, told)
    return parts


def _with_captions(
    index: AskedIndex, right: RightAnswers, data: PairData, extras: Extras, told: Record
) -> MeasuredPart:
    """Measure words in an index that also has the captions, and the probabilities of their hits."""
    image_ids = data.photos.image_ids
    report, table = judge_keywords(index, right, image_ids, **told)
    if extras.shown:
        keywords, progress = right.keywords, told["progress"]
        report["shown"], table["shown"] = judge_words(
            index, keywords, image_ids, extras.seed, progress
        )
    return MeasuredPart(report, table)


def _check_graphs(matcher: Matcher, folder: Path, extras: Extras) -> None:
    """Raise EvaluationError for options that need a model with graphs."""
    from fusion.evaluation.graph_matcher import GraphMatcher

    if extras.graph_options and not isinstance(matcher, GraphMatcher):
        raise EvaluationError(
            f"{folder} holds a model of kind {matcher.name}, which has no graphs: "
            f"{extras.graph_options[0]} needs a crossgraph checkpoint"
        )

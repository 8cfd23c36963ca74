"""What each part of a trained model contributes: one table, whose rows `fusion` scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from search.evaluation.bootstrap import RESAMPLES
from search.evaluation.evaluation import rank_both, retrieval_measures
from search.evaluation.gain import recall_difference
from search.evaluation.metrics import Record

if TYPE_CHECKING:
    from fusion.data.features import PairData
    from fusion.evaluation.ablation import Row
    from fusion.network.network import Network

__all__ = ["NOTES", "Ablation", "ablate"]

Ranks = NDArray[np.int64]

NOTES = (
    "All rows are one trained model: nothing is trained or fitted again for a row. Gates, hub "
    "corrections and banks were fitted with every part in place, the memory graph too.",
    "A part left out counts zero. Without edges, regions and words pass no messages, and each word "
    "sees all regions alike; the word graph, which is edges alone, is left out.",
    "Shuffled edges are one fixed draw: inside a photo or a text among its own nodes, from a word "
    "among the regions of the photo, and among the training photos elsewhere.",
    f"Differences are of R@1, in points, with paired bootstrap 95 % intervals over {RESAMPLES} "
    "resamples of photos, each with all its captions.",
)


@dataclass(frozen=True)
class Ablation:
    """The results of an ablation.

    Attributes:
        report: `rows` in order, each with its name, measures both ways, the row that it is compared
            with and the difference from that; and `notes`, which say how to read them.
        ranks: by row, then direction, one rank per query, as in `Evaluation.ranks`.
    """

    report: Record
    ranks: dict[str, dict[str, Ranks]]


def ablate(
    network: Network, data: PairData, progress: Callable[..., None] | None = None
) -> Ablation:
    """Measure a trained network with each of its parts taken out in turn.

    Args:
        network: the network, which is not changed.
        data: a collection with captions.
        progress: called as by `fusion.evaluation.ablation.score_rows`.
    """
    from fusion.evaluation.ablation import ablation_rows, score_rows

    photo_rows = np.asarray(data.captions.photo_rows, dtype=np.int64)
    rows = ablation_rows(network)
    variants = {
        row.name: rank_both(by_text.numpy(), by_photo.numpy(), photo_rows)
        for row, by_text, by_photo in score_rows(network, data, rows, progress)
    }
    ranks = {row.name: variants[row.name] for row in rows}
    report = {"rows": [_measured(row, ranks, photo_rows) for row in rows], "notes": list(NOTES)}
    return Ablation(report, ranks)


def _measured(row: Row, ranks: dict[str, dict[str, Ranks]], photo_rows: Ranks) -> Record:
    measures = {way: retrieval_measures(values) for way, values in ranks[row.name].items()}
    difference = None
    if row.against is not None:
        queries = {"text_to_image": photo_rows, "image_to_text": np.unique(photo_rows)}
        difference = {
            way: recall_difference(values, ranks[row.against][way], queries[way])
            for way, values in ranks[row.name].items()
        }
    return {"name": row.name, **measures, "against": row.against, "difference": difference}

"""Whether explanations are faithful, measured by removing the region called most important.

Deletion, as in RISE (Petsiuk et al., BMVC 2018), of one region, with a control: for captions with
their own photos, how much the cross-modal graph's logit falls without the region that it read most
from, and without another one. An explanation that names regions at random scores 50 %.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from fusion.data.features import PairData
    from fusion.graphs.cross_graph import CrossGraph
    from fusion.network.network import Network

__all__ = ["Faithfulness", "drops", "judge_explanations", "summarise_drops"]

MOST_PAIRS, BLOCK = 1000, 100
RESAMPLES = 2000
Drops = NDArray[np.float64]


@dataclass(frozen=True)
class Faithfulness:
    """The results, in units of the logit.

    Attributes:
        pairs: captions with their own photos, no photo twice.
        top_drop: mean fall of the logit without the region that the explanation calls the most
            important.
        random_drop: the same without another region, drawn at random.
        top_above_random: share of the pairs, 0..1, where the first is larger; equal ones count
            half.
        difference: mean of the first minus the second.
        interval: its 95% interval, by bootstrap over the pairs.
    """

    pairs: int
    top_drop: float
    random_drop: float
    top_above_random: float
    difference: float
    interval: tuple[float, float]


def judge_explanations(
    network: Network,
    data: PairData,
    *,
    seed: int = 0,
    most_pairs: int = MOST_PAIRS,
    progress: Callable[..., None] | None = None,
) -> Faithfulness:
    """Measure whether a network's explanations are faithful, on a captioned collection.

    Args:
        network: loaded and in evaluation mode.
        data: the collection.
        seed: draws one caption for each photo, the photos where there are more than `most_pairs`,
            the other region of each, and the bootstrap's samples.
        most_pairs: limit on the number of captions.
        progress: called with what is being done, the number done and the total.

    Raises:
        ValueError: no captions, or photos of a single region.
    """
    import torch

    rng = np.random.default_rng(seed)
    chosen = _one_caption_a_photo(np.asarray(data.captions.photo_rows), most_pairs, rng)
    judgements = []
    for start in range(0, len(chosen), BLOCK):
        rows = torch.from_numpy(chosen[start : start + BLOCK])
        judgements.append(drops(network.cross, *_nodes(network, data, rows), rng))
        if progress:
            progress(min(start + BLOCK, len(chosen)), len(chosen), "pairs explained")
    top, other = (np.concatenate(side) for side in zip(*judgements, strict=True))
    return summarise_drops(top, other, rng)


def drops(
    graph: CrossGraph, words: Tensor, mask: Tensor, nodes: Tensor, rng: np.random.Generator
) -> tuple[Drops, Drops]:
    """Return the logits' falls without the most important region, and without another: (N,) each.

    Args:
        graph: the cross-modal graph.
        words: (N, T, Dn) float32, the whole text and its words, as the graph's `text` returns them.
        mask: (N, T) bool.
        nodes: (N, R + 1, Dn) float32, the whole photo, which is kept, and its regions.
        rng: draws the other region.

    Raises:
        ValueError: photos of a single region.
    """
    import torch

    from fusion.runtime.photo_explanation import read_by_region

    regions = nodes.shape[1] - 1
    if regions < 2:
        raise ValueError(f"expected at least 2 regions beside the whole photo, found {regions}")
    with torch.inference_mode():
        whole = graph.pairs(words, mask, nodes)
        top = read_by_region(graph.read(words, mask, nodes)).argmax(1)
        step = torch.from_numpy(rng.integers(1, regions, size=len(nodes)))
        without_top, without_other = (
            graph.pairs(words, mask, _without(nodes, cells + 1))
            for cells in (top, (top + step) % regions)
        )
    return (whole - without_top).double().numpy(), (whole - without_other).double().numpy()


def summarise_drops(
    top: Drops, other: Drops, rng: np.random.Generator, resamples: int = RESAMPLES
) -> Faithfulness:
    """Summarise (N,) paired falls; `rng` draws the bootstrap's samples."""
    differences = top - other
    drawn = rng.integers(0, len(top), size=(resamples, len(top)))
    low, high = np.percentile(differences[drawn].mean(1), [2.5, 97.5])
    return Faithfulness(
        pairs=len(top),
        top_drop=float(top.mean()),
        random_drop=float(other.mean()),
        top_above_random=float(((differences > 0) + 0.5 * (differences == 0)).mean()),
        difference=float(differences.mean()),
        interval=(float(low), float(high)),
    )


def _one_caption_a_photo(
    photo_rows: NDArray[np.int64], most: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return rows of captions, one for each of at most `most` photos: independent pairs."""
    if not len(photo_rows):
        raise ValueError("expected captions to explain, found none")
    order = rng.permutation(len(photo_rows))
    _, first = np.unique(photo_rows[order], return_index=True)
    chosen: NDArray[np.int64] = np.sort(rng.permutation(order[first])[:most])
    return chosen


def _nodes(network: Network, data: PairData, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return words, their mask, and the nodes of their own photos, for the captions `rows` (N,)."""
    import torch

    from fusion.data.features import photo_input, text_input
    from fusion.graphs.cross_graph import with_whole

    photo_rows = torch.from_numpy(np.asarray(data.captions.photo_rows)[rows.numpy()])
    with torch.inference_mode():
        text = network.reader.texts(text_input(data.captions, rows))
        photo = network.reader.photos(photo_input(data.photos, photo_rows))
        return network.cross.text(*text), with_whole(text.mask), network.nodes(photo)


def _without(nodes: Tensor, gone: Tensor) -> Tensor:
    """Leave one node out of each photo: (N, R, Dn), (N,) -> (N, R - 1, Dn)."""
    import torch

    kept = torch.arange(nodes.shape[1]).expand(len(nodes), -1) != gone.unsqueeze(1)
    return nodes[kept].view(len(nodes), -1, nodes.shape[2])

"""Fits how queries reach the classes of the concept graph, after the text encoder was tuned."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fusion.data.features import CaptionFeatures, some_captions, text_input
from fusion.data.short_queries import ShortQueries
from fusion.graphs.pooling import masked_mean
from fusion.network.gallery import by_length
from fusion.network.network import Network

__all__ = ["fit_class_paths"]

MOST_TEXTS = 8000
"""Most captions to fit on, and likewise short queries; more of them change nothing noticeable."""


@torch.inference_mode()
def fit_class_paths(
    network: Network, captions: CaptionFeatures, rows: Tensor, shorts: ShortQueries | None
) -> None:
    """Fit the map from the space of tuned words to that of class names, on training texts.

    The map is needed because class names are encoded by the text encoder as it was published, but
    queries by its tuned copy.

    Args:
        network: a trained network.
        captions: the training captions.
        rows: rows of the photos that were trained on.
        shorts: the training captions' short queries.
    """
    graph = network.reader.concepts
    if graph is None or not graph.kept:
        return
    known = np.flatnonzero(np.isin(captions.photo_rows, rows.numpy()))
    texts = [some_captions(captions, _spread(known))]
    if shorts is not None:
        short_rows = shorts.of_caption[torch.from_numpy(known)].unique().numpy()
        texts.append(some_captions(shorts.features, _spread(short_rows[short_rows >= 0])))
    tuned, own = zip(*(_means(network, each) for each in texts), strict=True)
    graph.fit_reading(torch.cat(tuned), torch.cat(own))


def _spread(rows: np.ndarray) -> np.ndarray:
    places = np.linspace(0, len(rows) - 1, min(MOST_TEXTS, len(rows))).astype(int)
    spread: np.ndarray = rows[places]
    return spread


def _means(network: Network, texts: CaptionFeatures) -> tuple[Tensor, Tensor]:
    """Return means over the words of M texts: as the network reads them, and by the encoder itself.

    Both are (M, Dt) float32; only the latter are of unit length.
    """
    read = torch.zeros(len(texts.texts), network.config.text_dim)
    own = torch.zeros_like(read)
    for rows in by_length(texts).split(250):
        texts_input = text_input(texts, rows)
        nodes = network.reader.texts(texts_input)
        read[rows] = masked_mean(nodes.words, nodes.mask)
        own[rows] = functional.normalize(masked_mean(texts_input.words, texts_input.mask), dim=1)
    return read, own

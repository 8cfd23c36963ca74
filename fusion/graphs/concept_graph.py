"""A graph that joins a photo to its encoder's classes, and the classes to the words that name them.

An image encoder that was trained to classify recognises many things that no training caption names.
Its classifier is the adjacency of a bipartite graph: photo and cell nodes on one side, class nodes
on the other; an edge's weight is the probability of the class. A class node carries the text
encoder's embedding of the class's names. One step along the edges gives a photo, and each of its
cells, the weighted mean of these embeddings, in the space of words. The dual graph and the
cross-modal graph both read these messages and learn how much they are worth.

A query is joined to the same class nodes, by its similarity to their names. Paths over the classes
thus lead from what a query says to what a photo shows. The re-ranker follows them to estimate how
much more likely the photo makes this query than an arbitrary one.

Ours; the untrained forerunners are class-name embeddings (DeViSE: Frome et al., NeurIPS 2013) and
convex combinations of them (ConSE: Norouzi et al., ICLR 2014). The graph reads nothing of the
indexed collection, and its photo side reads nothing of a query.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.encoders.classifier import Classifier
from fusion.graphs.pooling import masked_mean

__all__ = ["ClassNames", "Classifier", "ConceptGraph", "fit_classifier"]

RIDGE = 0.01
"""Ridge penalty of the map between two encoders' features, as a share of mean input variance."""
TEMPERATURE = 0.1
"""Softmax temperature of the cosines between a query and the classes' names."""
FLOOR = 0.01
"""Probability of a class that no edge leads to, as a multiple of the 1 / K of a uniform draw."""


class ClassNames(NamedTuple):
    """The names of the classes."""

    words: tuple[str, ...]
    """All distinct words of the names, lower-case and sorted."""
    vectors: Tensor
    """(K, Dt) float32 of unit length: the text encoder's means over the names of each class."""


class ConceptGraph(nn.Module):
    """One step from regions to classes and on to their names.

    Args:
        classes: K; with 0 no message is passed and nothing is added.
        image_dim: D, width of a region in the image encoder's output.
        text_dim: Dt, width of the message to the whole photo.
        narrow: width of the message to each cell, the names' principal components.
        kept: E, edges per photo that a query's paths may follow; 0 for no such paths.
    """

    names: Tensor
    narrowed: Tensor
    mean: Tensor
    gain: Tensor
    cell_gain: Tensor
    reading: Tensor
    reading_offset: Tensor
    prior: Tensor

    def __init__(
        self, classes: int, image_dim: int, text_dim: int, narrow: int, kept: int = 0
    ) -> None:
        super().__init__()
        self.head = nn.Parameter(torch.zeros(classes, image_dim), requires_grad=False)
        self.offset = nn.Parameter(torch.zeros(classes), requires_grad=False)
        self.register_buffer("names", torch.zeros(classes, text_dim))
        self.register_buffer("narrowed", torch.zeros(classes, narrow))
        self.register_buffer("mean", torch.zeros(text_dim))
        self.register_buffer("gain", torch.ones(text_dim))
        self.register_buffer("cell_gain", torch.ones(()))
        self.kept = min(kept, classes)
        if self.kept:
            self.register_buffer("reading", torch.eye(text_dim))
            self.register_buffer("reading_offset", torch.zeros(text_dim))
            self.register_buffer("prior", torch.full((classes,), 1 / classes))

    @torch.no_grad()
    def fit(self, classifier: Classifier, names: Tensor, regions: Tensor) -> None:
        """Set classes and names, and scale the messages to unit variance over training photos.

        Args:
            classifier: the classifier of the features that `forward` will be given.
            names: (K, Dt) float32, `ClassNames.vectors`.
            regions: (B, R, D) float32, cells of training photos.
        """
        self.head.copy_(classifier.weight)
        self.offset.copy_(classifier.bias)
        self.names.copy_(names)
        centred = names - names.mean(0)
        _, vectors = torch.linalg.eigh(centred.T @ centred)
        kept = self.narrowed.shape[1]
        self.narrowed.copy_(centred @ vectors[:, -kept:].flip(1))
        likely = torch.cat([self.edges(part) for part in regions.split(100)])
        messages = likely.mean(1) @ self.names
        self.mean.copy_(messages.mean(0))
        self.gain.copy_(1 / (messages.std(0) + 1e-3))
        cells = likely @ self.narrowed
        self.cell_gain.copy_(1 / cells.std().clamp_min(1e-6))

    def follow(self) -> None:
        """Make the classifier trainable, so that it follows an encoder that is being tuned."""
        self.head.requires_grad_(True)
        self.offset.requires_grad_(True)

    def edges(self, regions: Tensor) -> Tensor:
        """Return each region's class probabilities: (B, R, D) -> (B, R, K), rows summing to 1."""
        return functional.linear(regions, self.head, self.offset).softmax(-1)

    def forward(self, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Pass messages from the classes' names to B photos.

        Args:
            regions: (B, R, D) float32, as the image encoder returns them.

        Returns:
            Messages to the cells (B, R, narrow) and to the whole photo (B, Dt), float32. The weight
            of a photo's edge to a class is the mean over its cells.
        """
        likely = self.edges(regions)
        whole = (likely.mean(1) @ self.names - self.mean) * self.gain
        return likely @ self.narrowed * self.cell_gain, whole

    @torch.no_grad()
    def fit_reading(self, read: Tensor, own: Tensor) -> None:
        """Fit the map from means of texts to the space of the names, and the prior of each class.

        Args:
            read: (M, Dt) float32, means over the words of training texts, as `asked` gets them.
            own: (M, Dt) float32 of unit length, means over the same words from the text encoder
                itself, which also embeds the names.
        """
        before, after, back = ridge(read, own)
        self.reading.copy_(back)
        self.reading_offset.copy_(after - before @ back)
        self.prior.copy_(self.likeness(read).mean(0))

    def likeness(self, means: Tensor) -> Tensor:
        """Return how much texts ask for each class: means (B, Dt) -> (B, K), rows summing to 1."""
        placed = functional.normalize(means @ self.reading + self.reading_offset, dim=1)
        return (placed @ self.names.T / TEMPERATURE).softmax(1)

    def asked(self, words: Tensor, mask: Tensor) -> Tensor:
        """Return how much texts ask for each class: (B, T, Dt), (B, T) bool -> (B, K) or (B, 0)."""
        if not self.kept:
            return words.new_zeros(len(words), 0)
        return self.likeness(masked_mean(words, mask))

    def shown(self, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Return B photos' likeliest classes: (B, R, D) -> (B, E) int64 and their shares (B, E)."""
        likeliest = self.edges(regions).mean(1).topk(self.kept, dim=1)
        return likeliest.indices, likeliest.values / likeliest.values.sum(1, keepdim=True)

    def paths(self, classes: Tensor, shares: Tensor, asked: Tensor) -> Tensor:
        """Return log odds of texts given photos for N pairs: (N, E), (N, E), (N, K) -> (N,)."""
        likely = (asked.gather(1, classes) * shares).sum(1)
        expected = (self.prior[classes] * shares).sum(1)
        floor = FLOOR / len(self.prior)
        return ((likely + floor) / (expected + floor)).log()


def ridge(given: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit a ridge regression (N, D) -> (N, D'); return the means (D,), (D',) and map (D, D')."""
    before, after = given.mean(0), wanted.mean(0)
    centred = given - before
    covariance = centred.T @ centred / len(given)
    weight = RIDGE * covariance.diagonal().mean() * torch.eye(len(covariance))
    crossed = centred.T @ (wanted - after) / len(given)
    return before, after, torch.linalg.solve(covariance + weight, crossed)


def fit_classifier(classifier: Classifier, frozen: Tensor, tuned: Tensor) -> Classifier:
    """Transfer a classifier of an encoder's own regions to the regions of its tuned copy.

    Tuning moves the features away from those that the classifier was trained on. A ridge regression
    maps the tuned cells back to the encoder's own. It is linear, as the classifier is, so the two
    are folded into one classifier.

    Args:
        classifier: reads the encoder's own cells.
        frozen: (N, D) float32, cells of training photos from the encoder itself.
        tuned: (N, D) float32, the same cells from the tuned copy.
    """
    before, after, back = ridge(tuned, frozen)
    weight = classifier.weight @ back.T
    return Classifier(weight, classifier.bias + classifier.weight @ after - weight @ before)

"""A photo joined to classes that its encoder was taught, and these to the words that name them.

An image encoder that was trained to classify knows of many things that no training caption names.
Its classifier is the adjacency of a bipartite graph: photo and cell nodes on one side, class nodes
on the other, an edge as heavy as the class is likely. A class node carries what the text encoder
makes of the class's names. One step along the edges brings a photo, and each of its cells, the
weighted mean of these, in the space of words, from which both graphs above learn what it is worth.

Ours; the untrained forerunners are class-name embeddings (DeViSE: Frome et al., NeurIPS 2013) and
convex combinations of them (ConSE: Norouzi et al., ICLR 2014). It reads nothing of the collection
that is indexed and nothing of a query.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.encoders.classifier import Classifier

__all__ = ["ClassNames", "Classifier", "ConceptGraph", "fit_classifier"]

RIDGE = 0.01
"""Of the map between two encoders' cells, as a share of their mean variance."""


class ClassNames(NamedTuple):
    """What the classes are called."""

    words: tuple[str, ...]
    """All words of the names, in small letters, each once, sorted."""
    vectors: Tensor
    """(K, Dt) float32 of unit length: the text encoder's means over the names of each class."""


class ConceptGraph(nn.Module):
    """One step from regions to classes and on to their names.

    Args:
        classes: K; with 0 no message is passed and nothing is added.
        image_dim: D, width of a region as the image encoder gives it.
        text_dim: Dt, width of the message to the whole photo.
        narrow: width of the message to each cell, the names' principal components.
    """

    head: Tensor
    offset: Tensor
    names: Tensor
    narrowed: Tensor
    mean: Tensor
    gain: Tensor
    cell_gain: Tensor

    def __init__(self, classes: int, image_dim: int, text_dim: int, narrow: int) -> None:
        super().__init__()
        self.register_buffer("head", torch.zeros(classes, image_dim))
        self.register_buffer("offset", torch.zeros(classes))
        self.register_buffer("names", torch.zeros(classes, text_dim))
        self.register_buffer("narrowed", torch.zeros(classes, narrow))
        self.register_buffer("mean", torch.zeros(text_dim))
        self.register_buffer("gain", torch.ones(text_dim))
        self.register_buffer("cell_gain", torch.ones(()))

    @torch.no_grad()
    def fit(self, classifier: Classifier, names: Tensor, regions: Tensor) -> None:
        """Set classes and names, and bring the messages to unit variance over training photos.

        Args:
            classifier: of the features that `forward` will be given.
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

    def edges(self, regions: Tensor) -> Tensor:
        """How likely each region shows each class: (B, R, D) -> (B, R, K), rows of sum 1."""
        return functional.linear(regions, self.head, self.offset).softmax(-1)

    def forward(self, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Pass the classes' names to B photos.

        Args:
            regions: (B, R, D) float32, as the image encoder gives them.

        Returns:
            Messages to the cells (B, R, narrow) and to the whole photo (B, Dt), float32; the photo
            is joined to a class as its cells are on average.
        """
        likely = self.edges(regions)
        whole = (likely.mean(1) @ self.names - self.mean) * self.gain
        return likely @ self.narrowed * self.cell_gain, whole


def fit_classifier(classifier: Classifier, frozen: Tensor, tuned: Tensor) -> Classifier:
    """Bring a classifier of an encoder's own regions over to those of its tuned copy.

    Tuning moves the features away from where the classifier reads them. A ridge regression from
    the tuned cells back to the encoder's own, which is linear as the classifier is, goes before it.

    Args:
        classifier: reads the encoder's own cells.
        frozen: (N, D) float32, cells of training photos by the encoder itself.
        tuned: (N, D) float32, the same cells by the tuned copy.
    """
    before, after = tuned.mean(0), frozen.mean(0)
    centred = tuned - before
    covariance = centred.T @ centred / len(tuned)
    ridge = RIDGE * covariance.diagonal().mean() * torch.eye(len(covariance))
    crossed = centred.T @ (frozen - after) / len(tuned)
    back = torch.linalg.solve(covariance + ridge, crossed)
    weight = classifier.weight @ back.T
    return Classifier(weight, classifier.bias + classifier.weight @ after - weight @ before)

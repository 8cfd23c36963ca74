"""The image encoder's own classifier and its class names, for a network's concept graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fusion.data.collection import ReadPhoto
from fusion.data.features import PhotoFeatures, photo_features
from fusion.encoders import Encoders, ImageEncoder
from fusion.encoders.convolutional import GridEncoder
from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.graphs.concept_graph import ClassNames, fit_classifier
from fusion.progress_callback import Progress
from fusion.runtime.words import words_of
from fusion.training.network_run import Concepts
from fusion.training.tuned_encoders import TunedGridEncoder

__all__ = ["brought_over", "class_names", "concepts_of", "refitted"]

FITTED_PHOTOS = 400
"""Photos whose cells are used to adapt a classifier to a tuned copy of its encoder."""
PHOTO_BATCH, TEXT_BATCH = 16, 64


def concepts_of(encoders: Encoders) -> Concepts | None:
    """Return the image encoder's classifier and class names; None for an encoder without one."""
    image = encoders.image
    if not isinstance(image, GridEncoder) or image.classifier is None:
        return None
    return Concepts(image.classifier, class_names(encoders), image.classifier)


def class_names(encoders: Encoders) -> ClassNames:
    """Encode the names of ImageNet's 1,000 classes, with all synonyms, by the text encoder.

    The names come with timm and originate from WordNet (Miller, 1995).
    """
    ensure_torchvision()
    from timm.data.imagenet_info import ImageNetInfo

    info = ImageNetInfo()
    classes = [_synonyms(str(info.index_to_description(number))) for number in range(1000)]
    texts = [f"a photo of a {name}" for names in classes for name in names]
    pooled = torch.cat(
        [
            _means(encoders, texts[row : row + TEXT_BATCH])
            for row in range(0, len(texts), TEXT_BATCH)
        ]
    )
    owners = torch.tensor([number for number, names in enumerate(classes) for _ in names])
    vectors = torch.zeros(len(classes), pooled.shape[1]).index_add(0, owners, pooled)
    words = {word for names in classes for name in names for word in words_of(name)}
    return ClassNames(tuple(sorted(words)), functional.normalize(vectors, dim=1))


def _synonyms(description: str) -> list[str]:
    return [name.strip() for name in description.split(",")]


def _means(encoders: Encoders, texts: Sequence[str]) -> Tensor:
    """Return the text encoder's means over the tokens of B texts: (B, Dt), unit length."""
    features = encoders.text.encode_texts(texts)
    mask = features.mask.unsqueeze(-1)
    return functional.normalize((features.features * mask).sum(1) / mask.sum(1), dim=1).cpu()


def brought_over(
    concepts: Concepts,
    encoder: ImageEncoder,
    paths: Sequence[str],
    read_photo: ReadPhoto,
    report: Progress,
) -> Concepts:
    """Adapt a classifier to the features of a tuned copy of its encoder.

    Args:
        concepts: those of the encoder itself.
        encoder: the tuned copy; with any other encoder the concepts are returned unchanged.
        paths: paths of training photos, some of which are encoded by both encoders.
        read_photo: reads a photo as indexing does.
        report: the progress callback.
    """
    if not isinstance(encoder, TunedGridEncoder):
        return concepts
    rows = np.unique(np.linspace(0, len(paths) - 1, FITTED_PHOTOS).astype(int)).tolist()
    frozen: list[Tensor] = []
    tuned: list[Tensor] = []
    for start in range(0, len(rows), PHOTO_BATCH):
        batch = rows[start : start + PHOTO_BATCH]
        photos = [read_photo(Path(paths[row]), encoder.size_px) for row in batch]
        for cells, part in zip((frozen, tuned), encoder.encode_both(photos), strict=True):
            cells.append(photo_features(part)[0].flatten(0, 1).float().cpu())
        report(start + len(batch), len(rows), "photos by both image encoders")
    both = fit_classifier(concepts.classifier, torch.cat(frozen), torch.cat(tuned))
    return concepts._replace(classifier=both)


def refitted(concepts: Concepts, own: PhotoFeatures, tuned: PhotoFeatures) -> Concepts:
    """Adapt a classifier to a tuned copy of its encoder, given both encoders' regions of N photos.

    Args:
        concepts: those of the encoder itself.
        own: the photos' features by the encoder itself.
        tuned: the same photos' features by the tuned copy.
    """
    rows = np.unique(np.linspace(0, len(own.regions) - 1, FITTED_PHOTOS).astype(int))
    frozen, after = (
        torch.from_numpy(each.regions[rows]).flatten(0, 1).float() for each in (own, tuned)
    )
    return concepts._replace(classifier=fit_classifier(concepts.classifier, frozen, after))

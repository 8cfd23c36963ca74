"""Linear canonical correlation analysis: the independent model that picks hard false pairs.

To evaluate matching, the false pairs have to be hard, but they must not be picked by the model that
is evaluated, which would choose its own mistakes. This model is linear, has a closed form, is
fitted on training photos only and then frozen: it maps mean-pooled grid features and mean-pooled
words into one space (Hardoon et al., 2004; each direction is scaled by its correlation as in Gong
et al., 2014).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from fusion.fusion_error import FusionError

if TYPE_CHECKING:
    from fusion.data.features import PairData

__all__ = ["FILE_NAME", "LinearCCA", "NegativesError", "fit", "fit_cca", "load", "save"]

FILE_NAME = "negatives.safetensors"

_BLOCK = 256  # photos or captions pooled at a time; the file of their grids may exceed the memory

Array = NDArray[np.float32]


class NegativesError(FusionError, ValueError):
    """The file of the independent model is missing, damaged, or made for other encoders."""


@dataclass(frozen=True)
class LinearCCA:
    """Two linear maps into one space, in which a photo is near its captions.

    Attributes:
        image_mean: (P,) float32, subtracted from a photo's mean grid feature.
        image_map: (P, C) float32, directions scaled by their canonical correlation.
        text_mean: (Pt,) float32, subtracted from a caption's mean word feature.
        text_map: (Pt, C) float32.
    """

    image_mean: Array
    image_map: Array
    text_mean: Array
    text_map: Array

    def similarity(self, data: PairData) -> Array:
        """Return (Q, G) float32, the cosine of every caption of `data` with every photo of it.

        Raises:
            NegativesError: the features have the wrong width, so they are of other encoders.
        """
        images, texts = pooled_images(data), pooled_texts(data)
        for name, features, mean in (
            ("photo", images, self.image_mean),
            ("caption", texts, self.text_mean),
        ):
            if features.shape[1:] != mean.shape:
                raise NegativesError(
                    f"{FILE_NAME} was fitted on {name} features of width {len(mean)}, "
                    f"these have {features.shape[1]}: it belongs to other encoders"
                )
        photo_nodes = _unit((images - self.image_mean) @ self.image_map)
        caption_nodes = _unit((texts - self.text_mean) @ self.text_map)
        similarity: Array = caption_nodes @ photo_nodes.T
        return similarity


def fit_cca(images: Array, texts: Array, rank: int = 192, ridge: float = 0.5) -> LinearCCA:
    """Fit both maps on pairs, in closed form.

    Args:
        images: (N, P) float32, row n is the photo of pair n.
        texts: (N, Pt) float32, row n is a caption of it.
        rank: directions kept, at most the smaller of P and Pt.
        ridge: added to both covariances' diagonals as a share of their mean variance, above 0.

    Raises:
        ValueError: different numbers of rows, fewer than two, or a rank or ridge out of range.
    """
    if images.ndim != 2 or texts.ndim != 2 or len(images) != len(texts) or len(images) < 2:
        raise ValueError(f"images {images.shape} and texts {texts.shape} must be (N, P), (N, Pt)")
    if not 1 <= rank <= min(images.shape[1], texts.shape[1]):
        raise ValueError(f"rank is {rank}, expected 1 to {min(images.shape[1], texts.shape[1])}")
    if ridge <= 0:
        raise ValueError(f"ridge is {ridge}, expected above 0")
    image_mean, text_mean = images.mean(axis=0), texts.mean(axis=0)
    x, y = images - image_mean, texts - text_mean
    whiten_x, whiten_y = (_whitening(side.T @ side / len(side), ridge) for side in (x, y))
    left, correlations, right = np.linalg.svd(
        whiten_x @ (x.T @ y / len(x)).astype(np.float64) @ whiten_y, full_matrices=False
    )
    scale = correlations[:rank]
    return LinearCCA(
        image_mean=image_mean.astype(np.float32),
        image_map=(whiten_x @ left[:, :rank] * scale).astype(np.float32),
        text_mean=text_mean.astype(np.float32),
        text_map=(whiten_y @ right[:rank].T * scale).astype(np.float32),
    )


def fit(data: PairData, rank: int = 192, ridge: float = 0.5) -> LinearCCA:
    """Fit on the pairs of a training collection; never pass photos that are evaluated later.

    The rank is limited by the encoders' widths.
    """
    images, texts = pooled_images(data), pooled_texts(data)
    allowed = min(rank, images.shape[1], texts.shape[1])
    return fit_cca(images[np.asarray(data.captions.photo_rows)], texts, allowed, ridge)


def save(model: LinearCCA, folder: Path) -> None:
    """Write the four arrays to `negatives.safetensors` in a checkpoint folder."""
    arrays = {name: np.ascontiguousarray(value) for name, value in asdict(model).items()}
    save_file(arrays, folder / FILE_NAME)


def load(folder: Path) -> LinearCCA:
    """Read the model that `save` wrote.

    Raises:
        NegativesError: there is no such file, or it is damaged or of another kind.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise NegativesError(f"{path} is missing: train the model again to get its hard negatives")
    try:
        return LinearCCA(**load_file(path))
    except (SafetensorError, TypeError) as error:
        raise NegativesError(
            f"{path} is damaged, or not a file of hard negatives: {error}"
        ) from error


def pooled_images(data: PairData) -> Array:
    """Return (G, P) float32, each photo's mean over its regions."""
    regions = data.photos.regions
    means = [
        np.asarray(regions[rows], dtype=np.float32).mean(axis=1) for rows in _blocks(len(regions))
    ]
    return np.concatenate(means)


def pooled_texts(data: PairData) -> Array:
    """Return (M, Pt) float32, each caption's mean over its real words."""
    words, mask = data.captions.words, data.captions.mask
    means = []
    for rows in _blocks(len(words)):
        real = np.asarray(mask[rows], dtype=np.float32)[..., None]
        total = (np.asarray(words[rows], dtype=np.float32) * real).sum(axis=1)
        means.append(total / np.maximum(real.sum(axis=1), 1.0))
    return np.concatenate(means)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, count, _BLOCK))


def _whitening(covariance: NDArray[np.floating], ridge: float) -> NDArray[np.float64]:
    """Return the inverse square root of a (P, P) covariance, regularised by the ridge."""
    square = covariance.astype(np.float64)
    floor = ridge * np.trace(square) / len(square)
    values, vectors = np.linalg.eigh(square)
    # The floor prevents a division by 0 in directions without any variance (constant features).
    scaled = vectors / np.sqrt(np.maximum(values, 0.0) + max(floor, 1e-12))
    inverse_root: NDArray[np.float64] = scaled @ vectors.T
    return inverse_root


def _unit(rows: NDArray[np.floating]) -> Array:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Array = (rows / np.maximum(lengths, 1e-12)).astype(np.float32, copy=False)
    return unit

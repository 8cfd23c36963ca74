"""Encoders with the last blocks that a checkpoint tuned, for training that builds on it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from fusion.checkpoint import Checkpoint, load_network
from fusion.data.features import PhotoFeatures, photo_features
from fusion.encoders import Encoders
from fusion.encoders.convolutional import GridEncoder
from fusion.hardware.precision import fast_products
from fusion.network.tuned_layers import TunedBlocks
from fusion.progress_callback import Progress

__all__ = ["TunedGridEncoder", "maps_through", "seen_by", "with_tuned_image"]

PHOTO_BATCH = 64


class TunedGridEncoder(GridEncoder):
    """A grid encoder with replaced last blocks, which are not tuned again."""

    def __init__(self, encoder: GridEncoder, blocks: nn.Sequential, fingerprint: str) -> None:
        self.__dict__.update(encoder.__dict__)
        self.own = encoder
        self.top = copy.deepcopy(blocks).eval().requires_grad_(False).to(encoder.device)
        both = f"{encoder.fingerprint} {fingerprint}"
        self.fingerprint = hashlib.sha256(both.encode()).hexdigest()

    @torch.no_grad()
    def encode_both(self, images: Sequence[Image.Image]) -> tuple[Tensor, Tensor]:
        """Encode B photos by the encoder's own blocks and by the replaced ones: (B, R, D) each."""
        lower = self.encode_lower(images).permute(0, 3, 1, 2)
        own, tuned = (top(lower).flatten(2).transpose(1, 2) for top in (self.own.top, self.top))
        return own, tuned

    def top_blocks(self) -> None:  # type: ignore[override]
        """Return None: there are no blocks to tune."""


def with_tuned_image(encoders: Encoders, checkpoint: Checkpoint) -> tuple[Encoders, nn.Sequential]:
    """Replace the image encoder's last blocks by those that a checkpoint tuned.

    Returns:
        The encoders, and the blocks, which the new checkpoint will contain.

    Raises:
        ValueError: the checkpoint has no tuned blocks, or is of other encoders.
    """
    blocks = load_network(checkpoint).reader.blocks
    if blocks is None or not isinstance(encoders.image, GridEncoder):
        raise ValueError(
            f"{checkpoint.folder} has no tuned image encoder, expected a checkpoint with one"
        )
    if encoders.fingerprint != checkpoint.encoders_fingerprint:
        raise ValueError(
            f"{checkpoint.folder} tuned encoders {checkpoint.encoders_fingerprint[:12]}, expected "
            f"{encoders.fingerprint[:12]}, which {encoders.preset} are"
        )
    image = TunedGridEncoder(encoders.image, blocks.blocks, checkpoint.fingerprint)
    return replace(encoders, image=image), blocks.blocks


@torch.no_grad()
def seen_by(blocks: nn.Sequential, photos: PhotoFeatures, report: Progress) -> PhotoFeatures:
    """Return photos with the features that other last blocks compute from the stored maps.

    Args:
        blocks: the last blocks.
        photos: N photos with `maps`.
        report: the progress callback.
    """
    top = TunedBlocks(blocks)
    regions, pooled = np.empty_like(photos.regions), np.empty_like(photos.pooled)
    for rows in torch.arange(len(regions)).split(PHOTO_BATCH):
        maps = torch.from_numpy(photos.maps[0][rows.numpy()]).float()
        with fast_products("cpu"):
            cells, summary = photo_features(top(maps).float())
        regions[rows.numpy()], pooled[rows.numpy()] = cells.numpy(), summary.numpy()
        report(int(rows[-1]) + 1, len(regions), "photos by the tuned image encoder")
    return replace(photos, regions=regions, pooled=pooled)


@torch.no_grad()
def maps_through(blocks: nn.Sequential, photos: PhotoFeatures, report: Progress) -> PhotoFeatures:
    """Return photos with their maps, in all views, run through the first of the last blocks."""
    batches = []
    for number, maps in enumerate(photos.maps, start=1):
        parts = []
        for rows in torch.arange(len(maps)).split(PHOTO_BATCH):
            lower = torch.from_numpy(np.asarray(maps[rows.numpy()], np.float32))
            with fast_products("cpu"):
                higher = blocks(lower.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
            parts.append(higher.half().numpy())
            report(int(rows[-1]) + 1, len(maps), f"photos past blocks that stay, view {number}")
        batches.append(np.concatenate(parts))
    return replace(photos, maps=tuple(batches))

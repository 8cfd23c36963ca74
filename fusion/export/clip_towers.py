"""CLIP's two towers in the forms used to export a model that was trained on them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion.encoders.clip import ClipImages, ClipTexts
from fusion.encoders.convolutional import Normalise

__all__ = ["ClipWords", "PatchGrid"]


class PatchGrid:
    """The image tower in the form that the modules of `fusion.export.photo_module` take.

    Attributes:
        normalise: maps pixels of 0 to 255 to the range that the tower was trained on.
        lower: the identity, since layers of a transformer are best run with several photos at once.
        top: maps pixels to the patches as a map, (B, D, rows, columns).
        size_px: side of the squares that photos are resized to.
    """

    def __init__(self, encoder: ClipImages) -> None:
        mean, deviation = (255 * each.flatten().cpu() for each in (encoder.mean, encoder.deviation))
        self.normalise = Normalise(mean.tolist(), deviation.tolist())
        self.lower = nn.Identity()
        self.top = _PatchMap(encoder)
        self.size_px = encoder.size_px


class _PatchMap(nn.Module):
    """Maps normalised pixels (B, 3, S, S) to patches (B, D, rows, columns)."""

    def __init__(self, encoder: ClipImages) -> None:
        super().__init__()
        self.tower, self.grid = encoder.model.vision_model, encoder.grid

    def forward(self, pixels: Tensor) -> Tensor:
        states: Tensor = self.tower(pixel_values=pixels).last_hidden_state
        rows, columns = self.grid
        patches: Tensor = states[:, -rows * columns :].transpose(1, 2)
        grid: Tensor = patches.unflatten(2, (rows, columns))
        return grid


class ClipWords(nn.Module):
    """The text tower: ids (1, T) int64, mask (1, T) bool -> states (1, T, D), zero at padding.

    SigLIP's tower reads texts padded to full length; they are padded here.
    """

    padding: Tensor

    def __init__(self, encoder: ClipTexts) -> None:
        super().__init__()
        self.tower = encoder.model.text_model
        full = encoder.max_words if encoder.padding == "max_length" else 0
        pad = int(encoder.tokenizer.pad_token_id or 0)
        self.register_buffer("padding", torch.full((1, full), pad, dtype=torch.long))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Encode one text."""
        count = ids.shape[1]
        if self.padding.shape[1]:
            whole = torch.cat(
                [ids.masked_fill(~mask, self.padding[0, 0]), self.padding[:, count:]], 1
            )
            states: Tensor = self.tower(input_ids=whole).last_hidden_state[:, :count]
        else:
            states = self.tower(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        return states.masked_fill(~mask.unsqueeze(-1), 0.0)

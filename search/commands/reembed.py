"""`crossgraph reembed`: another model for an index that is there."""

from __future__ import annotations

from search.commands.shared.index_options import BatchSize, ClipEncoders, OnDevice, Prune
from search.commands.shared.index_pass import ChosenModel, reembed_index
from search.commands.shared.options import (
    Checkpoint,
    Device,
    ImageWeights,
    IndexFolder,
    Quiet,
    TextWeights,
    unnamed_index,
)

__all__ = ["reembed"]


def reembed(
    index: IndexFolder = unnamed_index,
    checkpoint: Checkpoint = None,
    encoders: ClipEncoders = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    device: OnDevice = Device.auto,
    batch_size: BatchSize = None,
    prune: Prune = False,
    quiet: Quiet = False,
) -> None:
    """Embed all photos of an index anew with another model, which answers once all are done.

    Until then the old one does; what is stopped goes on from there when it is run again.

    For example:

      crossgraph reembed --index photos.index --checkpoint my-model
    """
    chosen = ChosenModel(checkpoint, encoders, image_weights, text_weights, device.value)
    reembed_index(index, chosen, batch_size, prune, quiet)

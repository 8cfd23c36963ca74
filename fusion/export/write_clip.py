"""Writes a CLIP-like model to files that need no torch, and checks them against its library.

The pixels, tokens and embeddings of the written model are compared, on generated photos and texts,
with those of the library that the model comes from. A model for which they differ is rejected, so
an index never contains vectors that are not the model's own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn.functional import normalize

from fusion.export.clip_bank import embedded_words
from fusion.export.clip_source import ClipSource
from fusion.export.write_model import ModelExportError, quiet
from fusion.runtime.clip.clip_folder import CLIP_MODEL
from fusion.runtime.clip.clip_indexing_model import BANK
from fusion.runtime.clip.pixel_steps import PIXELS
from fusion.runtime.exported_facts import ClipFacts
from fusion.runtime.exported_folder import (
    PHOTOS,
    QUERY,
    TABLES,
    TOKENIZER,
    exported_model_folder,
    new_export_folder,
    read_facts,
)
from fusion.runtime.prepare.onnx_file import write_optimised

__all__ = ["HUB_NEAREST", "HUB_WEIGHT", "MOST_APART", "export_clip"]

MOST_APART = 1e-4
"""How far an embedding's components may differ from the library's."""
LEVELS_APART = 1.5
"""How many levels of 255 a pixel may differ from the library's, whose two ways of resizing differ
by one level."""
HUB_WEIGHT, HUB_NEAREST = 0.25, 4
"""Weight of the hub correction, and the number of nearest words that it averages. The weight is
small because it was chosen on another model's embeddings (the shipped one's, without graphs)."""

TEXTS = (
    "a dog",
    "A Photo of TWO dogs, running: on the beach!",
    "der Hund \u00fcberquert die Stra\u00dfe, na\u00efve caf\u00e9",
    "\u4e24\u53ea\u72d7\u5728\u6d77\u6ee9\u4e0a \U0001f415",
    "it's 3.5 km   to the well-known spot #1 (left)",
    "word " * 90,
)
SIZES = ((96, 64), (50, 130), (256, 256), (300, 40))
"""Widths and heights of the photos that are compared."""

Array = NDArray[np.float32]


def export_clip(source: ClipSource, fingerprint: str, encoders: str, root: Path) -> Path:
    """Write a model below `root`, unless it is already there and intact.

    Args:
        source: the loaded model.
        fingerprint: the fingerprint of its folder's content.
        encoders: the preset that an index records.
        root: the cache folder.

    Returns:
        The folder of the exported model.

    Raises:
        ModelExportError: a required package is missing, the model cannot be written, or the written
            model's outputs differ from those of its library.
    """
    folder = exported_model_folder(root, fingerprint)
    if read_facts(folder, thorough=True) is not None:
        return folder
    facts: ClipFacts = {
        "name": CLIP_MODEL,
        "dim": 0,  # set below, once the photo side is written
        "encoders": encoders,
        "fingerprint": fingerprint,
        "photos": source.pixels.to_json(),
        "texts": source.texts.to_json(),
        "sigmoid": source.sigmoid,
        "hub_weight": HUB_WEIGHT,
        "hub_nearest": HUB_NEAREST,
    }
    try:
        with new_export_folder(folder, facts) as partial, torch.inference_mode():
            source.tokenizer.save(str(partial / TOKENIZER), pretty=False)
            _check_tokens(source)
            _check_pixels(source)
            facts["dim"] = _write_photos(source, partial / PHOTOS)
            width = _write_texts(source, partial / QUERY)
            if width != facts["dim"]:
                raise ModelExportError(
                    f"its photos become {facts['dim']} numbers, but its texts {width}"
                )
            bank = embedded_words(partial / QUERY, source.texts, source.tokenizer)
            save_file({BANK: bank}, partial / TABLES)
    except (OSError, ImportError, RuntimeError) as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelExportError(f"{encoders} could not be prepared: {first_line}") from error
    return folder


def _check_tokens(source: ClipSource) -> None:
    for text in TEXTS:
        wanted = {name: value.numpy() for name, value in source.text_inputs(text).items()}
        written = source.texts.inputs_of(text, source.tokenizer)
        same = wanted.keys() == written.keys() and all(
            np.array_equal(wanted[name], written[name]) for name in wanted
        )
        if not same:
            raise ModelExportError(
                f"its tokenizer reads {text[:30]!r} differently than its exported form"
            )


def _check_pixels(source: ClipSource) -> None:
    level = source.pixels.scale * LEVELS_APART / min(source.pixels.deviation)
    for image in _photos():
        wanted, written = source.image_inputs(image), source.pixels.inputs_of(image)
        same = wanted.keys() == written.keys() and all(
            wanted[name].shape == written[name].shape for name in wanted
        )
        apart = np.abs(wanted[PIXELS].numpy() - written[PIXELS]).max() if same else np.inf
        if apart > level:
            raise ModelExportError("its processor resizes, crops or scales in an unsupported way")


def _write_photos(source: ClipSource, path: Path) -> int:
    """Write the photo side and return the width of an embedding."""
    module = _Unit(source.image_module())
    samples = [_tensors(source.pixels.inputs_of(image)) for image in _photos()]
    with _exportable(source):
        _write(module, samples[0], None, path)
    return _compare(path, module, samples)


def _write_texts(source: ClipSource, path: Path) -> int:
    """Write the text side and return the width of an embedding."""
    module = _Unit(source.text_module())
    samples = [_tensors(source.texts.inputs_of(text, source.tokenizer)) for text in TEXTS]
    sizes = None
    if not source.texts.pads:
        tokens = torch.export.Dim("tokens", min=2, max=source.texts.length)
        sizes = {name: {1: tokens} for name in samples[0]}
    sample = min(samples[1:], key=lambda each: next(iter(each.values())).shape[1])
    _write(module, sample, sizes, path)
    return _compare(path, module, samples)


class _Unit(nn.Module):
    """A module's output, normalised to unit length."""

    def __init__(self, features: nn.Module) -> None:
        super().__init__()
        self.features = features

    def forward(self, first: Tensor, second: Tensor | None = None,
                third: Tensor | None = None) -> Tensor:  # fmt: skip
        given = [each for each in (first, second, third) if each is not None]
        return normalize(self.features(*given), dim=-1)


def _write(
    module: nn.Module, sample: dict[str, Tensor], sizes: dict[str, Any] | None, path: Path
) -> None:
    raw = path.with_suffix(".raw.onnx")
    # Dynamic sizes are keyed by the module's own names for its inputs.
    shapes = None if sizes is None else dict(zip(("first", "second"), sizes.values(), strict=False))
    with quiet():
        torch.onnx.export(
            module.eval(),
            tuple(sample.values()),
            str(raw),
            input_names=list(sample),
            output_names=["embeddings"],
            dynamic_shapes=shapes,
            external_data=True,  # a single file is limited to 2 GB
            verbose=False,
        )
        write_optimised(raw, path)
    for part in path.parent.glob(f"{raw.name}*"):
        part.unlink()


def _compare(path: Path, module: nn.Module, samples: list[dict[str, Tensor]]) -> int:
    """Compare the written file with the module and return the width of an embedding.

    Raises:
        ModelExportError: an embedding differs by more than `MOST_APART`, or is no vector.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    width = 0
    for sample in samples:
        wanted = module(*sample.values()).numpy()
        output = session.run(None, {name: value.numpy() for name, value in sample.items()})[0]
        apart = float(np.abs(wanted - output).max()) if output.shape == wanted.shape else np.inf
        if not apart <= MOST_APART:
            raise ModelExportError(
                f"an exported embedding differs by {apart:.1e} from the model's own"
            )
        if output.ndim != 2:
            raise ModelExportError(f"its features are {output.shape}, expected one vector each")
        width = int(output.shape[1])
    return width


def _tensors(inputs: Mapping[str, NDArray[np.generic]]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(value) for name, value in inputs.items()}


def _photos() -> list[Image.Image]:
    """Generate photos of several sizes: smooth, as photos are, but showing nothing."""
    random = np.random.default_rng(5)
    made = []
    for size in SIZES:
        coarse = random.integers(0, 256, (9, 12, 3), dtype=np.uint8)
        made.append(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
    return made


@contextlib.contextmanager
def _exportable(source: ClipSource) -> Generator[None]:
    """Make SigLIP 2 resize its positions with matrix products, which ONNX supports."""
    model = getattr(source, "model", None)
    embeddings = getattr(getattr(model, "vision_model", None), "embeddings", None)
    name = "resize_positional_embeddings"
    if not hasattr(embeddings, name):
        yield
        return
    before = getattr(embeddings, name)
    setattr(embeddings, name, _resized_positions)
    try:
        yield
    finally:
        setattr(embeddings, name, before)


def _resized_positions(positions: Tensor, shapes: Tensor, max_length: int) -> Tensor:
    """Resize bilinearly with antialiasing: (H, W, D) and (B, 2) -> (B, max_length, D)."""
    sizes = shapes.to(torch.float32)[:, None]
    place = torch.arange(max_length, dtype=torch.float32)[None, :, None]
    rows = torch.floor(place / sizes[..., 1:])
    there = torch.cat([rows, place - rows * sizes[..., 1:]], dim=-1)
    there = there * (place < sizes[..., :1] * sizes[..., 1:])
    scale = torch.tensor(positions.shape[:2], dtype=torch.float32) / sizes
    support = scale.clamp(min=1)
    centre = (there + 0.5) * scale - 0.5
    weights = []
    for axis, length in enumerate(positions.shape[:2]):
        source = torch.arange(length, dtype=torch.float32)
        near = 1 - (source - centre[..., axis, None]).abs() / support[..., axis, None]
        near = near.clamp(min=0)
        weights.append(near / near.sum(-1, keepdim=True))
    both = (weights[0][..., :, None] * weights[1][..., None, :]).flatten(-2)
    return both @ positions.flatten(0, 1)

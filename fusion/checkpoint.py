"""Trained models as folders: `config.json`, `model.safetensors`, and other fitted files.

Large matrices are stored as int8 with a float16 scale for each row, which halves the file and
changes recall by at most 0.2 points; all other weights as float16. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from fusion.encoders.convolutional import build_top_blocks
from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.graphs.cross_graph import RerankerConfig
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.network import GATES, Network, NetworkConfig
from fusion.replaced_file import replaced_file
from fusion.runtime.model_errors import CheckpointError
from fusion.runtime.model_fingerprint import CONFIG, SHIPPED
from fusion.runtime.packaged_file import file_sha256
from fusion.runtime.prepare.checkpoint_file import SCALE, WEIGHTS, read_checkpoint_file
from fusion.runtime.stored_standings import (
    EARLIER_PREFIX,
    STANDING,
    read_standings,
    stored_standings,
)

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "build_network",
    "load_network",
    "network_checkpoint",
    "read_checkpoint",
    "shipped_checkpoint",
    "write_checkpoint",
]

Config = Mapping[str, Any]
"""The description of a network in `config.json`, as parsed JSON."""

ROW = 64
"""Minimum row length for a matrix to be stored as int8."""


@dataclass(frozen=True)
class Checkpoint:
    """The contents of a checkpoint folder, read but not yet built into a model."""

    kind: str
    """crossgraph, article, concat or average."""
    encoders: str
    encoders_fingerprint: str
    config: dict[str, Any]
    weights: dict[str, Tensor]
    fingerprint: str
    """Hex sha256 of weights, configuration and encoders."""
    folder: Path


def shipped_checkpoint(name: str = "crossgraph") -> Path:
    """Return the folder of a checkpoint that ships with the package.

    Raises:
        CheckpointError: there is no checkpoint with that name.
    """
    folder = SHIPPED / name
    if not (folder / CONFIG).is_file():
        known = sorted(path.parent.name for path in SHIPPED.glob(f"*/{CONFIG}"))
        raise CheckpointError(
            f"{name}: neither a checkpoint folder nor a shipped model "
            f"({', '.join(known) or 'none'}); `crossgraph train` makes one"
        )
    return folder


def write_checkpoint(
    folder: Path,
    kind: str,
    encoders: str,
    encoders_fingerprint: str,
    config: Config,
    module: nn.Module,
) -> None:
    """Write a model; each file is renamed into place, so readers never see a partial file."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = compact(module.state_dict())
    with replaced_file(folder / WEIGHTS) as partial:
        save_file(weights, partial)
        weights_sha256 = file_sha256(partial)
    content = {
        "kind": kind,
        "encoders": encoders,
        "encoders_fingerprint": encoders_fingerprint,
        "weights_sha256": weights_sha256,
        "config": dict(config),
    }
    with replaced_file(folder / CONFIG) as partial:
        partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def compact(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Convert tensors for storage: int8 rows and `NAME.scale`, or float16; others unchanged."""
    kept: dict[str, Tensor] = {}
    for name, value in weights.items():
        if value.dtype != torch.float32:
            kept[name] = value.contiguous().clone()
        elif value.ndim < 2 or value.shape[1:].numel() < ROW:
            kept[name] = value.half().contiguous().clone()
        else:
            rows = value.flatten(1)
            # Rows are divided by the rounded scale, so its rounding adds no error.
            scale = (rows.abs().amax(1) / 127).clamp_min(1e-7).half().float()
            whole = (rows / scale.unsqueeze(1)).round().clamp(-127, 127)
            kept[name] = whole.to(torch.int8).view(value.shape).contiguous()
            kept[name + SCALE] = scale.half()
    return kept


def widen(kept: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Undo `compact`: return float32 weights, and integers unchanged."""
    weights: dict[str, Tensor] = {}
    for name, value in kept.items():
        scale = kept.get(name + SCALE)
        if scale is not None:
            rows = value.flatten(1).float() * scale.float().unsqueeze(1)
            weights[name] = rows.view(value.shape)
        elif not name.endswith(SCALE):
            weights[name] = value.float() if value.dtype == torch.float16 else value
    return weights


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read and check a checkpoint folder.

    Raises:
        CheckpointError: a file is missing, damaged, or not what its configuration says.
    """
    read = read_checkpoint_file(folder)
    kept = {name: torch.from_numpy(value) for name, value in read.kept.items()}
    return Checkpoint(
        kind=read.kind,
        encoders=read.encoders,
        encoders_fingerprint=read.encoders_fingerprint,
        config=read.config,
        weights=widen(kept),
        fingerprint=read.fingerprint,
        folder=folder,
    )


def layers_config(layers: Any) -> dict[str, Any] | None:  # noqa: ANN401 - layers share no type
    """Return the sizes needed to rebuild a text encoder's last layers; None if none are tuned."""
    if layers is None:
        return None
    config = layers[0].attention.self.config
    names = (
        "hidden_size", "num_attention_heads", "intermediate_size", "hidden_act", "layer_norm_eps",
        "hidden_dropout_prob", "attention_probs_dropout_prob",
    )  # fmt: skip
    return {"layers": len(layers)} | {name: getattr(config, name) for name in names}


def build_layers(config: Config | None) -> nn.ModuleList | None:
    if config is None:
        return None
    ensure_torchvision()
    from transformers import BertConfig
    from transformers.models.bert.modeling_bert import BertLayer

    sizes = {name: value for name, value in config.items() if name != "layers"}
    bert = BertConfig(**sizes)
    bert._attn_implementation = "sdpa"
    return nn.ModuleList(BertLayer(bert) for _ in range(config["layers"]))


def build_network(config: Config) -> Network:
    """Build the network that a checkpoint's `config` describes, with untrained weights."""
    shape = dict(config["network"])
    shape["vocabulary"] = tuple(shape["vocabulary"])
    shape["class_words"] = tuple(shape.get("class_words", ()))
    shape["model"] = ModelConfig(**shape["model"])
    shape["reranker"] = RerankerConfig(**shape["reranker"])
    named = config["blocks"]
    blocks = build_top_blocks(named) if named is not None else None
    return Network(NetworkConfig(**shape), blocks, build_layers(config["layers"]))


def network_checkpoint(network: Network, architecture: str) -> dict[str, Any]:
    """Return the `config` from which `build_network` rebuilds this network.

    `architecture` is the image encoder's `ImageEncoder.architecture`.
    """
    reader = network.reader
    return {
        "network": asdict(network.config),
        "blocks": architecture if reader.blocks is not None else None,
        "layers": layers_config(reader.layers.layers if reader.layers is not None else None),
        STANDING: stored_standings(network.standings),
    }


def load_network(checkpoint: Checkpoint) -> Network:
    """Build the network of a `crossgraph` checkpoint and load its weights, ready to run.

    Raises:
        CheckpointError: the weights don't fit the configuration, or the checkpoint is of another
            kind.
    """
    if checkpoint.kind != "crossgraph":
        raise CheckpointError(
            f"{checkpoint.folder} holds a {checkpoint.kind} model, which scores pairs but has no "
            "vectors to index; use a crossgraph checkpoint"
        )
    try:
        network = build_network(checkpoint.config)
        tensors = {name: value.numpy() for name, value in checkpoint.weights.items()}
        network.standings = read_standings(checkpoint.config, tensors)
        upgrade(checkpoint.weights)
        if not tunes_others(network, checkpoint.weights):
            network.load_state_dict(checkpoint.weights)
            return network.eval()
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        first_line = str(error).splitlines()[0]
        raise CheckpointError(f"{checkpoint.folder / CONFIG} is damaged: {first_line}") from error
    raise CheckpointError(
        f"{checkpoint.folder} was trained by another version of crossgraph, which tuned other "
        "layers: train it again with `crossgraph train`"
    )


def upgrade(weights: dict[str, Tensor]) -> None:
    """Turn an older checkpoint's weights into those of this version with the same answers."""
    weights.setdefault("class_gate", torch.zeros(()))
    if "short_gates" not in weights:
        weights["short_gates"] = torch.stack([weights[name] for name in GATES])
    for name in ("caption_gates", "short_gates"):
        missing = len(GATES) - len(weights[name])
        weights[name] = torch.cat([weights[name], torch.zeros(missing)])
    for name in [name for name in weights if name.startswith(EARLIER_PREFIX)]:
        del weights[name]  # `read_standings` has read them


def tunes_others(network: Network, weights: Mapping[str, Tensor]) -> bool:
    """Return whether weights differ from a network's only in the names of tuned image blocks."""
    differing = network.state_dict().keys() ^ weights.keys()
    return bool(differing) and all(name.startswith("reader.blocks.") for name in differing)

"""A trained model as a folder: `config.json`, `model.safetensors`, and what was fitted beside them.

Weights are kept as float16 and banks as int8; nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.model import ModelConfig
from fusion.network import Network, NetworkConfig
from fusion.reranker import RerankerConfig

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "build_network",
    "load_network",
    "network_checkpoint",
    "read_checkpoint",
    "shipped_checkpoint",
    "tower_config",
    "write_checkpoint",
]

SHIPPED = Path(__file__).with_name("checkpoints")
WEIGHTS, CONFIG = "model.safetensors", "config.json"


class CheckpointError(ValueError):
    """A checkpoint is missing, damaged, or of another kind than asked for."""


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint folder holds, read but not yet built."""

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
    """Folder of a checkpoint that comes with the package.

    Raises:
        CheckpointError: there is none of that name.
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
    config: Mapping[str, Any],
    module: nn.Module,
) -> None:
    """Write a model so that a reader never meets half of it: each file is renamed into place."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: compact(value) for name, value in module.state_dict().items()}
    partial = folder / f"{WEIGHTS}.partial"
    save_file(weights, partial)
    content = {
        "kind": kind,
        "encoders": encoders,
        "encoders_fingerprint": encoders_fingerprint,
        "weights_sha256": sha256_of(partial),
        "config": dict(config),
    }
    os.replace(partial, folder / WEIGHTS)
    partial = folder / f"{CONFIG}.partial"
    partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(partial, folder / CONFIG)


def compact(value: Tensor) -> Tensor:
    """float32 -> float16; anything else as it is."""
    return (value.half() if value.dtype == torch.float32 else value).contiguous().clone()


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read and check a checkpoint folder.

    Raises:
        CheckpointError: a file is missing, damaged, or not what its configuration says.
    """
    try:
        content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        expected = str(content["weights_sha256"])
        found = sha256_of(folder / WEIGHTS)
        if found != expected:
            raise CheckpointError(
                f"{folder / WEIGHTS} is damaged: sha256 {found[:12]}, expected {expected[:12]}; "
                f"copy or train it anew"
            )
        weights = load_file(folder / WEIGHTS)
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
        return Checkpoint(
            kind=str(content["kind"]),
            encoders=str(content["encoders"]),
            encoders_fingerprint=str(content["encoders_fingerprint"]),
            config=dict(content["config"]),
            weights={name: widen(value) for name, value in weights.items()},
            fingerprint=digest.hexdigest(),
            folder=folder,
        )
    except OSError as error:
        raise CheckpointError(
            f"{folder} is not a checkpoint: {Path(error.filename or folder).name} cannot be read "
            f"({error.strerror}); `crossgraph train --out FOLDER` makes one"
        ) from error
    except SafetensorError as error:
        raise CheckpointError(f"{folder / WEIGHTS} is damaged: {error}") from error
    except (KeyError, TypeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{folder / CONFIG} is damaged: {error!r}") from error


def widen(value: Tensor) -> Tensor:
    return value.float() if value.dtype == torch.float16 else value


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tower_config(layers: Any) -> dict[str, Any] | None:  # noqa: ANN401 - layers share no type
    """What it takes to build a text encoder's last layers again; None where none are tuned."""
    if layers is None:
        return None
    config = layers[0].attention.self.config
    names = (
        "hidden_size", "num_attention_heads", "intermediate_size", "hidden_act", "layer_norm_eps",
        "hidden_dropout_prob", "attention_probs_dropout_prob",
    )  # fmt: skip
    return {"layers": len(layers)} | {name: getattr(config, name) for name in names}


def tower_layers(config: Mapping[str, Any] | None) -> nn.ModuleList | None:
    if config is None:
        return None
    ensure_torchvision()
    from transformers import BertConfig
    from transformers.models.bert.modeling_bert import BertLayer

    sizes = {name: value for name, value in config.items() if name != "layers"}
    bert = BertConfig(**sizes)
    bert._attn_implementation = "sdpa"
    return nn.ModuleList(BertLayer(bert) for _ in range(config["layers"]))


def build_network(config: Mapping[str, Any]) -> Network:
    """Build the network that a checkpoint's `config` describes, with untrained weights."""
    shape = dict(config["network"])
    shape["model"] = ModelConfig(**shape["model"])
    shape["reranker"] = RerankerConfig(**shape["reranker"])
    return Network(NetworkConfig(**shape), tower_layers(config["tower"]))


def network_checkpoint(network: Network) -> dict[str, Any]:
    """Give the `config` from which `build_network` makes this network's shape again."""
    layers = network.tower.layers if network.tower is not None else None
    return {"network": asdict(network.config), "tower": tower_config(layers)}


def load_network(checkpoint: Checkpoint) -> Network:
    """Build and fill the network of a `crossgraph` checkpoint, ready to run.

    Raises:
        CheckpointError: the weights don't fit the configuration, or it is of another kind.
    """
    if checkpoint.kind != "crossgraph":
        raise CheckpointError(
            f"{checkpoint.folder} holds a {checkpoint.kind} model, which judges pairs but has no "
            f"vectors to index; use a crossgraph checkpoint"
        )
    try:
        network = build_network(checkpoint.config)
        network.load_state_dict(checkpoint.weights)
    except (KeyError, TypeError, RuntimeError) as error:
        first_line = str(error).splitlines()[0]
        raise CheckpointError(f"{checkpoint.folder / CONFIG} is damaged: {first_line}") from error
    return network.eval()

"""`crossgraph train`: captioned photos to a checkpoint, for every kind of model.

Features are cached, a network or a baseline is trained on them, and the checkpoint is written with
its card. What happens in between is told in `network_run.py` and `pair_runs.py`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import torch

from fusion import cca
from fusion.batches import held_out_of
from fusion.card import write_card
from fusion.checkpoint import network_checkpoint, write_checkpoint
from fusion.encoders import Encoders, load_encoders
from fusion.feature_cache import cache_features
from fusion.features import PairData
from fusion.network_run import train_network
from fusion.pair_runs import train_pair_run
from fusion.request import TrainingError, TrainRequest

__all__ = ["train_from_files"]

Report = Callable[[str, int, int], None]


def train_from_files(request: TrainRequest, progress: Report | None = None) -> str:
    """Encode what isn't yet, train, and write the checkpoint; gives one line that says what came.

    Raises:
        TrainingError: the folder holds a run and `resume` is off, or an option is unknown.
        ValueError: a captions file or a photo cannot be read.
    """
    report = progress or (lambda *_: None)
    if (request.out / "state" / "state.json").exists() and not request.resume:
        raise TrainingError(f"{request.out} holds an unfinished run: add --resume, or remove it")
    torch.manual_seed(request.seed)
    encoders = load_encoders(
        request.encoders, image_weights=request.image_weights, text_weights=request.text_weights
    )
    blocks = encoders.image.top_blocks() if "image" in request.finetune else None
    layers = encoders.text.top_layers() if "text" in request.finetune else None
    train = cache_features(
        encoders, request.images, request.annotations, request.cache, report,
        views=request.views if request.model == "crossgraph" and blocks is not None else 1,
    )  # fmt: skip
    dev = cache_features(
        encoders, request.dev_images, request.dev_annotations, request.cache, report
    )
    request.out.mkdir(parents=True, exist_ok=True)
    if request.model == "crossgraph":
        trained = train_network(request, train, dev, blocks, layers, report)
        module: torch.nn.Module = trained
        config = network_checkpoint(trained, encoders.image.architecture)
    else:
        run = train_pair_run(request, train, dev, held_out_of(train), report)
        module, config = run.model, run.config
    cca.save(cca.fit(train), request.out)
    config |= {"seed": request.seed}
    write_checkpoint(
        request.out, request.model, encoders.preset, encoders.fingerprint, config, module
    )
    history = [json.loads(line) for line in (request.out / "log.jsonl").read_text().splitlines()]
    write_card(request.out, card_facts(request, encoders, train, dev, module), history)
    shutil.rmtree(request.out / "state")
    last = [line for line in history if "epoch" in line]
    best = max(line["dev R@1"] for line in last)
    return f"{request.out}: {request.model}, {len(last)} epochs, development R@1 up to {best}"


def card_facts(
    request: TrainRequest,
    encoders: Encoders,
    train: PairData,
    dev: PairData,
    module: torch.nn.Module,
) -> dict[str, object]:
    """Give the fields of the model card."""

    def told(data: PairData, annotations: Path) -> str:
        count = f"{len(data.photos.regions):,} photos with {len(data.captions.texts):,} captions"
        return f"{count} of {described(annotations)}"

    reader = getattr(module, "reader", None)
    tuned = [
        name
        for name, part in (("image", "blocks"), ("text", "layers"))
        if getattr(reader, part, None) is not None
    ]
    return {
        "kind": request.model,
        "encoders": encoders.preset,
        "encoders_fingerprint": encoders.fingerprint[:12],
        "tuned": f" but for the last layers ({' and '.join(tuned)}), tuned copies of which are here"
        if tuned
        else "",
        "training": told(train, request.annotations),
        "development": told(dev, request.dev_annotations),
        "held_out": held_out_of(train),
        "parameters": sum(value.numel() for value in module.parameters()),
    }


def described(annotations: Path) -> str:
    """Give a captions file's own description of itself, or its name."""
    info = json.loads(annotations.read_text(encoding="utf-8")).get("info", {})
    return str(info.get("description") or annotations.name)

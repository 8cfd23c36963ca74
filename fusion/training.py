"""`crossgraph train`: captioned photos to a checkpoint, for every kind of model.

A network is trained in two stages over cached features: the dual graph (with the text encoder's
last layers), then the cross-modal re-ranker on negatives mined with the first. Photos held out of
both fit the re-ranker's gate, the calibration and the matching threshold; the development split
only says when to stop. Every epoch leaves a state behind that `--resume` goes on from.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fusion import cca
from fusion.batches import TrainingSet, split_photos
from fusion.card import write_card
from fusion.checkpoint import network_checkpoint, write_checkpoint
from fusion.encoders import Encoders, load_encoders
from fusion.features import PairData, cache_features
from fusion.fitting import (
    Recalls,
    fill_banks,
    first_recalls,
    fit_gate_and_calibration,
    list_recalls,
)
from fusion.model import ModelConfig
from fusion.network import Network, NetworkConfig
from fusion.pair_runs import train_pair_run
from fusion.reranker import RerankerConfig
from fusion.resume import load_state, optimizer_state, parts_of, save_state
from fusion.stages import StageOptions, dual_epoch, make_optimizer, mine, rerank_epoch

__all__ = ["TrainRequest", "TrainingError", "train_from_files", "train_network"]

Report = Callable[[str, int, int], None]
DUAL = StageOptions(epochs=10, batch_size=500, rate=1.5e-3, tower_rate=2e-4)
RERANK = StageOptions(epochs=9, batch_size=48, rate=2e-3, captions=1, mix=0.0)


class TrainingError(ValueError):
    """A training run cannot start or go on as asked."""


@dataclass(frozen=True)
class TrainRequest:
    """What `crossgraph train` was asked for; the fields are its options."""

    images: Path
    annotations: Path
    dev_images: Path
    dev_annotations: Path
    encoders: str
    model: str
    out: Path
    cache: Path
    epochs: int | None = None
    seed: int = 0
    resume: bool = False
    image_weights: Path | None = None
    text_weights: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)


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
    train = cache_features(encoders, request.images, request.annotations, request.cache, report)
    dev = cache_features(
        encoders, request.dev_images, request.dev_annotations, request.cache, report
    )
    request.out.mkdir(parents=True, exist_ok=True)
    if request.model == "crossgraph":
        network = train_network(request, train, dev, encoders.text.top_layers(), report)
        module: torch.nn.Module = network
        config = network_checkpoint(network)
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


def held_out_of(train: PairData) -> int:
    """How many training photos are held out to calibrate on: 400, or a tenth of a small set."""
    return min(400, len(train.photos.regions) // 10)


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

    tuned = getattr(module, "tower", None) is not None
    return {
        "kind": request.model,
        "encoders": encoders.preset,
        "encoders_fingerprint": encoders.fingerprint[:12],
        "tuned": " but for the text encoder's last layers, whose tuned copy is in here"
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


def shape(data: PairData, options: Mapping[str, str], *, tuned: bool) -> NetworkConfig:
    """The network's shape for a collection's features, with `options` put over the defaults."""
    image_dim, text_dim = data.photos.regions.shape[2], data.captions.words.shape[2]
    config = NetworkConfig(
        image_dim=image_dim,
        pooled_dim=data.photos.pooled.shape[1],
        text_dim=text_dim,
        components=min(320, image_dim),
        tuned_layers=tuned,
        model=ModelConfig(min(320, image_dim), text_dim, data.photos.pooled.shape[1]),
        reranker=RerankerConfig(min(320, image_dim), text_dim),
    )
    return apply_options(config, options)


def apply_options(config: NetworkConfig, options: Mapping[str, str]) -> NetworkConfig:
    """Set `model.NAME` and `reranker.NAME` fields from text, each by the type it has now.

    Raises:
        TrainingError: there is no such field, or the text is no value for it.
    """
    for name, text in options.items():
        part, _, attribute = name.partition(".")
        owner = getattr(config, part, None) if part in ("model", "reranker") else None
        current = getattr(owner, attribute, None)
        if owner is None or current is None:
            raise TrainingError(f"--option {name}: unknown; known are model.NAME and reranker.NAME")
        try:
            changed = replace(owner, **{attribute: type(current)(text)})
        except ValueError as error:
            raise TrainingError(
                f"--option {name}={text}: expected {type(current).__name__}"
            ) from error
        config = replace(config, **{part: changed})
    return config


@dataclass
class Run:
    """One training run: what the epochs of both stages share."""

    network: Network
    data: TrainingSet
    rows: Tensor
    dev: PairData
    state: Path
    seed: int
    report: Report
    log: Path
    resumed: tuple[dict[str, Any], dict[str, Tensor]] | None

    def stage(
        self,
        name: str,
        options: StageOptions,
        optimizer: torch.optim.Optimizer,
        epoch_of: Callable[[int], float],
        judge: Callable[[], Recalls],
    ) -> None:
        """Run a stage's epochs, keep the best by development recall, stop when none follows."""
        best: dict[str, Tensor] = {}
        best_score, since_best, first = -1.0, 0, 0
        if self.resumed is not None and self.resumed[0]["stage"] == name:
            facts, tensors = self.resumed
            optimizer.load_state_dict(optimizer_state(tensors, facts["groups"]))
            best_score, since_best, first = facts["best"], facts["since_best"], facts["epoch"] + 1
            best = parts_of(tensors, "best")
        for epoch in range(first, options.epochs):
            if since_best >= options.patience:
                break
            started = time.monotonic()
            torch.manual_seed(self.seed * 100_003 + epoch + len(name) * 1009)
            self.network.train()
            loss = epoch_of(epoch)
            self.network.eval()
            recalls = judge()
            since_best += 1
            if recalls.total > best_score:
                best_score, since_best = recalls.total, 0
                best = {key: value.clone() for key, value in self.network.state_dict().items()}
            facts = {"stage": name, "epoch": epoch, "best": best_score, "since_best": since_best}
            save_state(self.state, self.network, optimizer, facts, best)
            self.write_log(name, epoch, loss, recalls, time.monotonic() - started)
        self.network.load_state_dict(best)
        self.resumed = None if self.resumed and self.resumed[0]["stage"] == name else self.resumed

    def passed(self, name: str) -> bool:
        """True where the run to resume had already finished the stage `name`."""
        return self.resumed is not None and name == "dual" and self.resumed[0]["stage"] == "rerank"

    def write_log(
        self, name: str, epoch: int, loss: float, recalls: Recalls, seconds: float
    ) -> None:
        line = {
            "stage": name,
            "epoch": epoch + 1,
            "loss": round(loss, 4),
            "seconds": round(seconds),
        }
        line |= {f"dev {key}": value for key, value in recalls.rounded().items()}
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self.report(f"{name} epoch {epoch + 1}: {recalls.line()}", epoch + 1, epoch + 1)


def train_network(
    request: TrainRequest,
    train: PairData,
    dev: PairData,
    layers: torch.nn.ModuleList | None,
    report: Report,
) -> Network:
    """Train both stages and fit what is fitted; the log goes to `log.jsonl` in `request.out`."""
    count = len(train.photos.regions)
    fitted_rows, held_rows = split_photos(count, held_out_of(train), seed=17)
    config = replace(
        shape(train, request.options, tuned=layers is not None),
        memory_size=len(fitted_rows),
        captions_bank=len(fitted_rows) // 2,
        photos_bank=len(fitted_rows),
    )
    torch.manual_seed(request.seed)
    network = Network(config, layers)
    network.whitening.fit(train)
    data = TrainingSet.of(network, train)
    log = request.out / "log.jsonl"
    state = request.out / "state"
    resumed = load_state(state) if request.resume else None
    if resumed is None:
        log.unlink(missing_ok=True)
    else:
        network.load_state_dict(parts_of(resumed[1], "module"))
    run = Run(network, data, fitted_rows, dev, state, request.seed, report, log, resumed)
    run_dual(run, replace(DUAL, epochs=request.epochs or DUAL.epochs))
    fill_banks(network, train, fitted_rows)
    run_rerank(run, replace(RERANK, epochs=request.epochs or RERANK.epochs))
    fitted = fit_gate_and_calibration(network, train, held_rows)
    recalls = list_recalls(network, dev, gates=(network.gate.item(),))
    summary = f"development text to image {recalls.line()}"
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"stage": "fitted", **fitted, "summary": summary}) + "\n")
    return network


def run_dual(run: Run, options: StageOptions) -> None:
    if run.passed("dual"):
        return
    optimizer = make_optimizer([run.network.dual], run.network.tower, options)
    run.stage(
        "dual", options, optimizer,
        lambda epoch: dual_epoch(
            run.network, run.data, run.rows, optimizer, epoch, options, run.report
        ),
        lambda: first_recalls(run.network, run.dev),
    )  # fmt: skip


def run_rerank(run: Run, options: StageOptions) -> None:
    rivals = mine(run.network, run.data, run.rows)
    optimizer = make_optimizer([run.network.cross], None, options)
    plain = options.epochs // 3

    def epoch_of(epoch: int) -> float:
        mined = rivals if epoch >= plain else None
        return rerank_epoch(
            run.network, run.data, run.rows, mined, optimizer, epoch, options, run.report
        )

    run.stage("rerank", options, optimizer, epoch_of, lambda: list_recalls(run.network, run.dev))

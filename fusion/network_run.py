"""The training run of a network: its epochs, then what is fitted.

Photos held out of training fit the re-ranker's gates, the calibration and the matching threshold;
the development split only says when to stop. Every epoch leaves a state behind that
`--resume` goes on from.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from fusion.allocator import keep_freed_memory
from fusion.batches import TrainingSet, held_out_of, split_photos
from fusion.cca import LinearCCA
from fusion.epochs import Options, joint_epoch, make_optimizer, running_mean
from fusion.features import PairData, subset
from fusion.fitting import (
    Recalls,
    bank_captions,
    fill_banks,
    fill_words,
    first_recalls,
    fit_gates_and_calibration,
    list_recalls,
)
from fusion.model import ModelConfig
from fusion.network import Network, NetworkConfig
from fusion.request import TrainingError, TrainRequest
from fusion.reranker import RerankerConfig, with_whole
from fusion.resume import load_state, optimizer_state, parts_of, save_state
from fusion.word_graph import edge_counts, frequent_words

__all__ = ["shape", "train_network"]

Report = Callable[[str, int, int], None]
STAGE = "joint"
DETECTOR_SAMPLE = 200


def shape(data: PairData, options: Mapping[str, str]) -> NetworkConfig:
    """The network's shape for a collection's features, with `options` put over the defaults."""
    image_dim, text_dim = data.photos.regions.shape[2], data.captions.words.shape[2]
    components, pooled_dim = min(320, image_dim), data.photos.pooled.shape[1]
    config = NetworkConfig(
        image_dim=image_dim,
        pooled_dim=pooled_dim,
        text_dim=text_dim,
        components=components,
        model=ModelConfig(components, text_dim, pooled_dim),
        reranker=RerankerConfig(components, pooled_dim, text_dim),
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
    """One training run."""

    network: Network
    data: TrainingSet
    rows: Tensor
    dev: PairData
    state: Path
    seed: int
    report: Report
    log: Path
    resumed: tuple[dict[str, Any], dict[str, Tensor]] | None
    device: str

    def epochs(self, options: Options) -> None:
        """Run the epochs, keep the best by development recall, stop when none follows.

        The running mean of the weights is judged, on the CPU, and kept.
        """
        optimizer = make_optimizer(self.network.to(self.device), options)
        averaged = running_mean(self.network, options.average)
        optimizer.register_step_post_hook(lambda *_: averaged.update_parameters(self.network))
        best: dict[str, Tensor] = {}
        best_score, since_best, first = -1.0, 0, 0
        if self.resumed is not None:
            facts, tensors = self.resumed
            optimizer.load_state_dict(optimizer_state(tensors, facts["groups"]))
            best_score, since_best, first = facts["best"], facts["since_best"], facts["epoch"] + 1
            best = parts_of(tensors, "best")
            averaged.load_state_dict(parts_of(tensors, "averaged"))
        for epoch in range(first, options.epochs):
            if since_best >= options.patience:
                break
            started = time.monotonic()
            torch.manual_seed(self.seed * 100_003 + epoch + 1)
            averaged.to(self.device)
            self.network.train()
            loss = joint_epoch(
                self.network, self.data, self.rows, optimizer, epoch, options, self.report
            )
            judged = cast(Network, averaged.to("cpu").module.eval())
            recalls = first_recalls(judged, self.dev)
            since_best += 1
            if recalls.total > best_score:
                best_score, since_best = recalls.total, 0
                best = {key: value.clone() for key, value in judged.state_dict().items()}
            facts = {
                "stage": STAGE,
                "epoch": epoch,
                "photos": len(self.data.data.photos.regions),
                "best": best_score,
                "since_best": since_best,
            }
            save_state(
                self.state, self.network, optimizer, facts, best, averaged=averaged.state_dict()
            )
            self.write_log(epoch, loss, recalls, time.monotonic() - started)
        self.network.to("cpu").load_state_dict(best)

    def write_log(self, epoch: int, loss: float, recalls: Recalls, seconds: float) -> None:
        line = {
            "stage": STAGE,
            "epoch": epoch + 1,
            "loss": round(loss, 4),
            "seconds": round(seconds),
        }
        line |= {f"dev {key}": value for key, value in recalls.rounded().items()}
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self.report(f"epoch {epoch + 1}: {recalls.line()}", epoch + 1, epoch + 1)


def with_banks(config: NetworkConfig, fitted: PairData) -> NetworkConfig:
    """Size the banks for the photos that are trained on and their captions."""
    texts, owners = fitted.captions.texts, fitted.captions.photo_rows.tolist()
    vocabulary = frequent_words(texts)
    column = {word: number for number, word in enumerate(vocabulary)}
    bank = len(fitted.photos.regions) // 2
    banked = fitted.captions.mask[bank_captions(fitted.captions, bank).numpy()]
    return replace(
        config,
        memory_size=len(fitted.photos.regions),
        captions_bank=bank,
        captions_bank_nodes=int(with_whole(torch.from_numpy(banked)).sum()),
        vocabulary=vocabulary,
        word_edges=len(edge_counts(column, texts, owners)),
        detector_sample=min(DETECTOR_SAMPLE, len(fitted.photos.regions)),
    )


def train_network(
    request: TrainRequest,
    train: PairData,
    dev: PairData,
    blocks: torch.nn.Sequential | None,
    layers: torch.nn.ModuleList | None,
    negatives: LinearCCA,
    report: Report,
    device: str = "cpu",
) -> Network:
    """Train both stages and fit what is fitted; the log goes to `log.jsonl` in `request.out`.

    The epochs run on `device`, as torch names it; what is fitted, on the CPU.
    """
    count = len(train.photos.regions)
    fitted_rows, held_rows = split_photos(count, held_out_of(train), seed=17)
    fitted_data = subset(train, fitted_rows)
    config = with_banks(shape(train, request.options), fitted_data)
    torch.manual_seed(request.seed)
    network = Network(config, blocks, layers)
    network.reader.whitening.fit(train)
    fill_words(network, fitted_data.captions)
    del fitted_data  # a copy of some gigabytes
    log = request.out / "log.jsonl"
    state = request.out / "state"
    resumed = load_state(state, count) if request.resume else None
    if resumed is None:
        log.unlink(missing_ok=True)
    else:
        network.load_state_dict(parts_of(resumed[1], "module"))
    data = TrainingSet.of(train)
    run = Run(network, data, fitted_rows, dev, state, request.seed, report, log, resumed, device)
    keep_freed_memory()
    run.epochs(replace(Options(), epochs=request.epochs or Options.epochs))
    fill_banks(network, train, fitted_rows)
    fitted = fit_gates_and_calibration(network, train, held_rows, negatives)
    summary = f"development text to image {list_recalls(network, dev).line()}"
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"stage": "fitted", **fitted, "summary": summary}) + "\n")
    return network

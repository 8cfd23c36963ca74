"""Training runs of the models that judge pairs, with the same requests and form of checkpoint."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from fusion.baselines.build import build_pair_model
from fusion.baselines.pair_model import PairModel
from fusion.baselines.pair_training import PairResume, copied, since_best, train_pair_model
from fusion.data.cca import LinearCCA, pooled_images, pooled_texts
from fusion.data.features import PairData, subset
from fusion.data.negatives import hard_false_photos, random_false_photos, top_of
from fusion.network.calibration import best_threshold
from fusion.training.sampling import split_photos
from fusion.training.saved_state import load_state, optimizer_state, save_state, tensors_under

if TYPE_CHECKING:
    from fusion.progress_callback import Progress
    from fusion.training.train_request import TrainRequest

__all__ = ["PairRun", "false_photos", "train_pair_run"]

EPOCHS = 15
SEED = 5
"""Seeds the false pairs that thresholds are fitted on."""


@dataclass(frozen=True)
class PairRun:
    """A trained pair model, and the thresholds fitted on held-out photos."""

    model: PairModel
    threshold: float
    hard_threshold: float

    @property
    def config(self) -> dict[str, Any]:
        """Return the values that a checkpoint stores to rebuild the model and its thresholds."""
        return {
            "model": self.model.config,
            "threshold": self.threshold,
            "hard_threshold": self.hard_threshold,
        }


def train_pair_run(
    request: TrainRequest,
    train: PairData,
    dev: PairData,
    held_out: int,
    negatives: LinearCCA,
    report: Progress,
) -> PairRun:
    """Train article, concat or average; the log goes to `log.jsonl` in `request.out`.

    `--option suggestions=yes` trains the article's model with its readers' suggestions; any other
    option is a field of the model's configuration.
    """
    count = len(train.photos.regions)
    rows, held_rows = split_photos(count, held_out, seed=17)
    fitted, held = subset(train, rows), subset(train, held_rows)
    options = dict(request.options)
    tuned = options.pop("suggestions", "no") == "yes"
    name = "article-tuned" if tuned and request.model == "article" else request.model
    images, texts = pooled(fitted)
    model = build_pair_model(name, images.shape[1], texts.shape[1], options)
    history = train_pair_model(
        model, images, texts, torch.from_numpy(fitted.captions.photo_rows),
        *pooled(dev), torch.from_numpy(dev.captions.photo_rows),
        epochs=request.epochs or EPOCHS, seed=request.seed,
        on_epoch=Recorder(request.out, count, report), start=resumed(request, count),
    )  # fmt: skip
    lines = [log_line(log) for log in history]
    (request.out / "log.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8"
    )
    return PairRun(model, *fit_thresholds(model, held, negatives))


def pooled(data: PairData) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(pooled_images(data)), torch.from_numpy(pooled_texts(data))


def log_line(log: dict[str, float]) -> dict[str, Any]:
    return {
        "stage": "pairs",
        "epoch": int(log["epoch"]),
        "loss": round(log["loss"], 4),
        "dev R@1": round(log["R@1"], 2),
        "dev R@10": round(log["R@10"], 2),
        "dev accuracy": round(log["accuracy"], 2),
    }


class Recorder:
    """Saves the training state after each epoch, for `--resume`."""

    def __init__(self, out: Path, photos: int, report: Progress) -> None:
        self.state, self.photos, self.report = out / "state", photos, report
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Tensor] = {}
        saved = load_state(self.state, photos)
        if saved is not None:
            self.history = list(saved[0]["history"])
            self.best = tensors_under(saved[1], "best")

    def __call__(
        self, epoch: int, log: dict[str, float], model: PairModel, optimizer: torch.optim.Optimizer
    ) -> None:
        """Save the state, from which `resumed` continues."""
        self.history.append(log)
        if since_best(self.history) == 0:
            self.best = copied(model)
        facts = {
            "stage": "pairs", "epoch": epoch, "photos": self.photos, "history": self.history
        }  # fmt: skip
        save_state(self.state, model, optimizer, facts, self.best)
        self.report(
            epoch, epoch, f"epoch {epoch}, loss {log['loss']:.3f}, dev R@1 {log['R@1']:.1f}"
        )


def resumed(request: TrainRequest, photos: int) -> PairResume | None:
    """Return the state that an earlier run of the same request saved; None to start afresh."""
    saved = load_state(request.out / "state", photos) if request.resume else None
    if saved is None:
        return None
    facts, tensors = saved
    return PairResume(
        facts["history"],
        tensors_under(tensors, "module"),
        optimizer_state(tensors, facts["groups"]),
        tensors_under(tensors, "best"),
    )


def false_photos(data: PairData, negatives: LinearCCA) -> tuple[Tensor, Tensor]:
    """Draw a random and a hard false photo for each caption: (M,) int64 each.

    Hard ones are drawn from the nearest photos, in the proportion of 20 to a thousand.
    """
    own = np.asarray(data.captions.photo_rows)
    photos = len(data.photos.regions)
    random = random_false_photos(own, photos, SEED)
    hard = hard_false_photos(negatives.similarity(data), own, SEED, top_of(photos))
    return torch.from_numpy(random), torch.from_numpy(hard)


def fit_thresholds(
    model: PairModel, held_out: PairData, negatives: LinearCCA
) -> tuple[float, float]:
    """Fit two thresholds on held-out captions: true against random, and true against hard pairs."""
    images, texts = pooled(held_out)
    own = torch.from_numpy(held_out.captions.photo_rows)
    captions = torch.arange(len(own)).repeat(2)
    labels = torch.cat([torch.ones(len(own)), torch.zeros(len(own))])
    cuts = []
    for false in false_photos(held_out, negatives):
        shown = torch.cat([own, false])
        with torch.inference_mode():
            scores = [
                model(images[photo_rows], texts[text_rows])
                for photo_rows, text_rows in zip(shown.split(512), captions.split(512), strict=True)
            ]
        cuts.append(best_threshold(torch.cat(scores), labels))
    return cuts[0], cuts[1]

"""The epochs of joint training, each of which saves a state that `--resume` continues from."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from fusion.data.features import PairData
from fusion.network.network import Network
from fusion.progress_callback import Progress
from fusion.training.epochs import Options, joint_epoch, make_optimizer, running_mean
from fusion.training.fitting import first_recalls
from fusion.training.recalls import Recalls
from fusion.training.sampling import TrainingSet
from fusion.training.saved_state import optimizer_state, save_state, tensors_under

__all__ = ["JointRun"]

STAGE = "joint"


@dataclass
class JointRun:
    """One training run."""

    network: Network
    data: TrainingSet
    rows: Tensor
    devs: Sequence[PairData]
    state: Path
    seed: int
    report: Progress
    log: Path
    resumed: tuple[dict[str, Any], dict[str, Tensor]] | None
    device: str

    def epochs(self, options: Options) -> None:
        """Run the epochs, with early stopping, and keep the best weights by development recall.

        It is the running mean of the weights that is evaluated, on the CPU, and kept. Training
        stops when `options.patience` epochs in a row bring no improvement.
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
            best = tensors_under(tensors, "best")
            averaged.load_state_dict(tensors_under(tensors, "averaged"))
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
            recalls = [first_recalls(judged, dev) for dev in self.devs]
            since_best += 1
            if (total := sum(each.total for each in recalls)) > best_score:
                best_score, since_best = total, 0
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
            told = "; ".join(each.line() for each in recalls)
            batches = max(len(self.rows) // options.batch_size, 1)
            self.report(
                (epoch + 1) * batches,
                options.epochs * batches,
                f"epoch {epoch + 1} of {options.epochs}, {told}",
            )
        self.network.to("cpu").load_state_dict(best)

    def write_log(
        self, epoch: int, loss: float, recalls: Sequence[Recalls], seconds: float
    ) -> None:
        """Add an epoch's line to the log; `seconds` is how long it took."""
        line: dict[str, Any] = {
            "stage": STAGE,
            "epoch": epoch + 1,
            "loss": round(loss, 4),
            "seconds": round(seconds),
        }
        line |= {f"dev {key}": value for key, value in recalls[0].rounded().items()}
        if len(recalls) > 1:
            line |= {"other dev": [each.rounded() for each in recalls[1:]]}
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

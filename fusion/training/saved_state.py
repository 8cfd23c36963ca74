"""The state of a training run on disk, from which an interrupted run can be resumed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from fusion.replaced_file import replaced_file
from fusion.runtime.stored_standings import EARLIER_PREFIX
from fusion.training.train_request import TrainingError

__all__ = ["load_state", "optimizer_state", "save_state", "tensors_under"]

TENSORS, FACTS = "state.safetensors", "state.json"


def save_state(
    folder: Path,
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    facts: Mapping[str, Any],
    best: Mapping[str, Tensor],
    averaged: Mapping[str, Tensor] = MappingProxyType({}),
) -> None:
    """Write weights, their running mean, the `best` weights so far, optimiser moments and `facts`.

    The facts give the `stage`, the `epoch` and the number of `photos` that are trained on.

    Each file is renamed into place, and the facts name the file of tensors, so a run that is killed
    while saving resumes from the epoch before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"module.{name}": value for name, value in module.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    tensors |= {f"averaged.{name}": value for name, value in averaged.items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    groups = optimizer.state_dict()["param_groups"]
    name = f"{facts['stage']}-{facts['epoch']}-{TENSORS}"
    copied = {key: value.detach().clone().contiguous() for key, value in tensors.items()}
    with replaced_file(folder / name) as partial:
        save_file(copied, partial)
    content = json.dumps({**facts, "tensors": name, "groups": groups})
    with replaced_file(folder / FACTS) as partial:
        partial.write_text(content, encoding="utf-8")
    for old in folder.glob(f"*-{TENSORS}"):
        if old.name != name:
            old.unlink()


def load_state(folder: Path, photos: int) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
    """Return the facts and tensors of the last `save_state`; None where there is none.

    Raises:
        TrainingError: that run was on another number of photos.
    """
    if not (folder / FACTS).is_file():
        return None
    facts: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    trained_on = facts.get("photos", photos)
    if trained_on != photos:
        raise TrainingError(
            f"{folder.parent} holds an unfinished run on {trained_on} photos, this one is on "
            f"{photos}: give the same --photos, or remove it"
        )
    tensors = load_file(folder / facts["tensors"])
    # Earlier versions kept the regressions, which are fitted after the epochs, among the weights.
    return facts, {name: each for name, each in tensors.items() if EARLIER_PREFIX not in name}


def tensors_under(tensors: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """Return the tensors of one part, such as `module` or `best`, without that prefix."""
    start = f"{part}."
    return {n.removeprefix(start): value for n, value in tensors.items() if n.startswith(start)}


def optimizer_state(tensors: Mapping[str, Tensor], groups: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the argument of an optimiser's `load_state_dict`, from saved moments and groups."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors_under(tensors, "optimizer").items():
        index, moment = name.split(".", 1)
        state.setdefault(int(index), {})[moment] = value
    return {"state": state, "param_groups": groups}

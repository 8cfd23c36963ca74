"""How recall grows with the number of training photos: one model per number, measured in turn.

Each model's photos are a subset of every larger one's, so points differ only by what is added.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from fusion.checkpoint import read_checkpoint
from fusion.train import default_epochs, train_from_files, training_photos
from fusion.training.train_request import TrainingError, TrainRequest
from search.evaluation.judge import judge
from search.evaluation.learning_curve_plot import learning_curve_svg
from search.evaluation.metrics import Record
from search.models.cache_folders import read_photo
from search.terminal.progress import ProgressReport

__all__ = ["learning_curve", "requests_by_size"]


def learning_curve(
    base: TrainRequest, sizes: Sequence[int], *, quiet: bool = False
) -> list[Record]:
    """Train a model for each size in `base.out`/SIZE and measure it on the development photos.

    A size whose model is finished is only measured; an interrupted one is resumed.

    Args:
        base: what to train, with the epochs of the largest size.
        sizes: numbers of training photos.
        quiet: no progress on stderr.

    Returns:
        One row per size, the smallest first: `photos`, `epochs`, and `first_stage` and `reranked`
        as in `crossgraph eval --json`. They are written to `curve.json` in `base.out`, and drawn in
        `curve.svg`.

    Raises:
        TrainingError: there are too few photos, or a folder holds another model than requested.
    """
    requests = requests_by_size(base, sizes)
    total = training_photos(replace(base, photos=None))
    # All folders are checked before any model is trained, which takes long.
    trained = [is_trained(request, total) for request in requests]
    rows = []
    for request, done in zip(requests, trained, strict=True):
        if not done:
            with ProgressReport(f"training on {request.photos} photos", quiet=quiet) as progress:
                train_from_files(request, progress=progress.update, read_photo=read_photo)
        report = judge(
            request.out, base.dev_images, base.dev_annotations, cache=base.cache, quiet=quiet
        ).report
        measures = {stage: report[stage] for stage in ("first_stage", "reranked")}
        rows.append({"photos": request.photos, "epochs": request.epochs, **measures})
    (base.out / "curve.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    (base.out / "curve.svg").write_text(learning_curve_svg(rows), encoding="utf-8")
    return rows


def requests_by_size(base: TrainRequest, sizes: Sequence[int]) -> list[TrainRequest]:
    """Return the training requests, the smallest size first.

    An epoch of few photos has few steps, too few to learn from: each size gets the epochs of the
    largest one times the square root of the ratio of their sizes.

    Raises:
        TrainingError: there are too few photos.
    """
    base_epochs = base.epochs or default_epochs(base.model)
    requests = [
        replace(
            base,
            out=base.out / str(size),
            photos=size,
            epochs=round(base_epochs * (max(sizes) / size) ** 0.5),
            resume=True,
        )
        for size in sorted(sizes)
    ]
    for request in requests:
        training_photos(request)
    return requests


def is_trained(request: TrainRequest, total: int) -> bool:
    """Return whether the requested model, of a collection of `total` photos, is finished.

    Raises:
        TrainingError: the folder holds another one.
        CheckpointError: it is damaged.
    """
    if (request.out / "state").exists() or not (request.out / "config.json").exists():
        return False
    checkpoint = read_checkpoint(request.out)
    # An older checkpoint that records neither used all photos, and its epochs are unknown.
    told = {
        "photos": total,
        **checkpoint.config,
        "kind": checkpoint.kind,
        "encoders": checkpoint.encoders,
    }
    wanted = {
        "kind": request.model,
        "encoders": request.encoders,
        "photos": request.photos,
        "seed": request.seed,
        "epochs": request.epochs,
    }
    for name, value in wanted.items():
        if told.get(name, value) != value:
            raise TrainingError(
                f"{request.out} holds a model with {name} {told[name]}, expected {value}: remove "
                f"it, or name another --out"
            )
    return True

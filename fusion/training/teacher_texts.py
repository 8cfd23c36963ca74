"""The training texts as encoded by a larger text encoder, the teacher; searches never run it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fusion.encoders.encoder_errors import WeightsMismatch, one_line
from fusion.encoders.quiet_loading import quiet_transformers
from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.hardware.precision import fast_products
from fusion.progress_callback import Progress

__all__ = ["TeacherTexts", "teacher_texts"]

BATCH, LONGEST = 64, 64


class TeacherTexts(NamedTuple):
    """The larger encoder's vectors of texts, scaled to about unit variance."""

    captions: Tensor
    """(M, D) float16."""
    shorts: Tensor
    """(U, D) float16."""


def teacher_texts(
    folder: Path, captions: Sequence[str], shorts: Sequence[str],
    report: Progress,
) -> TeacherTexts:  # fmt: skip
    """Encode texts by the encoder in a local folder, mean-pooled as in sentence encoders.

    The mean and variance of the captions scale the short queries, too.

    Raises:
        WeightsMismatch: the folder holds no text encoder that transformers can read.
    """
    ensure_torchvision()
    from transformers import AutoModel, AutoTokenizer

    load: Any = AutoModel.from_pretrained  # the type stubs lack some of its arguments
    try:
        with quiet_transformers():
            tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model = load(folder, local_files_only=True, dtype=torch.float32).eval()
    except Exception as error:  # transformers lets any error of its parsers through
        raise WeightsMismatch(
            f"{folder}: not a readable text encoder ({one_line(error)})"
        ) from error
    texts = [*captions, *shorts]
    order = np.argsort([len(text) for text in texts], kind="stable")
    read = torch.zeros(len(texts), int(model.config.hidden_size))
    with torch.inference_mode(), fast_products("cpu"):
        for start in range(0, len(texts), BATCH):
            rows = order[start : start + BATCH]
            some = [texts[row] for row in rows]
            batch = tokenizer(
                some, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
            )
            states = model(**batch).last_hidden_state.float()
            mask = batch["attention_mask"].unsqueeze(2)
            read[rows] = functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1)
            report(start + len(some), len(texts), "texts by the teacher")
    mean, spread = read[: len(captions)].mean(0), read[: len(captions)].std(0)
    scaled = ((read - mean) / (spread + 1e-3)).half()
    return TeacherTexts(scaled[: len(captions)], scaled[len(captions) :])

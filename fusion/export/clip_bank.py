"""The bank of texts that a CLIP-like model's photos are compared with: words of captions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from fusion.runtime.clip.text_steps import TextSteps
from fusion.runtime.model_fingerprint import CONFIG, SHIPPED
from fusion.runtime.words import STOP_WORDS

__all__ = ["BANK_WORDS", "bank_words", "embedded_words"]

BANK_WORDS = 512
"""Words in the bank; each is one text to encode when a model is prepared."""


def bank_words(most: int = BANK_WORDS) -> list[str]:
    """Return at most `most` words that people search photos for, spread over the alphabet.

    They come from the shipped model's training captions.
    """
    config = json.loads((SHIPPED / "crossgraph" / CONFIG).read_text(encoding="utf-8"))
    words = sorted(set(config["config"]["network"]["vocabulary"]) - set(STOP_WORDS))
    return words[:: max(1, len(words) // most)][:most]


def embedded_words(query: Path, steps: TextSteps, tokenizer: Tokenizer) -> NDArray[np.float32]:
    """Return the bank (M, D), embedded by the exported text side of a model."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(query, options, providers=["CPUExecutionProvider"])
    rows = [session.run(None, steps.inputs_of(word, tokenizer))[0] for word in bank_words()]
    bank: NDArray[np.float32] = np.concatenate(rows)
    return bank

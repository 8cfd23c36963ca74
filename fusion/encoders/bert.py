"""Text encoders of the BERT family: the last hidden states, one node per word piece."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from fusion.encoders.encoder import TUNABLE_LAYERS, WordFeatures
from fusion.encoders.encoder_errors import WeightsMismatch, one_line
from fusion.encoders.encoder_fingerprint import fingerprint_tensors
from fusion.encoders.quiet_loading import hub_is_offline, quiet_transformers, require_all_tensors
from fusion.encoders.resolver import resolve
from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.runtime.packaged_file import MINILM_FILE
from fusion.runtime.prepare.minilm import SIZES, minilm_tensors, minilm_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = ["BertEncoder", "bert_base", "minilm", "read_bert"]

MAX_WORDS = 64


class BertEncoder:
    """A BERT encoder.

    Args:
        tokenizer: a tokenizer from transformers.
        model: a `BertModel` without a pooling layer.
        device: the device it runs on.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, model: nn.Module, device: str | torch.device
    ) -> None:
        config: Any = model.config
        self.tokenizer: Any = tokenizer
        self.model: Any = model.eval().requires_grad_(False).to(device)
        self.device = device
        self.dim = int(config.hidden_size)
        self.max_words = min(MAX_WORDS, int(config.max_position_embeddings))
        self.fingerprint = fingerprint_tensors(self.model.state_dict(), tokenizer.get_vocab())

    @torch.no_grad()
    def encode_texts(self, texts: Sequence[str], max_words: int | None = None) -> WordFeatures:
        """Encode B texts, truncated to `max_words` tokens.

        Raises:
            ValueError: there are no texts.
        """
        if not texts:
            raise ValueError("no texts to encode: expected at least one")
        limit = min(self.max_words, max_words or self.max_words)
        batch = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=limit, return_tensors="pt"
        ).to(self.device)
        outputs = self.model(**batch, output_hidden_states=True)
        mask = batch["attention_mask"].bool()
        padding = ~mask.unsqueeze(-1)
        words = outputs.last_hidden_state.masked_fill(padding, 0.0)
        lower = None
        if len(outputs.hidden_states) > TUNABLE_LAYERS:
            lower = outputs.hidden_states[-1 - TUNABLE_LAYERS].masked_fill(padding, 0.0)
        pooled = words.sum(1) / mask.sum(1, keepdim=True)
        tokens = [
            self.tokenizer.convert_ids_to_tokens(row[real].tolist())
            for row, real in zip(batch["input_ids"], mask, strict=True)
        ]
        return WordFeatures(words, mask, pooled, tokens, lower)

    def top_layers(self) -> nn.ModuleList | None:
        """Copy the last layers, ready to be tuned; None if the model has too few."""
        layers = self.model.encoder.layer
        if len(layers) < TUNABLE_LAYERS:
            return None
        return copy.deepcopy(nn.ModuleList(layers[-TUNABLE_LAYERS:])).requires_grad_(True).cpu()


def read_bert(folder: Path, device: str | torch.device) -> BertEncoder:
    """Read a BERT encoder and its tokenizer from a local folder.

    Raises:
        WeightsMismatch: the folder holds no BERT model that can be read.
    """
    ensure_torchvision()
    from transformers import AutoTokenizer, BertModel

    # The stubs don't know that with `output_loading_info` a pair is returned.
    load: Any = BertModel.from_pretrained
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model, report = load(
                folder,
                local_files_only=True,
                add_pooling_layer=False,  # nothing reads it, and some folders lack it
                attn_implementation="sdpa",
                dtype=torch.float32,
                output_loading_info=True,
            )
        require_all_tensors(report)
    except Exception as error:  # transformers raises whatever its parsers meet
        raise WeightsMismatch(f"{folder}: not a readable BERT model ({one_line(error)})") from error
    return BertEncoder(tokenizer, model, device)


def _from_hub(repository: str) -> Path:
    from huggingface_hub import snapshot_download

    patterns = ["*.json", "model.safetensors", "vocab.txt"]
    offline = hub_is_offline()
    return Path(snapshot_download(repository, allow_patterns=patterns, local_files_only=offline))


def minilm(weights: Path | None, device: str | torch.device) -> BertEncoder:
    """Load all-MiniLM-L6-v2 (Wang et al., 2020), 384-d, six layers; always rounded to 8 bits."""
    ensure_torchvision()
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    repository = "sentence-transformers/all-MiniLM-L6-v2"
    path = resolve("all-MiniLM-L6-v2", weights, MINILM_FILE, lambda: _from_hub(repository))
    tensors = minilm_tensors(path / "model.safetensors" if path.is_dir() else path)
    config: Any = BertConfig(**SIZES)
    config._attn_implementation = "sdpa"
    model = BertModel(config, add_pooling_layer=False)
    # Positions are a buffer that a weights file need not contain.
    model.load_state_dict(
        {name: torch.tensor(each) for name, each in tensors.items()}, strict=False
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=minilm_tokenizer(),
        model_max_length=SIZES["max_position_embeddings"],
        pad_token="[PAD]",
    )
    return BertEncoder(tokenizer, model, device)


def bert_base(weights: Path | None, device: str | torch.device) -> BertEncoder:
    """Load bert-base-uncased (Devlin et al., 2019): 768-d, twelve layers."""
    repository = "google-bert/bert-base-uncased"
    path = resolve("bert-base-uncased", weights, None, lambda: _from_hub(repository))
    return read_bert(path if path.is_dir() else path.parent, device)

"""SigLIP's tokenizer, a model of SentencePiece, without that package."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.export.clip_steps import plain_tokenizer
from fusion.export.write_clip import TEXTS

sentencepiece = pytest.importorskip("sentencepiece")

pytestmark = pytest.mark.slow

CORPUS = [
    "a dog runs on the beach",
    "two people ride bikes along the river",
    "it is 3 km to the well known spot number 1 left",
    "a photo of two dogs running on the beach",
    "red green blue cats and dogs in a park with trees",
]


def test_texts_become_the_same_tokens(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt").write_text("\n".join(CORPUS * 20))
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "corpus.txt"), model_prefix=str(tmp_path / "spiece"), vocab_size=90,
        model_type="unigram", unk_id=0, eos_id=1, pad_id=-1, bos_id=-1, hard_vocab_limit=False,
        add_dummy_prefix=False, minloglevel=2,
    )  # fmt: skip
    ensure_torchvision()
    from transformers import SiglipTokenizer

    own = SiglipTokenizer(str(tmp_path / "spiece.model"), model_max_length=64)
    plain = plain_tokenizer(own)
    plain.enable_truncation(64)
    for text in (*TEXTS, "dog's", "  Two   DOGS  ", "...", "a_b"):
        wanted = own([text], truncation=True, max_length=64)["input_ids"][0]
        assert plain.encode(text).ids == wanted, text

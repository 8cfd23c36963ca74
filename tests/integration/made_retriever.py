"""A retriever of random weights with a real, tiny BERT: all that an export has to deal with."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch.nn.functional import normalize

from fusion.encoders.bert import BertEncoder, read_bert
from fusion.encoders.classifier import Classifier
from fusion.encoders.torchvision_ops import ensure_torchvision
from fusion.graphs.cross_graph import RerankerConfig
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.network import GATES, Network, NetworkConfig
from fusion.retriever import Retriever
from fusion.runtime.standing import TERMS

__all__ = ["FINGERPRINT", "PHOTOS", "made_retriever"]

FINGERPRINT = "f00d" * 16
WORDS = ["a", "dog", "cat", "on", "red", "two", "ride", "along", "the", "river", "##s", "!"]
VOCABULARY = ("cat", "dog", "red", "river")
REGIONS, WIDTH, PHOTOS = 9, 16, 70
CLASSES, CELL_CONCEPTS = 5, 2


def made_bert(folder: Path) -> BertEncoder:
    """A BERT of four layers, the last three of which can be tuned."""
    ensure_torchvision()
    from transformers import BertConfig, BertModel, BertTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    (folder / "vocab.txt").write_text("\n".join([*special, *WORDS]) + "\n")
    BertTokenizerFast.from_pretrained(folder).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(special) + len(WORDS), hidden_size=WIDTH, num_hidden_layers=4,
        num_attention_heads=2, intermediate_size=32, max_position_embeddings=12,
        initializer_range=0.5,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return read_bert(folder, "cpu")


def made_network(encoder: BertEncoder, *, tuned: bool, memory: int) -> Network:
    """A network whose gates, graphs and banks are all open."""
    cells, summary = 6 + CELL_CONCEPTS, 12 + WIDTH
    model = ModelConfig(image_dim=cells, pooled_dim=summary, text_dim=WIDTH, width=8, hidden=8)
    reranker = RerankerConfig(cells, summary, WIDTH, width=16, node_width=16, heads=2)
    owners = np.arange(2 * memory) // 2
    texts = [" ".join(np.roll(VOCABULARY, -row)[: 1 + row % 3]) for row in range(len(owners))]
    edges = len(
        {(row, word) for row, text in zip(owners, texts, strict=True) for word in text.split()}
    )
    config = NetworkConfig(
        6, 12, WIDTH, components=6, memory_size=memory, vocabulary=VOCABULARY if memory else (),
        word_edges=edges, detector_sample=memory and 9, classes=CLASSES, class_edges=3,
        memory_hubs=True, cell_concepts=CELL_CONCEPTS, model=model, reranker=reranker,
    )  # fmt: skip
    layers = encoder.top_layers() if tuned else None
    made = Network(config, None, layers).eval()
    made.reader.whitening.region_map.copy_(torch.eye(6))
    made.text_hub.fill(normalize(torch.randn(memory, 8), dim=1)) if memory else None
    for parameter in made.parameters():
        parameter.data.add_(torch.randn(parameter.shape) * 0.1)
    if memory:
        made.words.fill(texts, owners.tolist())
        made.detector.keep_sample(torch.randn(9, len(VOCABULARY)))
    for gate, value in zip(GATES, (0.5, 0.25, 0.125, 0.375), strict=True):
        getattr(made, gate).fill_(value)
    made.short_gates.copy_(torch.tensor([0.25, 0.5, 0.75, 0.125]))
    made.standings = {
        stage: standing._replace(weights=(torch.randn(TERMS) / 10).numpy())
        for stage, standing in made.standings.items()
    }
    assert made.reader.concepts is not None
    made.reader.concepts.fit(
        Classifier(torch.randn(CLASSES, 6), torch.randn(CLASSES)),
        normalize(torch.randn(CLASSES, WIDTH), dim=1),
        torch.randn(5, REGIONS, 6),
    )
    made.reader.concepts.fit_reading(
        torch.randn(20, WIDTH), normalize(torch.randn(20, WIDTH), dim=1)
    )
    return made


def made_retriever(folder: Path, *, tuned: bool = True, memory: int = 80) -> Retriever:
    """A retriever for numbers in place of photos; its banks hold `memory` items."""
    torch.manual_seed(0)
    encoder = made_bert(folder)

    def encode_images(images: list[int]) -> SimpleNamespace:
        generator = torch.Generator().manual_seed(5)
        return SimpleNamespace(features=torch.randn(len(images), REGIONS, 6, generator=generator))

    images = SimpleNamespace(encode_images=encode_images)
    encoders = SimpleNamespace(preset="packaged", image=images, text=encoder)
    network = made_network(encoder, tuned=tuned, memory=memory)
    return Retriever(network, encoders, FINGERPRINT)  # type: ignore[arg-type]

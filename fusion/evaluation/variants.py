"""A trained network without some of its edges, or with them shuffled: controls for its graphs.

A variant is a twin of the network that shares its weights but replaces some of its modules; the
network itself is never changed. What "no edges" and "shuffled" mean, graph by graph:

- edges between regions, edges between words: no message is passed, as with gates at zero; or the
  same edges join other nodes of the same photo or text (`shuffled_edges`).
- the cross-modal graph: each word attends equally to all regions, so that its message is their
  plain mean and its nearest region's similarity becomes the mean similarity; or a word's edges,
  including the one to its nearest region, lead to other regions of the same photo. The graphs
  inside both modalities are changed in the same way.
- memory and word graph: the message is left out; or the edges lead to as many other training
  photos, by one permutation of all training photos.
- the concept graph: classes send no message to a photo, and a query's paths contribute nothing; or
  the names of the classes are permuted.
- the word detector: its words are permuted in the same way.

Nothing is retrained or refitted: banks, hub corrections and gates stay those of the whole network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import torch
from torch import nn

from fusion.data.features import PairData, TextInput, photo_input, text_input
from fusion.evaluation.changed_graphs import (
    EdgelessCross,
    ShuffledCross,
    ShuffledGraph,
    ShuffledWords,
)
from fusion.graphs.cross_graph import NodeEncoder
from fusion.graphs.dual_graph import Branch
from fusion.graphs.layers import NodeGraph
from fusion.graphs.word_detector import WordDetector
from fusion.network.gallery import by_length
from fusion.network.network import Network
from fusion.network.node_reader import NodeReader, TextNodes

__all__ = ["VARIANTS", "Variant", "read_once", "twin"]

SEED = 11

Module = TypeVar("Module", bound=nn.Module)
Change = Callable[[Network, torch.Generator], None]


@dataclass(frozen=True)
class Variant:
    """A named change of a trained network.

    Attributes:
        name: what is changed, in a few words.
        changes: functions that replace modules of a twin; shuffles draw from the generator.
        cross: how the cross-modal graph is changed; variants with the same value share its logits.
        photos: whether photos must be embedded again.
        texts: whether texts must be embedded again.
    """

    name: str
    changes: tuple[Change, ...] = ()
    cross: Literal["whole", "no edges", "shuffled"] = "whole"
    photos: bool = True
    texts: bool = True

    def of(self, network: Network) -> Network:
        """Return this variant of a network; it takes its input from `read_once`."""
        altered = twin(network)
        generator = torch.Generator().manual_seed(SEED)
        for change in self.changes:
            change(altered, generator)
        return altered


class ReadAlready(NodeReader):
    """A reader for photos and texts that have been through the tuned layers already.

    Photos come with regions and summaries by the tuned blocks; texts have their tuned words in
    place of their lower states.
    """

    def texts(self, words: TextInput) -> TextNodes:
        """Whiten B texts.

        Raises:
            ValueError: the tuned words are missing.
        """
        if words.lower is None:
            raise ValueError("expected tuned words, found None: see `read_once`")
        return super().texts(TextInput(words.mask, words.lower))


@torch.inference_mode()
def read_once(network: Network, data: PairData) -> PairData:
    """Run the tuned encoder layers over a collection, for the networks that `twin` makes.

    These layers cost more time than the graphs of the first stage, and are the same in every
    variant.

    Returns:
        The collection with float32 regions, summaries and words: about 400 MB for 1,000 photos with
        5,000 captions.
    """
    rows = torch.arange(len(data.photos.image_ids)).split(100)
    read = [network.reader.regions(photo_input(data.photos, part)) for part in rows]
    photos = replace(
        data.photos,
        regions=torch.cat([regions for regions, _ in read]).numpy(),
        pooled=torch.cat([pooled for _, pooled in read]).numpy(),
        maps=(),
    )
    captions, layers = data.captions, network.reader.layers
    words = torch.zeros(captions.words.shape)
    for part in by_length(captions).split(250):
        mask, read_through, lower = text_input(captions, part)
        if layers is not None and lower is not None:
            read_through = layers(lower, mask)
        words[part, : mask.shape[1]] = read_through
    return PairData(photos, replace(captions, lower=words.numpy()))


def twin(network: Network) -> Network:
    """Return a network that shares the weights but not the modules; its input is `read_once`'s."""
    with torch.device("meta"):  # no memory, and no random numbers drawn
        copied = Network(network.config, None, None)
    weights = network.state_dict()
    tuned = [name for name in weights if name.startswith(("reader.blocks.", "reader.layers."))]
    for name in tuned:
        del weights[name]
    copied.load_state_dict(weights, assign=True)
    copied.standings = network.standings
    copied.reader = ReadAlready(copied.reader.whitening, None, None, copied.reader.concepts)
    return copied.eval()


def share(weights_of: nn.Module, module: Module) -> Module:
    """Return a module, built on the meta device, with the weights of another, without a copy."""
    module.load_state_dict(weights_of.state_dict(), assign=True)
    return module.eval()


def silence(branch: Branch | NodeEncoder) -> None:
    """Remove the messages of a branch: a graph without layers returns its nodes unchanged."""
    branch.graph = NodeGraph(0, 0, branch.graph.neighbours, 0.0)


def shuffle(branch: Branch | NodeEncoder, generator: torch.Generator) -> None:
    """Pass the messages of a branch along shuffled edges."""
    shuffled = ShuffledGraph(0, 0, branch.graph.neighbours, 0.0)
    shuffled.convolutions, shuffled.gates = branch.graph.convolutions, branch.graph.gates
    shuffled.generator = generator
    branch.graph = shuffled.eval()


def without_regions(network: Network, _: torch.Generator) -> None:
    """Remove the first stage's messages between the regions of a photo."""
    silence(network.dual.image)


def without_words(network: Network, _: torch.Generator) -> None:
    """Remove the first stage's messages between the words of a text."""
    silence(network.dual.text)


def shuffled_regions(network: Network, generator: torch.Generator) -> None:
    """Shuffle the first stage's edges between the regions of a photo."""
    shuffle(network.dual.image, generator)


def shuffled_words(network: Network, generator: torch.Generator) -> None:
    """Shuffle the first stage's edges between the words of a text."""
    shuffle(network.dual.text, generator)


def without_concepts(network: Network, _: torch.Generator) -> None:
    """Give all classes the same name, so that they send no message and paths have no effect."""
    graph = network.reader.concepts
    if graph is not None:
        graph.names = graph.mean.expand_as(graph.names)
        graph.narrowed = torch.zeros_like(graph.narrowed)
        if graph.kept:
            graph.prior = torch.full_like(graph.prior, 1 / len(graph.prior))


def shuffled_concepts(network: Network, generator: torch.Generator) -> None:
    """Permute the names of the classes."""
    graph = network.reader.concepts
    if graph is not None:
        order = torch.randperm(len(graph.names), generator=generator)
        graph.names, graph.narrowed = graph.names[order], graph.narrowed[order]
        if graph.kept:
            graph.prior = graph.prior[order]


def without_memory(network: Network, _: torch.Generator) -> None:
    """Remove the memory's messages, so that a photo's vector depends on its own regions only."""
    network.memory.weight = 0.0


def shuffled_memory(network: Network, generator: torch.Generator) -> None:
    """Permute the caption vectors that the memory graph has for its training photos."""
    values = network.memory.values
    network.memory.values = values[torch.randperm(len(values), generator=generator)]


def shuffled_word_graph(network: Network, generator: torch.Generator) -> None:
    """Permute the training photos whose words the word graph uses."""
    shape = network.config
    with torch.device("meta"):
        shuffled = ShuffledWords(shape.vocabulary, shape.memory_size, shape.word_edges)
    shuffled.order = torch.randperm(shape.memory_size, generator=generator)
    network.words = share(network.words, shuffled)


def shuffled_detector(network: Network, generator: torch.Generator) -> None:
    """Permute the words of the word detector."""
    detector, shape = network.detector, network.config
    order = torch.randperm(len(shape.vocabulary), generator=generator)
    moved = {
        name: value[:, order] if name == "sample" else value[order] if value.ndim else value
        for name, value in detector.state_dict().items()
    }
    with torch.device("meta"):
        made = WordDetector(len(order), shape.reranker.node_width, shape.detector_sample)
    made.load_state_dict(moved, assign=True)
    network.detector = made.eval()


def without_cross_edges(network: Network, _: torch.Generator) -> None:
    """Remove the edges of the cross-modal graph and of its own graphs inside both modalities."""
    with torch.device("meta"):
        edgeless = EdgelessCross(network.config.reranker)
    network.cross = share(network.cross, edgeless)
    silence(edgeless.image)
    silence(edgeless.text)


def shuffled_cross_edges(network: Network, generator: torch.Generator) -> None:
    """Shuffle the edges of the cross-modal graph and of its own graphs inside both modalities."""
    with torch.device("meta"):
        shuffled = ShuffledCross(network.config.reranker)
    shuffled.generator = generator
    network.cross = share(network.cross, shuffled)
    shuffle(shuffled.image, generator)
    shuffle(shuffled.text, generator)


VARIANTS = (
    Variant("whole"),
    Variant("region edges off", (without_regions,), texts=False),
    Variant("region edges shuffled", (shuffled_regions,), texts=False),
    Variant("word edges off", (without_words,), photos=False),
    Variant("word edges shuffled", (shuffled_words,), photos=False),
    Variant("region and word edges off", (without_regions, without_words)),
    Variant("region and word edges shuffled", (shuffled_regions, shuffled_words)),
    Variant("concept graph off", (without_concepts,)),
    Variant("concept graph shuffled", (shuffled_concepts,)),
    Variant("memory graph off", (without_memory,), texts=False),
    Variant("memory graph shuffled", (shuffled_memory,), texts=False),
    Variant("word graph shuffled", (shuffled_word_graph,)),
    Variant("word detector shuffled", (shuffled_detector,)),
    Variant("cross-modal graph without edges", (without_cross_edges,), "no edges"),
    Variant("cross-modal graph shuffled", (shuffled_cross_edges,), "shuffled"),
    Variant(
        "all re-ranking graphs shuffled",
        (shuffled_cross_edges, shuffled_word_graph, shuffled_detector),
        "shuffled",
    ),
)
"""The whole network first, then its changed variants."""

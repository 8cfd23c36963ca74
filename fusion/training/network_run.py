"""The training run of a network: its epochs, then the fits.

The re-ranker's gates, the calibration and the matching threshold are fitted on photos held out of
training; the development split is used for early stopping only. Every epoch saves a state that
`--resume` continues from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fusion.checkpoint import load_network, read_checkpoint
from fusion.data.cca import LinearCCA
from fusion.data.features import PairData, PhotoFeatures, subset
from fusion.data.short_queries import ShortQueries
from fusion.graphs.concept_graph import Classifier, ClassNames
from fusion.graphs.cross_graph import RerankerConfig, with_whole
from fusion.graphs.cross_graph_hubs import CrossHub
from fusion.graphs.dual_graph import ModelConfig
from fusion.graphs.word_graph import edge_counts, frequent_words
from fusion.hardware.allocator import keep_freed_memory
from fusion.network.network import Network, NetworkConfig
from fusion.progress_callback import Progress
from fusion.training.command_options import apply_options, options_of
from fusion.training.distillation import distil
from fusion.training.fit_class_paths import fit_class_paths
from fusion.training.fit_standing import fit_standing
from fusion.training.fitting import (
    bank_captions,
    fill_banks,
    fill_words,
    fit_gates_and_calibration,
    list_recalls,
)
from fusion.training.gates import held_out_parts
from fusion.training.joint_run import JointRun
from fusion.training.sampling import TrainingSet, shown_twice, split_collections
from fusion.training.saved_state import load_state, tensors_under
from fusion.training.teacher_texts import TeacherTexts
from fusion.training.train_request import TrainingError, TrainRequest

__all__ = ["Concepts", "Materials", "shape", "train_network"]

DETECTOR_SAMPLE = 200
CONCEPT_PHOTOS = 2000
CELL_CONCEPTS = 64
CLASS_EDGES = 16
"""Edges from a photo to classes that the paths of queries follow; more of them improve nothing."""
MOST_BANKED = 1600
"""Most captions in the banks; they make up a fifth of a checkpoint."""


def shape(
    data: PairData, options: Mapping[str, str], concepts: Concepts | None = None
) -> NetworkConfig:
    """Return the network's shape for a collection's features: the defaults, with `options` set."""
    image_dim, text_dim = data.photos.regions.shape[2], data.captions.words.shape[2]
    components, pooled_dim = min(320, image_dim), data.photos.pooled.shape[1]
    classes = 0 if concepts is None else len(concepts.names.vectors)
    narrow = min(CELL_CONCEPTS, text_dim) if classes else 0
    cell_dim, summary_dim = components + narrow, pooled_dim + (text_dim if classes else 0)
    config = NetworkConfig(
        image_dim=image_dim,
        pooled_dim=pooled_dim,
        text_dim=text_dim,
        components=components,
        classes=classes,
        class_words=() if concepts is None else concepts.names.words,
        cell_concepts=narrow,
        class_edges=min(CLASS_EDGES, classes),
        memory_hubs=True,
        model=ModelConfig(cell_dim, text_dim, summary_dim),
        reranker=RerankerConfig(cell_dim, summary_dim, text_dim),
    )
    return apply_options(config, options)


class Concepts(NamedTuple):
    """The image encoder's classifier and the names of its classes."""

    classifier: Classifier
    """Adapted to the regions that the network is trained on."""
    names: ClassNames
    own: Classifier
    """As published, for the image encoder's own regions."""


class Materials(NamedTuple):
    """What training needs in addition to the features of photos and captions."""

    sizes: Sequence[int]
    """Number of photos in each collection."""
    negatives: LinearCCA
    """Finds similar false photos for each caption."""
    blocks: torch.nn.Sequential | None = None
    """The image encoder's last blocks to tune."""
    layers: torch.nn.ModuleList | None = None
    """The text encoder's last layers to tune."""
    concepts: Concepts | None = None
    shorts: ShortQueries | None = None
    seen: PhotoFeatures | None = None
    """Features of the training photos by `blocks`, if these were tuned before; None otherwise."""
    teacher: TeacherTexts | None = None
    """The training texts as encoded by a larger encoder, to learn from."""


def with_banks(config: NetworkConfig, fitted: PairData) -> NetworkConfig:
    """Return the config with its banks sized for the photos to train on and their captions."""
    texts, owners = fitted.captions.texts, fitted.captions.photo_rows.tolist()
    vocabulary = frequent_words(texts)
    column = {word: number for number, word in enumerate(vocabulary)}
    bank = min(len(fitted.photos.regions) // 2, MOST_BANKED)
    banked = fitted.captions.mask[bank_captions(fitted.captions, bank).numpy()]
    return replace(
        config,
        memory_size=len(fitted.photos.regions),
        captions_bank=bank,
        captions_bank_nodes=int(with_whole(torch.from_numpy(banked)).sum()),
        vocabulary=vocabulary,
        word_edges=len(edge_counts(column, texts, owners)),
        detector_sample=min(DETECTOR_SAMPLE, len(fitted.photos.regions)),
    )


def begun_from(start: Path, fitted: PairData) -> Network:
    """Load a trained network to continue from.

    Its image blocks are dropped, since the photos were encoded with them already, and its word
    graph is filled again, so that it follows the order of these photos.

    Args:
        start: the network's checkpoint.
        fitted: the photos to train on, with their captions.

    Raises:
        CheckpointError: the checkpoint cannot be read.
        TrainingError: the network was trained on other captions.
    """
    network = load_network(read_checkpoint(start))
    sizes, config = with_banks(network.config, fitted), network.config
    same = ("memory_size", "captions_bank", "word_edges", "detector_sample")
    if sorted(sizes.vocabulary) != sorted(config.vocabulary) or any(
        getattr(sizes, name) != getattr(config, name) for name in same
    ):
        raise TrainingError(
            f"--start {start}: trained on {config.memory_size} photos with other captions, "
            f"expected the {sizes.memory_size} of these collections"
        )
    network.config = replace(config, captions_bank_nodes=sizes.captions_bank_nodes)
    network.cross_hub = CrossHub(
        config.captions_bank, sizes.captions_bank_nodes, config.reranker.node_width
    )
    network.words.fill(fitted.captions.texts, fitted.captions.photo_rows.tolist())
    network.reader.blocks = None
    return network.eval()


def trained_jointly(
    request: TrainRequest, train: PairData, devs: Sequence[PairData], materials: Materials,
    split: tuple[Tensor, Tensor], report: Progress, device: str,
) -> tuple[Network, TrainingSet]:  # fmt: skip
    """Run the epochs and return the network and its data.

    The arguments are those of `train_network`, and `split`: the rows to fit on, and the same with
    small collections repeated, as epochs run over them.
    """
    count, (fitted_rows, rows) = len(train.photos.regions), split
    fitted_data = subset(train, fitted_rows)
    config = with_banks(shape(train, request.options, materials.concepts), fitted_data)
    torch.manual_seed(request.seed)
    network = Network(config, materials.blocks, materials.layers)
    seen = train if materials.seen is None else replace(train, photos=materials.seen)
    network.reader.whitening.fit(seen)
    fit_concepts(network, materials.concepts, seen.photos.regions[fitted_rows.numpy()])
    fill_words(network, fitted_data.captions)
    del fitted_data  # a copy of some gigabytes
    log, state = request.out / "log.jsonl", request.out / "state"
    resumed = load_state(state, count) if request.resume else None
    if resumed is None:
        log.unlink(missing_ok=True)
    else:
        network.load_state_dict(tensors_under(resumed[1], "module"))
    data = TrainingSet.of(train, materials.shorts, known_classes(network, materials, train))
    run = JointRun(network, data, rows, devs, state, request.seed, report, log, resumed, device)
    run.epochs(options_of(request))
    return network, data


def train_network(
    request: TrainRequest, train: PairData, devs: Sequence[PairData], materials: Materials,
    report: Progress, device: str = "cpu",
) -> Network:  # fmt: skip
    """Train both stages, then make all fits; the log goes to `log.jsonl` in `request.out`.

    Args:
        request: the options of `crossgraph train`.
        train: all training photos, one collection after the other.
        devs: the collections whose recall chooses the epoch.
        materials: what training needs in addition to features.
        report: the progress callback.
        device: the epochs' device, as torch names it; all fits run on the CPU.
    """
    options = options_of(request)
    names = [Path(path).name for path in train.photos.paths]
    fitted_rows, held_rows = split_collections(names, materials.sizes, seed=17)
    rows = shown_twice(fitted_rows, materials.sizes)
    log = request.out / "log.jsonl"
    keep_freed_memory()
    if request.start is None:
        network, data = trained_jointly(
            request, train, devs, materials, (fitted_rows, rows), report, device
        )
    else:
        log.unlink(missing_ok=True)
        network = begun_from(request.start, subset(train, fitted_rows))
        data = TrainingSet.of(train, materials.shorts)
    if materials.teacher is not None:
        distil(network, data, rows, materials.teacher, options, request.seed, report)
    fill_banks(network, train, fitted_rows)
    fit_class_paths(network, train.captions, fitted_rows, materials.shorts)
    held = held_out_parts(train, held_rows)
    fitted = fit_gates_and_calibration(network, held, materials.shorts, materials.negatives)
    fit_standing(network, held, materials.shorts)
    summary = "; ".join(
        f"development text to image {list_recalls(network, dev).line()}" for dev in devs
    )
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"stage": "fitted", **fitted, "summary": summary}) + "\n")
    return network


def fit_concepts(network: Network, concepts: Concepts | None, regions: NDArray[np.float16]) -> None:
    """Fit the concept graph, if there is one, to the regions (N, R, D) of the training photos."""
    graph = network.reader.concepts
    if concepts is None or graph is None:
        return
    rows = np.unique(np.linspace(0, len(regions) - 1, CONCEPT_PHOTOS).astype(int))
    some = torch.from_numpy(regions[rows]).float()
    graph.fit(concepts.classifier, concepts.names.vectors, some)


@torch.no_grad()
def known_classes(network: Network, materials: Materials, train: PairData) -> Tensor | None:
    """Return how likely N photos show each class by the image encoder's own classifier: (N, K).

    This also makes the network's copy of the classifier trainable. Return None, and leave the copy
    as it is, if the image encoder has no classifier or is not tuned.
    """
    concepts, graph = materials.concepts, network.reader.concepts
    if concepts is None or graph is None or materials.blocks is None:
        return None
    graph.follow()
    own = concepts.own
    parts = torch.arange(len(train.photos.regions)).split(100)
    regions = (torch.from_numpy(train.photos.regions[rows.numpy()]).float() for rows in parts)
    return torch.cat(
        [
            functional.linear(part, own.weight, own.bias).softmax(-1).mean(1).half()
            for part in regions
        ]
    )

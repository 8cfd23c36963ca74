"""Distillation from a larger text encoder, after joint training.

1. Pairs of heads are trained on frozen summaries, where a text's summary is the network's own
   concatenated with the teacher's. Several pairs then teach one more, which learns what they agree
   on.
2. The photo head of that last pair becomes the network's. The network's text layers and a new text
   head, which have to do without the larger encoder, learn to reproduce the vectors of its text
   head.
3. The cross-modal graph is trained further, because the text layers have changed its words.

The larger encoder is worth 3 to 4 points of R@1 but would make a query take six times as long;
distillation keeps part of the gain.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from fusion.data.features import CaptionFeatures, photo_input, text_input
from fusion.graphs.dual_graph import DualGraph
from fusion.network.gallery import by_length
from fusion.network.network import Network
from fusion.progress_callback import Progress
from fusion.training.cross_epochs import train_cross_graph
from fusion.training.epochs import Options
from fusion.training.head_training import HeadOptions, Heads, SoftTargets, Summaries, train_heads
from fusion.training.sampling import TrainingSet
from fusion.training.teacher_texts import TeacherTexts
from fusion.training.text_distillation import TextLesson, TextOptions, distil_texts

__all__ = ["distil"]

TEACHERS = 2
"""Number of pairs of heads that teach the last pair."""
PHOTO_BLOCK, TEXT_BLOCK = 200, 250


class _Read(NamedTuple):
    """Summaries as the network's reader returns them."""

    photos: Tensor
    """(V, N, P) float16."""
    captions: Tensor
    """(M, S) float16."""
    shorts: Tensor
    """(U, S) float16; U = 0 without short queries."""


def distil(
    network: Network, data: TrainingSet, rows: Tensor, teacher: TeacherTexts, options: Options,
    seed: int, report: Progress,
) -> None:  # fmt: skip
    """Teach a trained network, in place; its banks and fitted parts have to be filled afterwards.

    Args:
        network: a network on the CPU.
        data: the data that it was trained on.
        rows: rows of the photos to train on; some may occur twice.
        teacher: the training texts as encoded by the larger encoder.
        options: those of the joint training.
        seed: seeds all random draws.
        report: the progress callback.
    """
    network.eval()
    read, config = _read(network, data), network.config.model
    beside = Summaries(
        read.photos,
        torch.cat([read.captions, teacher.captions], 1),
        torch.cat([read.shorts, teacher.shorts], 1),
        data.captions_of,
        data.shorts,
    )

    def trained(number: int, soft: SoftTargets | None) -> Heads:
        return train_heads(beside, rows, config, HeadOptions(), seed + number, report, soft)

    soft = SoftTargets.of([trained(number, None) for number in range(TEACHERS)], beside)
    last = trained(TEACHERS, soft)
    vectors = SoftTargets.of([last], beside)
    photos = functional.normalize(vectors.photos.float().mean(0), dim=1)[rows.unique()]
    lessons = _lessons(data, rows, vectors.texts, last, beside)
    head = distil_texts(network.reader, lessons, photos, config, TextOptions(), seed, report)
    network.config = replace(network.config, model=replace(config, graph=False))
    network.dual = DualGraph(network.config.model).eval()
    network.dual.image.summary.load_state_dict(last.image.state_dict())
    network.dual.text.summary.load_state_dict(head.state_dict())
    with torch.no_grad():
        network.dual.log_scale.copy_(last.log_scale)
    train_cross_graph(network, data, rows, options, seed, report)


def _lessons(
    data: TrainingSet, rows: Tensor, captions: Tensor, last: Heads, beside: Summaries
) -> list[TextLesson]:
    """Return the captions of the photos `rows`, and the short queries cut from them.

    A caption is repeated as often as its photo occurs in `rows`; a short query occurs once.
    """
    texts = data.data.captions
    times = torch.bincount(rows, minlength=len(data.captions_of))[
        torch.from_numpy(texts.photo_rows)
    ]
    known = torch.arange(len(texts.texts)).repeat_interleave(times)
    lessons = [TextLesson(texts, known, captions)]
    if data.shorts is not None:
        asked = data.shorts.of_caption[known].unique()
        with torch.no_grad():
            vectors = torch.cat([last.texts(each).half() for each in beside.shorts.split(2000)])
        lessons.append(TextLesson(data.shorts.features, asked[asked >= 0], vectors))
    return lessons


@torch.no_grad()
def _read(network: Network, data: TrainingSet) -> _Read:
    """Compute the summaries of every view of all photos, all captions and all short queries."""
    features = data.data.photos
    views = max(len(features.maps), len(features.views) + 1)
    everything = torch.arange(len(features.regions)).split(PHOTO_BLOCK)
    photos = [
        torch.cat(
            [
                network.reader.photos(
                    photo_input(features, rows, torch.full_like(rows, view))
                ).summary.half()
                for rows in everything
            ]
        )
        for view in range(views)
    ]
    captions = _text_summaries(network, data.data.captions)
    shorts = captions[:0]
    if data.shorts is not None:
        shorts = _text_summaries(network, data.shorts.features)
    return _Read(torch.stack(photos), captions, shorts)


def _text_summaries(network: Network, captions: CaptionFeatures) -> Tensor:
    vectors = torch.zeros(len(captions.texts), 2 * network.config.text_dim, dtype=torch.float16)
    for rows in by_length(captions).split(TEXT_BLOCK):
        vectors[rows] = network.reader.texts(text_input(captions, rows)).summary.half()
    return vectors

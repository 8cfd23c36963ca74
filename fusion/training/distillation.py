"""What follows joint training where a larger text encoder is at hand to learn from.

1. Heads for summaries, the teacher's reading of the texts beside the network's own, trained on
   frozen features. Several pairs of them teach one more, which sees what they agree on.
2. The last pair's photo head becomes the network's. What its text head makes of a text is taught
   to the network's text layers and a head that have to do without the larger encoder.
3. The cross-modal graph, whose words these layers have moved, is trained on.

The larger encoder is worth 3 to 4 points of R@1 and would cost six times the time of a query; this
is how some of it stays.
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
"""Pairs of heads that teach the last one."""
PHOTO_BLOCK, TEXT_BLOCK = 200, 250


class _Read(NamedTuple):
    """Summaries as the network's reader gives them."""

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
    """Teach a trained network, in place; banks and all that is fitted are to be filled after it.

    Args:
        network: on the CPU.
        data: what it was trained on.
        rows: of the photos that are trained on; some may stand there twice.
        teacher: the training texts by a larger encoder.
        options: of the joint training.
        seed: of all that is drawn.
        report: called with what is being done.
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
    """The captions of the photos `rows`, as often as these, and the short queries cut from them."""
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
    """Read every view of all photos, all captions and all short queries."""
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

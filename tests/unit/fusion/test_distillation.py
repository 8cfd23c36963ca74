"""Distillation from a larger text encoder, on a small made-up collection."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from fusion.checkpoint import load_network, network_checkpoint, read_checkpoint, write_checkpoint
from fusion.data.features import PairData, subset
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.network import Network
from fusion.training.fitting import list_recalls
from fusion.training.head_training import HeadOptions, SoftTargets, Summaries, soften, train_heads
from fusion.training.network_run import begun_from, train_network
from fusion.training.sampling import split_collections
from fusion.training.teacher_texts import TeacherTexts
from fusion.training.train_request import TrainingError
from tests.unit.fusion.made_data import made_data, made_materials
from tests.unit.fusion.test_training import quiet, request, shuffled

SIZES = ModelConfig(0, 0, 0, width=16, hidden=16, dropout=0.0)


def telling(data: PairData) -> TeacherTexts:
    """Return a teacher that knows the photo of each caption, up to some noise."""
    photos = torch.from_numpy(data.photos.pooled).float()
    read = photos[torch.from_numpy(data.captions.photo_rows)]
    noise = torch.randn(read.shape, generator=torch.Generator().manual_seed(5))
    return TeacherTexts(
        (read + 0.1 * noise).half(), torch.zeros(len(data.photos.regions), read.shape[1]).half()
    )


def taught(out: Path, data: PairData, seed: int = 0) -> Network:
    materials = made_materials(data)._replace(teacher=telling(data))
    return train_network(request(out, epochs=2, seed=seed), data, [made_data(30, seed=1)],
                         materials, quiet)  # fmt: skip


def summaries(data: PairData) -> Summaries:
    generator = torch.Generator().manual_seed(2)
    photos = torch.randn(len(data.photos.regions), 12, generator=generator)
    owners = torch.from_numpy(data.captions.photo_rows)
    texts = photos[owners] + 0.1 * torch.randn(len(owners), 12, generator=generator)
    captions_of = torch.stack([(owners == row).nonzero()[:2, 0] for row in range(len(photos))])
    return Summaries(photos.half()[None], texts.half(), texts[:0].half(), captions_of, None)


def right_at_once(photos: torch.Tensor, texts: torch.Tensor, owners: torch.Tensor) -> float:
    return ((texts @ photos.T).argmax(1) == owners).float().mean().item()


def test_softening_is_the_divergence_of_both_directions() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    assert soften(logits, logits).item() == pytest.approx(0, abs=1e-6)
    # For rows and columns: KL((0.5, 0.5) | softmax(2, 0)) = log 0.5 - (log 0.881 + log 0.119) / 2
    expected = torch.tensor(0.5).log() - logits[0].log_softmax(0).mean()
    assert soften(logits, torch.zeros(2, 2)).item() == pytest.approx(expected.item(), rel=1e-4)
    # Here the two directions differ.
    skewed = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    rows = torch.nn.functional.kl_div(
        logits.log_softmax(1), skewed.softmax(1), reduction="batchmean"
    )
    columns = torch.nn.functional.kl_div(
        logits.T.log_softmax(1), skewed.T.softmax(1), reduction="batchmean"
    )
    assert rows != columns
    assert soften(logits, skewed).item() == pytest.approx(((rows + columns) / 2).item(), rel=1e-5)


def test_heads_learn_pairs_and_agree_with_a_teacher() -> None:
    data = made_data()
    read, owners = summaries(data), torch.from_numpy(data.captions.photo_rows)
    rows, options = torch.arange(len(read.captions_of)), HeadOptions(epochs=150, batch_size=40)
    heads = train_heads(read, rows, SIZES, options, 0, quiet)
    with torch.no_grad():
        photos, texts = heads.photos(read.photos[0]), heads.texts(read.texts)
    assert right_at_once(photos, texts, owners) > 0.9
    assert photos.norm(dim=1).sub(1).abs().max() < 1e-5
    # A teacher that takes each photo for the next one misleads heads if its weight is high enough.
    turned = SoftTargets(photos.roll(1, 0).half()[None], texts.half(), 1)
    wrong = replace(options, soft_weight=30.0)
    misled = train_heads(read, rows, SIZES, wrong, 0, quiet, turned)
    with torch.no_grad():
        photos, texts = misled.photos(read.photos[0]), misled.texts(read.texts)
    assert right_at_once(photos, texts, (owners + 1) % len(photos)) > 0.5


def test_a_taught_network_finds_photos_without_its_teacher(tmp_path: Path) -> None:
    data, dev = made_data(), made_data(30, seed=1)
    network = taught(tmp_path, data)
    assert not network.config.model.graph
    assert not any(name.startswith("dual.image.projection") for name in network.state_dict())
    # Chance is 10 in 30.
    assert list_recalls(network, dev).at_10 > 50
    assert list_recalls(network, shuffled(dev)).at_10 < 48


def test_teaching_repeats_itself(tmp_path: Path) -> None:
    data = made_data()
    one, same = taught(tmp_path / "a", data), taught(tmp_path / "b", data)
    for name, value in one.state_dict().items():
        assert torch.equal(value, same.state_dict()[name]), name


def test_a_taught_network_comes_back_from_its_checkpoint_and_is_taught_on(tmp_path: Path) -> None:
    data = made_data()
    network = taught(tmp_path, data)
    folder = tmp_path / "checkpoint"
    config = network_checkpoint(network, "made")
    write_checkpoint(folder, "crossgraph", "made", "0" * 64, config, network)
    again = load_network(read_checkpoint(folder))
    assert again.config == network.config
    names = [Path(path).name for path in data.photos.paths]
    rows, _ = split_collections(names, [len(names)], seed=17)
    fitted = subset(data, rows)
    assert begun_from(folder, fitted).config == again.config
    with pytest.raises(TrainingError, match=r"trained on 36 photos .* expected the 30"):
        begun_from(folder, subset(data, rows[:30]))

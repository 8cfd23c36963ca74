"""Training on a small made-up collection: it learns, is repeatable, and can be resumed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fusion.data.features import PairData
from fusion.network.network import Network
from fusion.train import training_photos
from fusion.training.epochs import running_mean
from fusion.training.fitting import list_recalls
from fusion.training.network_run import train_network
from fusion.training.train_request import TrainingError, TrainRequest
from tests.unit.fusion.made_data import made_data, made_materials

SMALL = {
    "model.width": "16", "model.hidden": "16", "model.dropout": "0.0",
    "reranker.width": "16", "reranker.node_width": "16", "reranker.dropout": "0.0",
}  # fmt: skip


def request(out: Path, *, epochs: int = 3, seed: int = 0, resume: bool = False) -> TrainRequest:
    out.mkdir(exist_ok=True)
    nowhere = Path("unused")
    return TrainRequest(
        nowhere, nowhere, nowhere, nowhere, "made", "crossgraph", out, nowhere,
        epochs=epochs, seed=seed, resume=resume, options=SMALL,
    )  # fmt: skip


def quiet(done: int, total: int, what: str) -> None:
    """Report nothing."""


def trained(out: Path, **options: int) -> Network:
    data = made_data()
    return train_network(
        request(out, **options), data, [made_data(30, seed=1)], made_materials(data), quiet
    )


def shuffled(data: PairData) -> PairData:
    rows = np.random.default_rng(3).permutation(data.captions.photo_rows)
    return replace(data, captions=replace(data.captions, photo_rows=rows))


def test_it_learns_and_the_pairing_is_why(tmp_path: Path) -> None:
    dev = made_data(30, seed=1)
    network = trained(tmp_path, epochs=40)
    assert list_recalls(network, dev).at_1 > 40
    # The same scores against a wrong pairing: chance is 1 in 30. Nothing else tells pairs apart.
    assert list_recalls(network, shuffled(dev)).at_1 < 15


def test_a_seed_repeats_itself_and_another_differs(tmp_path: Path) -> None:
    first, same = trained(tmp_path / "a"), trained(tmp_path / "b")
    other = trained(tmp_path / "c", seed=1)
    for name, value in first.state_dict().items():
        assert torch.equal(value, same.state_dict()[name]), name
    assert not torch.equal(first.dual.log_scale, other.dual.log_scale)


def test_a_stopped_run_ends_as_if_never_stopped(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole")

    def stop(done: int, total: int, what: str) -> None:
        if what.startswith("epoch 2 of") and "R@1" in what:
            raise KeyboardInterrupt

    train, dev, out = made_data(), made_data(30, seed=1), tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):
        train_network(request(out), train, [dev], made_materials(train), stop)
    resumed = train_network(request(out, resume=True), train, [dev], made_materials(train), quiet)
    for name, value in whole.state_dict().items():
        assert torch.allclose(value.float(), resumed.state_dict()[name].float(), atol=1e-5), name
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    epochs = [(line["stage"], line["epoch"]) for line in lines if "epoch" in line]
    assert epochs == [("joint", epoch) for epoch in (1, 2, 3)]


def test_a_run_on_other_photos_does_not_go_on(tmp_path: Path) -> None:
    def stop(done: int, total: int, what: str) -> None:
        if what.startswith("epoch 1 of") and "R@1" in what:  # the epoch is saved by then
            raise KeyboardInterrupt

    train, other, dev = made_data(), made_data(30), made_data(30, seed=1)
    with pytest.raises(KeyboardInterrupt):
        train_network(request(tmp_path), train, [dev], made_materials(train), stop)
    again = request(tmp_path, resume=True)
    with pytest.raises(TrainingError, match="unfinished run on 40 photos, this one is on 30"):
        train_network(again, other, [dev], made_materials(other), quiet)


def test_photos_that_are_not_there_are_refused(tmp_path: Path) -> None:
    images = [{"id": number, "file_name": f"{number}.jpg"} for number in range(30)]
    captions = [{"id": number, "image_id": number, "caption": "a dog"} for number in range(30)]
    path = tmp_path / "captions.json"
    path.write_text(json.dumps({"images": images, "annotations": captions}))
    for image in images[:25]:
        (tmp_path / str(image["file_name"])).touch()
    asked = replace(request(tmp_path), images=tmp_path, annotations=path)
    assert training_photos(asked) == training_photos(replace(asked, photos=25)) == 25
    with pytest.raises(TrainingError, match=r"26 photos to train on: .*captions\.json has 25"):
        training_photos(replace(asked, photos=26))
    for few in (0, 19):
        with pytest.raises(TrainingError, match=f"{few} photos to train on: expected at least 20"):
            training_photos(replace(asked, photos=few))


def test_an_unknown_option_is_named(tmp_path: Path) -> None:
    train, asked = made_data(), replace(request(tmp_path), options={"model.colour": "red"})
    with pytest.raises(TrainingError, match=r"model\.colour"):
        train_network(asked, train, [made_data(30, seed=1)], made_materials(train), quiet)


def test_an_option_of_the_wrong_type_is_named(tmp_path: Path) -> None:
    train, asked = made_data(), replace(request(tmp_path), options={"model.width": "wide"})
    with pytest.raises(TrainingError, match=r"model\.width=wide: expected int"):
        train_network(asked, train, [made_data(30, seed=1)], made_materials(train), quiet)


def test_the_running_mean_follows_at_once_and_then_slowly() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(1.0)
    mean = running_mean(network, 0.5)
    mean.update_parameters(network)  # the first is taken as it is
    network.weight.data.fill_(3.0)
    mean.update_parameters(network)  # keeps 2 of 11
    assert mean.module.weight.item() == pytest.approx(1 * 2 / 11 + 3 * 9 / 11)
    for _ in range(20):  # from 9 steps on it would keep more than half
        mean.update_parameters(network)
    before = mean.module.weight.item()
    network.weight.data.fill_(0.0)
    mean.update_parameters(network)
    assert mean.module.weight.item() == pytest.approx(before / 2)

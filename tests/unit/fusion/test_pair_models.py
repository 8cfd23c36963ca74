"""Article, concatenation, average: shapes, numbers by hand, and independence of other pairs."""

from __future__ import annotations

import json

import pytest
import torch
from torch import Tensor, nn
from torch_geometric.nn import GCNConv

from fusion.baselines.article import (
    ArticleModel,
    attend,
    bipartite_convolution,
    cross_adjacency,
    nearest,
)
from fusion.baselines.build import PAIR_MODELS, build_pair_model
from fusion.baselines.pair_model import PairModel

P, PT = 12, 8
SMALL = {"width": "16", "bank": "20", "neighbours": "3"}


def features(count: int, width: int, seed: int) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def made(name: str, **options: str) -> PairModel:
    torch.manual_seed(0)
    small = SMALL if name.startswith("article") else {"width": "16"}
    model = build_pair_model(name, P, PT, {**small, **options})
    images, texts = features(30, P, 1), features(60, PT, 2)
    model.fit_statistics(images, texts)
    model.fill_bank(images, texts)
    return model.eval()


@pytest.fixture(params=PAIR_MODELS)
def model(request: pytest.FixtureRequest) -> PairModel:
    return made(request.param)


def test_one_score_a_pair(model: PairModel) -> None:
    assert model(features(5, P, 3), features(5, PT, 4)).shape == (5,)
    assert model.score_matrix(features(5, P, 3), features(7, PT, 4)).shape == (7, 5)


def test_matrix_holds_what_forward_gives(model: PairModel) -> None:
    images, texts = features(70, P, 3), features(70, PT, 4)  # more than one block
    exact = model.score_matrix(images, texts, reduced=False)
    assert exact.dtype == torch.float32
    torch.testing.assert_close(exact.diagonal(), model(images, texts).detach())
    quick = model.score_matrix(images, texts)
    assert torch.corrcoef(torch.stack([exact.flatten(), quick.flatten()]))[0, 1] > 0.999


def test_a_score_does_not_know_what_else_is_judged(model: PairModel) -> None:
    images, texts = features(6, P, 3), features(6, PT, 4)
    before = model.score_matrix(images, texts, reduced=False)[2, 2]
    others = model.score_matrix(
        torch.cat([features(2, P, 5), images[2:3]]), texts[2:3], reduced=False
    )
    torch.testing.assert_close(others[0, 2], before)
    shuffled = model(torch.stack([images[5], images[2]]), torch.stack([texts[1], texts[2]]))
    torch.testing.assert_close(shuffled[1].detach(), before)


def test_reports_its_progress(model: PairModel) -> None:
    calls: list[tuple[int, int]] = []
    model.train()
    model.score_matrix(
        features(2, P, 3), features(9, PT, 4), lambda done, total: calls.append((done, total))
    )
    assert calls == [(8, 9), (9, 9)]
    assert model.training


def test_config_and_state_rebuild_the_model(model: PairModel) -> None:
    again = build_pair_model(**json.loads(json.dumps(model.config)))
    again.load_state_dict(model.state_dict())
    images, texts = features(4, P, 3), features(4, PT, 4)
    torch.testing.assert_close(again.eval()(images, texts), model(images, texts))
    assert again.config == model.config


def test_a_bank_smaller_than_planned_is_rebuilt_in_its_size() -> None:
    model = made("article", bank="500")
    again = build_pair_model(**json.loads(json.dumps(model.config)))
    again.load_state_dict(model.state_dict())
    assert again.get_buffer("image_bank").shape == (30, P)


def test_edges_depend_on_content_not_on_pairing() -> None:
    """Pairing a photo with another caption changes no edge of other pairs and no neighbours."""
    model = made("article")
    image = model.image_tensors(features(3, P, 3))[0]
    text = model.text_tensors(features(3, PT, 4))[0]
    order = torch.tensor([2, 0, 1])
    every = torch.stack([cross_adjacency(image, text.roll(n, 0), "dot") for n in range(3)])
    mixed = cross_adjacency(image[order], text, "dot")
    for row, photo in enumerate(order.tolist()):
        torch.testing.assert_close(mixed[row], every[(photo - row) % 3, photo])


def test_training_items_of_the_two_sides_are_kept_apart() -> None:
    """The photos of the bank don't depend on its captions: shuffling these changes nothing."""
    one, other = made("article"), made("article")
    other.fill_bank(features(30, P, 1), features(60, PT, 2).flip(0))
    assert torch.equal(one.get_buffer("image_bank"), other.get_buffer("image_bank"))


def test_nobody_is_their_own_neighbour() -> None:
    bank = features(9, P, 1)
    near = nearest(bank, bank, 3)
    assert not (near == torch.arange(9).unsqueeze(1)).any()


def test_adjacency_by_hand() -> None:
    photos, captions = torch.tensor([[[3.0, 4.0]]]), torch.tensor([[[1.0, 0.0], [-1.0, 0.0]]])
    # 3 / sqrt 2; a negative similarity is not an edge
    torch.testing.assert_close(
        cross_adjacency(photos, captions, "dot"), torch.tensor([[[3 / 2**0.5, 0.0]]])
    )
    torch.testing.assert_close(
        cross_adjacency(photos, captions, "cosine"), torch.tensor([[[0.6, 0.0]]])
    )


def test_convolution_is_that_of_torch_geometric() -> None:
    torch.manual_seed(0)
    convolution = GCNConv(6, 6)
    nn.init.normal_(convolution.bias)
    photos, captions, adjacency = torch.randn(3, 6), torch.randn(4, 6), torch.rand(3, 4)
    row, column = torch.meshgrid(torch.arange(3), torch.arange(4) + 3, indexing="ij")
    forth = torch.stack([row.flatten(), column.flatten()])
    edges = torch.cat([forth, forth.flip(0)], dim=1)
    expected = convolution(
        torch.cat([photos, captions]), edges, torch.cat([adjacency.flatten()] * 2)
    )
    ours = bipartite_convolution(
        adjacency.unsqueeze(0),
        convolution.lin(photos).unsqueeze(0),
        convolution.lin(captions).unsqueeze(0),
        convolution.bias,
    )
    torch.testing.assert_close(ours[0], expected[:3])


def test_attention_is_that_of_torch() -> None:
    torch.manual_seed(0)
    attention = nn.MultiheadAttention(16, 8, batch_first=True)
    nn.init.normal_(attention.in_proj_bias)
    nodes = torch.randn(3, 10, 16)
    expected, _ = attention(nodes[:, :2], nodes, nodes)
    torch.testing.assert_close(attend(attention, nodes[:, :2], nodes), expected)


def test_average_by_hand() -> None:
    model = build_pair_model("average", 1, 1, {"width": "1", "hidden": "1"}).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.ones_like(parameter) if parameter.ndim == 2 else 0 * parameter)
        model.get_parameter("classes.weight").copy_(torch.tensor([[-1.0], [1.0]]))
    # average of 3 and 5 is 4; the classes say 4 and -4
    assert model(torch.tensor([[3.0]]), torch.tensor([[5.0]])).item() == pytest.approx(8.0)


def test_concat_is_a_linear_map_of_both_vectors() -> None:
    model = made("concat")
    images, texts = features(4, P, 3), features(4, PT, 4)
    first = model.get_submodule("first")(torch.cat([images, texts], dim=1))
    halves = model.image_tensors(images)[0] + model.text_tensors(texts)[0]
    torch.testing.assert_close(halves, first)


def test_the_readers_suggestions_are_on_when_tuned() -> None:
    tuned, plain = made("article-tuned"), made("article")
    assert isinstance(tuned, ArticleModel)
    assert isinstance(plain, ArticleModel)
    assert (tuned.settings.projection, tuned.settings.adjacency) == ("mlp", "cosine")
    assert len(tuned.image_convolutions) == 2
    assert len(plain.image_convolutions) == 1
    photo_ids = torch.arange(4)
    for model, wanted in ((tuned, True), (plain, False)):
        parts = model.image_tensors(features(4, P, 3)), model.text_tensors(features(4, PT, 4))
        assert (model.extra_loss(*parts, photo_ids) is not None) == wanted


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("perceiver", {}, "no model named 'perceiver'"),
        ("article", {"colour": "red"}, "no option 'colour'"),
        ("article", {"layers": "3"}, "layers is 3"),
        ("article", {"layers": "two"}, "not a number"),
        ("article", {"adjacency": "euclid"}, "adjacency is 'euclid'"),
        ("article", {"width": "12"}, "divisible by heads"),
        ("concat", {"dropout": "1"}, "dropout is 1.0"),
        ("average", {"hidden": "0"}, "hidden 0"),
    ],
)
def test_says_what_is_wrong(name: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_pair_model(name, P, PT, options)


def test_refuses_features_of_other_encoders(model: PairModel) -> None:
    with pytest.raises(ValueError, match=r"photo features are \(2, 5\), expected \(B, 12\)"):
        model(features(2, 5, 0), features(2, PT, 0))
    with pytest.raises(ValueError, match="are not pairs"):
        model(features(2, P, 0), features(3, PT, 0))

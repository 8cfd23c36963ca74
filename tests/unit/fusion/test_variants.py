"""Variants of a small network: each changes what its name says, and never the network itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from fusion.data.features import PairData
from fusion.evaluation.ablation import SIGNALS, Row, ablation_rows, score_rows
from fusion.evaluation.changed_graphs import EdgelessCross, ShuffledCross
from fusion.evaluation.graph_matcher import GraphMatcher
from fusion.evaluation.variants import VARIANTS, read_once, share, twin
from fusion.graphs.cross_graph import CrossGraph, RerankerConfig
from fusion.network.gallery import Gallery, embed_photos, embed_texts, first_scores, score_parts
from fusion.network.network import Network, ScoreParts, TextVectors
from fusion.training.network_run import train_network
from fusion.training.train_request import TrainRequest
from tests.unit.fusion.made_data import made_data, made_materials

SMALL = {
    "model.layers": "2", "model.width": "16", "model.hidden": "16", "reranker.width": "16",
    "reranker.node_width": "16",
}  # fmt: skip
COLOURS = ("red", "blue", "green", "white", "black")
VARIANT = {variant.name: variant for variant in VARIANTS}


def worded(data: PairData) -> PairData:
    """Give each photo one of five colours, which its captions name."""
    texts = [f"a {COLOURS[row % 5]} thing" for row in data.captions.photo_rows]
    return replace(data, captions=replace(data.captions, texts=texts))


@pytest.fixture(scope="module")
def data() -> PairData:
    return worded(made_data(30, seed=1))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, data: PairData) -> Network:
    """Return a network with all gates open, so that every graph contributes."""
    out = tmp_path_factory.mktemp("made")
    asked = TrainRequest(
        out, out, out, out, "made", "crossgraph", out, out, epochs=1, options=SMALL
    )  # fmt: skip
    train = worded(made_data())
    made = train_network(asked, train, [data], made_materials(train), lambda *_: None).eval()
    for name, parameter in made.named_parameters():
        if name.endswith(("graph.gates", "word_gate")):
            parameter.data.fill_(0.7)
    for name, buffer in made.named_buffers():
        if name.endswith(("gate", "gates")):
            buffer.fill_(0.4)
    return made


def embedded(network: Network, data: PairData) -> tuple[Gallery, TextVectors]:
    return embed_photos(network, data.photos), embed_texts(network, data.captions)


def signals(network: Network, photos: Gallery, texts: TextVectors) -> ScoreParts:
    q = torch.arange(len(texts.vectors)).repeat_interleave(len(photos.vectors))
    g = torch.arange(len(photos.vectors)).repeat(len(texts.vectors))
    return score_parts(network, photos, texts, q, g)


def found(network: Network, data: PairData, name: str) -> ScoreParts:
    changed = VARIANT[name].of(network)
    return signals(changed, *embedded(changed, read_once(network, data)))


def test_a_twin_gives_what_the_network_gives(network: Network, data: PairData) -> None:
    whole = embedded(network, data)
    same = embedded(twin(network), read_once(network, data))
    for before, after in zip((*whole[0], *whole[1]), (*same[0], *same[1]), strict=True):
        assert torch.equal(before, after)


MOVED = {"first", "worded", "logits"}
"""Signals that depend on a photo's vector: the logits do, by the captions that correct them."""


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("region edges off", MOVED),
        ("region edges shuffled", MOVED - {"logits"}),  # the nearest captions stay,
        ("word edges off", {"first"}),
        ("word edges shuffled", {"first"}),
        ("region and word edges off", MOVED),
        ("region and word edges shuffled", MOVED - {"logits"}),
        # Its messages are part of cells and summary, so everything that reads a photo changes.
        ("concept graph off", MOVED | {"detected", "classed"}),
        ("concept graph shuffled", MOVED | {"detected", "classed"}),
        ("memory graph off", MOVED),
        ("memory graph shuffled", MOVED),
        ("word graph shuffled", {"worded"}),
        ("word detector shuffled", {"detected"}),
        # The detector reads the nodes that the cross-modal graph's own region graph outputs.
        ("cross-modal graph without edges", {"detected", "logits"}),
        ("cross-modal graph shuffled", {"detected", "logits"}),
        ("all re-ranking graphs shuffled", {"worded", "detected", "logits"}),
    ],
)
def test_a_variant_changes_what_it_names_and_nothing_else(
    network: Network, data: PairData, name: str, changed: set[str]
) -> None:
    whole, other = found(network, data, "whole")._asdict(), found(network, data, name)._asdict()
    differing = {
        signal for signal in whole if not torch.allclose(whole[signal], other[signal], atol=1e-5)
    }
    assert differing == changed


def test_every_variant_is_tried_here() -> None:
    tried = test_a_variant_changes_what_it_names_and_nothing_else.pytestmark[0].args[1]
    assert {"whole", *(name for name, _ in tried)} == set(VARIANT)


def test_variants_leave_the_network_bit_for_bit_as_it_was(network: Network, data: PairData) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    scores = signals(network, *embedded(network, data))
    rows = [row for row, _, _ in score_rows(network, data, ablation_rows(network))]
    assert set(rows) == set(ablation_rows(network))
    assert len(rows) == len(ablation_rows(network))
    after = network.state_dict()
    assert list(after) == list(before)
    for name, value in before.items():
        assert torch.equal(after[name], value), name
    for one, again in zip(scores, signals(network, *embedded(network, data)), strict=True):
        assert torch.equal(one, again)


def test_a_variant_is_the_same_each_time(network: Network, data: PairData) -> None:
    once, again = (found(network, data, "all re-ranking graphs shuffled") for _ in range(2))
    for one, other in zip(once, again, strict=True):
        assert torch.equal(one, other)


# --- rows


def test_the_full_row_is_what_an_evaluation_reports(network: Network, data: PairData) -> None:
    expected = GraphMatcher(network, "made", "f00d").score_all(data)
    rows = {row.name: both for row, *both in score_rows(network, data, ablation_rows(network))}
    assert np.array_equal(rows["first stage"][0], expected.first_stage_text_to_image)
    assert np.allclose(rows["re-ranked"][0], expected.reranked_text_to_image, atol=1e-5)
    assert np.allclose(rows["re-ranked"][1], expected.reranked_image_to_text, atol=1e-5)


def test_what_a_variant_lends_from_the_whole_is_what_it_would_embed(
    network: Network, data: PairData
) -> None:
    read = read_once(network, data)
    for variant in VARIANTS:
        whole, changed = (embedded(made.of(network), read) for made in (VARIANTS[0], variant))
        for renewed, before, after in zip(
            (variant.photos, variant.texts), whole, changed, strict=True
        ):
            same = all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
            assert renewed or same, variant.name


def test_a_signal_left_out_is_a_gate_shut(network: Network, data: PairData) -> None:
    made = twin(network)
    made.word_gate = torch.zeros(())
    photos, texts = embedded(made, read_once(network, data))
    first = first_scores(photos, texts)
    shut = made.combine(signals(made, photos, texts)).view_as(first)
    others = tuple(signal for signal in SIGNALS if signal != "worded")
    row = Row("without words", None, signals=others)
    (_, scores, _), *_ = score_rows(network, data, [row])
    # with 30 photos, all are listed
    assert torch.allclose(scores, shut, atol=1e-5)


def test_every_row_is_compared_with_an_earlier_one(network: Network) -> None:
    seen: set[str] = set()
    for row in ablation_rows(network):
        assert row.against is None or row.against in seen
        assert row.name not in seen
        assert row.variant in VARIANT
        seen.add(row.name)


def test_every_signal_is_left_out_and_alone_once(network: Network) -> None:
    rows = [
        row for row in ablation_rows(network) if row.variant == "whole" and row.stage == "reranked"
    ]
    assert sorted(len(row.signals) for row in rows) == sorted(
        [len(SIGNALS)] + [1, len(SIGNALS) - 1] * len(SIGNALS)
    )


def test_a_network_without_graphs_inside_has_no_rows_for_them(network: Network) -> None:
    config = replace(network.config, model=replace(network.config.model, layers=0))
    rows = ablation_rows(Network(config, None, None))
    assert {row.name for row in ablation_rows(network)} > {row.name for row in rows}
    assert not any("region edges" in row.name or "word edges" in row.name for row in rows)


# --- the cross-modal graph's edges, by hand


@pytest.fixture
def cross() -> CrossGraph:
    torch.manual_seed(3)
    return CrossGraph(RerankerConfig(6, 3, 5, width=16, node_width=16, heads=2)).eval()


COSINES = torch.tensor([[[[0.1, 0.9], [0.2, 0.0], [0.9, 0.3]]]])
"""One head, one photo of three regions, two words: (1, 1, 3, 2)."""


def recast(kind: type[CrossGraph], graph: CrossGraph) -> CrossGraph:
    with torch.device("meta"):
        made = kind(graph.config)
    return share(graph, made)


def test_without_edges_a_word_sees_all_regions_alike(cross: CrossGraph) -> None:
    made = recast(EdgelessCross, cross)
    assert torch.allclose(made.attention(COSINES), torch.full((1, 1, 3, 2), 1 / 3))
    assert torch.allclose(made.nearest(COSINES), torch.tensor([[[0.4, 0.4]]]))


def test_shuffled_edges_are_the_same_edges_elsewhere(cross: CrossGraph) -> None:
    made = recast(ShuffledCross, cross)
    assert isinstance(made, ShuffledCross)
    cosines = COSINES.expand(2, 40, 3, 2)
    made.generator = torch.Generator().manual_seed(0)
    moved, edges = made.attention(cosines), cross.attention(cosines)
    assert torch.equal(moved.sort(2).values, edges.sort(2).values)
    assert not torch.equal(moved, edges)
    nearest = made.nearest(cosines)
    # of 40 photos, the first word's edge leads to each of its three regions
    assert set(nearest[0, :, 0].tolist()) == set(COSINES[0, 0, :, 0].tolist())


def test_a_message_without_edges_is_the_mean_region(cross: CrossGraph) -> None:
    made = recast(EdgelessCross, cross)
    generator = torch.Generator().manual_seed(2)
    words, regions = (torch.randn(1, n, 16, generator=generator) for n in (4, 5))
    heads = made.heads(words, regions)
    queries, keys = heads[0].permute(2, 0, 3, 1), heads[1].permute(2, 0, 1, 3)
    relations: Tensor = made.relations(keys @ queries, keys, queries)
    mean = torch.nn.functional.normalize(keys.mean(2), dim=-1)
    expected = (mean[:, 0].unsqueeze(1) @ queries[:, 0])[:, 0]
    assert torch.allclose(relations[:2, 0], expected, atol=1e-5)

"""A checkpoint folder: it is read back as written, and damage is reported in one line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from fusion.checkpoint import (
    CheckpointError,
    compact,
    load_network,
    network_checkpoint,
    read_checkpoint,
    shipped_checkpoint,
    widen,
    write_checkpoint,
)
from fusion.network.gallery import embed_photos, embed_texts, first_scores
from fusion.network.network import Network
from fusion.runtime import model_fingerprint
from fusion.runtime.model_fingerprint import checkpoint_fingerprint
from fusion.training.network_run import shape
from tests.unit.fusion.made_data import made_data
from tests.unit.fusion.test_training import SMALL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = Network(shape(made_data(), SMALL), None, None)
    write_checkpoint(
        tmp_path, "crossgraph", "made", "e" * 64, network_checkpoint(network, "made"), network
    )
    return tmp_path


def test_what_is_written_comes_back(folder: Path) -> None:
    read = read_checkpoint(folder)
    network, data = load_network(read), made_data()
    torch.manual_seed(0)
    original = Network(shape(data, SMALL), None, None).eval()
    for name, value in original.state_dict().items():
        assert torch.allclose(value.float(), network.state_dict()[name].float(), atol=2e-3), name
    tables = [
        first_scores(embed_photos(net, data.photos), embed_texts(net, data.captions)).numpy()
        for net in (original, network)
    ]
    assert np.abs(tables[0] - tables[1]).max() < 0.02


def test_weights_are_float16_and_banks_whole_numbers_on_disk(folder: Path) -> None:
    kinds = {value.dtype for value in load_file(folder / "model.safetensors").values()}
    assert kinds == {torch.float16, torch.int8, torch.int16, torch.int32, torch.uint8}


def test_the_fingerprint_follows_the_weights(folder: Path) -> None:
    before = read_checkpoint(folder).fingerprint
    torch.manual_seed(1)
    network = Network(shape(made_data(), SMALL), None, None)
    write_checkpoint(
        folder, "crossgraph", "made", "e" * 64, network_checkpoint(network, "made"), network
    )
    assert read_checkpoint(folder).fingerprint != before


def test_the_fingerprint_follows_what_an_index_keeps(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_checkpoint(folder).fingerprint
    assert checkpoint_fingerprint(folder) == before
    monkeypatch.setattr(model_fingerprint, "KEPT", model_fingerprint.KEPT + 1)
    assert read_checkpoint(folder).fingerprint == checkpoint_fingerprint(folder) != before


def test_int8_rows_keep_each_row_to_a_127th_of_its_largest() -> None:
    rows = torch.randn(3, 100, generator=torch.Generator().manual_seed(0))
    rows *= torch.tensor([[1.0], [1e-3], [0.0]])
    kept = compact({"matrix": rows, "bias": rows[:, 0].contiguous()})
    assert {name: value.dtype for name, value in kept.items()} == {
        "matrix": torch.int8, "matrix.scale": torch.float16, "bias": torch.float16,
    }  # fmt: skip
    back = widen(kept)
    assert set(back) == {"matrix", "bias"}
    step = rows.abs().amax(1, keepdim=True) / 127
    assert ((back["matrix"] - rows).abs() <= step * 0.51 + 1e-7).all()


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize(
    ("file", "damage", "said"),
    [
        ("model.safetensors", flipped, "damaged"),
        ("model.safetensors", lambda content: content[:100], "damaged"),
        ("config.json", lambda content: b"{not json", "damaged"),
        ("config.json", lambda content: b"{}", "damaged"),
        ("config.json", None, "not a checkpoint"),
        ("model.safetensors", None, "not a checkpoint"),
    ],
    ids=["a bit", "cut off", "no JSON", "empty JSON", "no config", "no weights"],
)
def test_damage_is_one_line_that_names_the_place(
    folder: Path, file: str, damage: object, said: str
) -> None:
    path = folder / file
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=said) as caught:
        load_network(read_checkpoint(folder))
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_with_other_tuned_layers_are_told_as_such(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    save_file(weights | {"reader.blocks.blocks.0.bias": torch.zeros(1)}, folder / "more")
    (folder / "more").replace(folder / "model.safetensors")
    content = json.loads((folder / "config.json").read_text())
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "config.json").write_text(json.dumps(content | {"weights_sha256": digest}))
    with pytest.raises(CheckpointError, match="by another version of crossgraph"):
        load_network(read_checkpoint(folder))


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    content = json.loads((folder / "config.json").read_text())
    content["config"]["network"]["model"]["width"] = 24
    (folder / "config.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match=r"config\.json is damaged"):
        load_network(read_checkpoint(folder))


def test_an_unknown_name_says_what_is_shipped() -> None:
    with pytest.raises(CheckpointError, match="neither a checkpoint folder nor a shipped model"):
        shipped_checkpoint("no-such-model")

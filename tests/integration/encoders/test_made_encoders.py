"""ResNet-50, BERT, CLIP and SigLIP through their real loading code, on models the test makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from fusion.encoders import Encoders, WeightsMismatch, WeightsNotFound, load_encoders
from fusion.encoders.torchvision_ops import ensure_torchvision

ensure_torchvision()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["a", "dog", "cat", "on", "red", "two", "people", "ride", "bikes", "along", "the", "river"]


def photos(count: int) -> list[Image.Image]:
    pixels = np.random.default_rng(3).integers(0, 256, (count, 60, 90, 3), dtype=np.uint8)
    return [Image.fromarray(one) for one in pixels]


def save_word_tokenizer(folder: Path, length: int, special: dict[str, str]) -> int:
    """Save a tokenizer of whole words, with a marker before and after a text."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    names = dict.fromkeys([*special.values(), *WORDS])
    vocabulary = {name: row for row, name in enumerate(names)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=special["unk_token"]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    start, end = special["bos_token"], special["eos_token"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, vocabulary[start]), (end, vocabulary[end])],
    )
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=length, **special)
    fast.save_pretrained(folder)
    return len(vocabulary)


@pytest.fixture(scope="module")
def resnet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from torchvision.models import resnet50

    file = tmp_path_factory.mktemp("resnet") / "resnet50.pth"
    torch.manual_seed(0)
    torch.save(resnet50(weights=None).state_dict(), file)
    return file


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL, *WORDS]) + "\n")
    BertTokenizerFast.from_pretrained(folder).save_pretrained(folder)
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=len(SPECIAL) + len(WORDS))).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def resnet_bert(resnet_file: Path, bert_folder: Path) -> Encoders:
    return load_encoders("resnet50-bert", image_weights=resnet_file, text_weights=bert_folder)


def test_resnet50_gives_a_grid_and_its_mean(resnet_bert: Encoders) -> None:
    found = resnet_bert.image.encode_images(photos(2))
    assert found.features.shape == (2, 49, 2048)
    assert found.pooled is not None
    torch.testing.assert_close(found.pooled, found.features.mean(1))
    assert (resnet_bert.image.dim, resnet_bert.image.grid) == (2048, (7, 7))


def test_resnet50_top_blocks_turn_lower_maps_into_features(resnet_bert: Encoders) -> None:
    found, blocks = resnet_bert.image.encode_images(photos(2)), resnet_bert.image.top_blocks()
    assert blocks is not None
    assert found.lower is not None
    assert found.lower.shape == (2, 7, 7, 2048)
    with torch.no_grad():
        maps = blocks(found.lower.permute(0, 3, 1, 2))
    torch.testing.assert_close(maps.flatten(2).transpose(1, 2), found.features)
    assert resnet_bert.image.architecture == "resnet50"


def test_bert_base_gives_words(resnet_bert: Encoders) -> None:
    texts = ["a dog", "two people ride bikes along the river"]
    words = resnet_bert.text.encode_texts(texts)
    assert words.features.shape == (2, 9, 768)
    assert words.tokens[0] == ["[CLS]", "a", "dog", "[SEP]"]
    alone = resnet_bert.text.encode_texts(texts[:1])
    torch.testing.assert_close(words.features[0, :4], alone.features[0], atol=1e-4, rtol=1e-4)


def test_bert_base_top_layers_turn_lower_into_features(resnet_bert: Encoders) -> None:
    words = resnet_bert.text.encode_texts(["a dog", "two people ride bikes along the river"])
    layers = resnet_bert.text.top_layers()
    assert layers is not None
    assert words.lower is not None
    hidden, mask = words.lower, torch.where(words.mask, 0.0, -1e9)[:, None, None, :]
    for layer in layers:
        hidden = layer(hidden, mask)
    torch.testing.assert_close(hidden[words.mask], words.features[words.mask], atol=1e-4, rtol=1e-4)


def test_bert_with_a_tensor_missing_is_refused(bert_folder: Path, tmp_path: Path) -> None:
    tensors = load_file(bert_folder / "model.safetensors")
    gone = next(name for name in tensors if "layer.11.output.dense.weight" in name)
    del tensors[gone]
    for file in bert_folder.iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(WeightsMismatch, match="missing"):
        load_encoders_text(tmp_path)


def test_resnet50_refuses_other_tensors(tmp_path: Path) -> None:
    file = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(2)}, file)
    with pytest.raises(WeightsMismatch, match=r"other\.safetensors") as caught:
        load_encoders("resnet50-bert", image_weights=file)
    assert "\n" not in str(caught.value)


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    file = tmp_path / "evil.pth"
    torch.save({"a": Path("x")}, file)
    with pytest.raises(WeightsMismatch, match=r"evil\.pth"):
        load_encoders("resnet50-bert", image_weights=file)


def test_offline_hubs_give_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    for preset in ("resnet50-bert", "clip:nobody/no-such-model-here"):
        with pytest.raises(WeightsNotFound) as caught:
            load_encoders(preset)
        assert "\n" not in str(caught.value)


CLIP_SPECIAL = {
    "bos_token": "<|startoftext|>",
    "eos_token": "<|endoftext|>",
    "unk_token": "<|endoftext|>",
    "pad_token": "<|endoftext|>",
}
SIGLIP_SPECIAL = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
}


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    folder = tmp_path_factory.mktemp("clip")
    size = save_word_tokenizer(folder, 77, CLIP_SPECIAL)
    # ViT-B/32's widths with fewer layers, so that it is made and saved in seconds.
    text: dict[str, Any] = {"vocab_size": size, "num_hidden_layers": 3, "eos_token_id": 1}
    torch.manual_seed(0)
    config = CLIPConfig(text_config=text, vision_config={"num_hidden_layers": 3})
    CLIPModel(config).save_pretrained(folder)
    CLIPImageProcessor().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def siglip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel

    folder = tmp_path_factory.mktemp("siglip")
    size = save_word_tokenizer(folder, 16, SIGLIP_SPECIAL)
    small = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2}
    text = small | {"num_attention_heads": 4, "vocab_size": size, "max_position_embeddings": 16}
    text |= {"pad_token_id": 3, "bos_token_id": 0, "eos_token_id": 1, "projection_size": 64}
    vision = small | {"num_attention_heads": 4, "image_size": 64, "patch_size": 16}
    torch.manual_seed(0)
    SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).save_pretrained(folder)
    SiglipImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("kind", "grid", "dims", "width"),
    [("clip_folder", (7, 7), (768, 512), 512), ("siglip_folder", (4, 4), (64, 64), 64)],
)
def test_clip_and_siglip(
    kind: str,
    grid: tuple[int, int],
    dims: tuple[int, int],
    width: int,
    request: pytest.FixtureRequest,
) -> None:
    encoders = load_encoders(f"clip:{request.getfixturevalue(kind)}")
    assert encoders.joint
    assert encoders.image.grid == grid
    assert (encoders.image.dim, encoders.text.dim) == dims
    regions = encoders.image.encode_images(photos(2))
    assert regions.features.shape == (2, grid[0] * grid[1], dims[0])
    texts = ["a dog", "two people ride bikes along"]
    words = encoders.text.encode_texts(texts)
    assert words.features.shape == (2, 7, dims[1])
    assert words.lower is None
    assert encoders.text.top_layers() is None
    alone = encoders.text.encode_texts(texts[:1])
    torch.testing.assert_close(words.features[0, :4], alone.features[0], atol=1e-4, rtol=1e-4)
    assert alone.pooled is not None
    assert words.pooled is not None
    assert regions.pooled is not None
    torch.testing.assert_close(words.pooled[:1], alone.pooled, atol=1e-4, rtol=1e-4)
    assert regions.pooled.shape == words.pooled.shape == (2, width)
    torch.testing.assert_close(regions.pooled.norm(dim=-1), torch.ones(2))


def test_fingerprints_differ(resnet_bert: Encoders, clip_folder: Path) -> None:
    clip = load_encoders(f"clip:{clip_folder}")
    again = load_encoders(f"clip:{clip_folder}")
    assert clip.fingerprint == again.fingerprint
    assert clip.fingerprint != resnet_bert.fingerprint


def test_clip_refuses_another_model(bert_folder: Path) -> None:
    with pytest.raises(WeightsMismatch, match="not a CLIP or SigLIP model"):
        load_encoders(f"clip:{bert_folder}")


def load_encoders_text(folder: Path) -> None:
    from fusion.encoders.bert import bert_base

    bert_base(folder, "cpu")

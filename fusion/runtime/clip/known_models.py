"""CLIP-like models by short names, with published figures; none of them were measured here.

Each figure has the address that it was read at. Figures that are not published, or not in this
form, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KNOWN_MODELS", "KnownModel", "known_model"]

SIGLIP2_CARD = (
    "https://github.com/google-research/big_vision/blob/main/"
    "big_vision/configs/proj/image_text/README_siglip2.md"
)
OPEN_CLIP_TABLE = (
    "https://github.com/mlfoundations/open_clip/blob/main/docs/openclip_retrieval_results.csv"
)


@dataclass(frozen=True)
class KnownModel:
    """A model on Hugging Face's hub.

    Attributes:
        name: the short name, for `--encoders clip:NAME`.
        hub_id: the id of its repository.
        languages: the languages in which it reads texts.
        licence: the licence of its weights, as its authors name it; empty if they name none.
        parameters: parameters of both sides in millions; None if not found.
        flickr30k: zero-shot Recall@1 of text to image and of image to text on Flickr30k's test
            photos, in percent; None if not found.
        coco: the same on COCO's 5,000 test photos (Karpathy's split).
        source: the address where the figures were read; empty without figures.
        revision: the revision of the repository that is fetched; None for the newest.
    """

    name: str
    hub_id: str
    languages: str
    licence: str = ""
    parameters: int | None = None
    flickr30k: tuple[float, float] | None = None
    coco: tuple[float, float] | None = None
    source: str = ""
    revision: str | None = None


KNOWN_MODELS = (
    KnownModel(
        "siglip2-base", "google/siglip2-base-patch16-224", "many", "Apache-2.0",
        coco=(52.1, 68.9), source=SIGLIP2_CARD,
        revision="75de2d55ec2d0b4efc50b3e9ad70dba96a7b2fa2",
    ),
    KnownModel(
        "siglip2-base-naflex", "google/siglip2-base-patch16-naflex", "many", "Apache-2.0",
        coco=(51.1, 67.3), source=SIGLIP2_CARD,
    ),
    KnownModel(
        "siglip2-large", "google/siglip2-large-patch16-256", "many", "Apache-2.0",
        coco=(54.7, 71.5), source=SIGLIP2_CARD,
    ),
    KnownModel(
        "siglip2-so400m", "google/siglip2-so400m-patch14-384", "many", "Apache-2.0",
        coco=(55.8, 71.7), source=SIGLIP2_CARD,
        revision="e8e487298228002f3d8a82e0cd5c8ea9c567f57f",
    ),
    KnownModel(
        "siglip-base", "google/siglip-base-patch16-224", "English", "Apache-2.0", 203,
        (74.7, 89.1), (47.8, 65.7), OPEN_CLIP_TABLE,
        "7fd15f0689c79d79e38b1c2e2e2370a7bf2761ed",
    ),
    KnownModel(
        "clip-b32", "openai/clip-vit-base-patch32", "English", "MIT", 151,
        (58.8, 78.9), (30.4, 50.1), OPEN_CLIP_TABLE,
        "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268",
    ),
    KnownModel(
        "clip-b16", "openai/clip-vit-base-patch16", "English", "MIT", 150,
        (62.2, 82.2), (33.1, 52.4), OPEN_CLIP_TABLE,
        "57c216476eefef5ab752ec549e440a49ae4ae5f3",
    ),
    KnownModel(
        "clip-l14", "openai/clip-vit-large-patch14", "English", "MIT", 428,
        (65.0, 85.2), (36.5, 56.3), OPEN_CLIP_TABLE,
        "32bd64288804d66eefd0ccbe215aa642df71cc41",
    ),
    KnownModel(
        "clip-l14-336", "openai/clip-vit-large-patch14-336", "English", "MIT", 428,
        (66.9, 87.7), (37.1, 57.9), OPEN_CLIP_TABLE,
        "ce19dc912ca5cd21c8a653c79e251e808ccabcd1",
    ),
    KnownModel(
        "metaclip-b32", "facebook/metaclip-b32-fullcc2.5b", "English", "CC-BY-NC-4.0", 151,
        (65.1, 80.8), (38.1, 55.2), OPEN_CLIP_TABLE,
    ),
    KnownModel(
        "laion-h14", "laion/CLIP-ViT-H-14-laion2B-s32B-b79K", "English", "MIT", 986,
        (77.6, 90.7), (49.5, 65.9), OPEN_CLIP_TABLE,
    ),
    KnownModel("chinese-clip", "OFA-Sys/chinese-clip-vit-base-patch16", "Chinese"),
    KnownModel("altclip", "BAAI/AltCLIP", "Chinese, English"),
    KnownModel("mobileclip-s2", "apple/MobileCLIP-S2-OpenCLIP", "English", parameters=99),
)  # fmt: skip
"""Models that transformers loads, a few from each maker, and MobileCLIP, which OpenCLIP loads."""


def known_model(name: str) -> KnownModel | None:
    """Return the model with a short name or a hub's id; None if it is not listed.

    >>> known_model("clip-b32").hub_id
    'openai/clip-vit-base-patch32'
    """
    return next((model for model in KNOWN_MODELS if name in (model.name, model.hub_id)), None)

"""The models that crossgraph is compared with, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from fusion.article import ArticleConfig, ArticleModel
from fusion.pairs import PairModel
from fusion.traditional import AverageModel, ConcatModel, FusionConfig

__all__ = ["PAIR_MODELS", "build_pair_model"]

PAIR_MODELS = ("article", "article-tuned", "average", "concat")

_TUNED = {
    "projection": "mlp",
    "adjacency": "cosine",
    "layers": "2",
    "dropout": "0.2",
    "contrastive_weight": "1.0",
}

Config = TypeVar("Config", ArticleConfig, FusionConfig)


def build_pair_model(
    name: str, image_dim: int, text_dim: int, options: Mapping[str, str] | None = None
) -> PairModel:
    """Make an untrained model.

    Args:
        name: 'article' as published, 'article-tuned' with its readers' suggestions, 'concat' or
            'average'.
        image_dim: P, the width of a photo's mean grid feature.
        text_dim: Pt, the width of a caption's mean word feature.
        options: fields of `ArticleConfig` or `FusionConfig` as text.

    Raises:
        ValueError: an unknown name or option, or a value out of range.
    """
    options = options or {}
    if name == "article":
        return ArticleModel(name, image_dim, text_dim, _read(ArticleConfig, options))
    if name == "article-tuned":
        return ArticleModel(name, image_dim, text_dim, _read(ArticleConfig, {**_TUNED, **options}))
    if name == "concat":
        return ConcatModel(name, image_dim, text_dim, _read(FusionConfig, options))
    if name == "average":
        return AverageModel(name, image_dim, text_dim, _read(FusionConfig, options))
    raise ValueError(f"no model named {name!r}: expected one of {', '.join(PAIR_MODELS)}")


def _read(kind: type[Config], options: Mapping[str, str]) -> Config:
    defaults = kind()
    types = {field.name: type(getattr(defaults, field.name)) for field in fields(kind)}
    unknown = sorted(set(options) - set(types))
    if unknown:
        raise ValueError(f"no option {unknown[0]!r}: expected some of {', '.join(sorted(types))}")
    try:
        values = {name: types[name](value) for name, value in options.items()}
    except ValueError as error:
        raise ValueError(f"an option is no number: {error}") from error
    return kind(**values)

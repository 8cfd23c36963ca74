"""Builds the models that crossgraph is compared with, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from fusion.baselines.article import ArticleConfig, ArticleModel
from fusion.baselines.pair_model import PairModel
from fusion.baselines.traditional import AverageModel, ConcatModel, FusionConfig
from fusion.fusion_error import FusionError

__all__ = ["PAIR_MODELS", "ModelOptionError", "build_pair_model"]

PAIR_MODELS = ("article", "article-tuned", "average", "concat")

_TUNED = {
    "projection": "mlp",
    "adjacency": "cosine",
    "layers": "2",
    "dropout": "0.2",
    "contrastive_weight": "1.0",
}


class ModelOptionError(FusionError, ValueError):
    """There is no such model, it has no such option, or a value is out of range."""


Config = TypeVar("Config", ArticleConfig, FusionConfig)


def build_pair_model(
    name: str, image_dim: int, text_dim: int, options: Mapping[str, str] | None = None
) -> PairModel:
    """Build an untrained model.

    Args:
        name: 'article' for the model as published, 'article-tuned' for that with its readers'
            suggestions, 'concat' or 'average'.
        image_dim: P, the width of a photo's mean grid feature.
        text_dim: Pt, the width of a caption's mean word feature.
        options: fields of `ArticleConfig` or `FusionConfig` as text.

    Raises:
        ModelOptionError: an unknown name or option, or a value out of range.
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
    raise ModelOptionError(f"no model named {name!r}: expected one of {', '.join(PAIR_MODELS)}")


def _read(kind: type[Config], options: Mapping[str, str]) -> Config:
    defaults = kind()
    types = {field.name: type(getattr(defaults, field.name)) for field in fields(kind)}
    unknown = sorted(set(options) - set(types))
    if unknown:
        raise ModelOptionError(
            f"no option {unknown[0]!r}: expected some of {', '.join(sorted(types))}"
        )
    try:
        values = {name: types[name](value) for name, value in options.items()}
    except ValueError as error:
        raise ModelOptionError(f"an option is not a number: {error}") from error
    try:
        return kind(**values)
    except ValueError as error:
        raise ModelOptionError(str(error)) from error

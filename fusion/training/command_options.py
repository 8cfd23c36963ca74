"""`--option NAME=VALUE` of `crossgraph train`: sets fields of a network's shape or its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar, get_args, get_type_hints

from fusion.graphs.cross_graph import RerankerConfig
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.network import NetworkConfig
from fusion.training.epochs import Options
from fusion.training.train_request import TrainingError, TrainRequest

__all__ = ["apply_options", "options_of"]

Owner = TypeVar("Owner", ModelConfig, RerankerConfig, Options)
TRAINING = "training."
TRUTH = {"yes": True, "true": True, "no": False, "false": False}
KNOWN_OPTIONS = "expected model.NAME, reranker.NAME or training.NAME"


def apply_options(config: NetworkConfig, options: Mapping[str, str]) -> NetworkConfig:
    """Return the config with `model.NAME` and `reranker.NAME` fields set from text.

    Each text is converted to the type of the field's current value.

    Raises:
        TrainingError: there is no such field, or the text is not a valid value for it.
    """
    for name, text in options.items():
        part, _, attribute = name.partition(".")
        if name.startswith(TRAINING):
            continue
        owner = getattr(config, part, None) if part in ("model", "reranker") else None
        if owner is None:
            raise TrainingError(f"--option {name}: unknown; {KNOWN_OPTIONS}")
        config = replace(config, **{part: with_option(owner, attribute, name, text)})
    return config


def with_option(owner: Owner, attribute: str, name: str, text: str) -> Owner:
    """Return a copy with one field set from text, in that field's type; errors as above."""
    current = getattr(owner, attribute, None)
    if current is None:
        raise TrainingError(f"--option {name}: unknown; {KNOWN_OPTIONS}")
    choices = get_args(get_type_hints(type(owner))[attribute])
    expected = type(current).__name__
    try:
        if isinstance(current, bool):
            expected = "yes or no"
            value: Any = TRUTH[text.lower()]
        elif choices:
            expected = " or ".join(choices)
            value = choices[choices.index(text)]
        else:
            value = type(current)(text)
    except (KeyError, ValueError) as error:
        raise TrainingError(f"--option {name}={text}: expected {expected}") from error
    return replace(owner, **{attribute: value})


def options_of(request: TrainRequest) -> Options:
    """Return the training options: the defaults, overridden by the request's `training.NAME`.

    Raises:
        TrainingError: there is no such field, or the text is not a valid value for it.
    """
    options = replace(Options(), epochs=request.epochs or Options.epochs)
    for name, text in request.options.items():
        if name.startswith(TRAINING):
            options = with_option(options, name.removeprefix(TRAINING), name, text)
    return options

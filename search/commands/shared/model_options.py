"""The options that say which model embeds, defined once for all commands that embed photos."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps

from search.commands.shared.index_options import ClipEncoders, OnDevice
from search.commands.shared.index_pass import ChosenModel
from search.commands.shared.options import Checkpoint, Device, ImageWeights, TextWeights

__all__ = ["with_model_options"]


def with_model_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `ChosenModel` in place of its parameter `chosen`.

    Args:
        command: takes `chosen`, and all its parameters by name.

    Returns:
        The command with the signature that typer reads.
    """
    signature = inspect.signature(command, eval_str=True)
    options = inspect.signature(_chosen, eval_str=True).parameters
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += options.values() if parameter.name == "chosen" else [parameter]

    @wraps(command)
    def called(**given: object) -> None:
        choice = {name: given.pop(name) for name in options}
        command(chosen=_chosen(**choice), **given)  # type: ignore[arg-type] # typer checked them

    by_name = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    called.__signature__ = signature.replace(parameters=by_name)  # type: ignore[attr-defined]
    return called


def _chosen(
    checkpoint: Checkpoint = None,
    encoders: ClipEncoders = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    device: OnDevice = Device.auto,
) -> ChosenModel:
    return ChosenModel(checkpoint, encoders, image_weights, text_weights, device.value)

"""The packages of the extra `train`: what only training, evaluating and foreign models need."""

from __future__ import annotations

from importlib.util import find_spec

__all__ = ["TRAINING_PACKAGES", "missing_training_packages", "require_training_packages"]

TRAINING_PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "torch_geometric": "torch-geometric",
    "transformers": "transformers",
    "timm": "timm",
    "onnx": "onnx",
    "onnxscript": "onnxscript",
}
"""By the name under which each is imported, that under which pip knows it."""


def missing_training_packages() -> list[str]:
    """Return those that are not installed, as pip knows them; imports none of them."""
    return [name for module, name in TRAINING_PACKAGES.items() if find_spec(module) is None]


def require_training_packages(what: str) -> None:
    """See that all of them are installed.

    Args:
        what: needs them, as the subject of a sentence.

    Raises:
        ExtraMissing: one or more are not.
    """
    missing = missing_training_packages()
    if missing:
        from store import ExtraMissing

        several = "are" if len(missing) > 1 else "is"
        raise ExtraMissing(
            f"{what} needs the extra `train`, of which {', '.join(missing)} {several} not "
            'installed: pip install "crossgraph[train]"'
        )

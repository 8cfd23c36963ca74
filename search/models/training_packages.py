"""The packages of the extra `train`, needed only for training, evaluation and other models."""

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
"""Import name to the name that pip uses."""


def missing_training_packages() -> list[str]:
    """Return the pip names of those that are not installed, without importing any."""
    return [name for module, name in TRAINING_PACKAGES.items() if find_spec(module) is None]


def require_training_packages(what: str) -> None:
    """Raise ExtraMissing unless all of them are installed.

    Args:
        what: what needs them, as the subject of a sentence.

    Raises:
        ExtraMissing: at least one is not installed.
    """
    missing = missing_training_packages()
    if missing:
        from store import ExtraMissing

        several = "are" if len(missing) > 1 else "is"
        raise ExtraMissing(
            f"{what} needs the extra `train`, of which {', '.join(missing)} {several} not "
            'installed: pip install "crossgraph[train]"'
        )

"""Make torchvision importable beside a torch build that its compiled library doesn't fit.

There is no CPU-only build of torchvision. Beside a CPU-only torch its library doesn't load, and
`import torchvision` fails with "operator torchvision::nms does not exist", and timm and parts of
transformers with it. Declaring the schemas of the two operators that torchvision registers at
import is enough for its models and transforms; the operators themselves stay missing, and nothing
here calls them. Where the library did load, nothing is touched.
"""

from __future__ import annotations

import importlib
import sys

import torch

__all__ = ["ensure_torchvision"]

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
# A Library's operators live as long as it does.
_operators: list[torch.library.Library] = []


def ensure_torchvision() -> None:
    """Import torchvision, declaring its operators' schemas first if that is what it lacks.

    Call it before anything that imports torchvision (timm, transformers' models).

    Raises:
        ImportError: if torchvision is not installed.
    """
    try:
        importlib.import_module("torchvision")
    except (AttributeError, RuntimeError):
        _forget_half_imported()
        _declare_schemas()
        importlib.import_module("torchvision")


def _forget_half_imported() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]


def _declare_schemas() -> None:
    if not _operators:
        declared = torch.library.Library("torchvision", "DEF")
        for schema in _SCHEMAS:
            declared.define(schema)
        _operators.append(declared)

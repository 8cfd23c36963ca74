"""Makes torchvision importable with a torch build that its compiled library doesn't fit.

There is no CPU-only build of torchvision. With a CPU-only torch its library doesn't load, and
`import torchvision` fails with "operator torchvision::nms does not exist"; so do timm and parts of
transformers. Declaring the schemas of the two operators that torchvision registers at import is
enough for its models and transforms; the operators themselves stay missing, and nothing here calls
them. If the library loads, nothing is changed.
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
# A Library's operators exist only as long as the Library does.
_operators: list[torch.library.Library] = []


def ensure_torchvision() -> None:
    """Import torchvision, and declare its operators' schemas if the import fails without them.

    Call it before anything that imports torchvision (timm, transformers' models).

    Raises:
        ImportError: torchvision is not installed.
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

"""Optional packages, which extras of the installation bring."""

from __future__ import annotations

from importlib import import_module

from store.errors import ExtraMissing

__all__ = ["check_extra"]


def check_extra(package: str, extra: str, purpose: str) -> None:
    """See that an optional package can be imported.

    Args:
        package: which is imported.
        extra: of this project, that brings it.
        purpose: what it is for; begins the message, which goes on with "needs".

    Raises:
        ExtraMissing: it cannot; says how to get it.
    """
    try:
        import_module(package)
    except ImportError as error:
        raise ExtraMissing(
            f'{purpose} needs {package} ({error}): pip install "crossgraph[{extra}]"'
        ) from None

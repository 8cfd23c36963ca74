"""Optional packages, which the installation's extras provide."""

from __future__ import annotations

from importlib import import_module

from store.errors import ExtraMissing

__all__ = ["check_extra"]


def check_extra(package: str, extra: str, purpose: str) -> None:
    """Raise ExtraMissing unless an optional package can be imported.

    Args:
        package: the package to import.
        extra: the extra of this project that provides it.
        purpose: what it is for; begins the message, which continues with "needs".

    Raises:
        ExtraMissing: it cannot; the message says how to install it.
    """
    try:
        import_module(package)
    except ImportError as error:
        raise ExtraMissing(
            f'{purpose} needs {package} ({error}): pip install "crossgraph[{extra}]"'
        ) from None

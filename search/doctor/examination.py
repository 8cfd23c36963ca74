"""All that is looked at, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from search.doctor.checkpoints import model_findings
from search.doctor.computer import machine_findings
from search.doctor.finding import Finding
from search.doctor.indexes import index_findings
from search.doctor.packages import package_findings

__all__ = ["examine"]


def examine(index: Path | None = None) -> Iterator[Finding]:
    """Look at packages and machine, then at models, then at an index where one is given.

    Where a needed package is missing, what needs it is not looked at.
    """
    packages = list(package_findings())
    yield from packages
    if any(finding.state == "missing" for finding in packages):
        return
    yield from machine_findings()
    yield from model_findings()
    if index is not None:
        yield from index_findings(index)

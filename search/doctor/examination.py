"""All checks, in the order in which they are reported."""

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
    """Check packages and machine, then models, then the index if one is given.

    If a needed package is missing, the checks that need it are skipped.
    """
    packages = list(package_findings())
    yield from packages
    if any(finding.state == "missing" for finding in packages):
        return
    yield from machine_findings()
    yield from model_findings()
    if index is not None:
        yield from index_findings(index)

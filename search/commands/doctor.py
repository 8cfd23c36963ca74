"""`crossgraph doctor`: whether everything needed is installed, and what runs where."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer

from search.commands.shared.options import IndexFolder, unnamed_index
from search.printable import printable

__all__ = ["doctor"]


def doctor(
    context: typer.Context,
    index: IndexFolder = unnamed_index,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object with all findings.")
    ] = False,
) -> None:
    """Check packages, machine, models and an index, and say what to do, a line for each finding.

    The index is skipped if none is named and none is in its usual place. The exit code is 1 if
    something needed is missing.

    For example:

      crossgraph doctor --index photos.index

      crossgraph doctor --json
    """
    from search.doctor import Finding, examine

    source = context.get_parameter_source("index")
    named = source is not None and source.name != "DEFAULT"
    findings: list[Finding] = []
    for finding in examine(index if named or index.exists() else None):
        findings.append(finding)
        if not json:
            typer.echo(printable(str(finding)))
    if json:
        typer.echo(json_module.dumps({"findings": [each.to_dict() for each in findings]}))
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(1)

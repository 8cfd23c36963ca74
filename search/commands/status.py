"""`crossgraph status`: what an index holds, and the state it is in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from search.commands.shared.options import IndexFolder, Vectors, unnamed_index
from search.json_text import json_text, valid_record
from search.printable import printable, without_passwords
from search.status.index_status import Status, is_there, passed_over_line, read_status

__all__ = ["status"]

SHOWN = 5


def status(
    index: IndexFolder = unnamed_index,
    vectors: Vectors = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    failed: Annotated[
        bool,
        typer.Option(
            "--failed",
            help="Only the files left out, and partly readable photos, a line each, with reasons.",
        ),
    ] = False,
) -> None:
    """Show what an index holds: photos, folders, files left out, model, and how it is searched.

    For example:

      crossgraph status --index photos.index

      crossgraph status --json

      crossgraph status --failed
    """
    if json and failed:
        raise typer.BadParameter("--json and --failed exclude each other")
    state = read_status(index, vectors)
    if json:
        typer.echo(json_text(valid_record(asdict(state))))
    elif failed:
        for path, reason in (*state.left_out, *state.damaged):
            typer.echo(f"{printable(path)}\t{printable(reason)}")
    else:
        _print(state)


def _print(state: Status) -> None:
    counts = state.counts
    typer.echo(
        f"{state.place}: {counts.images} photos, {counts.captions} captions, {counts.categories} "
        f"categories, {state.bytes / 1e6:.1f} MB"
    )
    for line in _source_lines(state.sources):
        typer.echo(printable(without_passwords(line)))
    if said := ", ".join(f"{photos} {name}" for name, photos in state.metadata.items() if photos):
        typer.echo(f"photos with: {said}")
    typer.echo(f"model: {state.model} {state.fingerprint[:12]}, {state.encoders} encoders")
    typer.echo(f"search: {state.search}")
    if state.reembedding:
        typer.echo(f"embedding again with {state.reembedding}, not finished: crossgraph reembed")
    typer.echo(f"left out: {counts.quarantined} files")
    _print_some(state.left_out)
    if state.damaged:
        typer.echo(f"damaged, only partly readable: {len(state.damaged)} photos")
        _print_some(state.damaged)
    if state.passed_over:
        typer.echo(printable(passed_over_line(state.passed_over)))


def _print_some(lines: Sequence[tuple[str, str]]) -> None:
    for path, reason in lines[:SHOWN]:
        typer.echo(printable(f"  {path}: {reason}"))
    if len(lines) > SHOWN:
        typer.echo("  ... all of them: crossgraph status --failed")


def _source_lines(sources: Mapping[str, int]) -> Iterator[str]:
    """Return one line per folder; tar and Parquet files of one folder share a line."""
    from store.photo_names import is_shard

    shards: defaultdict[str, list[str]] = defaultdict(list)
    for root, photos in sources.items():
        if is_shard(root) and not Path(root).is_dir():
            shards[root.replace("\\", "/").rpartition("/")[0]].append(root)
        else:
            there = "" if is_there(root) else ", not there at the moment"
            yield f"folder: {root}: {photos} photos{there}"
    for folder, roots in shards.items():
        photos = sum(sources[root] for root in roots)
        away = sum(not is_there(root) for root in roots)
        there = f", {away} not there at the moment" if away else ""
        named = roots[0] if len(roots) == 1 else f"{len(roots)} in {folder}"
        yield f"shards: {named}: {photos} photos{there}"

"""The options of `crossgraph index` and their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.commands.shared.options import Device

__all__ = [
    "Address",
    "Annotations",
    "BatchSize",
    "ClipEncoders",
    "Exclude",
    "FromShards",
    "Include",
    "OldAddress",
    "OldPart",
    "OldRay",
    "OldWorkers",
    "OnDevice",
    "Part",
    "Plan",
    "Prune",
    "Ray",
    "Reembed",
    "RetryFailed",
    "Shards",
    "Source",
    "Text",
    "Watch",
    "Workers",
]

Source = Annotated[
    list[str] | None,
    typer.Argument(
        help="Folders of photos, tar and Parquet files of them, patterns such as "
        "'part-{000..099}.tar', addresses such as s3://...; default: all that the index knows."
    ),
]
Annotations = Annotated[
    list[Path] | None,
    typer.Option(metavar="JSON", help="COCO captions or instances; may be given often."),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Leave out folders and files of this name, such as 'thumbs' or '*_small.jpg'; may be "
        "given often, and is remembered until it is given again ('' forgets it).",
    ),
]
Include = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="Take in what is left out by default, such as '@eaDir'; names as for --exclude.",
    ),
]
Plan = Annotated[
    bool,
    typer.Option("--plan", help="Print what would be done, a line for each photo, and do nothing."),
]
Prune = Annotated[
    bool,
    typer.Option("--prune", help="Also drop photos of folders and disks that are missing."),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Read files again that could not be read before.")
]
Text = Annotated[
    bool,
    typer.Option(
        "--text",
        help="Also read the text visible in photos, in those where it was not looked for yet; "
        "takes some tenths of a second per photo, and needs the extra `text`.",
    ),
]
Reembed = Annotated[
    bool,
    typer.Option(
        "--reembed",
        hidden=True,
        help="Embed all photos of the index again with another model, which answers once all "
        "are done; until then the old one does.",
    ),
]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch",
        hidden=True,
        help="Then watch the folders and index changes as they come.",
    ),
]
OnDevice = Annotated[
    Device,
    typer.Option(help="Where photos are encoded; auto takes a GPU where torch can use one."),
]
BatchSize = Annotated[
    int | None,
    typer.Option(min=1, help="Photos encoded together; default: the model's best."),
]
ClipEncoders = Annotated[
    str | None,
    typer.Option(
        "--encoders",
        metavar="clip:MODEL",
        help="A CLIP-like model in place of the shipped one, untrained: clip: and a folder, or an "
        "id of Hugging Face's hub; remembered by the index.",
    ),
]
Shards = Annotated[
    Path | None,
    typer.Option(
        metavar="OUT",
        hidden=True,
        help="Embed into files in this folder, without an index; existing files are kept.",
    ),
]
Part = Annotated[
    str | None,
    typer.Option(metavar="I/N", help="Do the I-th of N parts, such as 3/16."),
]
Ray = Annotated[bool, typer.Option("--ray", help="Let Ray workers do it.")]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="With --ray: of a cluster, or auto for one that this machine is in; default: Ray "
        "is started here, and stopped at the end.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="With --ray: how many; default: what the machines have room for."),
]
FromShards = Annotated[
    Path | None,
    typer.Option(metavar="OUT", hidden=True, help="Add what --shards wrote to the index."),
]

# Options from before `crossgraph shards write` was a command.
OldPart = Annotated[str | None, typer.Option("--part", hidden=True)]
OldRay = Annotated[bool, typer.Option("--ray", hidden=True)]
OldAddress = Annotated[str | None, typer.Option("--address", hidden=True)]
OldWorkers = Annotated[int | None, typer.Option("--workers", min=1, hidden=True)]

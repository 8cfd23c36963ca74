"""`crossgraph mcp`: the index for assistants, by the Model Context Protocol."""

from __future__ import annotations

import typer

from search.commands.shared.options import (
    Checkpoint,
    ImageWeights,
    IndexFolder,
    TextWeights,
    unnamed_index,
)
from search.engine.open_index import open_index

__all__ = ["mcp"]


def mcp(
    index: IndexFolder = unnamed_index,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
) -> None:
    """Let an assistant search an index: a Model Context Protocol server on stdin and stdout.

    The assistant starts it with this command. It offers search_photos, get_photo
    and describe_index, which read and never write. Needs: pip install "crossgraph[mcp]".

    For example:

    crossgraph mcp --index photos.index
    """
    try:
        from search.integrations.mcp_server import build_server
    except ImportError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
    with open_index(
        index, checkpoint, image_weights=image_weights, text_weights=text_weights
    ) as opened:
        build_server(opened).run("stdio")

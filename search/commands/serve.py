"""`crossgraph serve`: searches over HTTP, and the page for browsers."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.commands.shared.options import (
    Checkpoint,
    ImageWeights,
    Indexes,
    IndexSeconds,
    TextWeights,
    Vectors,
    listed,
)
from search.engine.open_index import INDEX_SECONDS
from search.printable import printable

if TYPE_CHECKING:
    from search.server.processes.worker_process import ServingPlan

__all__ = ["serve"]

SECONDS_TO_STOP = 3
MIB = 2**20


def serve(
    index: Indexes = None,
    vectors: Vectors = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    host: Annotated[
        str, typer.Option(help="The address to listen on; any but this machine's own needs a key.")
    ] = "127.0.0.1",
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What clients must send as `Authorization: Bearer KEY`; or CROSSGRAPH_API_KEY.",
        ),
    ] = None,
    max_body: Annotated[
        int, typer.Option(min=1, max=1024, metavar="MIB", help="The largest request, in MiB.")
    ] = 32,
    workers: Annotated[
        int, typer.Option(min=1, max=256, metavar="N", help="Processes that share the port.")
    ] = 1,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the page in a browser.")
    ] = False,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    index_timeout: IndexSeconds = INDEX_SECONDS,
) -> None:
    """Answer searches over HTTP until stopped, and print the address once it is ready.

    For example:

      crossgraph serve --index photos.index --port 8000

      crossgraph serve --index a.index --index b.index --workers 2
    """
    from search.server.middleware.access import AccessError, is_loopback, names_of, read_key
    from search.server.processes.worker_process import ServingPlan
    from search.server.settings import Settings

    key = read_key(api_key_file)
    loopback = is_loopback(host)
    if key is None and not loopback:
        raise AccessError(
            f"{host} can be reached by others: give a key with --api-key-file FILE or in "
            "CROSSGRAPH_API_KEY, or listen at 127.0.0.1"
        )
    indexes, vectors = listed(index, vectors)
    several = _several(indexes, index_timeout)
    # Checked before a model is loaded, which may take seconds.
    listening = _listening(host, port)
    settings = Settings(
        folder=Path(os.path.abspath(indexes[0])),
        vectors=vectors,
        several=several,
        index_seconds=index_timeout,
        key=key,
        hosts=names_of(host) if loopback else None,
        body_bytes=max_body * MIB,
        held_bytes=max(8 * max_body, 256) * MIB,
    ).shared_by(workers)
    plan = ServingPlan(settings, checkpoint, image_weights, text_weights, SECONDS_TO_STOP)
    url = _url(host, listening)
    _serve(workers, plan, listening, lambda: _announce(url, open_browser))


def _several(indexes: list[str], seconds: float) -> tuple[str, ...]:
    """Return the indexes if there are several, else none."""
    from store.opening import is_database, open_indexes

    if len(indexes) == 1:
        return ()
    places = [each if is_database(each) else os.path.abspath(each) for each in indexes]
    # Later, indexes of another model than most count as missing; at the start they are an error.
    index = open_indexes(places, seconds=seconds, strict=True)
    for each in index.missing:
        typer.echo(printable(f"degraded: {each.index} is missing: {each.reason}"), err=True)
    index.close()
    return tuple(places)


def _serve(
    workers: int, plan: ServingPlan, listening: socket.socket, ready: Callable[[], None]
) -> None:
    from search.server.processes.serving import serve_alone, serve_together

    if workers > 1:
        serve_together(workers, plan, listening, ready, lambda line: typer.echo(line, err=True))
    elif not serve_alone(plan, listening, ready):
        # A thread cannot be stopped, and Python would wait for it.
        sys.stdout.flush()
        os._exit(0)


def _listening(host: str, port: int) -> socket.socket:
    from search.server.processes.serving import ListenError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # where it would let two programs share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise ListenError(
            f"cannot listen at {host}, port {port}: {error.strerror or error}; choose another with "
            "--port or --host"
        ) from None
    return listening


def _url(host: str, listening: socket.socket) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}/"


def _announce(url: str, open_browser: bool) -> None:
    typer.echo(url)
    sys.stdout.flush()
    if open_browser:
        import webbrowser

        webbrowser.open(url)

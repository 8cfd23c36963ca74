"""`crossgraph generations`: the versions of an index in a database, and which one answers."""

from __future__ import annotations

from typing import Annotated

import typer

from search.commands.shared.options import Vectors

__all__ = ["generations"]


def generations(
    vectors: Vectors = None,
    activate: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", help="Let this version answer from the next search on."),
    ] = None,
) -> None:
    """List the versions of an index in a database, newest first, or go back to the previous one.

    For example:

      crossgraph generations --vectors postgresql://me@db.example.org/photos

      crossgraph generations --vectors postgresql://me@db.example.org/photos --activate 3
    """
    from store import IndexNotFound
    from store.opening import postgres_installed

    if vectors is None:
        raise typer.BadParameter("name the database with --vectors or CROSSGRAPH_VECTORS")
    postgres_installed()
    from store.postgres.address import Address
    from store.postgres.administration import DatabaseCollection

    address = Address.parse(vectors)
    with DatabaseCollection(address) as collection:
        if activate is not None:
            collection.activate(activate)
        listed = collection.generations()
        if not listed:
            raise IndexNotFound(
                f"{address.shown} has no collection {address.collection}: write one with "
                "`crossgraph push --to`"
            )
        for each in listed:
            when = f"{each.created:%Y-%m-%d %H:%M}"
            model = f"{each.model.name} {each.model.fingerprint[:12]}"
            typer.echo(f"{each.number}\t{each.state}\t{when}\t{each.photos} photos\t{model}")

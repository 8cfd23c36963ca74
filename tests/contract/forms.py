"""Every form of `VectorIndex`, made of the same vectors. A new one is added here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing

import numpy as np
from numpy.typing import NDArray

from store.catalog.models import Model
from store.postgres.address import Address
from store.postgres.connection import Connection
from store.postgres.copying import copy_vectors
from store.postgres.declarations import migrate
from store.postgres.generations import activate, begin, mark_ready
from store.postgres.recall import build_graph
from store.postgres.scaled_vectors import VectorPlacement
from store.postgres.session import Session
from store.postgres.vector_search import PostgresVectors
from store.types import Block
from store.vectors.approximate import ApproximateIndex
from store.vectors.choose import Measured
from store.vectors.flat import FlatIndex
from store.vectors.rescored import rescored
from store.vectors.vector_index import VectorIndex
from tests.unit.store.vectors_at_hand import in_blocks

__all__ = ["FILE_FORMS", "FORMS", "Vectors", "made"]

FILE_FORMS = ("flat", "rescored", "lists of 16 bits", "lists of 8 bits")
FORMS = (*FILE_FORMS, "PostgreSQL", "PostgreSQL, all compared")

Vectors = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Ids (N,) in any order and vectors (N, D) of half precision."""


def made(form: str, vectors: Vectors, address: Callable[[], str], stack: ExitStack) -> VectorIndex:
    """Make one; approximate ones look at all lists, or at much of the graph.

    Args:
        form: one of `FORMS`.
        vectors: what it is to hold.
        address: gives an empty database.
        stack: closes what is open.
    """
    if form.startswith("PostgreSQL"):
        server = stack.enter_context(closing(Connection(Address.parse(address()))))
        return _in_postgres(vectors, server, graph=form == "PostgreSQL")
    return in_a_file(form, vectors)


def in_a_file(form: str, vectors: Vectors) -> FlatIndex | ApproximateIndex:
    """Make one of `FILE_FORMS`."""
    ids, rows = vectors
    dim, count = rows.shape[1], len(ids)
    if form == "flat":
        flat = FlatIndex(dim)
        for some, block in in_blocks(ids, rows):
            flat.add(some, block)
        return flat

    def blocks() -> list[Block]:
        return list(in_blocks(ids, rows))

    if form == "rescored":
        return rescored(dim, count, lambda: iter(blocks()))
    bits = int(form.split()[2])
    index = ApproximateIndex.build(dim, count, lambda: iter(blocks()), bits=bits)
    index.probes = index.lists
    return index


def _in_postgres(vectors: Vectors, server: Connection, *, graph: bool) -> VectorIndex:
    ids, rows = vectors
    migrate(server)
    placement = VectorPlacement.of(rows.shape[1], lambda: in_blocks(ids, rows))
    model = Model("f00d", rows.shape[1], "made", "none", id=0)
    generation = begin(server, "photos", "made", model, placement)
    for some, block in in_blocks(ids, rows):
        halves = block.astype(np.float16)
        placed = placement.placed(block)
        copy_vectors(server, generation.table("vectors"), some, halves, placed)
    build_graph(server, generation, len(ids))
    mark_ready(server, generation, len(ids), 200 if graph else None, Measured("", None, 0, 0))
    activate(server, "photos", generation.number)
    return PostgresVectors(Session(server))

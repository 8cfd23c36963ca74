"""Models made ready for searches that load no torch: `crossgraph index` does it once for each.

What is prepared lies in the user's cache folder, since a checkpoint that ships with the weights of
other people's encoders in it would be four times as large.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fusion.query_model import QueryModel
    from fusion.retriever import Retriever

__all__ = ["is_prepared", "prepare", "prepared_model"]

PREPARABLE = {"packaged", "resnet50-bert"}
"""Presets whose text encoder can be exported."""


def prepared_model(
    fingerprint: str, checkpoint: str | Path | None = None, *, once: bool = False
) -> QueryModel | None:
    """Give the model of that fingerprint without torch, None where it is not prepared.

    Args:
        fingerprint: as an index records it.
        checkpoint: None, or the folder that must hold this very model.
        once: as in `open_index`.
    """
    from fusion.fingerprint import checkpoint_fingerprint
    from fusion.query_model import find_query_model
    from search.features import query_cache

    if checkpoint is not None and checkpoint_fingerprint(Path(checkpoint)) != fingerprint:
        return None
    return find_query_model(query_cache(), fingerprint, once=once)


def is_prepared(folder: str | Path, *, thorough: bool = True) -> bool:
    """Say whether searches of an index need no torch, or will need it whatever is done.

    A thorough answer takes longer than a search: every file is hashed.
    """
    from fusion.query_folder import query_folder, read_facts
    from search.features import query_cache
    from store import Index

    with Index.open(Path(folder)) as index:
        model = index.model
    place = query_folder(query_cache(), model.fingerprint)
    return model.encoders not in PREPARABLE or read_facts(place, thorough=thorough) is not None


def prepare(model: Retriever) -> str:
    """Write what searches need of a model, so that they need no torch; takes half a minute.

    Returns:
        Why it could not be done, in one line; empty when all is well.
    """
    from fusion.export import ExportError, export_queries
    from search.features import query_cache

    try:
        export_queries(model, query_cache())
    except ExportError as error:
        return str(error)
    return ""

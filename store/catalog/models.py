"""The models that an index has embeddings from: the active one, and one in progress.

Each has two tables, `vectors_ID` and `nodes_ID`, so that embeddings of two models are never mixed,
and those of an unused model are dropped at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from store.columns.codec import StoredArray, array_to_blob, blob_to_array
from store.columns.tables import BLOB, TABLES, Row, maybe, row_sum
from store.sqlite.catalog_file import CatalogFile
from store.types import MOST_DIM, ModelInfo

__all__ = [
    "Model",
    "activate",
    "active_model",
    "add_model",
    "find_model",
    "forget",
    "other_models",
    "recall_queries",
    "remove_from_others",
    "set_recall_queries",
]


@dataclass(frozen=True)
class Model(ModelInfo):
    """What the catalog knows about a model.

    Attributes:
        id: the id of its tables.
    """

    id: int = field(kw_only=True)

    @property
    def vectors(self) -> str:
        """The name of the table with (dim,) vectors."""
        return f"vectors_{self.id}"

    @property
    def nodes(self) -> str:
        """The name of the table with photos' nodes for the re-ranker, an array each."""
        return f"nodes_{self.id}"


_COLUMNS = "id, fingerprint, name, encoders, dim, unit_dim"
_KINDS = tuple(TABLES["models"].values())
LONGEST_FINGERPRINT = 200


def add_model(catalog: CatalogFile, info: ModelInfo) -> Model:
    """Add a model and the tables for its embeddings, in the caller's transaction."""
    from store.sqlite.schema import EMBEDDINGS  # uses sqlite-utils, which a search does not need

    sql = "INSERT INTO models (fingerprint, name, encoders, dim, unit_dim) VALUES (?, ?, ?, ?, ?)"
    catalog.execute(sql, info.fingerprint, info.name, info.encoders, info.dim, info.unit_dim)
    catalog.seal("models", "fingerprint = ?", info.fingerprint)
    model = find_model(catalog, info.fingerprint)
    if model is None:  # pragma: no cover - it was written a line ago
        raise RuntimeError("the catalog lost a row")
    catalog.execute(EMBEDDINGS.format(table=model.vectors, column="vector"))
    catalog.execute(EMBEDDINGS.format(table=model.nodes, column="nodes"))
    return model


def find_model(catalog: CatalogFile, fingerprint: str) -> Model | None:
    """Return the model with that fingerprint; None if the catalog has no tables for it."""
    sql = f"SELECT {_COLUMNS} FROM models WHERE fingerprint = ?"
    return next((_model(catalog, row) for row in catalog.typed(_KINDS, sql, fingerprint)), None)


def active_model(catalog: CatalogFile) -> Model | None:
    """Return the active model; None in an index that was never started.

    Raises:
        IndexDamaged: the catalog names an active model that it does not have.
    """
    sql = f"""SELECT {_COLUMNS} FROM models
        WHERE id = (SELECT value FROM meta WHERE key = 'active_model')"""
    model = next((_model(catalog, row) for row in catalog.typed(_KINDS, sql)), None)
    if model is None and "active_model" in catalog.meta():
        raise catalog.damaged("embeddings of a model that does not exist")
    return model


def activate(catalog: CatalogFile, model: Model) -> None:
    """Make a model the active one and delete all others, in the caller's transaction."""
    catalog.set_meta(active_model=model.id)
    for other in other_models(catalog, model):
        forget(catalog, other)


def other_models(catalog: CatalogFile, model: Model) -> list[Model]:
    """Return the models other than the given one that the catalog has embeddings from."""
    sql = f"SELECT {_COLUMNS} FROM models WHERE id <> ?"
    return [_model(catalog, row) for row in catalog.typed(_KINDS, sql, model.id)]


def remove_from_others(catalog: CatalogFile, model: Model, image_ids: Sequence[int]) -> None:
    """Drop other models' embeddings of photos whose content has changed."""
    for other in other_models(catalog, model) if image_ids else ():
        for table in (other.vectors, other.nodes):
            rows = [(image_id,) for image_id in image_ids]
            catalog.execute_many(f"DELETE FROM {table} WHERE image_id = ?", rows)


def forget(catalog: CatalogFile, model: Model) -> None:
    """Drop a model with its embeddings, in the caller's transaction."""
    catalog.execute(f"DROP TABLE {model.vectors}")
    catalog.execute(f"DROP TABLE {model.nodes}")
    catalog.execute("DELETE FROM models WHERE id = ?", model.id)


def set_recall_queries(catalog: CatalogFile, model: Model, vectors: StoredArray) -> None:
    """Keep the vectors, (Q, D), of real captions, in the caller's transaction."""
    blob = array_to_blob(vectors)
    sql = "UPDATE models SET probes = ?, probes_sum = ? WHERE id = ?"
    catalog.execute(sql, blob, row_sum(model.id, blob), model.id)


def recall_queries(catalog: CatalogFile, model: Model) -> StoredArray | None:
    """Return the vectors, (Q, D), of real captions; None if there are none."""
    sql = "SELECT probes FROM models WHERE id = ?"
    row = next(catalog.typed((maybe(BLOB),), sql, model.id), (None,))
    if row[0] is None:
        return None
    try:
        vectors = blob_to_array(row[0])
    except ValueError as error:
        raise catalog.damaged(f"of vectors of captions {error}") from error
    if vectors.ndim != 2 or vectors.shape[1] != model.dim:
        raise catalog.damaged(f"vectors of captions of shape {vectors.shape}")
    return vectors


def _model(catalog: CatalogFile, row: Row) -> Model:
    """Return the model of a row; raises IndexDamaged if its values are not valid."""
    number, fingerprint, name, encoders, dim, unit_dim = row
    model = Model(fingerprint, dim, name, encoders, unit_dim, id=number)
    named = model.fingerprint.isprintable() and len(model.fingerprint) <= LONGEST_FINGERPRINT
    if model.id < 1 or not 1 <= model.dim <= MOST_DIM or not 0 <= model.unit_dim <= model.dim:
        raise catalog.damaged(f"a model {model.id} of width {model.dim}, {model.unit_dim} of unit")
    if not named or {"/", "\\"} & {*model.fingerprint}:
        raise catalog.damaged("a model with an invalid fingerprint")
    return model

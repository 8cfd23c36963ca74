"""Embeds chunks into shards with Ray Data: in workers on this machine, or on an existing cluster.

A worker is an actor that loads the model once and then embeds chunk after chunk. It sends back only
a short record of each; the shards themselves are written to the shared folder. If a worker dies,
Ray gives its chunk to another one, which writes the shard again: a shard has one name and is
written completely or not at all, so that no photo is stored twice.
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
"""Loads the model in a worker, given a number of threads; it must be a module-level function,
because it is pickled."""

OBJECT_STORE_BYTES = 128 * 2**20
"""Shared memory for a Ray that we start, which by default takes a third of the machine's memory.
Only file names pass through it, compressed to about 20 bytes each; Ray spills the rest to disk."""

QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # it would be sent over the network
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
"""Errors are reported by exceptions; everything else is in Ray's own log files."""


ANSWERS_WITHIN_SECONDS = 10.0


class RayError(CrossgraphError):
    """Ray cannot be used, or a worker failed for good."""


@dataclass(frozen=True)
class RayEmbed:
    """Writes shards with Ray workers; an `indexer.bulk.write.Embed`.

    Attributes:
        make_model: loads the model in a worker; must load the one that the run was started with.
        workers: number of workers at once; None for the number that `placed` chooses.
        address: address of an existing cluster, such as `auto`; None starts Ray on this machine
            and stops it at the end.
        gpu: whether workers may use GPUs, if Ray finds any.
    """

    make_model: MakeModel
    workers: int | None = None
    address: str | None = None
    gpu: bool = True

    def __call__(
        self, chunks: Sequence[Chunk], model: IndexingModel, folder: Path
    ) -> Iterator[WrittenEmbeddedShard]:
        """Write the shard of each chunk, and yield the result of each when done, in any order.

        Raises:
            ExtraMissing: Ray is not installed.
            RayError: Ray cannot be used, or a worker failed for good.
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
    """An actor that loads one model and embeds chunk after chunk."""

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
    """Yield Ray, started or joined, without its progress bars, reports and workers' output."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_extra("ray", "ray", "--ray")
            import ray
            import ray.data
            from ray._private import worker
    except ImportError as error:  # Ray is installed but does not work
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
            address=address or "local",  # RAY_ADDRESS may name a cluster that was not asked for
            log_to_driver=False,
            logging_level=logging.ERROR,
            **({} if address else own),
        )
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        where = f"no Ray cluster answers at {address}" if address else "Ray cannot be started"
        raise RayError(f"{where}: {error}") from error
    # Otherwise Ray prints messages about dead workers, with their output, to stdout, which is for
    # results. There is no option for this; Ray's debugger sets the same variable.
    worker._worker_logs_enabled = False
    try:
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield ray
    finally:
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Raise RayError if nothing listens at an address, which takes Ray itself minutes to notice."""
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
        # Its message is the worker's traceback, whose last line says what went wrong.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RayError(f"a Ray worker failed: {lines[-1].strip()}") from error

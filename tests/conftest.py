"""Set-up of all tests: none of them reads or writes the user's own cache.

Nor does any of them fail because the machine is slow: examples of Hypothesis have no deadline.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from tests.extras import SkipWithoutExtras

if TYPE_CHECKING:
    from fusion.retriever import Retriever
    from tests.postgres_server import PostgresServer

if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers share the processors: with more threads than processors, most of the time would be
    # spent on waiting for one another. NumPy, torch and programs that tests start read this.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# If a shell starts the tests in the background, these and the programs that they start ignore
# Ctrl-C. Setting a handler here prevents that for both.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many workers `-n auto` starts: each prepares its own models, in about 2 GB."""
    return min(os.cpu_count() or 1, 4)


def pytest_configure(config: pytest.Config) -> None:
    """Skip tests that need packages that are not installed, including the modules' doctests."""
    config.pluginmanager.register(SkipWithoutExtras())


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSGRAPH_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("CROSSGRAPH_VECTORS", raising=False)
        patch.delenv("CROSSGRAPH_INDEX", raising=False)
        yield


@pytest.fixture(autouse=True)
def _own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test its own data folder, which contains the default index."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture(autouse=True)
def _only_what_is_handed_over(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave models to `load_model`, which tests replace, except in tests marked `ready`."""
    if request.node.get_closest_marker("ready") is None:
        monkeypatch.setattr("search.models.ready.make_ready", lambda _: None)


@pytest.fixture(scope="session")
def made_export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `export_model` writes of `made_retriever`; only read."""
    from tests.integration.made_retriever import made_retriever

    bert = tmp_path_factory.mktemp("bert")
    return _exported_once("made-export", lambda: made_retriever(bert), tmp_path_factory)


@pytest.fixture(scope="session")
def shipped_export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `export_model` writes of the shipped model; only read."""
    from fusion.retriever import load_retriever

    return _exported_once("shipped-export", load_retriever, tmp_path_factory)


def _exported_once(
    name: str, make: Callable[[], Retriever], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Export a model unless another worker of this run has, which takes half a minute."""
    from fusion.export.write_model import export_model

    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            export_model(make(), folder)
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start one PostgreSQL server for all tests; each test creates its own database in it."""
    from tests.postgres_server import running_server

    with running_server() as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """Return the address of an empty database."""
    return postgres.new_database()

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck, settings
from tests.chaos.nursery import Nursery
from tests.postgres_server import PostgresServer, programs

if TYPE_CHECKING:
    from tests.ray_cluster import RayCluster
    from tests.s3_server import S3Server


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("chaos")
    group.addoption("--scale", type=float, help="run the full chaos tier, with so many times its counts")
    group.addoption("--chaos-seed", type=int, default=1, help="what its dice begin with")


def pytest_configure() -> None:
    """Shells start background jobs deaf to Ctrl-C, and children inherit that; those of tests must not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # How fast the machine draws examples says nothing about the product.
    settings.register_profile("omnireel", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("omnireel")
    # Left to itself, structlog draws tracebacks with everything in reach of them, which takes seconds each.
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, console]
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Hours of chaos are only for those who ask for them."""
    if config.getoption("--scale") is None:
        hours = [item for item in items if item.get_closest_marker("chaos")]
        config.hook.pytest_deselected(items=hours)
        items[:] = [item for item in items if item not in hours]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where processes of ours come from that are to be killed."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole run, quick and careless of power cuts."""
    with postgres_server(durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole run that may be killed: it writes as in production."""
    with postgres_server(durable=True) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """A fresh database with our tables."""
    url = postgres.new_database()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a fresh database is, once of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "new" / "omnireel.db")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3 for the whole run, on loopback."""
    # It takes as long to import as many tests to run.
    from tests.s3_server import S3Server

    server = S3Server()
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def ray_nodes() -> Iterator[RayCluster]:
    """A Ray for the whole run: two processors, a graphics card that is not there, and an engine for it."""
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed; pip install 'omnireel[ray]'")
    from tests.ray_cluster import ray_cluster

    card = {"card": {"kind": "omnireel.testing.told_engine:CardEngine"}}
    with ray_cluster(cpus=2, cards=1, settings={"OMNIREEL_ENGINES": json.dumps(card)}) as cluster:
        yield cluster


@pytest.fixture
def s3_credentials(monkeypatch: pytest.MonkeyPatch) -> str:
    """Credentials where a process looks for them; the secret."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never-to-be-shown")
    return "never-to-be-shown"


@contextmanager
def postgres_server(*, durable: bool) -> Iterator[PostgresServer]:
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt install postgresql")
    server = PostgresServer(folder, durable=durable)
    try:
        yield server
    finally:
        server.close()

"""All that a service on several machines has, on this one: a database, a bucket, a Ray, two servers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine, text
from tests.chaos.world import ENDINGS
from tests.postgres_server import PostgresServer, programs
from tests.ray_cluster import Node, RayCluster, ray_cluster
from tests.s3_server import S3Server
from tests.system.test_server import Server
from tests.wire import Wire, wire

from omnireel.app.kernel_folder import kernel_folder
from omnireel.settings import Settings
from omnireel.tasks.database import connect

PATIENT = {"OMNIREEL_HEARTBEAT_SECONDS": "3", "OMNIREEL_MAX_ATTEMPTS": "3"}
"""As they are by default, or nearly."""


@dataclass(frozen=True)
class Stage:
    """What is there. The servers share everything but their folders."""

    servers: tuple[Server, ...]
    cluster: RayCluster
    second: Node
    database: Engine
    postgres: PostgresServer
    to_bucket: Wire
    """What all of them reach the bucket by."""


@contextmanager
def stage(*, cpus: int, lease: int = 30) -> Iterator[Stage]:
    """Open it all; whatever happens, nothing of it is left afterwards. `lease` is in seconds."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="omnireel-stage-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = PostgresServer(_postgres(), durable=True)
        stack.callback(postgres.close)
        bucket = S3Server()
        stack.callback(bucket.close)
        to_bucket = stack.enter_context(wire(urlsplit(bucket.endpoint).port or 80))
        secrets = {"AWS_ACCESS_KEY_ID": "AKIADEMO", "AWS_SECRET_ACCESS_KEY": "never-to-be-shown"}
        cluster = stack.enter_context(ray_cluster(cpus=cpus, settings=_node(folder) | secrets))
        second = cluster.add(cpus)
        url = postgres.new_database()
        database = connect(url)
        stack.callback(database.dispose)
        with database.begin() as connection:
            for statement in ENDINGS["postgresql"]:
                connection.execute(text(statement))
        settings = {
            "OMNIREEL_EXECUTOR": "ray",
            "OMNIREEL_DATABASE": url,
            "OMNIREEL_S3_BUCKET": bucket.new_bucket().name,
            "OMNIREEL_S3_ENDPOINT": f"http://127.0.0.1:{to_bucket.port}",
            **secrets,
            **cluster.environment,
            **PATIENT,
            "OMNIREEL_LEASE_SECONDS": str(lease),
        }
        servers = tuple(_server(stack, folder / name, settings, folder) for name in ("one", "two"))
        yield Stage(servers, cluster, second, database, postgres, to_bucket)


def _server(stack: ExitStack, folder: Path, settings: Mapping[str, str], root: Path) -> Server:
    server = Server(folder)
    folder.mkdir()
    # The key is the database's, so that one serves for both servers.
    if (first := root / "one" / "first-key").exists():
        shutil.copy(first, folder / "first-key")
    stack.callback(server.close)
    server.start(**settings)
    return server


def _node(folder: Path) -> dict[str, str]:
    """What a node is told: its own folder, and kernels from where this user keeps them."""
    data = folder / "node"
    kernels = kernel_folder(Settings(data=data))
    return {"OMNIREEL_DATA": str(data), "OMNIREEL_KERNEL_FOLDER": str(kernels)}


def _postgres() -> Path:
    folder = programs()
    if folder is None:
        raise SystemExit("PostgreSQL is not installed; on Debian: apt install postgresql")
    return folder

"""A PostgreSQL of our own: Debian's programs, a private port, a temporary folder."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from omnireel.tasks.database import connect, upgrade_schema

PASSWORD = "correct-horse-7"
_USER = "omnireel"
_TEMPLATE = "omnireel_template"
_PATIENCE = 60.0
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_PLACES = "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest where there are several; None without."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = [path.parent for place in _PLACES for path in Path("/").glob(f"{place[1:]}/initdb")]
    return max(
        folders, key=lambda folder: [int(part) for part in folder.parts if part.isdigit()], default=None
    )


class PostgresServer:
    """A server that can be killed and started again. `durable` as in production; else quick."""

    def __init__(self, bin_folder: Path, *, durable: bool) -> None:
        self._bin = bin_folder
        # Not a folder of pytest's: those are closed to the other user that PostgreSQL must run as.
        self.folder = Path(tempfile.mkdtemp(prefix="omnireel-pg-"))
        self._as_user = _other_user(self.folder)
        self.port = _free_port()
        self._options = () if durable else _CARELESS
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        self._make()
        self.start()
        self._make_template()

    def start(self) -> None:
        """Start, and wait until queries are answered."""
        self.begin_start()
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, self._log()
                time.sleep(0.05)
            else:
                return

    def begin_start(self) -> None:
        """Start without waiting: at first it refuses, then it recovers, then it answers."""
        options = [word for option in self._options for word in ("-c", option)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *_dying_with_us(), str(self._bin / "postgres"), "-D", str(self.folder / "data"),
                    "-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1",
                    "-c", "shared_buffers=32MB", "-c", "max_connections=60", *options,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **self._as_user,
            )  # fmt: skip

    def kill(self) -> None:
        """kill -9 of the server and of all that serves its clients."""
        assert self._process is not None
        # Stopped first, or the others would be ended in good order while it dies.
        os.kill(self._process.pid, signal.SIGSTOP)
        for pid in _children(self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait(_PATIENCE)
        self._process = None

    def stop(self) -> None:
        """An orderly stop that does not wait for clients."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.wait(_PATIENCE)
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_PATIENCE)
        shutil.rmtree(self.folder)

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://{_USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def new_database(self) -> str:
        """The URL of a fresh database with our tables in it."""
        return self._create(_TEMPLATE)

    def empty_database(self) -> str:
        """The URL of a fresh database without any tables."""
        return self._create("template0")

    def drop(self, url: str) -> None:
        name = sql.Identifier(url.rsplit("/", 1)[1])
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def execute(self, statement: Any, name: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(name), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _create(self, template: str) -> str:
        name = f"t{next(self._names)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def _make(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        initdb = [
            str(self._bin / "initdb"), "-D", str(self.folder / "data"), "-U", _USER, "--no-sync",
            "-E", "UTF8", "--locale=C", "--auth=scram-sha-256", f"--pwfile={password}",
        ]  # fmt: skip
        made = subprocess.run(initdb, capture_output=True, text=True, cwd="/", **self._as_user)
        assert made.returncode == 0, made.stderr

    def _make_template(self) -> None:
        self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_TEMPLATE)))
        engine = connect(self.url(_TEMPLATE))
        upgrade_schema(engine)
        engine.dispose()

    def _log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2000:]


def _other_user(folder: Path) -> dict[str, Any]:
    """How to start PostgreSQL, which refuses to run as root; the folder is made that user's."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _dying_with_us() -> list[str]:
    """A prefix that has the server stop at once when the tests are killed."""
    return ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])

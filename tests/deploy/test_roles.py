"""Least rights in PostgreSQL: with them the service works, and can do no more than that."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql
from tests.deploy.test_chart import CHART
from tests.deploy.tools import DEPLOY
from tests.postgres_server import PostgresServer, programs
from tests.real_server import clean_environment, real_server
from tests.replicas import Asker

ROLES = ("omnireel_owner", "omnireel_runtime", "omnireel_scaler")


@dataclass(frozen=True)
class Database:
    """A database of those roles, with its tables made by its owner."""

    server: PostgresServer
    name: str
    password: str

    def url(self, role: str) -> str:
        return f"postgresql://{role}:{self.password}@127.0.0.1:{self.server.port}/{self.name}"

    def refuses(self, role: str, statement: str) -> bool:
        with psycopg.connect(self.url(role), autocommit=True) as connection:
            try:
                connection.execute(statement.encode())
            except errors.InsufficientPrivilege:
                return True
            return False


def psql(url: str, file: str, **variables: str) -> None:
    folder = programs()
    assert folder is not None
    given = [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
    said = [
        "--no-psqlrc",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        *given,
        "-f",
        str(DEPLOY / "postgresql" / file),
        url,
    ]
    ran = subprocess.run([folder / "psql", *said], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def omnireel(*words: str, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "omnireel", *words],
        cwd=folder, env=clean_environment(OMNIREEL_DATABASE=url), capture_output=True, text=True,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def database(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = postgres.empty_database()
    found = Database(postgres, made.rsplit("/", 1)[1], secrets.token_hex(8))
    folder = tmp_path_factory.mktemp("roles")
    psql(made, "roles.sql", owner_password=found.password, runtime_password=found.password)
    upgraded = omnireel("db", "upgrade", url=found.url("omnireel_owner"), folder=folder)
    assert upgraded.returncode == 0, upgraded.stderr
    assert list(folder.iterdir()) == []
    psql(found.url("omnireel_owner"), "tighten.sql")
    psql(made, "scaler.sql", scaler_password=found.password)
    yield found
    postgres.drop(made)
    for role in ROLES:
        postgres.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.mark.system
@pytest.mark.slow
def test_the_service_works_with_the_rights_to_rows_alone(database: Database, tmp_path: Path) -> None:
    url = database.url("omnireel_runtime")
    with real_server(tmp_path, OMNIREEL_DATABASE=url, OMNIREEL_METERING="on") as server:
        folder = tmp_path / "operator"
        folder.mkdir()
        credited = omnireel("teams", "credit", "default", "10", "--reference", "a", url=url, folder=folder)
        assert credited.returncode == 0, credited.stderr
        asker = Asker(server.origin, server.key)
        first = asker.submit("a fox", key="once").json()["data"]["task_id"]
        again = asker.submit("a fox", key="once")
        assert asker.until_ended(first)["status"] == "success"
        assert again.headers["Idempotent-Replayed"] == "true"
        canceled = asker.task_id("fake:seconds=600 fake:steps=6000")
        assert asker.http.post(f"/api/v1/tasks/{canceled}/cancel").status_code == 200
        assert asker.until_ended(canceled)["status"] == "canceled"
        assert asker.http.delete(f"/api/v1/tasks/{first}").status_code == 200
        assert asker.http.get("/readyz").status_code == 200
        asker.http.close()
        for words in (("keys", "list"), ("keys", "create"), ("teams", "audit"), ("db", "status")):
            ran = omnireel(*words, url=url, folder=folder)
            assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (a int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (a int)",
        "DROP TABLE task CASCADE",
        "ALTER TABLE task ADD COLUMN mine int",
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "TRUNCATE task",
        "DELETE FROM ledger_entry",
        "UPDATE ledger_transaction SET note = ''",
        "UPDATE alembic_version SET version_num = '9999'",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY task TO PROGRAM 'cat'",
    ],
)
def test_the_runtime_role_can_do_nothing_else(database: Database, statement: str) -> None:
    assert database.refuses("omnireel_runtime", statement)


def test_the_runtime_role_changes_no_tables_by_a_command_either(database: Database, tmp_path: Path) -> None:
    assert not database.refuses("omnireel_runtime", "SELECT 1 FROM task")
    ran = omnireel("db", "upgrade", url=database.url("omnireel_runtime"), folder=tmp_path)
    # It has nothing to do, and does nothing.
    assert ran.returncode == 0, ran.stderr


def test_the_scaler_counts_as_the_chart_does_and_sees_no_more(database: Database) -> None:
    query = re.search(r"query: (SELECT .+)", (CHART / "templates" / "worker.yaml").read_text())
    assert query is not None
    with psycopg.connect(database.url("omnireel_scaler")) as connection:
        (counted,) = connection.execute(query[1].encode()).fetchone() or (None,)
    assert isinstance(counted, int)
    for statement in (
        "SELECT request FROM task",
        "SELECT * FROM api_key",
        "UPDATE task SET status = 'failed'",
    ):
        assert database.refuses("omnireel_scaler", statement)


def test_strangers_with_a_role_of_their_own_do_not_get_in(database: Database) -> None:
    database.server.execute(f"CREATE ROLE stranger LOGIN PASSWORD '{database.password}'")
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(database.url("stranger"))
    finally:
        database.server.execute("DROP ROLE stranger")


def test_the_words_that_make_roles_in_a_container_are_the_same(database: Database) -> None:
    script = (DEPLOY / "postgresql" / "make-roles.sh").read_text()
    wanted = set(re.findall(r":'(\w+)'", (DEPLOY / "postgresql" / "roles.sql").read_text()))
    assert set(re.findall(r"-v (\w+_password)=", script)) == wanted == {"owner_password", "runtime_password"}

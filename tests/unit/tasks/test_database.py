from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError
from tests.postgres_server import PostgresServer

from omnireel.errors import CannotStart
from omnireel.tasks.database import connect, open_database, reading, schema_of, upgrade_schema, writing
from omnireel.tasks.dialect import DatabaseNow
from omnireel.tasks.migrations import upgrade
from omnireel.tasks.tables import REVISION, api_key, metadata, team

MIGRATES = """
import sys
from omnireel.tasks.database import connect, upgrade_schema
from omnireel.tasks.migrations import upgrade
print("ready", flush=True)
upgrade_schema(connect(sys.argv[1]))
"""
OPENS = "import sys; from omnireel.tasks.database import open_database; open_database(sys.argv[1])"


def test_the_migrations_make_exactly_the_tables_the_code_expects(engine: Engine) -> None:
    with reading(engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_newest_migration_is_the_one_the_code_names() -> None:
    assert REVISION in upgrade.revisions()
    assert max(upgrade.revisions()) == REVISION


def test_connections_to_a_file_are_durable_and_strict(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "omnireel.db")
    with reading(engine) as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}
    engine.dispose()


def test_connections_to_a_server_have_limits_in_time_and_number(postgres_url: str) -> None:
    engine = open_database(postgres_url, connections=2)
    limits = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
    ours = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")

    def look(_: int) -> tuple[list[object], int]:
        with reading(engine) as connection:
            shown = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in limits]
            return shown, connection.execute(ours).scalar_one()

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(look, range(40)))
    assert all(shown == ["30s", "20s", "1min"] for shown, _ in seen)
    assert max(number for _, number in seen) <= 2
    engine.dispose()


def test_what_reads_sees_one_moment_and_writes_nothing(engine: Engine) -> None:
    with reading(engine) as connection:
        before = connection.execute(select(team)).all()
        with writing(engine) as other:
            other.execute(insert(team).values(team="a", created_at=0))
        assert connection.execute(select(team)).all() == before == []
    with reading(engine) as connection:
        assert len(connection.execute(select(team)).all()) == 1


def test_the_databases_clock_tells_unix_seconds(engine: Engine) -> None:
    with reading(engine) as connection:
        now = connection.execute(select(DatabaseNow())).scalar_one()
    assert abs(now - time.time()) < 30


def test_opening_again_changes_nothing(database_place: str, engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(team).values(team="a", balance=Decimal("12.3456"), created_at=1.5))
    again = open_database(database_place)
    with reading(again) as connection:
        assert connection.execute(select(team)).one() == ("a", Decimal("12.3456"), 1.5, None)
    again.dispose()


def test_a_database_from_a_newer_version_is_refused_with_what_to_do(
    database_place: str, engine: Engine
) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CannotStart, match=r"schema 9999, newer than .* start the version that wrote it"):
        open_database(database_place)
    with pytest.raises(CannotStart, match="schema 9999, newer"):
        upgrade_schema(engine)
    schema = schema_of(engine)
    assert (schema.found, schema.known, schema.current) == ("9999", False, False)


def test_a_shared_database_is_migrated_only_when_told_to(postgres: PostgresServer) -> None:
    url = postgres.empty_database()
    name = url.rsplit("/", 1)[1]
    with pytest.raises(
        CannotStart, match=rf"{name} at 127.0.0.1:\d+ has none of .* run `omnireel db upgrade`"
    ):
        open_database(url)
    engine = connect(url)
    assert not inspect(engine).get_table_names()
    before, again = upgrade_schema(engine), upgrade_schema(engine)
    assert (before.found, again.found, again.current) == (None, REVISION, True)
    open_database(url).dispose()
    engine.dispose()
    postgres.drop(url)


def test_a_shared_database_may_be_migrated_by_many_at_once(postgres: PostgresServer) -> None:
    url = postgres.empty_database()
    engine = connect(url)
    with ThreadPoolExecutor(4) as pool:
        found = [schema.found for schema in pool.map(lambda _: upgrade_schema(engine), range(4))]
    assert sorted(found, key=str) == [REVISION, REVISION, REVISION, None]
    engine.dispose()
    postgres.drop(url)


def test_a_kill_while_migrating_a_shared_database_leaves_nothing_or_all(postgres: PostgresServer) -> None:
    for n in range(4):
        url = postgres.empty_database()
        migrates = subprocess.Popen([sys.executable, "-c", MIGRATES, url], stdout=subprocess.PIPE)
        assert migrates.stdout is not None
        migrates.stdout.readline()
        time.sleep(n * 0.03)
        migrates.kill()
        migrates.communicate()
        engine = connect(url)
        assert schema_of(engine).found in {None, REVISION}
        upgrade_schema(engine)
        assert sorted(inspect(engine).get_table_names()) == sorted([*metadata.tables, "alembic_version"])
        engine.dispose()
        postgres.drop(url)


def test_a_write_that_raises_is_undone(engine: Engine) -> None:
    def write_half() -> None:
        with writing(engine) as connection:
            connection.execute(insert(team).values(team="a", created_at=0))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write_half()
    with reading(engine) as connection:
        assert connection.execute(select(team)).all() == []


def test_a_key_of_no_team_is_refused(engine: Engine) -> None:
    row = {"key_id": "k", "team": "nobody", "name": "n", "digest": "d", "last4": "1234", "created_at": 0.0}
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(insert(api_key).values(row))


def test_writers_wait_for_each_other(engine: Engine) -> None:
    def add_one(times: int) -> None:
        for _ in range(times):
            with writing(engine) as connection:
                count = connection.execute(select(team.c.balance).with_for_update()).scalar_one()
                connection.execute(team.update().values(balance=count + 1))

    with writing(engine) as connection:
        connection.execute(insert(team).values(team="a", created_at=0))
    threads = [Thread(target=add_one, args=(25,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert connection.execute(select(team.c.balance)).scalar_one() == 200


def test_many_processes_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    path = tmp_path / "omnireel.db"
    openers = [subprocess.Popen([sys.executable, "-c", OPENS, str(path)]) for _ in range(4)]
    assert [opener.wait(timeout=60) for opener in openers] == [0, 0, 0, 0]
    engine = open_database(path)
    assert inspect(engine).has_table("task")
    engine.dispose()


def test_a_kill_while_migrating_leaves_a_database_that_opens(tmp_path: Path) -> None:
    for n in range(6):
        path = tmp_path / f"{n}.db"
        opener = subprocess.Popen([sys.executable, "-c", OPENS, str(path)])
        while opener.poll() is None and not path.exists():
            time.sleep(0.001)
        time.sleep(n * 0.03)
        os.kill(opener.pid, signal.SIGKILL)
        opener.wait()
        engine = open_database(path)
        assert inspect(engine).get_table_names() == sorted([*metadata.tables, "alembic_version"])
        engine.dispose()

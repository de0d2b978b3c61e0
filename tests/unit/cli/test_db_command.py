from __future__ import annotations

import json

import pytest
from sqlalchemy import text
from tests.postgres_server import PASSWORD, PostgresServer
from tests.unit.cli.commands import Commands

from omnireel.tasks.database import connect, writing
from omnireel.tasks.tables import REVISION


@pytest.mark.slow
def test_a_shared_database_is_made_ready_and_then_used(omnireel: Commands, postgres: PostgresServer) -> None:
    url = postgres.empty_database()
    place = f"PostgreSQL database {url.rsplit('/', 1)[1]} at 127.0.0.1:{postgres.port}"

    empty = omnireel("db", "status", OMNIREEL_DATABASE=url)
    refused = omnireel("keys", "create", OMNIREEL_DATABASE=url)
    served = omnireel("serve", "--port", "0", "--data", "d", OMNIREEL_DATABASE=url)
    upgraded = omnireel("db", "upgrade", OMNIREEL_DATABASE=url)
    again = omnireel("db", "upgrade", "--json", OMNIREEL_DATABASE=url)
    ready = omnireel("db", "status", "--json", OMNIREEL_DATABASE=url)
    made = omnireel("keys", "create", "-q", OMNIREEL_DATABASE=url)

    assert (empty.code, empty.out.startswith(place)) == (1, True)
    for ended in (refused, served):
        assert (ended.code, ended.out) == (1, "")
        assert "run `omnireel db upgrade`" in ended.err
    assert (upgraded.code, upgraded.out) == (0, f"{place}: schema {REVISION}, was empty\n")
    assert json.loads(again.out) == {
        "database": place, "schema": REVISION, "was": REVISION, "needed": REVISION, "current": True,
    }  # fmt: skip
    assert (ready.code, json.loads(ready.out)["current"]) == (0, True)
    assert made.out.startswith("omr_live_")
    for ended in (empty, refused, served, upgraded, again, ready):
        assert PASSWORD not in ended.out + ended.err
    postgres.drop(url)


def test_a_newer_database_is_refused_by_every_command(omnireel: Commands, postgres_url: str) -> None:
    engine = connect(postgres_url)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    status = omnireel("db", "status", OMNIREEL_DATABASE=postgres_url)
    others = [
        omnireel(*words, OMNIREEL_DATABASE=postgres_url)
        for words in (("db", "upgrade"), ("keys", "list"), ("worker", "--data", "d"))
    ]

    assert (status.code, "a newer Omnireel wrote it" in status.out) == (1, True)
    for ended in others:
        assert (ended.code, ended.out) == (1, "")
        assert f"schema 9999, newer than this Omnireel's {REVISION}" in ended.err


def test_a_file_can_be_made_ready_too(omnireel: Commands) -> None:
    upgraded = omnireel("db", "upgrade", "--data", "d")
    status = omnireel("db", "status", "--data", "d")

    assert (upgraded.code, status.code) == (0, 0)
    assert (
        status.out == f"SQLite file {omnireel.folder / 'd' / 'omnireel.db'}: schema {REVISION}, up to date\n"
    )


@pytest.mark.slow
def test_a_server_that_is_not_there_is_1_and_says_no_password(omnireel: Commands) -> None:
    for words in (("db", "status"), ("keys", "list"), ("serve", "--port", "0")):
        ended = omnireel(*words, OMNIREEL_DATABASE="postgresql://kim:s3cret@127.0.0.1:1/films")

        assert ended.code == 1
        assert "films at 127.0.0.1:1 cannot be reached" in ended.err
        assert "s3cret" not in ended.out + ended.err

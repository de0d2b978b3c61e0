"""Passwords in URLs are for the database alone."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest
from tests.postgres_server import PASSWORD

from omnireel.errors import CannotStart
from omnireel.settings import Settings
from omnireel.tasks.address import describe, parse
from omnireel.tasks.database import open_database, upgrade_schema


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:s3cret@host:port/d",
        "postgresql://u:s3cret@host",
        "postgresql://u:s3cret@host/",
        "mysql://u:s3cret@host/d",
        "postgresql+psycopg2://u:s3cret@host/d",
        "post gresql://u:s3cret@host/d",
        "://u:s3cret@host/d",
        "sqlite://",
        "https://u:s3cret@host/d",
    ],
)
def test_an_address_that_is_no_good_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(CannotStart, match="the database's URL") as caught:
        open_database(url)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_server_is_named_without_user_password_or_options(scheme: str) -> None:
    url = parse(f"{scheme}://kim:s3cret@db.example:5433/films?sslpassword=s3cret&password=s3cret")
    assert url.drivername == "postgresql+psycopg"
    assert describe(url) == "PostgreSQL database films at db.example:5433"
    several = parse(f"{scheme}://kim:s3cret@/films?host=a:5432&host=b:5432")
    assert describe(several) == "PostgreSQL database films at a:5432, b:5432"
    assert describe(parse(f"{scheme}:///films")) == "PostgreSQL database films at the local socket"


def test_a_path_is_a_file(tmp_path: Path) -> None:
    assert describe(parse(tmp_path / "a.db")) == f"SQLite file {tmp_path / 'a.db'}"
    assert describe(parse(f"sqlite:///{tmp_path / 'a.db'}")) == f"SQLite file {tmp_path / 'a.db'}"


def test_a_server_that_cannot_be_reached_is_named_with_the_reason() -> None:
    url = "postgresql://kim:s3cret@127.0.0.1:1/films"
    with pytest.raises(CannotStart, match=r"films at 127.0.0.1:1 cannot be reached: .*refused") as caught:
        open_database(url)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_wrong_password_is_not_repeated(postgres_url: str) -> None:
    wrong = postgres_url.replace(PASSWORD, "s3cret")
    with pytest.raises(CannotStart, match="password authentication failed") as caught:
        open_database(wrong)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_work_on_a_database_logs_no_password(postgres_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        engine = open_database(postgres_url)
        upgrade_schema(engine)
    assert "alembic" in caplog.text
    assert PASSWORD not in caplog.text + repr(engine) + str(engine.url)
    engine.dispose()


def test_settings_do_not_show_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIREEL_DATABASE", "postgresql://kim:s3cret@host/films")
    settings = Settings()
    assert settings.database is not None
    assert settings.database.get_secret_value().endswith("films")
    assert "s3cret" not in repr(settings) + str(settings) + settings.model_dump_json()
    monkeypatch.setenv("OMNIREEL_PORT", "s3cret")
    with pytest.raises(ValueError, match="port") as caught:
        Settings()
    assert "s3cret" not in str(caught.value)

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select

from omnireel.clock import ManualClock
from omnireel.errors import AuthenticationFailed, InvalidRequest
from omnireel.tasks.base62 import ALPHABET, draw, encode
from omnireel.tasks.database import open_database, reading
from omnireel.tasks.keys import KeyStore, new_secret
from omnireel.tasks.tables import api_key


@pytest.fixture
def keys(engine: Engine, clock: ManualClock) -> KeyStore:
    return KeyStore(engine, clock)


def test_a_key_opens_its_team(keys: KeyStore, clock: ManualClock) -> None:
    ours, theirs = keys.create("laptop", "red"), keys.create("ci", "blue")
    assert re.fullmatch(r"omr_live_[0-9A-Za-z]{38}", ours.secret)
    assert (ours.last4, ours.created_at) == (ours.secret[-4:], clock.now())
    assert (keys.team_of(ours.secret), keys.team_of(theirs.secret)) == ("red", "blue")


def test_nothing_in_the_database_is_a_key(keys: KeyStore, engine: Engine) -> None:
    secret = keys.create("laptop").secret
    with reading(engine) as connection:
        stored = repr(connection.execute(select(api_key)).all())
    assert "laptop" in stored
    assert secret not in stored
    assert secret[9:] not in stored


def test_keys_made_at_once_for_a_new_team_find_one_team(keys: KeyStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: keys.create(f"key {n}", "red"), range(8)))
    assert {keys.team_of(key.secret) for key in made} == {"red"}


def test_two_keys_of_one_team_differ(keys: KeyStore) -> None:
    first, second = keys.create("a"), keys.create("a")
    assert first.secret != second.secret
    assert first.key_id != second.key_id
    assert keys.team_of(first.secret) == keys.team_of(second.secret) == "default"


def test_a_revoked_key_opens_nothing_and_its_neighbour_still_does(keys: KeyStore) -> None:
    gone, kept = keys.create("gone"), keys.create("kept")
    assert keys.revoke(gone.key_id)
    assert not keys.revoke(gone.key_id)
    assert not keys.revoke("key-unknown")
    with pytest.raises(AuthenticationFailed):
        keys.team_of(gone.secret)
    assert keys.team_of(kept.secret) == "default"


def test_a_well_formed_key_that_nobody_made_is_refused(keys: KeyStore) -> None:
    with pytest.raises(AuthenticationFailed, match="unknown or revoked"):
        keys.team_of(new_secret())


def test_a_key_with_any_one_character_changed_is_refused_without_the_database() -> None:
    offline = KeyStore(create_engine("sqlite:////nowhere/there/is/no/database"))
    secret = new_secret()
    for place in range(len("omr_live_"), len(secret)):
        other = ALPHABET[(ALPHABET.index(secret[place]) + 1) % len(ALPHABET)]
        with pytest.raises(AuthenticationFailed, match="malformed"):
            offline.team_of(secret[:place] + other + secret[place + 1 :])


@pytest.mark.parametrize("secret", ["", "omr_live_", "é" * 47, "\ud800", "omr_live_" + "0" * 100_000, "\0"])
def test_what_is_no_key_is_refused_without_the_database(secret: str) -> None:
    offline = KeyStore(create_engine("sqlite:////nowhere/there/is/no/database"))
    with pytest.raises(AuthenticationFailed, match="malformed"):
        offline.team_of(secret)


def test_a_list_shows_the_last_four_characters_and_no_more(keys: KeyStore, clock: ManualClock) -> None:
    made = keys.create("laptop")
    clock.advance(seconds=60)
    keys.revoke(made.key_id)
    (shown,) = keys.list()
    assert (shown.key_id, shown.name, shown.team) == (made.key_id, "laptop", "default")
    assert (shown.last4, shown.created_at, shown.revoked_at) == (made.last4, made.created_at, clock.now())
    assert made.secret not in repr(shown)


def test_no_file_on_disk_holds_a_key(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "omnireel.db")
    secret = KeyStore(engine).create("laptop").secret.encode()
    engine.dispose()
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"laptop" in stored
    assert secret not in stored
    assert secret[9:] not in stored


@pytest.mark.parametrize(("name", "team"), [("", "a"), ("x" * 201, "a"), ("a", ""), ("a", "a b"), ("a", "é")])
def test_a_bad_name_is_refused(keys: KeyStore, name: str, team: str) -> None:
    with pytest.raises(InvalidRequest):
        keys.create(name, team)
    assert keys.list() == ()


def test_base_62_is_padded_and_orders_like_numbers() -> None:
    assert [encode(number, 6) for number in (0, 61, 62, 2**32 - 1)] == [
        "000000",
        "00000Z",
        "000010",
        "4GFfc3",
    ]
    assert len({draw(22) for _ in range(1000)}) == 1000
    assert set("".join(draw(22) for _ in range(1000))) == set(ALPHABET)

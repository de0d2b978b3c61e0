from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from omnireel.clock import ManualClock
from omnireel.errors import AuthenticationFailed, NotFound
from omnireel.tasks.database import reading
from omnireel.tasks.key_pairs import KeyPairs
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.scopes import Scope
from omnireel.tasks.tables import api_key


@pytest.fixture
def keys(engine: Engine, clock: ManualClock) -> KeyStore:
    return KeyStore(engine, clock)


@pytest.fixture
def pairs(engine: Engine, clock: ManualClock) -> KeyPairs:
    return KeyPairs(engine, lambda: b"what only the servers know", clock)


def test_a_pair_opens_what_its_key_opens(keys: KeyStore, pairs: KeyPairs) -> None:
    key = keys.create("laptop", "red", scopes=frozenset({Scope.READ}))
    pair = pairs.of(key.key_id)
    found = pairs.find(pair.access_key)
    assert pair.access_key.startswith("omr_ak_")
    assert found.access == keys.access(key.secret)
    assert found.secret_keys == (pair.secret_key,)
    assert re.fullmatch(r"omr_sk_[0-9A-Za-z_-]{43}", pair.secret_key)


def test_a_pair_is_made_once_and_can_be_shown_again(keys: KeyStore, pairs: KeyPairs) -> None:
    first, second = keys.create("first"), keys.create("second")
    assert pairs.of(first.key_id) == pairs.of(first.key_id)
    assert pairs.of(first.key_id) != pairs.of(second.key_id)


def test_nothing_in_the_database_is_a_secret_key(keys: KeyStore, pairs: KeyPairs, engine: Engine) -> None:
    pair = pairs.of(keys.create("laptop").key_id)
    with reading(engine) as connection:
        stored = repr(connection.execute(select(api_key)).all())
    assert pair.access_key in stored
    assert pair.secret_key not in stored


def test_servers_with_another_secret_know_other_secret_keys(
    keys: KeyStore, pairs: KeyPairs, engine: Engine
) -> None:
    key = keys.create("laptop")
    elsewhere = KeyPairs(engine, lambda: b"another").of(key.key_id)
    assert elsewhere.access_key == pairs.of(key.key_id).access_key
    assert elsewhere.secret_key != pairs.of(key.key_id).secret_key


def test_a_rotation_gives_the_pair_a_new_secret_key_and_keeps_the_old_for_the_overlap(
    keys: KeyStore, pairs: KeyPairs, clock: ManualClock
) -> None:
    key = keys.create("laptop")
    old = pairs.of(key.key_id)
    keys.rotate(key.key_id, timedelta(hours=1))
    new = pairs.of(key.key_id)
    assert new.access_key == old.access_key
    assert pairs.find(old.access_key).secret_keys == (new.secret_key, old.secret_key)
    clock.advance(seconds=3600)
    assert pairs.find(old.access_key).secret_keys == (new.secret_key,)


def test_a_pair_ends_with_its_key(keys: KeyStore, pairs: KeyPairs, clock: ManualClock) -> None:
    revoked = keys.create("revoked")
    ending = keys.create("ending", expires_at=clock.now() + timedelta(hours=1))
    one, other = pairs.of(revoked.key_id), pairs.of(ending.key_id)
    keys.revoke(revoked.key_id)
    clock.advance(seconds=3600)
    with pytest.raises(AuthenticationFailed, match="unknown or revoked"):
        pairs.find(one.access_key)
    with pytest.raises(AuthenticationFailed, match="has expired"):
        pairs.find(other.access_key)
    with pytest.raises(NotFound):
        pairs.of(revoked.key_id)


@pytest.mark.parametrize("access_key", ["", "omr_ak_unknown", "\0", "x" * 10_000, "' OR 1=1"])
def test_an_access_key_nobody_was_given_opens_nothing(
    keys: KeyStore, pairs: KeyPairs, access_key: str
) -> None:
    keys.create("laptop")
    with pytest.raises(AuthenticationFailed):
        pairs.find(access_key)

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select

from omnireel.clock import ManualClock
from omnireel.errors import AuthenticationFailed, InvalidRequest, NotFound
from omnireel.tasks.base62 import ALPHABET, draw, encode
from omnireel.tasks.database import open_database, reading
from omnireel.tasks.keys import KeyStore, new_secret
from omnireel.tasks.scopes import Scope, scopes_of
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


def test_of_many_who_want_to_make_the_first_key_one_does(database_place: str) -> None:
    engine = open_database(database_place)
    kept = list[str]()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: KeyStore(engine).create_first(kept.append), range(8)))
    assert [secret for secret in made if secret] == kept
    assert [key.name for key in KeyStore(engine).list()] == ["first"]
    assert KeyStore(engine).access(kept[0]).team == "default"
    engine.dispose()


def test_a_first_key_that_cannot_be_kept_does_not_count(keys: KeyStore) -> None:
    def full_disk(_secret: str) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        keys.create_first(full_disk)
    assert keys.list() == ()


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


def test_a_key_does_everything_unless_it_is_said_what(keys: KeyStore) -> None:
    access = keys.access(keys.create("laptop").secret)
    for wanted in Scope:
        access.check(wanted)


@pytest.mark.parametrize(("scope", "other"), [(Scope.READ, Scope.SUBMIT), (Scope.SUBMIT, Scope.READ)])
def test_a_key_does_what_its_scopes_say_and_no_more(keys: KeyStore, scope: Scope, other: Scope) -> None:
    made = keys.create("ci", "red", scopes=frozenset({scope}))
    access = keys.access(made.secret)
    assert (access.key_id, access.team, access.scopes) == (made.key_id, "red", frozenset({scope}))
    access.check(scope)
    for wanted in (other, Scope.ADMIN):
        with pytest.raises(AuthenticationFailed, match=f"this key may not {wanted}; .* is {scope}"):
            access.check(wanted)
    assert keys.list()[0].scopes == {scope}


def test_a_key_may_have_two_scopes_and_not_none(keys: KeyStore) -> None:
    both = keys.access(keys.create("ci", scopes=frozenset({Scope.READ, Scope.SUBMIT})).secret)
    both.check(Scope.READ)
    both.check(Scope.SUBMIT)
    with pytest.raises(InvalidRequest, match="some of read, submit, admin"):
        keys.create("ci", scopes=frozenset())
    with pytest.raises(InvalidRequest, match="some of"):
        scopes_of(["read", "fly"])


def test_a_key_is_refused_from_its_end_on(keys: KeyStore, clock: ManualClock) -> None:
    end = clock.now() + timedelta(days=1)
    made = keys.create("guest", expires_at=end)
    assert (made.expires_at, keys.list()[0].expires_at) == (end, end)
    clock.advance(seconds=86399)
    assert keys.team_of(made.secret) == "default"
    clock.advance(seconds=1)
    with pytest.raises(AuthenticationFailed, match="expired"):
        keys.team_of(made.secret)


def test_a_key_that_would_be_useless_at_once_is_refused(keys: KeyStore, clock: ManualClock) -> None:
    with pytest.raises(InvalidRequest, match="later than now"):
        keys.create("guest", expires_at=clock.now())
    assert keys.list() == ()


def test_a_rotated_key_has_two_secrets_for_a_while(keys: KeyStore, clock: ManualClock) -> None:
    end = clock.now() + timedelta(days=9)
    old = keys.create("ci", "red", scopes=frozenset({Scope.READ}), expires_at=end)
    new = keys.rotate(old.key_id, timedelta(hours=24))
    assert (new.key_id, new.expires_at) == (old.key_id, end)
    assert new.secret != old.secret
    assert keys.access(new.secret) == keys.access(old.secret)
    assert keys.access(new.secret).scopes == {Scope.READ}
    (shown,) = keys.list()
    assert (shown.last4, shown.overlap_until) == (new.secret[-4:], clock.now() + timedelta(hours=24))
    clock.advance(seconds=86400)
    with pytest.raises(AuthenticationFailed, match="replaced by a newer one"):
        keys.access(old.secret)
    assert keys.team_of(new.secret) == "red"


def test_a_rotation_without_overlap_ends_the_old_secret_at_once(keys: KeyStore) -> None:
    old = keys.create("ci")
    keys.rotate(old.key_id, timedelta(0))
    with pytest.raises(AuthenticationFailed, match="replaced"):
        keys.access(old.secret)


def test_only_the_last_secret_overlaps(keys: KeyStore) -> None:
    first = keys.create("ci")
    second = keys.rotate(first.key_id, timedelta(hours=1))
    third = keys.rotate(first.key_id, timedelta(hours=1))
    with pytest.raises(AuthenticationFailed, match="unknown"):
        keys.access(first.secret)
    assert keys.access(second.secret) == keys.access(third.secret)


def test_revoking_a_rotated_key_ends_both_secrets(keys: KeyStore) -> None:
    old = keys.create("ci")
    new = keys.rotate(old.key_id, timedelta(hours=1))
    keys.revoke(old.key_id)
    for secret in (old.secret, new.secret):
        with pytest.raises(AuthenticationFailed):
            keys.access(secret)
    for key_id in (old.key_id, "key-unknown"):
        with pytest.raises(NotFound, match="no key"):
            keys.rotate(key_id, timedelta(hours=1))


def test_the_overlap_does_not_outlast_the_key(keys: KeyStore, clock: ManualClock) -> None:
    old = keys.create("guest", expires_at=clock.now() + timedelta(minutes=1))
    new = keys.rotate(old.key_id, timedelta(hours=1))
    clock.advance(seconds=60)
    for secret in (old.secret, new.secret):
        with pytest.raises(AuthenticationFailed, match="expired"):
            keys.access(secret)

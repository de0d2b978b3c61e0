from __future__ import annotations

import json

import pytest
from tests.unit.cli.commands import Commands


def test_a_key_is_made_listed_and_revoked(omnireel: Commands) -> None:
    made = json.loads(omnireel("keys", "create", "--name", "laptop", "--data", "d", "--json").out)
    listed = json.loads(omnireel("keys", "list", "--data", "d", "--json").out)
    revoked = omnireel("keys", "revoke", made["key_id"], "--data", "d")
    after = json.loads(omnireel("keys", "list", "--data", "d", "--json").out)

    assert made["api_key"].startswith("omr_live_")
    assert [(key["key_id"], key["name"], key["revoked_at"]) for key in listed] == [
        (made["key_id"], "laptop", None)
    ]
    assert made["api_key"] not in json.dumps(listed)
    assert (revoked.code, revoked.out) == (0, f"{made['key_id']}\n")
    assert after[0]["revoked_at"]


def test_quiet_prints_the_secret_alone(omnireel: Commands) -> None:
    ended = omnireel("keys", "create", "--data", "d", "-q")

    assert ended.out.startswith("omr_live_")
    assert (ended.out.count("\n"), ended.err) == (1, "")


def test_a_key_that_is_not_there_cannot_be_revoked(omnireel: Commands) -> None:
    ended = omnireel("keys", "revoke", "key-nope", "--data", "d")

    assert (ended.code, ended.out) == (1, "")
    assert "key-nope" in ended.err


def test_a_bad_team_name_is_2(omnireel: Commands) -> None:
    ended = omnireel("keys", "create", "--team", "a b", "--data", "d")

    assert ended.code == 2
    assert "team" in ended.err


def test_a_key_says_what_it_may_do_and_until_when(omnireel: Commands) -> None:
    words = ("keys", "create", "--scope", "submit", "--scope", "read", "--data", "d", "--json")
    made = json.loads(omnireel(*words, "--expires", "2099-01-31").out)
    soon = json.loads(omnireel(*words, "--expires", "30d").out)
    listed = json.loads(omnireel("keys", "list", "--data", "d", "--json").out)
    shown = omnireel("keys", "list", "--data", "d").out

    assert (made["scopes"], made["expires_at"]) == ("read,submit", "2099-01-31T00:00:00+00:00")
    assert soon["expires_at"].startswith("20")
    assert {(key["scopes"], key["expires_at"]) for key in listed} == {
        ("read,submit", made["expires_at"]),
        ("read,submit", soon["expires_at"]),
    }
    assert "in use until 2099-01-31" in shown


def test_a_key_is_rotated(omnireel: Commands) -> None:
    made = json.loads(omnireel("keys", "create", "--data", "d", "--json").out)
    rotated = omnireel("keys", "rotate", made["key_id"], "--overlap", "90m", "--data", "d")
    listed = json.loads(omnireel("keys", "list", "--data", "d", "--json").out)

    assert (made["scopes"], made["expires_at"]) == ("admin", None)
    assert rotated.out.startswith("omr_live_")
    assert rotated.out.strip() != made["api_key"]
    assert "good for 90m more" in rotated.err
    assert [(key["key_id"], key["last4"]) for key in listed] == [(made["key_id"], rotated.out.strip()[-4:])]
    assert omnireel("keys", "rotate", "key-nope", "--data", "d").code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("create", "--scope", "fly"),
        ("create", "--expires", "soon"),
        ("create", "--expires", "1999-01-01"),
        ("rotate", "key-x", "--overlap", "a day"),
        ("rotate", "key-x", "--overlap", "-1h"),
        ("rotate", "key-x", "--overlap", "9999999w"),
    ],
)
def test_scopes_and_times_that_cannot_be_are_2(omnireel: Commands, words: tuple[str, ...]) -> None:
    ended = omnireel("keys", *words, "--data", "d")

    assert (ended.code, ended.out) == (2, "")


def test_a_key_may_have_a_pair_which_can_be_shown_again(omnireel: Commands) -> None:
    made = json.loads(omnireel("keys", "create", "--kling", "--data", "d", "--json").out)
    shown = json.loads(omnireel("keys", "pair", made["key_id"], "--data", "d", "--json").out)
    plain = omnireel("keys", "pair", made["key_id"], "--data", "d")
    rotated = json.loads(omnireel("keys", "rotate", made["key_id"], "--data", "d", "--json").out)
    listed = json.loads(omnireel("keys", "list", "--data", "d", "--json").out)

    assert made["access_key"].startswith("omr_ak_")
    assert made["secret_key"].startswith("omr_sk_")
    assert shown == {name: made[name] for name in ("key_id", "access_key", "secret_key")}
    assert plain.out == f"{made['access_key']}\n{made['secret_key']}\n"
    assert (rotated["access_key"], rotated["secret_key"] != made["secret_key"]) == (made["access_key"], True)
    assert [key["access_key"] for key in listed] == [made["access_key"]]
    assert made["secret_key"] not in json.dumps(listed)


def test_a_key_without_a_pair_shows_none(omnireel: Commands) -> None:
    made = json.loads(omnireel("keys", "create", "--data", "d", "--json").out)
    unknown = omnireel("keys", "pair", "key-nope", "--data", "d")

    assert "access_key" not in made
    assert (unknown.code, "key-nope" in unknown.err) == (1, True)

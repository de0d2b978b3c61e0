from __future__ import annotations

import json

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

from __future__ import annotations

import base64
import json
import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from omnireel.api.dialects.kling.errors import (
    BAD_AUTHORIZATION,
    NO_LONGER_VALID,
    NOT_YET_VALID,
    TokenRefused,
)
from omnireel.api.dialects.kling.tokens import SKEW, access_by, looks_like_a_token
from omnireel.tasks.database import open_database
from omnireel.tasks.key_pairs import KeyPair, KeyPairs
from omnireel.tasks.keys import KeyStore

NOW = 1_800_000_000.0


class Desk:
    """A key with a pair, and what a token by it opens."""

    def __init__(self, folder: Path) -> None:
        self.database = open_database(folder / "omnireel.db")
        self.keys = KeyStore(self.database)
        self.pairs = KeyPairs(self.database, lambda: b"s" * 32)
        self.key = self.keys.create("laptop", "red")
        self.pair = self.pairs.of(self.key.key_id)

    def sign(self, pair: KeyPair | None = None, algorithm: str = "HS256", **claims: Any) -> str:
        """A token as Kling's own example signs it, with other claims where given; None leaves one out."""
        pair = pair or self.pair
        payload = {"iss": pair.access_key, "exp": int(NOW) + 1800, "nbf": int(NOW) - 5, **claims}
        kept = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(kept, pair.secret_key, algorithm=algorithm)

    def refusal(self, token: str, now: float = NOW) -> int:
        with pytest.raises(TokenRefused) as refused:
            access_by(token, self.pairs, now)
        return refused.value.code


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    desk = Desk(tmp_path)
    yield desk
    desk.database.dispose()


def test_a_token_opens_what_its_key_opens(desk: Desk) -> None:
    assert looks_like_a_token(desk.sign())
    assert not looks_like_a_token(desk.key.secret)
    assert access_by(desk.sign(), desk.pairs, NOW) == desk.keys.access(desk.key.secret)
    assert access_by(desk.sign(nbf=None), desk.pairs, NOW).team == "red"


def test_a_token_counts_from_its_nbf_to_its_exp_give_or_take_half_a_minute(desk: Desk) -> None:
    token = desk.sign(nbf=NOW, exp=NOW + 60)

    assert access_by(token, desk.pairs, NOW - SKEW).team == "red"
    assert access_by(token, desk.pairs, NOW + 60 + SKEW - 0.1).team == "red"
    assert desk.refusal(token, NOW - SKEW - 0.1) == NOT_YET_VALID
    assert desk.refusal(token, NOW + 60 + SKEW) == NO_LONGER_VALID


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": -1},
        {"exp": 1e300},
        {"exp": math.inf},
        {"exp": [NOW + 60]},
        {"nbf": "now"},
        {"nbf": {}},
        {"iss": None},
        {"iss": "omr_ak_unknown"},
        {"iss": ""},
    ],
)
def test_a_token_that_does_not_say_what_it_must_is_refused(desk: Desk, claims: dict[str, Any]) -> None:
    assert desk.refusal(desk.sign(**claims)) == BAD_AUTHORIZATION


def test_a_token_signed_with_anything_else_is_refused(desk: Desk) -> None:
    stranger = KeyPair(desk.pair.access_key, "x" * 43)
    other = desk.pairs.of(desk.keys.create("other").key_id)

    assert desk.refusal(desk.sign(stranger)) == BAD_AUTHORIZATION
    assert desk.refusal(desk.sign(KeyPair(desk.pair.access_key, other.secret_key))) == BAD_AUTHORIZATION
    # Another algorithm with the right secret is no HS256 either.
    assert desk.refusal(desk.sign(KeyPair(desk.pair.access_key, desk.pair.secret_key * 2), "HS512")) == 1002


def test_a_token_that_is_not_signed_at_all_is_refused(desk: Desk) -> None:
    claims = {"iss": desk.pair.access_key, "exp": NOW + 60}
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none", "typ": "JWT"}, claims)
    )
    for signature in ("", "x"):
        assert desk.refusal(f"{head}.{body}.{signature}") == BAD_AUTHORIZATION


@pytest.mark.parametrize("token", ["..", "a.b.c", "ey.ey.ey", "é.é.é", "." * 2 + "x" * 10_000, "W10.W10.W10"])
def test_what_is_no_token_is_refused(desk: Desk, token: str) -> None:
    assert desk.refusal(token) == BAD_AUTHORIZATION


def test_a_token_is_good_through_a_rotations_overlap_and_no_longer(desk: Desk) -> None:
    old = desk.sign()
    desk.keys.rotate(desk.key.key_id, timedelta(hours=1))
    assert access_by(old, desk.pairs, NOW).team == "red"
    assert access_by(desk.sign(desk.pairs.of(desk.key.key_id)), desk.pairs, NOW).team == "red"
    desk.keys.rotate(desk.key.key_id, timedelta(0))
    assert desk.refusal(old) == BAD_AUTHORIZATION


def test_a_revoked_keys_tokens_open_nothing(desk: Desk) -> None:
    token = desk.sign()
    desk.keys.revoke(desk.key.key_id)

    assert desk.refusal(token) == BAD_AUTHORIZATION

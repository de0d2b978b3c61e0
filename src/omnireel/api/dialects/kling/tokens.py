"""Tokens as Kling's clients sign them: a JWT (RFC 7519) by HS256, its issuer an access key.

The secret key belongs to the access key, and both to an API key; `tasks.key_pairs` says how. A token counts
from `nbf`, where it has one, to `exp`, which it must have. The clocks of both sides may differ by half a
minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jwt

from omnireel.api.dialects.kling.errors import (
    BAD_AUTHORIZATION,
    NO_LONGER_VALID,
    NOT_YET_VALID,
    TokenRefused,
)
from omnireel.errors import AuthenticationFailed
from omnireel.tasks.key_pairs import KeyPairs, Pair
from omnireel.tasks.keys import Access

SKEW: Final = 30.0
"""Seconds."""
_ALGORITHMS: Final = ["HS256"]
# The claims are judged here, by the service's own clock.
_SIGNATURE_ONLY: Final[Any] = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


def looks_like_a_token(sent: str) -> bool:
    """Whether it has the three parts of a JWT; API keys have no dots."""
    return sent.count(".") == 2


def access_by(token: str, pairs: KeyPairs, now: float) -> Access:
    """What a token opens now, unix seconds. Raises TokenRefused."""
    pair = _pair(token, pairs)
    claims = _verified(token, pair)
    expires, begins = _moment(claims, "exp"), _moment(claims, "nbf")
    if expires is None:
        raise TokenRefused("the token must say in 'exp' when it ends", BAD_AUTHORIZATION)
    if now >= expires + SKEW:
        raise TokenRefused("the token has expired; sign a new one", NO_LONGER_VALID)
    if begins is not None and now < begins - SKEW:
        raise TokenRefused("the token is not valid yet, by its 'nbf'", NOT_YET_VALID)
    return pair.access


def _pair(token: str, pairs: KeyPairs) -> Pair:
    """The pair that the token says it is signed with."""
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        return pairs.find(issuer if isinstance(issuer, str) else "")
    except jwt.InvalidTokenError:
        raise TokenRefused("the token is no JWT", BAD_AUTHORIZATION) from None
    except AuthenticationFailed as error:
        raise TokenRefused(f"the token's issuer 'iss': {error}", BAD_AUTHORIZATION) from None


def _verified(token: str, pair: Pair) -> Mapping[str, object]:
    for secret_key in pair.secret_keys:
        try:
            claims: dict[str, object] = jwt.decode(token, secret_key, _ALGORITHMS, options=_SIGNATURE_ONLY)
        except jwt.InvalidTokenError:
            continue
        return claims
    raise TokenRefused("the token is not signed with the secret key, by HS256", BAD_AUTHORIZATION)


def _moment(claims: Mapping[str, object], name: str) -> float | None:
    """A time in unix seconds."""
    value = claims.get(name)
    if value is None:
        return None
    # Beyond that a number of seconds is none that a clock will show.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise TokenRefused(f"the token's '{name}' must be a time in unix seconds", BAD_AUTHORIZATION)
    return float(value)

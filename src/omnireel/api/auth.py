"""Who is asking: the bearer key, the team behind it, and what that team has left this minute."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from omnireel.api.problems import Problem
from omnireel.api.rooms import RoomsHere
from omnireel.errors import AuthenticationFailed

_SCHEME = HTTPBearer(auto_error=False, description="A key made with `omnireel keys create`.")


@dataclass(frozen=True)
class Caller:
    """The team that a request counts for, the request's id, and the SHA-256 of the key it came with, hex."""

    team: str
    request_id: str
    key_digest: str


def bearer_key(request: Request) -> str:
    """The key as sent. Raises AuthenticationFailed when there is none."""
    sent = request.headers.getlist("authorization")
    if not sent:
        raise AuthenticationFailed("the Authorization header is missing; send 'Authorization: Bearer <key>'")
    scheme, _, key = sent[0].strip().partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer" or not key.strip():
        raise AuthenticationFailed("the Authorization header must be 'Bearer <key>'")
    return key.strip()


def _caller(request: Request, rooms: RoomsHere, _documented: Annotated[object, Security(_SCHEME)]) -> Caller:
    key = bearer_key(request)
    team = rooms.keys.team_of(key)
    allowance = rooms.limiter.count(team)
    request.state.rate_headers = allowance.headers
    if allowance.exceeded:
        detail = f"at most {allowance.limit} requests per minute; wait {allowance.retry_after} seconds"
        raise Problem(429, "Rate limit exceeded", detail, {"Retry-After": str(allowance.retry_after)})
    return Caller(team, request.state.request_id, sha256(key.encode()).hexdigest())


CallerHere = Annotated[Caller, Depends(_caller)]

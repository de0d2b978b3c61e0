"""Who is asking: the bearer key, the team behind it, what it may do and what is left of its minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from structlog.contextvars import bind_contextvars

from omnireel.api.limits import Allowance
from omnireel.api.problems import Problem
from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.errors import AuthenticationFailed
from omnireel.tasks.keys import Access
from omnireel.tasks.scopes import Scope

SCHEME = HTTPBearer(auto_error=False, description="A key made with `omnireel keys create`.")


@dataclass(frozen=True)
class Caller:
    """What the key opens, and the request's id."""

    access: Access
    request_id: str

    @property
    def team(self) -> str:
        """Whom the request counts for."""
        return self.access.team


def bearer_key(request: Request) -> str:
    """The key as sent. Raises AuthenticationFailed when there is none."""
    sent = request.headers.getlist("authorization")
    if not sent:
        raise AuthenticationFailed("the Authorization header is missing; send 'Authorization: Bearer <key>'")
    scheme, _, key = sent[0].strip().partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer" or not key.strip():
        raise AuthenticationFailed("the Authorization header must be 'Bearer <key>'")
    return key.strip()


async def _caller(
    request: Request, rooms: RoomsHere, _documented: Annotated[object, Security(SCHEME)]
) -> Caller:
    key = bearer_key(request)
    return await admit(request, rooms, key, lambda: rooms.keys.access(key))


async def admit(request: Request, rooms: Rooms, shown: str, opens: Callable[[], Access]) -> Caller:
    """Let in who showed what `opens` something, and count the request.

    Its last four letters are logged. Raises AuthenticationFailed, and a 429 Problem.
    """

    def admitted() -> tuple[Access, Allowance]:
        """What it opens and what is left of its team's minute: both ask a database."""
        access = opens()
        return access, rooms.limiter.count(access.team)

    access, allowance = await run_in_threadpool(admitted)
    # Here and not in a thread, so that everything the request still does is logged as this caller's.
    bind_contextvars(team=access.team, key=shown[-4:])
    request.state.rate_headers = allowance.headers
    if allowance.exceeded:
        detail = f"at most {allowance.limit} requests per minute; wait {allowance.retry_after} seconds"
        raise Problem(429, "Rate limit exceeded", detail, {"Retry-After": str(allowance.retry_after)})
    return Caller(access, request.state.request_id)


CallerHere = Annotated[Caller, Depends(_caller)]
"""Anybody with a good key."""


# What a key may not do is 401 like a key that is no good: the wire has no category for 403.
def _reader(caller: CallerHere) -> Caller:
    caller.access.check(Scope.READ)
    return caller


def _submitter(caller: CallerHere) -> Caller:
    caller.access.check(Scope.SUBMIT)
    return caller


def _administrator(caller: CallerHere) -> Caller:
    caller.access.check(Scope.ADMIN)
    return caller


ReaderHere = Annotated[Caller, Depends(_reader)]
"""Somebody who may look at the team's things."""
SubmitterHere = Annotated[Caller, Depends(_submitter)]
"""Somebody who may change them, and spend."""
AdministratorHere = Annotated[Caller, Depends(_administrator)]
"""Somebody who may see and change its secrets."""

"""Who is asking: an API key, or a token signed with a pair that belongs to one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security

from omnireel.api.auth import SCHEME, Caller, admit, bearer_key
from omnireel.api.dialects.kling.errors import BAD_AUTHORIZATION, NO_AUTHORIZATION, TokenRefused
from omnireel.api.dialects.kling.tokens import access_by, looks_like_a_token
from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.tasks.keys import Access
from omnireel.tasks.scopes import Scope


async def _caller(
    request: Request, rooms: RoomsHere, _documented: Annotated[object, Security(SCHEME)]
) -> Caller:
    if "authorization" not in request.headers:
        raise TokenRefused("send 'Authorization: Bearer <token>'", NO_AUTHORIZATION)
    sent = bearer_key(request)
    return await admit(request, rooms, sent, lambda: _access(sent, rooms))


def _access(sent: str, rooms: Rooms) -> Access:
    if not looks_like_a_token(sent):
        return rooms.keys.access(sent)
    if rooms.pairs is None:
        raise TokenRefused("this server takes API keys only", BAD_AUTHORIZATION)
    return access_by(sent, rooms.pairs, rooms.clock.now().timestamp())


_KlingCaller = Annotated[Caller, Depends(_caller)]


def _reader(caller: _KlingCaller) -> Caller:
    caller.access.check(Scope.READ)
    return caller


def _submitter(caller: _KlingCaller) -> Caller:
    caller.access.check(Scope.SUBMIT)
    return caller


KlingReader = Annotated[Caller, Depends(_reader)]
"""Somebody who may look at the team's tasks."""
KlingSubmitter = Annotated[Caller, Depends(_submitter)]
"""Somebody who may make new ones."""

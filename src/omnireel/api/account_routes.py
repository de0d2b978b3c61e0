"""The caller's own key and money."""

from __future__ import annotations

from fastapi import APIRouter, Request

from omnireel.api.answers import Answer, BalanceAnswer, KeyAnswer
from omnireel.api.auth import ReaderHere, bearer_key
from omnireel.api.lean import LeanRoute
from omnireel.api.openapi import problems
from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.errors import AuthenticationFailed

router = APIRouter(route_class=LeanRoute, prefix="/api/v1", tags=["account"])


@router.get("/apikey/validate", summary="Whether the key sent is a good one")
def validate_key(request: Request, rooms: RoomsHere) -> Answer[KeyAnswer]:
    return Answer(data=KeyAnswer(is_valid=_is_valid(request, rooms)))


@router.get("/team/balance", summary="What the team has left to spend", responses=problems(401, 429, 503))
def balance(caller: ReaderHere, rooms: RoomsHere) -> Answer[BalanceAnswer]:
    return Answer(data=BalanceAnswer(balance=round(float(rooms.service.balance(caller.team)), 4)))


def _is_valid(request: Request, rooms: Rooms) -> bool:
    try:
        rooms.keys.team_of(bearer_key(request))
    except AuthenticationFailed:
        return False
    return True

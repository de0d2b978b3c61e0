"""Is the process alive, and can it do its work?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from omnireel.api.answers import (
    Answer,
    CheckAnswer,
    HealthAnswer,
    ReadyAnswer,
    UnreadyAnswer,
    UnreadyState,
)
from omnireel.api.checks import DRAINING, Report, look
from omnireel.api.lean import LeanRoute
from omnireel.api.openapi import CATEGORIES, problems
from omnireel.api.rooms import RoomsHere
from omnireel.errors import InvalidRequest

router = APIRouter(route_class=LeanRoute, tags=["health"])

_ABOUT: Final = """\
200 when every part works, else 503. `exclude` leaves a check out and may be repeated: a balancer asks with
`?exclude=worker`, since a server that has no worker just now still takes submits.
"""

Excluded = Annotated[tuple[str, ...], Query(max_length=16)]

_UNREADY: Final[dict[int | str, dict[str, Any]]] = {
    503: {
        "model": UnreadyAnswer,
        "description": f"{CATEGORIES[503]} `data.checks` tells which part lacks what.",
    }
}


@router.get("/healthz", summary="The process answers")
async def healthz() -> Answer[HealthAnswer]:
    return Answer(data=HealthAnswer())


@router.get(
    "/readyz",
    summary="Every part works",
    description=_ABOUT,
    response_model=Answer[ReadyAnswer],
    responses=_UNREADY | problems(400),
)
def readyz(rooms: RoomsHere, exclude: Excluded = ()) -> Answer[ReadyAnswer] | Response:
    if unknown := [name for name in exclude if name not in rooms.values.checks]:
        there = ", ".join(rooms.values.checks) or "none"
        raise InvalidRequest(
            f"there is no check {unknown[0]!r} to exclude; there are {there}", field="exclude"
        )
    checks = {name: check for name, check in rooms.values.checks.items() if name not in exclude}
    reports = {"serving": DRAINING if rooms.stopping else Report(ok=True, reason="taking requests")}
    reports |= look(checks)
    lacking = [report for report in reports.values() if not report.ok]
    if not lacking:
        return Answer(data=ReadyAnswer(checks=_shown(reports)))
    message = f"Service unavailable: {lacking[0].reason}"
    answer = UnreadyAnswer(message=message, data=UnreadyState(checks=_shown(reports)))
    wait = {"Retry-After": str(max(report.retry_after for report in lacking))}
    return Response(answer.model_dump_json(), 503, wait, media_type="application/json")


def _shown(reports: Mapping[str, Report]) -> dict[str, CheckAnswer]:
    return {name: CheckAnswer(ok=report.ok, reason=report.reason) for name, report in reports.items()}

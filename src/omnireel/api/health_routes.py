"""Is the process alive, and can it do its work?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Response

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
from omnireel.api.openapi import CATEGORIES
from omnireel.api.rooms import RoomsHere

router = APIRouter(route_class=LeanRoute, tags=["health"])

_UNREADY: Final[dict[int | str, dict[str, Any]]] = {
    503: {
        "model": UnreadyAnswer,
        "description": f"{CATEGORIES[503]} `data.checks` tells which part lacks what.",
    }
}


@router.get("/healthz", summary="The process answers")
async def healthz() -> Answer[HealthAnswer]:
    return Answer(data=HealthAnswer())


@router.get("/readyz", summary="Every part works", response_model=Answer[ReadyAnswer], responses=_UNREADY)
def readyz(rooms: RoomsHere) -> Answer[ReadyAnswer] | Response:
    reports = {"serving": DRAINING if rooms.draining.is_set() else Report(ok=True, reason="taking requests")}
    reports |= look(rooms.values.checks)
    lacking = [report for report in reports.values() if not report.ok]
    if not lacking:
        return Answer(data=ReadyAnswer(checks=_shown(reports)))
    message = f"Service unavailable: {lacking[0].reason}"
    answer = UnreadyAnswer(message=message, data=UnreadyState(checks=_shown(reports)))
    wait = {"Retry-After": str(max(report.retry_after for report in lacking))}
    return Response(answer.model_dump_json(), 503, wait, media_type="application/json")


def _shown(reports: Mapping[str, Report]) -> dict[str, CheckAnswer]:
    return {name: CheckAnswer(ok=report.ok, reason=report.reason) for name, report in reports.items()}

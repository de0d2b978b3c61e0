"""What a request would take, in time and money."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from omnireel.api.answers import Answer, EstimateAnswer
from omnireel.api.auth import ReaderHere
from omnireel.api.gate import decode
from omnireel.api.lean import LeanRoute
from omnireel.api.openapi import problems, submit_extra
from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.catalog.model import Model, Terms
from omnireel.catalog.validate import validate


def estimate_routes(models: Iterable[Model], terms: Terms) -> APIRouter:
    """One for every model, taking the body of a submit."""
    router = APIRouter(route_class=LeanRoute, prefix="/api/v1", tags=["submit"])
    for model in models:
        _add_estimate(router, model, terms)
    return router


def _add_estimate(router: APIRouter, model: Model, terms: Terms) -> None:
    async def estimate(request: Request, caller: ReaderHere, rooms: RoomsHere) -> Answer[EstimateAnswer]:
        async with rooms.bodies.take(request, caller.team) as body:
            return Answer(data=await run_in_threadpool(_estimate, model, body, rooms, caller.team))

    router.add_api_route(
        f"/{model.slug}/estimate",
        estimate,
        methods=["POST"],
        name=f"estimate {model.slug}",
        summary=f"How long {model.display_name} would take, and what it would cost",
        description="Takes the body of a submit, checks it and queues nothing. Media are not looked at.",
        operation_id=f"estimate_{model.model_id}".replace("-", "_"),
        responses=problems(400, 401, 413, 415, 429, 503),
        openapi_extra=submit_extra(model, terms),
    )


def _estimate(model: Model, body: bytearray, rooms: Rooms, team: str) -> EstimateAnswer:
    request = validate(model, decode(body).fields, rooms.values.terms)
    forecast, price = rooms.service.estimate(team, request)
    return EstimateAnswer(
        expected_seconds=None if forecast.seconds is None else round(forecast.seconds, 1),
        samples=forecast.samples,
        queue_position=forecast.position,
        price=f"{price:.4f}",
    )

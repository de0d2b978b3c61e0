"""Webhooks: what was told to whom, once more on request, and what it is signed with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from omnireel.api.answers import (
    Answer,
    AttemptAnswer,
    DeliveryAnswer,
    DeliveryListAnswer,
    WebhookSecretAnswer,
    WebhookTestAnswer,
)
from omnireel.api.auth import AdministratorHere, ReaderHere, SubmitterHere
from omnireel.api.lean import LeanRoute
from omnireel.api.openapi import problems
from omnireel.api.rooms import RoomsHere
from omnireel.api.task_answer import wire_time
from omnireel.api.trials import Trial
from omnireel.api.webhook_header import HEADER, WebhookUrlHere
from omnireel.errors import MissingParameter
from omnireel.tasks.delivery import Attempted, Delivery
from omnireel.tasks.webhook_secrets import Secret

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]
OfTask = Annotated[str | None, Query(max_length=128, description="Only what is told of this task.")]

router = APIRouter(route_class=LeanRoute, prefix="/api/v1/webhooks", tags=["webhooks"])


@router.get(
    "/deliveries", summary="The team's webhooks, newest first", responses=problems(400, 401, 429, 503)
)
def index(
    caller: ReaderHere, rooms: RoomsHere, task_id: OfTask = None, limit: Limit = 20, cursor: Cursor = None
) -> Answer[DeliveryListAnswer]:
    page = rooms.deliveries.list(caller.team, task_id=task_id, limit=limit, cursor=cursor)
    items = [_delivery(delivery) for delivery in page.deliveries]
    has_more = page.next_cursor is not None
    return Answer(data=DeliveryListAnswer(items=items, next_cursor=page.next_cursor, has_more=has_more))


@router.get(
    "/deliveries/{delivery_id}",
    summary="One webhook and every try at it",
    responses=problems(401, 404, 429, 503),
)
def show(delivery_id: str, caller: ReaderHere, rooms: RoomsHere) -> Answer[DeliveryAnswer]:
    return Answer(data=_delivery(rooms.deliveries.get(caller.team, delivery_id)))


@router.post(
    "/deliveries/{delivery_id}/resend",
    summary="Send a webhook once more, at once, under the same id",
    responses=problems(400, 401, 404, 429, 503),
)
def resend(delivery_id: str, caller: SubmitterHere, rooms: RoomsHere) -> Answer[DeliveryAnswer]:
    return Answer(data=_delivery(rooms.deliveries.resend(caller.team, delivery_id)))


@router.post(
    "/test",
    summary="Send a signed message to an address, at once",
    description="Goes to the address in `X-Webhook-URL`, once, as `prediction.task.test`; answers with how it"
    " was taken. Nothing is logged or tried again.",
    responses=problems(400, 401, 429, 503),
)
def test(caller: SubmitterHere, rooms: RoomsHere, url: WebhookUrlHere) -> Answer[WebhookTestAnswer]:
    if url is None:
        raise MissingParameter(f"header '{HEADER}' is required", field=HEADER)
    return Answer(data=_trial(rooms.trials.make(caller.team, url)))


@router.get("/secret", summary="What the team's webhooks are signed with", responses=problems(401, 429, 503))
def secret(caller: AdministratorHere, rooms: RoomsHere) -> Answer[WebhookSecretAnswer]:
    return Answer(data=_secret(rooms.secrets.current(caller.team)))


@router.post(
    "/secret/rotate",
    summary="Make a new secret; the old one signs too for 24 hours",
    responses=problems(400, 401, 429, 503),
)
def rotate(caller: AdministratorHere, rooms: RoomsHere) -> Answer[WebhookSecretAnswer]:
    return Answer(data=_secret(rooms.secrets.rotate(caller.team)))


def _delivery(delivery: Delivery) -> DeliveryAnswer:
    due = delivery.next_attempt_at
    return DeliveryAnswer(
        delivery_id=delivery.delivery_id,
        task_id=delivery.task_id,
        event=delivery.event,
        url=delivery.url,
        status=delivery.status.value,
        created_at=wire_time(delivery.created_at),
        next_attempt_at=wire_time(due) if due else None,
        attempts=[_attempt(attempt) for attempt in delivery.attempts],
    )


def _trial(trial: Trial) -> WebhookTestAnswer:
    return WebhookTestAnswer(
        delivery_id=trial.delivery_id,
        status_code=trial.status_code,
        latency_ms=round(trial.seconds * 1000),
        error=trial.fault,
    )


def _attempt(attempt: Attempted) -> AttemptAnswer:
    return AttemptAnswer(
        number=attempt.number,
        at=wire_time(attempt.at),
        status_code=attempt.status_code,
        latency_ms=attempt.latency_ms,
        error=attempt.error,
    )


def _secret(secret: Secret) -> WebhookSecretAnswer:
    until = secret.previous_until
    return WebhookSecretAnswer(
        secret=secret.secret,
        created_at=wire_time(secret.created_at),
        previous_until=wire_time(until) if until else None,
    )

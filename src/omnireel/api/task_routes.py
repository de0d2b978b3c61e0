"""Tasks: submit, look, wait, list, cancel, delete."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from omnireel.api.answers import Answer, Receipt, TaskAnswer, TaskDeletedAnswer, TaskListAnswer
from omnireel.api.auth import ReaderHere, SubmitterHere
from omnireel.api.lean import LeanRoute
from omnireel.api.once import REPLAYED, IdempotencyKey
from omnireel.api.openapi import problems, submit_description, submit_extra
from omnireel.api.polling import DEFAULT_SECONDS, wait_for_change
from omnireel.api.rooms import RoomsHere
from omnireel.api.submitting import Asking, submit
from omnireel.api.task_answer import poll_body, receipt, task_answer
from omnireel.api.task_filter import FilterHere
from omnireel.api.webhook_header import WebhookUrlHere
from omnireel.api.wishes import WishesHere
from omnireel.catalog.model import Model, Terms

Wait = Annotated[bool, Query(description="Hold the answer until the status changes.")]
Timeout = Annotated[
    float, Query(ge=0, allow_inf_nan=False, description="How long to hold it, seconds; at most 45.")
]
Include = Annotated[
    Literal["request"] | None, Query(description="`request` adds what each task was asked for.")
]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before.")]

router = APIRouter(route_class=LeanRoute, prefix="/api/v1/tasks", tags=["tasks"])


@router.get(
    "/{task_id}",
    summary="State and result of a task",
    response_model=Answer[TaskAnswer],
    responses=problems(400, 401, 404, 429, 503),
)
async def show(
    request: Request,
    task_id: str,
    caller: ReaderHere,
    rooms: RoomsHere,
    *,
    wait: Wait = False,
    timeout: Timeout = DEFAULT_SECONDS,
    include: Include = None,
) -> Response:
    task = await wait_for_change(request, rooms, caller.team, task_id, timeout if wait else 0.0)
    body = poll_body(task, rooms.sign, with_request=include is not None)
    return Response(body, media_type="application/json")


@router.get("", summary="The team's tasks, newest first", responses=problems(400, 401, 429, 503))
def index(
    caller: ReaderHere,
    rooms: RoomsHere,
    wanted: FilterHere,
    limit: Limit = 20,
    cursor: Cursor = None,
    include: Include = None,
) -> Answer[TaskListAnswer]:
    page = rooms.service.list(caller.team, wanted, limit=limit, cursor=cursor)
    with_request = include is not None
    items = [task_answer(task, rooms.sign, with_request=with_request) for task in page.tasks]
    has_more = page.next_cursor is not None
    return Answer(data=TaskListAnswer(items=items, next_cursor=page.next_cursor, has_more=has_more))


@router.post("/{task_id}/cancel", summary="Ask a task to stop", responses=problems(401, 404, 429, 503))
def cancel(task_id: str, caller: SubmitterHere, rooms: RoomsHere) -> Answer[TaskAnswer]:
    return Answer(data=task_answer(rooms.service.cancel(caller.team, task_id), rooms.sign))


@router.delete(
    "/{task_id}",
    summary="Forget a task that has ended, and its files",
    description="A task that is still going is refused; cancel it first. Links to its files end with it.",
    responses=problems(400, 401, 404, 429, 503),
)
def delete(task_id: str, caller: SubmitterHere, rooms: RoomsHere) -> Answer[TaskDeletedAnswer]:
    rooms.service.delete(caller.team, task_id)
    return Answer(data=TaskDeletedAnswer(task_id=task_id))


def submit_routes(models: Iterable[Model], terms: Terms) -> APIRouter:
    """Both submit paths of every model, each with its own schema in the OpenAPI document."""
    router = APIRouter(route_class=LeanRoute, prefix="/api/v1", tags=["submit"])
    for model in models:
        _add_submit(router, model, terms)
    return router


def _add_submit(router: APIRouter, model: Model, terms: Terms) -> None:
    async def submit_one(
        request: Request,
        response: Response,
        caller: SubmitterHere,
        rooms: RoomsHere,
        wishes: WishesHere,
        webhook_url: WebhookUrlHere,
        key: IdempotencyKey = None,
    ) -> Answer[Receipt]:
        async with rooms.bodies.take(request, caller.team) as body:
            asking = Asking(caller, wishes, webhook_url, key)
            accepted = await run_in_threadpool(submit, model, body, asking, rooms)
        response.headers.update(REPLAYED if accepted.replayed else {})
        return Answer(data=receipt(accepted.task_id, accepted.model_id, rooms.links))

    for suffix in ("", "/async"):
        router.add_api_route(
            f"/{model.slug}{suffix}",
            submit_one,
            methods=["POST"],
            name=f"submit {model.slug}{suffix}",
            summary=f"Make a video with {model.display_name}",
            description=submit_description(model, terms),
            operation_id=f"submit_{model.model_id}{suffix}".replace("/", "_").replace("-", "_"),
            responses=problems(400, 401, 402, 409, 413, 415, 422, 429, 503),
            openapi_extra=submit_extra(model, terms),
        )

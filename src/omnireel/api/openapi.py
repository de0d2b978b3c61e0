"""The published description of the API: OpenAPI 3.1, with every rule of every model in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from omnireel.api.answers import ProblemAnswer
from omnireel.api.links import Links
from omnireel.catalog.model import Model, Terms
from omnireel.catalog.schema import schema

CATEGORIES: dict[int | str, str] = {
    400: "Invalid parameters, Missing required parameter, Invalid format or Value out of range.",
    401: "Authentication failed: the key is missing, unknown, revoked or expired, or may not do this.",
    402: "Insufficient balance: the team has less than the task may cost.",
    403: "Access denied: the link has expired or was changed.",
    404: "Resource not found: unknown, expired or another team's.",
    409: "Idempotency conflict: the first request with this key is still being answered; see Retry-After.",
    413: "Payload too large.",
    415: "Unsupported media type.",
    416: "Range not satisfiable.",
    422: "Idempotency conflict: the key came with another request before.",
    429: "Rate limit exceeded; see Retry-After.",
    500: "Internal error.",
    503: "Service unavailable; see Retry-After.",
}
_FRAMEWORKS_422 = "Validation Error"
ABOUT = """\
Makes videos from text, pictures and clips. Submit a request, keep the `task_id`, and poll the task until its
status is `success`, `failed` or `canceled`.

Every success is `{"code": 0, "message": "success", "data": …}`. Every error is `{"code": <HTTP status>,
"message": "<Category>: <detail>"}`, whatever went wrong. Every answer carries `X-Request-ID`; those that
belong to a key carry `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (unix seconds).
`X-Idempotency-Seconds` tells how long an `Idempotency-Key` is remembered; a submit with one may be repeated.

Below `/v1/videos` and `/v1/models` are the same tasks in the words of OpenAI's and Kling's clients; answers
and errors there have those services' shapes.

The model names stand for a wire format. The videos are made by this server's own engines;
`result.metadata.engine` says by which.
"""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its documentation."""
    return {status: {"model": ProblemAnswer, "description": CATEGORIES[status]} for status in statuses}


def submit_extra(model: Model, terms: Terms) -> dict[str, Any]:
    """The request body of a submit, conditions included."""
    content = {"application/json": {"schema": schema(model, terms)}}
    return {"requestBody": {"required": True, "content": content}}


def submit_description(model: Model, terms: Terms) -> str:
    """What the model does, and its rules in words: many viewers do not show a schema's conditions."""
    conditions = (rule for rule in model.table(terms) if rule.conditional)
    lines = [f"- {rule.prose} (`{rule.id}`)" for rule in conditions]
    return "\n".join([model.description, "", "Beyond the types of the fields:", "", *lines])


def model_document(model: Model, terms: Terms, links: Links) -> dict[str, Any]:
    """One model's submit call, OpenAPI-shaped; `servers[0].url` is the address to post to."""
    return {
        "openapi": "3.1.0",
        "info": {"title": model.display_name, "description": model.description, "version": "1"},
        "servers": [{"url": links.submit(model.slug)}],
        "post": {
            "summary": f"Make a video with {model.display_name}",
            "description": submit_description(model, terms),
            **submit_extra(model, terms),
            "responses": {"200": {"description": "The task is queued; poll data.get_result.url."}},
        },
    }


def describe(app: FastAPI, links: Links) -> dict[str, Any]:
    """The whole document. Made once: the routes do not change while the server runs."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=ABOUT,
        routes=app.routes,
        servers=[{"url": links.base}],
        tags=app.openapi_tags,
    )
    for operation in _operations(document):
        # The framework adds its own 422 to every route with parameters; here that is a documented 400.
        if operation["responses"].get("422", {}).get("description") == _FRAMEWORKS_422:
            del operation["responses"]["422"]
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    return (operation for path in document["paths"].values() for operation in path.values())

"""How a command ends: an error becomes a sentence and an exit code, in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from omnireel.cli.output import Output, complain
from omnireel.client.errors import (
    APIError,
    AuthenticationError,
    ConnectionFailed,
    InvalidRequestError,
    OutcomeUnknown,
    Timeout,
)
from omnireel.errors import InvalidRequest, OmnireelError

FAILED = 1
BAD_INPUT = 2
TIMED_OUT = 124


@contextmanager
def ending(output: Output) -> Iterator[None]:
    """Turn errors made on purpose into words on stderr and an exit code; with --json also a document."""
    try:
        yield
    except APIError as error:
        complain(f"error: {error}")
        for remark in _remarks(error):
            complain(f"       {remark}")
        if output.json or output.jsonl:
            output.data("", {"error": _document(error)}, event="error")
        raise typer.Exit(_code(error)) from None
    except OmnireelError as error:
        complain(f"error: {error}")
        if output.json or output.jsonl:
            kind = "invalid_request" if isinstance(error, InvalidRequest) else "error"
            output.data("", {"error": {"type": kind, "message": str(error)}}, event="error")
        raise typer.Exit(BAD_INPUT if isinstance(error, InvalidRequest) else FAILED) from None


def _remarks(error: APIError) -> Iterator[str]:
    """What else the person at the keyboard may want to know."""
    if error.request_id:
        yield f"request id {error.request_id}"
    if isinstance(error, AuthenticationError) and error.status is not None:
        yield "`omnireel auth status` tells which key is used, and where it is from"
    if isinstance(error, OutcomeUnknown) and error.idempotency_key:
        yield "look at `omnireel task list` before you ask again; where the server honours it, this makes no"
        yield f"second video: --idempotency-key {error.idempotency_key}"
    if isinstance(error, ConnectionFailed):
        yield "`omnireel doctor` looks for the cause"


def _code(error: APIError) -> int:
    if isinstance(error, Timeout):
        return TIMED_OUT
    return BAD_INPUT if isinstance(error, InvalidRequestError) else FAILED


def _document(error: APIError) -> dict[str, object]:
    document: dict[str, object] = {
        "type": error.type,
        "message": str(error),
        "retryable": error.retryable,
        "status": error.status,
        "request_id": error.request_id,
    }
    task_id = error.task_id if isinstance(error, Timeout) else None
    return document | ({"task_id": task_id} if task_id else {})

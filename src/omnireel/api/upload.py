"""A file sent in a form of its own."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request

from omnireel.api.form import Shape, receive_form
from omnireel.errors import MissingParameter

FIELD = "file"


async def receive_file(request: Request, target: Path, *, limit: int) -> str:
    """Write the form's `file` to `target`; its name as the sender gave it.

    Raises a 415 or 413 Problem, InvalidFormat, OutOfRange or MissingParameter.
    """
    form = await receive_form(request, target, Shape(FIELD), limit=limit)
    if form.files != 1:
        raise MissingParameter(f"the form must have exactly one field '{FIELD}', got {form.files}")
    return form.filename

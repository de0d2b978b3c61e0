"""Answers without nulls: a field that does not apply is left out, as the wire wants it."""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRoute


class LeanRoute(APIRoute):
    """A route whose answers have no nulls."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "response_model_exclude_none": True})

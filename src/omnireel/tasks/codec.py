"""Requests and outcomes as JSON values, and back.

Every request and every outcome has a form; each form carries the version it was written in. Fields that are
not in a form take their defaults, so a new field with a default needs no new version.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from omnireel.models import Failed, Outcome, Stopped, Succeeded, VideoRequest
from omnireel.tasks.route import NOWHERE_ELSE, Route

VERSION: Final = 1

_OUTCOMES: Final[dict[str, type[Outcome]]] = {"succeeded": Succeeded, "failed": Failed, "stopped": Stopped}
_NAMES: Final = {kind: name for name, kind in _OUTCOMES.items()}

Json = dict[str, Any]


def encode_request(request: VideoRequest) -> Json:
    return {"version": VERSION, "request": msgspec.to_builtins(request)}


def decode_request(form: Json) -> VideoRequest:
    """Raises ValueError for a form that no version known here wrote."""
    return msgspec.convert(_check_version(form)["request"], VideoRequest)


def encode_outcome(outcome: Outcome) -> Json:
    return {"version": VERSION, "kind": _NAMES[type(outcome)], "outcome": msgspec.to_builtins(outcome)}


def decode_outcome(form: Json) -> Outcome:
    """Raises ValueError for a form that no version known here wrote."""
    kind = _OUTCOMES[_check_version(form)["kind"]]
    return msgspec.convert(form["outcome"], kind)


def encode_route(route: Route) -> Json | None:
    return None if route == NOWHERE_ELSE else {"version": VERSION, "route": msgspec.to_builtins(route)}


def decode_route(form: Json | None) -> Route:
    """Raises ValueError for a form that no version known here wrote."""
    return NOWHERE_ELSE if form is None else msgspec.convert(_check_version(form)["route"], Route)


def _check_version(form: Json) -> Json:
    if form.get("version") != VERSION:
        raise ValueError(f"stored form must have version {VERSION}, got {form.get('version')!r}")
    return form

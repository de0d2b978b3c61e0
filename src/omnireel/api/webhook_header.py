"""The header that says who is to be told when a task ends."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Header, Request

from omnireel.api.rooms import Rooms, RoomsHere
from omnireel.errors import InvalidRequest
from omnireel.media.egress import MAX_URL
from omnireel.media.post import judge_target

HEADER: Final = "X-Webhook-URL"

_Documented = Annotated[
    str | None,
    Header(
        alias=HEADER,
        description="Public HTTPS address that is sent the poll's answer, by POST, when the task has ended.",
        json_schema_extra={"maxLength": MAX_URL, "format": "uri"},
    ),
]


def _webhook_url(request: Request, rooms: RoomsHere, _documented: _Documented = None) -> str | None:
    """The address sent along. Raises InvalidRequest for one that can be seen to be no good."""
    sent = request.headers.getlist(HEADER)
    if not sent:
        return None
    if len(sent) > 1:
        raise InvalidRequest(f"header '{HEADER}' may be sent once", field=HEADER)
    url = sent[0].strip()
    check_target(url, f"header '{HEADER}'", HEADER, rooms)
    return url


def check_target(url: str, called: str, field: str, rooms: Rooms) -> None:
    """Raises InvalidRequest, which calls it so, for an address that can be seen to be no good."""
    if not url.isascii():
        raise InvalidRequest(f"{called} must be ASCII", field=field)
    try:
        judge_target(url, rooms.values.webhook_policy)
    except ValueError as error:
        raise InvalidRequest(f"{called} is no good: {error}", field=field) from None


WebhookUrlHere = Annotated[str | None, Depends(_webhook_url)]

"""Whether a submit may be sent again: what a server promises of Idempotency-Keys, and for how long."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from omnireel.cli.batch.journal import Sent
from omnireel.client._wire import PROMISE
from omnireel.client.errors import AuthenticationError, NotFoundError

if TYPE_CHECKING:
    from omnireel.client._sync import Client

MARGIN: Final = timedelta(hours=12)
"""Before a server forgets a key: clocks differ, and a request takes time."""


@dataclass(frozen=True)
class Promise:
    """For how long the server remembers an Idempotency-Key, None when it does not say that it does.

    Keys are remembered per API key; `key_mark` tells one of those from another without being it.
    """

    remembered: timedelta | None
    key_mark: str

    def covers(self, sent: Sent) -> bool:
        """Whether sending that once more makes no second task, for certain."""
        if self.remembered is None or sent.key_mark != self.key_mark:
            return False
        return datetime.now(UTC) - sent.at < self.remembered - MARGIN

    def doubt(self, sent: Sent) -> dict[str, Any]:
        """Why a line that was sent, and whose answer was lost, is not sent again."""
        why = "this server does not promise to make no second task of it"
        if self.remembered is not None:
            why = "it was sent too long ago to be recognised"
            if sent.key_mark != self.key_mark:
                why = "it was sent with another API key"
        message = f"sent before, its answer lost, and not sent again: {why}; see `omnireel task list`"
        return {"type": "outcome_unknown", "message": message, "retryable": False}


def promise_of(client: Client, api_key: str) -> Promise:
    """Ask the server. Raises AuthenticationError when it does not take the key."""
    mark = hashlib.sha256(api_key.encode()).hexdigest()[:16]
    try:
        answer = client.with_raw_response.key_is_valid()
    except NotFoundError:
        return Promise(None, mark)
    if not answer.parse():
        raise AuthenticationError("the server does not take this API key; see `omnireel auth status`")
    seconds = answer.headers.get(PROMISE, "")
    return Promise(timedelta(seconds=int(seconds)) if seconds.isascii() and seconds.isdigit() else None, mark)

"""Offering one line to the server until it is clear what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from omnireel.cli.batch.journal import Journal, Sent
from omnireel.cli.batch.lines import Line
from omnireel.cli.batch.media import Uploads, linked
from omnireel.cli.batch.promise import Promise
from omnireel.cli.batch.results import error_of
from omnireel.client._videos import VideoOptions
from omnireel.client.errors import (
    APIError,
    AuthenticationError,
    ConnectionFailed,
    InsufficientBalanceError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknown,
    RateLimitError,
    ServerError,
    Timeout,
)

if TYPE_CHECKING:
    from omnireel.client._sync import Client

PATIENCE: Final = 300.0
"""Seconds in which a line is offered again to a server that is away or has no room."""
PAUSE: Final = 2.0
CONFLICT: Final = 422
"""The Idempotency-Key came before, with another request."""


class Stopped(Exception):
    """Nothing more can be sent, whatever it asks for; the text says why."""


class LineRefused(Exception):
    """The line was certainly not accepted."""

    def __init__(self, about: dict[str, Any]) -> None:
        super().__init__(str(about["message"]))
        self.about = about


class LineInDoubt(Exception):
    """The line may have been accepted, and must not be sent again."""

    def __init__(self, about: dict[str, Any]) -> None:
        super().__init__(str(about["message"]))
        self.about = about


@dataclass(frozen=True)
class Counter:
    """Where lines are handed in. `deadline` is on the monotonic clock; `prices` are USD by line."""

    client: Client
    journal: Journal
    promise: Promise
    prices: dict[str, Decimal | None]
    deadline: float
    uploads: Uploads = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "uploads", Uploads(self.client, self.journal))

    def submit(self, line: Line) -> str:
        """The id of the line's task, which no other run will ask for again.

        Raises LineRefused, LineInDoubt, Stopped; FileUnusable when the journal cannot be written.
        """
        before = self.journal.progress(line.ident)
        if before.task_id is not None:
            return before.task_id
        if before.sent is not None and not self.promise.covers(before.sent):
            raise LineInDoubt(self.promise.doubt(before.sent))
        sent = before.sent or self._prepare(line)
        options = linked(line.options, dict(sent.media))
        task_id = self._offer(line, options, in_doubt=before.in_doubt)
        self.journal.note_accepted(line.ident, task_id)
        return task_id

    def _prepare(self, line: Line) -> Sent:
        """Upload what is large, and note that the line is about to be sent."""
        try:
            links = self.uploads.links(line)
        except (InvalidRequestError, NotFoundError) as error:
            raise LineRefused(error_of(error)) from error
        except (APIError, OSError) as error:
            raise Stopped(str(error)) from error
        price = self.prices.get(line.ident)
        mark = self.promise.key_mark
        sent = Sent(datetime.now(UTC), mark, links, None if price is None else str(price))
        self.journal.note_sent(line.ident, sent)
        return sent

    def _offer(self, line: Line, options: VideoOptions, *, in_doubt: bool) -> str:
        wanted: VideoOptions = {**options, "idempotency_key": self.journal.key(line.ident)}
        until = min(time.monotonic() + PATIENCE, self.deadline)
        while True:
            try:
                return self.client.videos.create(line.prompt, **wanted).task_id
            except OutcomeUnknown as error:
                in_doubt = True
                if self.promise.remembered is None:
                    raise LineInDoubt(error_of(error)) from error
                self._rest(line, error, until, PAUSE, in_doubt=True)
            except RateLimitError as error:
                self._rest(line, error, until, error.retry_after or PAUSE, in_doubt=in_doubt)
            except (ConnectionFailed, ServerError, Timeout) as error:
                self._rest(line, error, until, PAUSE, in_doubt=in_doubt)
            except (AuthenticationError, InsufficientBalanceError) as error:
                # A server that cannot be paid has looked for the key before it said so.
                self._give_back(line, in_doubt=in_doubt and isinstance(error, AuthenticationError))
                raise Stopped(str(error)) from error
            except (InvalidRequestError, NotFoundError) as error:
                raise self._refused(line, error, in_doubt=in_doubt) from error

    def _rest(self, line: Line, error: APIError, until: float, pause: float, *, in_doubt: bool) -> None:
        """Wait before the next try. Raises Stopped when there is to be none."""
        if time.monotonic() + pause >= until:
            self._give_back(line, in_doubt=in_doubt)
            raise Stopped(str(error)) from error
        time.sleep(pause)

    def _give_back(self, line: Line, *, in_doubt: bool) -> None:
        """Note that the line was not accepted, if that is certain."""
        if not in_doubt:
            self.journal.note_returned(line.ident)

    def _refused(self, line: Line, error: APIError, *, in_doubt: bool) -> LineRefused | LineInDoubt:
        if in_doubt and error.status == CONFLICT:
            return LineInDoubt(error_of(error))
        if error.status is None:
            # A file of this machine's; it may be there the next time.
            self._give_back(line, in_doubt=in_doubt)
        else:
            self.journal.note_refused(line.ident, error_of(error))
        return LineRefused(error_of(error))

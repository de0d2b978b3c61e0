"""Every error the SDK raises, in one tree.

    APIError
    ├── InvalidRequestError        the request, or a local input, cannot be used as given
    ├── AuthenticationError        no key, or one the server does not take
    ├── InsufficientBalanceError   the team cannot pay for it
    ├── NotFoundError              no such task, model or file for this key
    ├── RateLimitError             too many calls; `retry_after` says when to come back
    ├── ServerError                the server failed, or answered in a way nobody can read
    ├── ConnectionFailed           the server was not reached, or hung up
    ├── Timeout                    a deadline passed; `task_id` names the task that goes on without us
    ├── OutcomeUnknown             a submit may or may not have been accepted, and repeating it may make two
    ├── DownloadFailed             a result could not be saved whole
    ├── TaskFailed                 the task ended without a video; `task` holds the details
    ├── TaskCanceled               the task was stopped on request
    └── WebhookRefused             a webhook is not from who it says, too old, or not understood

Each has `type` (a machine word), `retryable`, `status` (the HTTP status, when there was one) and
`request_id` (what to quote to the operator; of a request whose answer was lost, the id it was sent with).
"""

from __future__ import annotations

from omnireel.client.types import Task


class APIError(Exception):
    """The root. `str(error)` is a sentence for a person."""

    type: str = "api_error"
    retryable: bool = False

    def __init__(self, message: str, *, status: int | None = None, request_id: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.request_id = request_id


class InvalidRequestError(APIError):
    type = "invalid_request"


class AuthenticationError(APIError):
    type = "authentication_failed"


class InsufficientBalanceError(APIError):
    type = "insufficient_balance"


class NotFoundError(APIError):
    type = "not_found"


class RateLimitError(APIError):
    """`retry_after` is in seconds, None when the server did not say."""

    type = "rate_limited"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.retry_after = retry_after


class ServerError(APIError):
    type = "server_error"
    retryable = True


class ConnectionFailed(APIError):
    type = "connection_failed"
    retryable = True


class Timeout(APIError):
    """`task_id` is set when a task was being waited for; waiting again resumes."""

    type = "timeout"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        task_id: str | None = None,
    ) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.task_id = task_id


class OutcomeUnknown(APIError):
    """Look at the task list, or the balance, before sending the request again.

    Unless it is `retryable`: then the server promises that the same request with this `idempotency_key` makes
    no second video.
    """

    type = "outcome_unknown"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        idempotency_key: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.idempotency_key = idempotency_key
        self.retryable = retryable


class DownloadFailed(APIError):
    type = "download_failed"
    retryable = True


class TaskFailed(APIError):
    """`type` and `retryable` are the task's own."""

    def __init__(self, task: Task) -> None:
        fault = task.error
        super().__init__(fault.message if fault else f"task {task.task_id} failed without saying why")
        self.task = task
        self.type = fault.type if fault else "task_failed"
        self.retryable = fault.retryable if fault else False


class TaskCanceled(APIError):
    type = "canceled"

    def __init__(self, task: Task) -> None:
        super().__init__(f"task {task.task_id} was canceled")
        self.task = task


class WebhookRefused(APIError):
    type = "webhook_refused"

"""What a model should do next when a tool has failed."""

from __future__ import annotations

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

_NEXT: dict[type[APIError], str] = {
    AuthenticationError: (
        "Ask the user for a valid Omnireel API key: `omnireel auth login` or OMNIREEL_API_KEY where this MCP"
        " server starts, or the Authorization header of its HTTP clients. The same key will not do."
    ),
    InsufficientBalanceError: "Tell the user that the team has to be credited first; do not call again.",
    InvalidRequestError: "Change the named argument and call again; get_schema tells what is allowed.",
    NotFoundError: (
        "Check the id or name letter for letter: list_models names models, list_files files. Results and"
        " files are kept for some days only."
    ),
    ConnectionFailed: "Ask the user whether the Omnireel server runs (`omnireel serve`); then call again.",
    OutcomeUnknown: (
        "Do not submit again by yourself: the task may be running. Tell the user, who finds it in the"
        " playground or with `omnireel task list`."
    ),
    Timeout: "Call again in a moment.",
    ServerError: "Call again in a moment; when it keeps failing, tell the user what it says.",
}


def advise(error: APIError) -> str:
    """The error in words, and the next step."""
    quoted = f" (request id {error.request_id})" if error.request_id else ""
    return f"{error}{quoted}\nNext: {_next(error)}"


def _next(error: APIError) -> str:
    if isinstance(error, RateLimitError):
        return f"Wait {error.retry_after or 10:.0f} seconds, then call again."
    return next(
        (step for kind, step in _NEXT.items() if isinstance(error, kind)), "Tell the user what it says."
    )

"""Omnireel: a self-hosted omni-video service on the kling-video-o1 wire.

Here is the SDK: `Client` and `AsyncClient`, what they return and what they raise. Nothing
is loaded before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from omnireel.version import __version__

if TYPE_CHECKING:
    from omnireel import webhooks
    from omnireel.client._async import AsyncClient, AsyncPages, AsyncResult, AsyncTaskEvents
    from omnireel.client._media import Media
    from omnireel.client._raw import RawResponse
    from omnireel.client._sync import Client, Pages, Result, TaskEvents
    from omnireel.client._videos import VideoOptions
    from omnireel.client.errors import (
        APIError,
        AuthenticationError,
        ConnectionFailed,
        DownloadFailed,
        InsufficientBalanceError,
        InvalidRequestError,
        NotFoundError,
        OutcomeUnknown,
        RateLimitError,
        ServerError,
        TaskCanceled,
        TaskFailed,
        Timeout,
        WebhookRefused,
    )
    from omnireel.client.types import (
        Check,
        Delivery,
        DeliveryAttempt,
        DeliveryPage,
        Estimate,
        File,
        Model,
        ModelSchema,
        Page,
        Readiness,
        Resource,
        Task,
        TaskEvent,
        TaskFault,
        Usage,
        WebhookEvent,
    )
    from omnireel.models import TaskStatus

__all__ = [
    "APIError",
    "AsyncClient",
    "AsyncPages",
    "AsyncResult",
    "AsyncTaskEvents",
    "AuthenticationError",
    "Check",
    "Client",
    "ConnectionFailed",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryPage",
    "DownloadFailed",
    "Estimate",
    "File",
    "InsufficientBalanceError",
    "InvalidRequestError",
    "Media",
    "Model",
    "ModelSchema",
    "NotFoundError",
    "OutcomeUnknown",
    "Page",
    "Pages",
    "RateLimitError",
    "RawResponse",
    "Readiness",
    "Resource",
    "Result",
    "ServerError",
    "Task",
    "TaskCanceled",
    "TaskEvent",
    "TaskEvents",
    "TaskFailed",
    "TaskFault",
    "TaskStatus",
    "Timeout",
    "Usage",
    "VideoOptions",
    "WebhookEvent",
    "WebhookRefused",
    "__version__",
    "webhooks",
]

_HOMES = {
    "omnireel.client._async": ("AsyncClient", "AsyncPages", "AsyncResult", "AsyncTaskEvents"),
    "omnireel.client._media": ("Media",),
    "omnireel.client._raw": ("RawResponse",),
    "omnireel.client._sync": ("Client", "Pages", "Result", "TaskEvents"),
    "omnireel.client._videos": ("VideoOptions",),
    "omnireel.client.types": (
        "Check",
        "Delivery",
        "DeliveryAttempt",
        "DeliveryPage",
        "Estimate",
        "File",
        "Model",
        "ModelSchema",
        "Page",
        "Readiness",
        "Resource",
        "Task",
        "TaskEvent",
        "TaskFault",
        "Usage",
        "WebhookEvent",
    ),
    "omnireel.models": ("TaskStatus",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'omnireel' has no attribute {name!r}")
    if name == "webhooks":
        return import_module("omnireel.webhooks")
    return getattr(import_module(_HOME_OF.get(name, "omnireel.client.errors")), name)


def __dir__() -> list[str]:
    return sorted(__all__)

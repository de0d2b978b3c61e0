"""Omnireel: a self-hosted omni-video service on the kling-video-o1 wire.

Here is the SDK: `Client`, what it returns and what it raises. Nothing is loaded before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnireel import webhooks
    from omnireel.client._sync import Client, Result
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
    from omnireel.client.types import Delivery, DeliveryAttempt, DeliveryPage, Model, Resource, Task

__version__ = "0.1.0"

__all__ = [
    "APIError",
    "AuthenticationError",
    "Client",
    "ConnectionFailed",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryPage",
    "DownloadFailed",
    "InsufficientBalanceError",
    "InvalidRequestError",
    "Model",
    "NotFoundError",
    "OutcomeUnknown",
    "RateLimitError",
    "Resource",
    "Result",
    "ServerError",
    "Task",
    "TaskCanceled",
    "TaskFailed",
    "Timeout",
    "WebhookRefused",
    "__version__",
    "webhooks",
]

_TYPES = ("Delivery", "DeliveryAttempt", "DeliveryPage", "Model", "Resource", "Task")
_HOMES = {"Client": "_sync", "Result": "_sync", **dict.fromkeys(_TYPES, "types")}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'omnireel' has no attribute {name!r}")
    if name == "webhooks":
        return import_module("omnireel.webhooks")
    return getattr(import_module(f"omnireel.client.{_HOMES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

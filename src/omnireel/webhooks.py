"""Receiving webhooks: check what came, and read it. No sockets, no framework.

    event = omnireel.webhooks.unwrap(request.body, request.headers, secret)
    if event.type == "prediction.task.succeeded":
        print(event.task.resource("primary").url)

The same event may come more than once; `delivery_id` stays the same.
"""

from __future__ import annotations

from omnireel.client._webhook import TOLERANCE, unwrap
from omnireel.client.errors import WebhookRefused
from omnireel.client.types import WebhookEvent

__all__ = ["TOLERANCE", "WebhookEvent", "WebhookRefused", "unwrap"]

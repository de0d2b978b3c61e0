"""What the routes stand on: the rooms below, wired once, and the values an operator sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Annotated, cast

from fastapi import Depends, Request

from omnireel.api.body import BodyDesk
from omnireel.api.inputs import Inputs
from omnireel.api.intake import Intake
from omnireel.api.limits import RequestLimiter
from omnireel.api.links import Links
from omnireel.api.lookout import Lookout
from omnireel.api.standing import Standing
from omnireel.api.trials import Trials
from omnireel.api.underway import Underway
from omnireel.catalog.model import Model, Terms
from omnireel.clock import Clock
from omnireel.media.egress import EgressPolicy
from omnireel.media.post import post_policy
from omnireel.models import MediaLimits
from omnireel.storage.base import ServedBlobs
from omnireel.tasks.deliveries import Deliveries
from omnireel.tasks.files import MediaFiles
from omnireel.tasks.key_pairs import KeyPairs
from omnireel.tasks.keys import KeyStore
from omnireel.tasks.service import TaskService
from omnireel.tasks.webhook_secrets import WebhookSecrets

MIB = 1024 * 1024

Check = Callable[[], str]
"""Says in a few words how a part is, or raises Unavailable."""


@dataclass(frozen=True)
class ApiValues:
    """What an operator may set about the HTTP side. Sizes in bytes.

    `base_url` is the origin that absolute links start with: the configured public address, or the one the
    server listens on. `scratch` is a folder for files on their way in.
    """

    base_url: str
    scratch: Path
    standing: Standing
    terms: Terms = field(default_factory=Terms)
    max_body: int = 64 * MIB
    large_bodies: int = 4
    """Large bodies taken in at once."""
    uploads: int = 8
    """Uploads taken in at once."""
    requests_per_minute: int = 600
    allow_priority: bool = True
    """Whether callers may say whom their tasks go before."""
    link_lifetime: timedelta = timedelta(hours=1)
    file_lifetime: timedelta = timedelta(days=7)
    media_limits: MediaLimits = field(default_factory=MediaLimits)
    upload_image_bytes: int = 16 * MIB
    upload_video_bytes: int = 200 * MIB
    webhook_policy: EgressPolicy = field(default_factory=lambda: post_policy(allow_private=False))
    """Where webhooks may go."""
    checks: Mapping[str, Check] = field(default_factory=dict)
    """What `/readyz` looks at, by name."""
    first_key: str = ""
    """Where the first key lies, told to whoever opens the page; nothing where others than the operator do."""
    file_origin: str = ""
    """Where links to files lead on to, when that is another server."""


@dataclass(frozen=True)
class Rooms:
    """Everything a route may use."""

    service: TaskService
    keys: KeyStore
    files: MediaFiles
    blobs: ServedBlobs
    intake: Intake
    models: Mapping[str, Model]
    clock: Clock
    values: ApiValues
    links: Links
    inputs: Inputs
    bodies: BodyDesk
    uploads: BodyDesk
    limiter: RequestLimiter
    deliveries: Deliveries
    secrets: WebhookSecrets
    trials: Trials
    pairs: KeyPairs | None
    """None where nobody signs tokens."""
    underway: Underway
    lookout: Lookout
    draining: Event
    """Set when the server is about to stop: waiting polls answer at once, submits are refused."""
    leaving: Event
    """Set when it was told to stop, maybe some time before: it takes requests, but balancers shall know."""

    @property
    def stopping(self) -> bool:
        return self.leaving.is_set() or self.draining.is_set()

    def sign(self, key: str) -> str:
        """A fresh link to a result."""
        return self.blobs.sign(key, self.values.link_lifetime)


async def _rooms_of(request: Request) -> Rooms:
    return cast("Rooms", request.app.state.rooms)


RoomsHere = Annotated[Rooms, Depends(_rooms_of)]
